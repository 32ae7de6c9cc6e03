"""OAuth 2.0's consent screen, the same for every platform that has one: who you are there, what an app asks for, yes or no."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from simulator.accounts import PLATFORMS
from simulator.clock import now as present
from simulator.consents import CODE_SECONDS, App, Grant, token
from simulator.pages.consent import back, buttons, choose_again, form_of, refused, who
from simulator.pages.consent import screen as frame
from simulator.pages.layout import esc, hidden

if TYPE_CHECKING:
    from simulator.world import World

KEPT = ("client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method", "response_type")
# Beside these, where an app has said beforehand what it asks: to whose key the token is bound, and who names itself (RFC 9207).
PUSHED = ("dpop_jkt", "iss")


def screen(world: "World", request: Request) -> Response:
    """Return the consent screen of the platform that the address names."""
    slug, query = request.url.path.split("/")[1], dict(request.query_params)
    # Only for the app that pushed it.
    pushed = world.consents.pushed.get(query.get("request_uri", ""), {})
    if pushed.get("client_id") == query.get("client_id"):
        query = pushed
    app = _app(world, slug, query)
    if isinstance(app, Response):
        return app
    kept = {name: query.get(name, "") for name in (*KEPT, *PUSHED)}
    scopes = "".join(f"<li>{esc(name)}</li>" for name in _scopes(kept["scope"]))
    body = (
        f"<h1>Allow {esc(app.key)} to use your account on {PLATFORMS[slug].name}?</h1>"
        f"<p>It asks for the following. It never sees your password.</p><ul>{scopes}</ul>"
        f'<form method="post" action="{esc(request.url.path)}">{hidden(**kept)}'
        f"{who(world, slug, 'account', 'Account', query.get('login_hint', ''))}{buttons('Allow')}</form>"
    )
    return frame("Allow an app", body, slug, kept["redirect_uri"])


async def answer(world: "World", request: Request) -> Response:
    """Take yes or no, and lead back to the app."""
    form = await form_of(request)
    slug, query = request.url.path.split("/")[1], {name: form.text(name) or "" for name in (*KEPT, *PUSHED)}
    app = _app(world, slug, query)
    if isinstance(app, Response):
        return app
    state = {name: query[name] for name in ("state", "iss") if query[name]}
    if form.text("answer") != "yes":
        why = {"error": "access_denied", "error_description": "The user denied the request"}
        return back(query["redirect_uri"], why | state)
    account = world.accounts.named(slug, form.text("account") or "")
    if account is None:
        return choose_again(slug, "account", form.text("account") or "", f"{request.url.path}?{urlencode(query)}")
    code = token("")
    world.consents.grants[code] = Grant(
        app,
        query["redirect_uri"],
        account.address,
        _scopes(query["scope"]),
        present().timestamp() + CODE_SECONDS,
        query["code_challenge"],
        query["dpop_jkt"],
    )
    return back(query["redirect_uri"], {"code": code} | state)


def _scopes(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _app(world: "World", slug: str, query: dict[str, str]) -> App | Response:
    app = world.consents.app(slug, query.get("client_id", ""))
    if app is None:
        return refused(slug, "This app is not known here.")
    if not world.consents.may_send_back(app, query.get("redirect_uri", "")):
        return refused(slug, "The address to which this app would lead you back is not registered with it.")
    if query.get("response_type") != "code":
        return refused(slug, "This app asks for something else than a code.")
    return app
