"""Texts as Flickr has them: a description is HTML, a title is not, and a tag is letters and digits."""

import hashlib
import html
import re

from platforms.contract import Outgoing

_LONGEST_TITLE = 255  # characters; Flickr says nothing of it: our judgement. The description has the whole text.
# What HTML would read as something else: the beginning of a tag, and of a name for a sign.
_HTML = re.compile(r"<|&(?=#?\w+;)")
_ANCHOR = re.compile(r'<a\s[^>]*href="([^"]*)"[^>]*>(.*?)</a>', re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
TAGS = "tocsin:alert="  # how every machine tag of ours begins
_NO_LETTER = re.compile(r"[^a-z0-9]")


def words(out: Outgoing) -> dict[str, str]:
    """Return title and description of a photo; a title only names what stands whole below it.

    Source: flickr.com/services/api/upload.api.html ("may contain some limited HTML").
    """
    lines = [line.strip() for line in out.text.splitlines() if line.strip()] or [""]
    title = " · ".join(lines[:2])
    described = _HTML.sub(lambda found: html.escape(found[0]), out.text)
    return {"title": (title if len(title) <= _LONGEST_TITLE else lines[0])[:_LONGEST_TITLE], "description": described}


def as_read(description: str, text: str) -> str:
    """Return a description that was read back as people read it.

    Flickr makes links of addresses, and shows them shortened and without what stands before "//": where an address stands in
    `text`, it takes the place of its link.
    """

    def written(found: re.Match[str]) -> str:
        return found[1] if html.unescape(found[1]) in text else found[2]

    return html.unescape(_TAG.sub("", _ANCHOR.sub(written, description)))


def tag(out: Outgoing) -> str:
    """Return the machine tag of a text: its marker and its digest, in letters and digits, as Flickr compares tags.

    One alert may stand there in several languages, so the marker alone is not enough. Whatever Flickr makes of the HTML of a
    description, it leaves a tag alone.
    Source: flickr.com/groups/api/discuss/72157594497877875 (machine tags).
    """
    return f"{TAGS}{_NO_LETTER.sub('', out.marker.lower())}x{hashlib.sha256(out.text.encode()).hexdigest()[:16]}"
