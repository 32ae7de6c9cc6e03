"""A page on which only a person publishes: writing on it, changing what stands there, taking it away, in the browser."""

import secrets
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulator.accounts import Account
from simulator.clock import now as present
from simulator.forms import read_form
from simulator.pages.layout import HEADERS, esc, not_found
from simulator.publications import Publication

if TYPE_CHECKING:
    from simulator.world import World

PLATFORM = "manual"
LONGEST = 100_000


def writer(account: Account) -> str:
    """Return the form in which the page's editor publishes."""
    return (
        f'<form class="row hands" method="post" action="/hands/{esc(account.key)}">'
        "<label>Publish on this page, as its editor<br>"
        f'<textarea name="text" required maxlength="{LONGEST}" rows="8"></textarea></label>'
        '<button class="big">Publish</button></form>'
    )


def changer(publication: Publication, account: Account) -> str:
    """Return the forms in which its editor changes one publication, or takes it away."""
    if publication.deleted_at:
        return ""
    where = f'<form class="row hands" method="post" action="/hands/{esc(account.key)}/{esc(publication.remote_id)}">'
    return (
        f'<details><summary>Be the editor of this page</summary>{where}<label>Its text<br><textarea name="text" required'
        f' maxlength="{LONGEST}" rows="8">{esc(publication.text)}</textarea></label>'
        f'<button class="big">Change it</button></form>{where}<button name="away" value="yes">Take it away</button></form>'
        "</details>"
    )


async def publish(world: "World", request: Request) -> Response:
    """Publish what was written, and lead to where it stands."""
    account = world.accounts.named(PLATFORM, request.path_params["name"])
    if account is None:
        return not_found("No such page is registered here.")
    if not (text := await _field(request, "text")):
        return RedirectResponse(f"/{PLATFORM}/{account.key}", 303, HEADERS)
    remote_id = secrets.token_hex(6)
    world.publications.add(account, remote_id, text, present().timestamp())
    return RedirectResponse(f"/{PLATFORM}/{account.key}/{remote_id}", 303, HEADERS)


async def change(world: "World", request: Request) -> Response:
    """Change one publication, or take it away."""
    account = world.accounts.named(PLATFORM, request.path_params["name"])
    remote_id = request.path_params["id"]
    if account is None or world.publications.find(account, remote_id) is None:
        return not_found("No such publication stands on this page.")
    if await _field(request, "away"):
        world.publications.delete(account, remote_id, present().timestamp())
    elif text := await _field(request, "text"):
        world.publications.edit(account, remote_id, text, present().timestamp())
    return RedirectResponse(f"/{PLATFORM}/{account.key}/{remote_id}", 303, HEADERS)


async def _field(request: Request, name: str) -> str:
    # Starlette keeps the body, so that a second field costs nothing.
    form = read_form("", request.headers.get("content-type", ""), await request.body())
    return (form.text(name) or "").replace("\r\n", "\n").strip()[:LONGEST]
