"""Mastodon's own way with text: how long a status is, and the HTML that becomes of it."""

import html

import regex  # type: ignore[import-untyped, unused-ignore] # it ships no types

# mastodon/mastodon, StatusLengthValidator: a link counts as so many characters, whatever its length.
LINK_CHARACTERS = 23
_LINK = regex.compile(r"(?<![\w@/])https?://[^\s<>\"]*[^\s<>\".,;:!?'()\[\]]", regex.IGNORECASE)
_MENTION = regex.compile(r"(?<![=/\w])@(([a-z0-9_]+)(?:@[\w.-]+\w)?)", regex.IGNORECASE)
_GRAPHEME = regex.compile(r"\X")
_SHOWN = 30  # mastodon/mastodon, TextFormatter: so many characters of a link are seen


def length(text: str) -> int:
    """Return how many characters a status has: graphemes, with each link as 23 and without the server of who is mentioned."""
    countable = _LINK.sub("x" * LINK_CHARACTERS, text)
    countable = _MENTION.sub(r"@\2", countable)
    return len(_GRAPHEME.findall(countable))


def stored(text: str) -> str:
    """Return a text as the server keeps it."""
    return text.replace("\r\n", "\n").strip()


def wire_html(text: str) -> str:
    """Return the HTML in which the interface hands a status out: paragraphs, breaks, and links whose ends are not seen."""
    parts, done = [], 0
    for found in _LINK.finditer(text):
        parts += [_mentions(text[done : found.start()]), _link(found.group())]
        done = found.end()
    parts.append(_mentions(text[done:]))
    paragraphs = regex.split(r"\n{2,}", "".join(parts))
    return "".join(f"<p>{each.replace(chr(10), '<br />')}</p>" for each in paragraphs)


def _mentions(text: str) -> str:
    parts, done = [], 0
    for found in _MENTION.finditer(text):
        if "@" in found[1]:
            shown = f'<span class="h-card" translate="no"><a class="u-url mention">@<span>{found[2]}</span></a></span>'
            parts += [html.escape(text[done : found.start()]), shown]
            done = found.end()
    return "".join(parts) + html.escape(text[done:])


def _link(url: str) -> str:
    prefix = regex.match(r"https?://(?:www\.)?", url, regex.IGNORECASE)[0]
    rest = url[len(prefix) :]
    seen, hidden = rest[:_SHOWN], rest[_SHOWN:]
    kind = "ellipsis" if hidden else ""
    return (
        f'<a href="{html.escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{html.escape(prefix)}</span><span class="{kind}">{html.escape(seen)}</span>'
        f'<span class="invisible">{html.escape(hidden)}</span></a>'
    )
