"""The consent screens: who you are on the platform, what an app asks for, and yes or no."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulator.accounts import invented_id
from simulator.clock import now as present
from simulator.consents import CODE_SECONDS, Allowed, App, Asked, token
from simulator.forms import Form, read_form
from simulator.pages.layout import HEADERS, POLICY, esc, hidden, page

if TYPE_CHECKING:
    from simulator.world import World

PERMISSIONS = {
    "pages_show_list": "Show a list of the pages you manage",
    "pages_manage_posts": "Create and manage content on your page",
    "pages_read_engagement": "Read content posted on your page",
    "instagram_basic": "See the profile and the posts of your Instagram account",
    "instagram_content_publish": "Post on your Instagram account",
    "instagram_manage_contents": "Delete posts of your Instagram account",
}
# What one may choose of, where Facebook asks.
CHOSEN = {"facebook": "Pages", "instagram": "Accounts"}


def x_screen(world: "World", request: Request) -> Response:
    """Return X's consent screen."""
    name = request.query_params.get("oauth_token", "")
    asked = _asked(world, name)
    if asked is None:
        return refused("x", "The request token for this page is invalid. It may have been used, or is too old.")
    first = request.query_params.get("screen_name", "")
    body = (
        f"<h1>Authorise {esc(asked.app.key)} to access your account?</h1><p>It will be able to see your profile and to"
        ' create and delete posts for you. It never sees your password.</p><form method="post" action="/x/oauth/authorize">'
        f"{hidden(oauth_token=name)}{who(world, 'x', 'account', 'You are signed in as', first)}"
        f"{buttons('Authorise app')}</form>"
    )
    return screen("Authorise an app", body, "x", asked.callback)


async def x_answer(world: "World", request: Request) -> Response:
    """Take yes or no, and lead back to the app."""
    form = await form_of(request)
    name = form.text("oauth_token") or ""
    asked = _asked(world, name)
    if asked is None:
        return refused("x", "The request token for this page is invalid. It may have been used, or is too old.")
    if form.text("answer") != "yes":
        del world.consents.asked[name]
        return back(asked.callback, {"denied": name})
    account = world.accounts.named("x", form.text("account") or "")
    if account is None:
        return choose_again(
            "x", "account", form.text("account") or "", f"/x/oauth/authorize?{urlencode({'oauth_token': name})}"
        )
    asked.account, asked.verifier = account.address, token("")
    return back(asked.callback, {"oauth_token": name, "oauth_verifier": asked.verifier})


def facebook_screen(world: "World", request: Request) -> Response:
    """Return Facebook's dialogue, which asks for pages and for accounts of Instagram."""
    slug, query = request.url.path.split("/")[1], dict(request.query_params)
    app = _facebook_app(world, slug, query)
    if isinstance(app, Response):
        return app
    wanted = [name for name in query.get("scope", "").split(",") if name]
    ticks = "".join(
        f'<p><label><input type="checkbox" name="allow_{esc(name)}" value="1" checked>'
        f" {esc(PERMISSIONS.get(name, name))}</label></p>"
        for name in wanted
    )
    kept = {name: query.get(name, "") for name in ("client_id", "redirect_uri", "state", "scope")}
    body = (
        f"<h1>Continue to app {esc(app.key)}?</h1><p>It asks you for the following. It never sees your password.</p>"
        f'<form method="post" action="{esc(request.url.path)}">{hidden(**kept)}{ticks}'
        '<p><label>You are signed in as<br><input name="person" value="Editor" required maxlength="40"></label></p>'
        f"{who(world, slug, 'pages', f'{CHOSEN[slug]} that you choose, separated by commas')}"
        f"{buttons('Continue')}</form>"
    )
    return screen("Continue to an app", body, slug, kept["redirect_uri"])


async def facebook_answer(world: "World", request: Request) -> Response:
    """Take yes or no, and lead back to the app."""
    form, slug = await form_of(request), request.url.path.split("/")[1]
    query = {name: form.text(name) or "" for name in ("client_id", "redirect_uri", "state", "scope")}
    app = _facebook_app(world, slug, query)
    if isinstance(app, Response):
        return app
    state = {"state": query["state"]} if query["state"] else {}
    if form.text("answer") != "yes":
        why = {"error": "access_denied", "error_code": "200", "error_reason": "user_denied"}
        return back(query["redirect_uri"], why | {"error_description": "Permissions error"} | state, "#_=_")
    pages = [name.strip() for name in (form.text("pages") or "").split(",") if name.strip()]
    unknown = [name for name in pages if world.accounts.named(slug, name) is None]
    if unknown or not pages:
        return choose_again(slug, "page", ", ".join(unknown), f"{request.url.path}?{urlencode(query)}")
    allowed = {name: form.yes(f"allow_{name}") for name in query["scope"].split(",") if name}
    person = invented_id("facebook", f"person:{form.text('person')}")
    code = token("AQ")
    until = present().timestamp() + CODE_SECONDS
    world.consents.codes[code] = Allowed(app, query["redirect_uri"], person, allowed, pages, until)
    return back(query["redirect_uri"], {"code": code} | state, "#_=_")


def _asked(world: "World", name: str) -> Asked | None:
    asked = world.consents.asked.get(name)
    return asked if asked and asked.until > present().timestamp() and not asked.verifier else None


def _facebook_app(world: "World", slug: str, query: dict[str, str]) -> App | Response:
    app = world.consents.app(slug, query.get("client_id", ""))
    if app is None:
        return refused(slug, "Invalid App ID: The provided app ID does not look like a valid app ID.")
    if not world.consents.may_send_back(app, query.get("redirect_uri", "")):
        return refused(
            slug,
            "URL blocked: This redirect failed because the redirect URI is not white-listed in the app's client OAuth"
            " settings.",
        )
    return app


def who(world: "World", platform: str, name: str, label: str, first: str = "") -> str:
    """Return the field for who somebody is: filled in with the suggested account, or with the first that no app may use yet."""
    suggested = world.accounts.named(platform, first)
    found = sorted(world.accounts.all(platform), key=lambda each: (each is not suggested, bool(each.secrets)))
    filled = suggested or next((each for each in found if not each.secrets), None)
    handles = "".join(f'<option value="{esc(each.address)}">' for each in found)
    return (
        f'<p><label>{label}<br><input name="{name}" list="handles" value="{esc(filled.address if filled else "")}" required'
        f' autocapitalize="none" autocomplete="off" size="32"></label></p><datalist id="handles">{handles}</datalist>'
    )


def buttons(yes: str) -> str:
    """Return the two buttons."""
    return (
        f'<p class="row"><button class="big" name="answer" value="yes">{yes}</button>'
        '<button class="big plain" name="answer" value="no" formnovalidate>Cancel</button></p>'
    )


def screen(title: str, body: str, look: str, callback: str) -> Response:
    """Return a consent screen, whose form may lead back to the app."""
    shown = page(title, body, look=look)
    where = urlsplit(callback)
    # The answer to the form leads to the app, which browsers count as a target of the form.
    policy = POLICY.replace("form-action 'self'", f"form-action 'self' {where.scheme}://{where.netloc}")
    shown.headers["Content-Security-Policy"] = policy
    return shown


def refused(look: str, sentence: str, on: str = "") -> Response:
    """Return the page that says why it does not work."""
    body = f'<h1>That did not work</h1><p class="problem">{esc(sentence)}</p>{on}'
    return page("That did not work", body, look=look, status=400)


def choose_again(look: str, kind: str, unknown: str, screen: str) -> Response:
    """Return the page for an account that nobody knows here."""
    sentence = f"There is no {kind} {unknown} here." if unknown else f"No {kind} was chosen."
    return refused(look, sentence, f'<p><a href="{esc(screen)}">Go back and choose one</a></p>')


def back(callback: str, query: dict[str, str], end: str = "") -> Response:
    """Lead the browser back to the app."""
    mark = "&" if "?" in callback else "?"
    return RedirectResponse(f"{callback}{mark}{urlencode(query)}{end}", 303, HEADERS)


async def form_of(request: Request) -> Form:
    """Read the form."""
    return read_form("", request.headers.get("content-type", ""), await request.body())
