"""The page of what arrived for single people by other ways than Telegram."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from simulator.letters import WAYS, Letter
from simulator.pages.layout import esc, moment, options, page, words

if TYPE_CHECKING:
    from simulator.world import World

LISTED = 100


def inbox(world: "World", request: Request) -> Response:
    """Return the latest letters of all ways, or of one way, or of one person."""
    way = request.query_params.get("way", "")
    recipient = request.query_params.get("to", "")
    letters = world.letters.found(way=way if way in WAYS else "", recipient=recipient, limit=LISTED)
    shown = "".join(_letter(each) for each in letters)
    choice = options([("", "All ways"), *WAYS.items()], way)
    return page(
        "Inbox",
        "<h1>What arrived for single people</h1>"
        f"<p>The latest {LISTED} messages by {esc(', '.join(WAYS.values()))}; none of them left this machine.</p>"
        f'<form class="row" method="get"><label>Way<br><select name="way">{choice}</select></label>'
        f'<label>To<br><input name="to" value="{esc(recipient)}"></label><button class="big">Show</button></form>'
        f"{shown or '<p class=soft>Nothing has arrived yet.</p>'}",
        here="/inbox",
    )


def _letter(letter: Letter) -> str:
    subject = f"<h2 dir='auto'>{esc(letter.subject)}</h2>" if letter.subject else ""
    known = "".join(f"<dt>{esc(name)}</dt><dd>{esc(value)}</dd>" for name, value in letter.body.items())
    return (
        f'<article class="post letter"><p class="soft small">{esc(WAYS[letter.way])} to <b>{esc(letter.recipient)}</b>'
        f" {moment(letter.created_at)} · {esc(letter.state)}</p>{subject}"
        f'<p class="words" dir="auto">{words(letter.text)}</p>'
        f"<details><summary>How it came</summary><dl>{known}</dl></details></article>"
    )
