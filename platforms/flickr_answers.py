"""What Flickr's answers mean: nearly all are a 200, whose stat and code tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformDown,
    PlatformError,
    PublicationGone,
    QuotaUsed,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unsupported,
)
from platforms.http import Answer

_LONGEST_XML = 20_000  # bytes; an answer to an upload has some hundred
_PAUSE_S = 60.0  # where Flickr asks us to wait and gives no time: our judgement
# Of every method. Source: flickr.com/services/api, error codes.
_GENERAL: dict[str, type[PlatformError]] = {
    **dict.fromkeys(("95", "96", "97", "100", "111", "112", "114", "115"), PlatformConfig),
    **dict.fromkeys(("98", "99"), BadCredentials),
    **dict.fromkeys(("105", "106"), PlatformDown),
    "116": ContentRejected,
}
# Source: flickr.com/services/api/upload.api.html. What is not here, and is in no other list, says nothing of what was stored.
UPLOAD: dict[str, type[PlatformError]] = {
    "106": Unconfirmed,  # "Write operation failed" says nothing of what was stored before
    "3": Unconfirmed,
    "6": QuotaUsed,
    **dict.fromkeys(("2", "4", "5", "8"), ContentRejected),
}
_DUPLICATE, _AT_CAPACITY = "9", "14"
# Source: flickr.photos.setMeta and flickr.photos.delete: no photo of the calling user has this id.
CHANGE: dict[str, type[PlatformError]] = {"1": PublicationGone}
# Source: flickr.com/services/api/replace.api.html. The first is of accounts that are not paid for.
REPLACE: dict[str, type[PlatformError]] = UPLOAD | {"1": Unsupported}
# Flickr documents no code for it, so its words decide: our judgement.
_RESTRICTED = re.compile(r"suspended|deactivated|terminated", re.IGNORECASE)
# The words are those of OAuth's Problem Reporting. A nonce that was used may have been by this very request.
_PROBLEM = re.compile(rb"oauth_problem=(\w+)")
_PROBLEMS: dict[str, type[PlatformError]] = {
    **dict.fromkeys(("consumer_key_unknown", "consumer_key_rejected", "consumer_key_refused"), PlatformConfig),
    **dict.fromkeys(("timestamp_refused", "version_rejected", "signature_method_rejected"), PlatformConfig),
    "nonce_used": Unconfirmed,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says: `stat` blank if it is none of Flickr's, `code` and `words` of a refusal, `photo` of an upload.

    `wait` is after how many seconds an upload may be tried again, blank where Flickr does not say it.
    """

    stat: str = ""
    code: str = ""
    words: str = ""
    photo: str = ""
    wait: str = ""


def told(answer: Answer) -> Told:
    """Read an answer in JSON or, after an upload, in XML."""
    content = answer.json()
    if isinstance(content, dict):
        return Told(str(content.get("stat", "")), str(content.get("code", "")), str(content.get("message", "")))
    return _told_in_xml(answer.body)


def _told_in_xml(body: bytes) -> Told:
    # A document type may declare entities that grow without end, and Flickr sends none.
    if len(body) > _LONGEST_XML or b"<!doctype" in body.lower():
        return Told()
    try:
        # As text, so that no declared encoding hides one from the line above.
        root = ET.fromstring(body.decode("utf-8"))  # noqa: S314 - bounded, and without a document type
    except (ET.ParseError, ValueError):
        return Told()
    if root.tag != "rsp":
        return Told()
    refused = root.find("err")
    attributes: Mapping[str, str] = {} if refused is None else refused.attrib
    photo = (root.findtext("photoid") or "").strip()
    return Told(
        root.get("stat", ""),
        attributes.get("code", ""),
        attributes.get("msg", ""),
        photo if photo.isascii() and photo.isdecimal() else "",
        attributes.get("non_pro_desktop_upload_wait_time", ""),
    )


def content_of(value: Any) -> str:
    """Return a text as Flickr's JSON has it: as the content of an object."""
    return str(value.get("_content", "")) if isinstance(value, dict) else ""


def refusal(answer: Answer, means: Mapping[str, type[PlatformError]]) -> PlatformError | None:
    """Tell what an answer refuses, or None.

    Args:
        answer: the answer.
        means: the codes of the method, beside those of every one.
    """
    said, code = told(answer), str(answer.status)
    if said.stat == "fail":
        return _failed(said, means)
    if answer.status == 429:
        return Throttled(scope="app", retry_after=_seconds(answer.headers.get("Retry-After", "")), platform_code=code)
    if answer.status == 401:
        # Never its words: they repeat what was signed, tokens and all.
        problem = _PROBLEM.search(answer.body)
        name = problem[1].decode() if problem else ""
        return _PROBLEMS.get(name, BadCredentials)(name, platform_code=code)
    if 200 <= answer.status < 300:
        return None if said.stat == "ok" else Unconfirmed(f"no stat: {answer.words}", platform_code=code)
    if answer.status >= 500:
        return Unconfirmed(answer.words, platform_code=code)
    return UnexpectedResponse(answer.words, platform_code=code)


def _failed(said: Told, means: Mapping[str, type[PlatformError]]) -> PlatformError:
    if means is UPLOAD and said.code == _DUPLICATE:
        return Unconfirmed(said.words, duplicate=True, platform_code=said.code)
    if (means is UPLOAD or means is REPLACE) and said.code == _AT_CAPACITY:
        return Throttled(said.words, scope="account", retry_after=_seconds(said.wait), platform_code=said.code)
    kind = means.get(said.code) or _GENERAL.get(said.code)
    if kind is None and means is UPLOAD:
        kind = Unconfirmed
    if kind in (BadCredentials, None) and _RESTRICTED.search(said.words):
        kind = AccountRestricted
    return (kind or UnexpectedResponse)(said.words, platform_code=said.code)


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdecimal() else _PAUSE_S
