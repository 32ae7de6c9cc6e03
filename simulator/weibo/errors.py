"""Weibo's refusals: a number and its words, in one kind of body."""

from simulator.exchange import Answer, json_answer
from simulator.faults import Fault

# open.weibo.com/wiki/Error_code: number, words, status.
WORDS: dict[int, tuple[str, int]] = {
    10004: ("IP limit", 403),
    10006: ("Source paramter (appkey) is missing", 403),
    10016: ("Miss required parameter ({}) , see doc for more info", 400),
    10017: ("{}", 400),
    10018: ("Request body length over limit", 400),
    10020: ("Request api not found", 404),
    10022: ("IP requests out of rate limit", 403),
    10023: ("User requests out of rate limit", 403),
    10024: ("User requests for ({}) out of rate limit", 403),
    20003: ("User does not exists", 400),
    20005: ("Unsupported image type, only suport JPG, GIF, PNG", 400),
    20006: ("Image size too large", 400),
    20007: ("Does multipart has image", 400),
    20008: ("Content is null", 400),
    20012: ("Text too long, please input text less than 140 characters", 400),
    20016: ("Out of limit", 403),
    20019: ("Repeat conetnt", 400),
    20021: ("Content is illegal", 400),
    20031: ("Test and verify", 403),
    20101: ("Target weibo does not exist", 400),
    20102: ("Not your own weibo", 403),
    21327: ("expired_token", 403),
    21332: ("invalid_access_token", 403),
}


class Refused(Exception):
    """Weibo refuses a request: its number, and what its words name."""

    def __init__(self, code: int, what: str = "") -> None:
        words, self.status = WORDS[code]
        self.code, self.words = code, words.format(what)
        super().__init__(self.words)

    def answer(self, path: str) -> Answer:
        """Return the refusal of a request to `path` as it goes over the wire."""
        return json_answer(self.status, {"error": self.words, "error_code": self.code, "request": path})


def trouble(fault: Fault, path: str) -> Answer:
    """Say a fault in Weibo's words; it never says how long to wait."""
    code = {
        "rate_limit": 10022 if fault.params.get("scope") == "app" else 10023,
        "quota": 20016,
        "suspended": 20031,
        "duplicate": 20019,
        "edit_missing": 20101,
        "unauthorized": 21327,
    }[fault.name]
    return Refused(int(fault.number("code", code))).answer(path)
