"""The frame of every page, and the small pieces of HTML that all of them use: outside text is escaped here."""

import hashlib
import html
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from simulator.accounts import PLATFORMS
from simulator.clock import from_epoch

SCRIPT = (Path(__file__).parent / "simulator.js").read_text(encoding="utf-8")
STYLE = (Path(__file__).parent / "simulator.css").read_text(encoding="utf-8")
# A ring that closes on itself: loopback.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#8a5a00"/>'
    '<path d="M22 9a9 9 0 1 0 3 7" fill="none" stroke="#fff4d6" stroke-width="4"/>'
    '<path d="M19 4l9 4-7 7z" fill="#fff4d6"/></svg>'
)
LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]")
# No page of this simulator loads or sends anything elsewhere, whatever a publication contains.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
PLATFORM_NAMES = {slug: each.name for slug, each in PLATFORMS.items()}


def esc(text: object) -> str:
    """Escape `text` for HTML, in attributes too."""
    return html.escape(str(text), quote=True)


def words(text: str) -> str:
    """Return a message as HTML: escaped, its links clickable; line breaks are kept by the style."""
    parts, done = [], 0
    for match in LINK.finditer(text):
        address = esc(match[0])
        parts += [esc(text[done : match.start()]), f'<a href="{address}" rel="noreferrer nofollow">{address}</a>']
        done = match.end()
    parts.append(esc(text[done:]))
    return "".join(parts)


def moment(seconds: float) -> str:
    """Return a moment (Unix seconds) as HTML, in UTC, which it says."""
    when = from_epoch(seconds)
    return (
        f'<time datetime="{when.isoformat()}" title="{when:%A %d %B %Y, %H:%M:%S} UTC">{when:%d %b %H:%M:%S} UTC</time>'
    )


def hidden(**values: object) -> str:
    """Return hidden fields of a form."""
    return "".join(f'<input type="hidden" name="{esc(name)}" value="{esc(value)}">' for name, value in values.items())


def options(pairs: list[tuple[str, str]], chosen: str = "") -> str:
    """Return the options of a select from pairs of value and label."""
    return "".join(
        f'<option value="{esc(value)}"{" selected" if value == chosen else ""}>{esc(label)}</option>'
        for value, label in pairs
    )


def page(title: str, body: str, *, look: str = "", here: str = "", status: int = 200) -> Response:
    """Return a whole page.

    Args:
        title: its name, plain text.
        body: what stands in `main`, as HTML.
        look: class of the body: a platform, or `chat`.
        here: address of the navigation entry that is this page.
        status: HTTP status.
    """
    entries = (("/", "Simulator"), ("/timelines", "Timelines"), ("/inbox", "Inbox"), ("/chat", "Be a citizen"))
    links = "".join(
        f'<a href="{address}"{" aria-current=page" if address == here else ""}>{name}</a>' for address, name in entries
    )
    return HTMLResponse(
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{esc(title)} · simulator</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        '<link rel="icon" href="/_static/icon.svg"><link rel="stylesheet" href="/_static/style.css">'
        f'<script src="/_static/simulator.js" defer></script></head><body class="{esc(look)}">'
        '<a class="skip" href="#main">Skip to the content</a>'
        '<div class="sim"><b>SIMULATOR</b> · Loopback platforms: nothing here leaves this machine</div>'
        f'<header class="top"><nav aria-label="Simulator">{links}</nav></header>'
        f'<main id="main">{body}</main></body></html>',
        status,
        HEADERS,
    )


def fragment(request: Request, body: str) -> Response:
    """Return a piece of a page for the script, or 304 when it has this very piece already."""
    etag = f'"{hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:24]}"'
    headers = HEADERS | {"ETag": etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(body, headers=headers)


def not_found(sentence: str) -> Response:
    """Return the page for something that is not here."""
    return page(
        "Not here",
        f'<h1>Not here</h1><p class="problem">{esc(sentence)}</p><p><a href="/">To the start</a></p>',
        status=404,
    )


def initials(name: str) -> str:
    """Return up to two letters that stand for a name."""
    letters = [part[0] for part in re.findall(r"\w+", name)]
    return esc("".join(letters[:2]).upper() or "?")
