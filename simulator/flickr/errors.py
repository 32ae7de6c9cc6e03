"""Flickr's refusals: a number and its words, nearly always in a 200, in JSON or in XML."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from simulator.exchange import Answer, json_answer
from simulator.faults import Fault

# flickr.com/services/api: upload.api.html, and the error codes of each method.
WORDS = {
    1: "Photo not found",
    2: "No photo specified",
    3: "General upload failure",
    4: "Filesize was zero",
    5: "Filetype was not recognised",
    6: "User exceeded upload limit",
    98: "Invalid auth token",
    99: "User not logged in / Insufficient permissions",
    105: "Service currently unavailable",
    112: "Method not found",
}


class Refused(Exception):
    """Flickr does not do it: the number of its error, and its words where they are not the usual ones."""

    def __init__(self, code: int, words: str = "") -> None:
        self.code, self.words = code, words or WORDS[code]
        super().__init__(self.words)


def said(what: dict[str, Any] | Refused, *, in_json: bool) -> Answer:
    """Return an answer as it goes over the wire.

    Args:
        what: what was done, or why not.
        in_json: it was asked for in JSON; else it is XML.
    """
    if in_json:
        if isinstance(what, Refused):
            return json_answer(200, {"stat": "fail", "code": what.code, "message": what.words})
        return json_answer(200, what | {"stat": "ok"})
    if isinstance(what, Refused):
        inner, stat = f"<err code={quoteattr(str(what.code))} msg={quoteattr(what.words)} />", "fail"
    else:
        inner, stat = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in what.items()), "ok"
    body = f'<?xml version="1.0" encoding="utf-8" ?>\n<rsp stat="{stat}">\n{inner}\n</rsp>\n'
    return Answer(200, body.encode(), media_type="text/xml; charset=utf-8")


def problem(word: str, base_string: str = "") -> Answer:
    """Return what Flickr answers where the signature or a token is not good; it shows what it took for signed."""
    shown = f"&debug_sbs={base_string}" if base_string else ""
    return Answer(401, f"oauth_problem={word}{shown}".encode(), media_type="text/plain; charset=utf-8")


def trouble(fault: Fault, *, in_json: bool, uploads: bool) -> Answer:
    """Say a fault in Flickr's words."""
    if fault.name == "rate_limit":
        wait = fault.params.get("retry_after", 60)
        headers = () if wait is None else (("retry-after", str(int(wait))),)
        return Answer(429, b"Too Many Requests", headers, "text/plain; charset=utf-8")
    refused = {
        "quota": Refused(6 if uploads else 105),
        "suspended": Refused(99, "Insufficient permissions: this account is suspended"),
        "edit_missing": Refused(1),
        "unauthorized": Refused(98),
    }[fault.name]
    return said(refused, in_json=in_json)
