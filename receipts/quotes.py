"""What of an e-mail its writer wrote: without what is quoted, without signatures; and whether a machine wrote it."""

import re
from collections import Counter
from email.message import EmailMessage
from html.parser import HTMLParser

from platforms.markup import closed

LONGEST = 1600  # characters that are read, as of an SMS: whoever writes more is read by a person
LOOKED_AT = 200_000  # characters among which they are looked for; what mail programs write around them is less
# Where people's own words end and what they answer begins, as common programs say it in our languages.
_CUT = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|oorspronkelijk bericht|message d['’]origine|ursprüngliche nachricht|"
    r"forwarded message|doorgestuurd bericht|message transféré|weitergeleitete nachricht)\b.*"
    r"|_{20,}"
    r"|(?:from|van|de|von)\s?:\s.*@.*"
    r"|\*(?:from|van|de|von)\s?:\*.*)$",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"^\s*(?:on\b.{4,200}\bwrote|op\b.{4,200}\b(?:schreef|heeft\b.{1,120}\bgeschreven)\b.{0,120}|le\b.{4,200}\ba écrit"
    r"|am\b.{4,200}\bschrieb\b.{0,120})\s*:\s*$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^(?:--\s?|\s*(?:sent from my|get outlook for|verzonden vanaf mijn|verstuurd vanaf mijn|envoyé de mon|envoyé depuis mon|"
    r"von meinem|gesendet von|outlook voor|téléchargez outlook)\b.*)$",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"^\s*(?:automatic reply|auto(?:matic)?[- ]?reply|out of (?:the )?office|automatisch antwoord|afwezig|réponse automatique|"
    r"absence|absent|automatische antwort|abwesen|undeliver|delivery status|mail delivery|returned mail|"
    r"onbestelbaar|non remis|unzustellbar)",
    re.IGNORECASE,
)
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_MACHINES = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "List-Id", "X-Failed-Recipients")


def is_automatic(message: EmailMessage) -> bool:
    """Tell whether a machine wrote an e-mail: an absence note, a bounce, a list. Source: RFC 3834, RFC 3464."""
    if _header(message, "Auto-Submitted").partition(";")[0].strip().lower() not in ("", "no"):
        return True
    if _header(message, "Precedence").strip().lower() in _BULK or any(message.get(name) for name in _MACHINES):
        return True
    sender = _header(message, "From").lower()
    if message.get("Return-Path") is not None and _header(message, "Return-Path").strip() in ("<>", ""):
        return True
    if "mailer-daemon@" in sender or "postmaster@" in sender:
        return True
    return message.get_content_type() == "multipart/report" or bool(_AWAY.match(_header(message, "Subject")))


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError, TypeError):
        return ""  # the library stumbles over some headers that nobody should write


def own_words(message: EmailMessage) -> tuple[str, bool]:
    """Return what the writer wrote, and whether something came with it that is no text.

    Args:
        message: as it was parsed, under the default policy.
    """
    body = message.get_body(preferencelist=("plain", "html"))
    text = ""
    if isinstance(body, EmailMessage):
        content = body.get_content()
        text = content[:LOOKED_AT] if isinstance(content, str) else ""
        if body.get_content_subtype() == "html":
            text = _Plain.of(text)
    more = any(part.get_content_maintype() in ("image", "audio", "video") for part in message.walk())
    return without_quotes(text)[:LONGEST], more or any(True for _ in message.iter_attachments())


def without_quotes(text: str) -> str:
    """Return a text without the lines that repeat what it answers, and without a signature."""
    kept: list[str] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        # Such a line may be broken in two.
        pair = f"{line} {lines[at + 1]}" if at + 1 < len(lines) else line
        broken = _INTRODUCED.match(line) is None and _INTRODUCED.match(pair) is not None
        if broken or _INTRODUCED.match(line):
            at += 2 if broken else 1
            if not any(rest.lstrip().startswith(">") for rest in lines[at : at + 3]):
                break  # what follows is quoted without marks
            continue
        if _CUT.match(line) or _SIGNATURE.match(line):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
        at += 1
    return "\n".join(kept).strip()


class _Plain(HTMLParser):
    """Takes the words out of HTML, without what is quoted."""

    _HIDDEN = frozenset({"style", "script", "head", "title", "blockquote"})
    _BLOCKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "hr"})
    _QUOTES = ("gmail_quote", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote")
    _ENDS = ("appendonsend", "divrplyfwdmsg", "mail-editor-reference-message-container")
    _VOID = frozenset({"br", "hr", "img", "meta", "link", "input", "col", "wbr", "area", "base"})

    def __init__(self) -> None:
        super().__init__()
        self._words: list[str] = []
        self._hidden: list[str] = []
        self._times: Counter[str] = Counter()  # each tag that is open among them: a thousand others may be
        self._over = False

    @classmethod
    def of(cls, text: str) -> str:
        parser = cls()
        parser.feed(closed(text))
        parser.close()
        return "".join(parser._words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: (value or "").lower() for name, value in attrs}
        self._over = self._over or given.get("id", "") in self._ENDS
        quoted = any(name in given.get("class", "") for name in self._QUOTES)
        if tag not in self._VOID and (self._hidden or tag in self._HIDDEN or quoted):
            self._hidden.append(tag)
            self._times[tag] += 1
        elif tag in self._BLOCKS:
            self._words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        # Whatever was left open within it is closed with it.
        last = "" if self._times[tag] else tag
        while last != tag:
            last = self._hidden.pop()
            self._times[last] -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden and not self._over:
            self._words.append(data)
