"""Facebook Login, the side of the app: codes become tokens of people, and those show the pages that they manage.

An app of Instagram asks here too: there every account is linked to a page, of which nothing else is played.
"""

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

from simulator.accounts import Account, invented_id
from simulator.consents import LONG_TOKEN_SECONDS, SHORT_TOKEN_SECONDS, Allowed, App, token
from simulator.forms import Form
from simulator.graph.errors import GraphError, bad_token, no_such_object

if TYPE_CHECKING:
    from simulator.world import World

Body = dict[str, Any]
TASKS = ["ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE"]


def is_one(world: "World", method: str, names: list[str], held: str) -> bool:
    """Tell whether a request is one of these, and not one about a page with a page's token."""
    match (method, *names):
        case ("GET" | "POST", "oauth", "access_token") | ("DELETE", _, "permissions"):
            return True
        case ("GET", "me", "accounts" | "permissions"):
            return True
        case ("GET", "me"):
            return held in world.consents.people
    return False


def answer(world: "World", platform: str, names: list[str], held: str, form: Form, now: float) -> Body:
    """Do what is asked for.

    Args:
        world: the simulator.
        platform: whose accounts, "facebook" or "instagram".
        names: the parts of the address behind the version.
        held: the token that came with it.
        form: query and body.
        now: Unix seconds.

    Raises:
        GraphError: refused, and why.
    """
    if names == ["oauth", "access_token"]:
        return _longer(world, platform, form, now) if form.text("grant_type") else _token(world, platform, form, now)
    if len(names) == 2 and names[0] != "me":
        return _end(world, platform, names[0], held)
    person = world.consents.people.get(held)
    if person is None:
        raise bad_token()
    if person.until < now:
        raise bad_token(463)
    _check_proof(person.app, held, form.text("appsecret_proof"))
    if names == ["me"]:
        return {"id": person.user_id}
    if names[1] == "permissions":
        rows = [
            {"permission": name, "status": "granted" if yes else "declined"} for name, yes in person.permissions.items()
        ]
        return {"data": rows}
    return _accounts(world, platform, person)


def _app(world: "World", platform: str, form: Form) -> App:
    app = world.consents.app(platform, form.text("client_id") or "")
    if app is None:
        raise GraphError(101, "Error validating application. Cannot get application info due to a system error.")
    if not hmac.compare_digest(app.secret.encode(), (form.text("client_secret") or "").encode()):
        raise GraphError(1, "Error validating client secret.")
    return app


def _token(world: "World", platform: str, form: Form, now: float) -> Body:
    app, code = _app(world, platform, form), form.text("code") or ""
    if code not in world.consents.codes:
        raise GraphError(100, "Invalid verification code format.")
    allowed = world.consents.codes[code]
    if allowed is None:
        raise GraphError(100, "This authorization code has been used.", 36009)
    if allowed.app != app or allowed.callback != form.text("redirect_uri"):
        raise GraphError(
            100,
            "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in"
            " the OAuth dialog request",
            36008,
        )
    if allowed.until < now:
        raise GraphError(100, "This authorization code has expired.", 36007)
    world.consents.codes[code] = None
    return _hand_out(world, allowed, now + SHORT_TOKEN_SECONDS, now)


def _longer(world: "World", platform: str, form: Form, now: float) -> Body:
    app = _app(world, platform, form)
    person = world.consents.people.get(form.text("fb_exchange_token") or "")
    if form.text("grant_type") != "fb_exchange_token" or person is None or person.app != app or person.until < now:
        raise bad_token()
    return _hand_out(world, person, now + LONG_TOKEN_SECONDS, now)


def _hand_out(world: "World", allowed: Allowed, until: float, now: float) -> Body:
    made = token("EAAB")
    world.consents.people[made] = Allowed(
        allowed.app, allowed.callback, allowed.user_id, allowed.permissions, allowed.pages, until
    )
    return {"access_token": made, "token_type": "bearer", "expires_in": int(until - now)}


def _accounts(world: "World", platform: str, person: Allowed) -> Body:
    if not person.permissions.get("pages_show_list"):
        return {"data": []}
    pages = [page for name in person.pages if (page := world.accounts.named(platform, name)) is not None]
    rows = [
        {
            "access_token": _page_token(world, page, person),
            "category": "Government organisation",
            "name": page.name,
            "tasks": TASKS,
            **_named(page),
        }
        for page in pages
    ]
    return {"data": rows, "paging": {"cursors": {"before": "QVFI", "after": "QVFI"}}} if rows else {"data": []}


def _named(account: Account) -> Body:
    """Return what names a page, or the page to which an account of Instagram is linked."""
    if account.platform == "facebook":
        return {"username": account.address, "id": account.platform_id}
    linked = {"id": account.platform_id, "username": account.address}
    return {"id": invented_id("facebook", f"page:{account.key}"), "instagram_business_account": linked}


def _page_token(world: "World", page: Account, person: Allowed) -> str:
    """Return a page's token, which does not expire: a new one, unless this person has allowed it already."""
    if page.secrets.get("page_token") and page.secrets.get("granted_by") == person.user_id:
        return page.secrets["page_token"]
    made = token("EAAP")
    world.accounts.give(page, {"page_token": made, "app_secret": person.app.secret, "granted_by": person.user_id})
    return made


def _end(world: "World", platform: str, user_id: str, held: str) -> Body:
    """Take away all that a person has allowed an app, which asks with its own token."""
    key, _, secret = held.partition("|")
    app = world.consents.app(platform, key)
    own = app is not None and hmac.compare_digest(app.secret.encode(), secret.encode())
    if not own:
        raise bad_token()
    pages = [page for page in world.accounts.all(platform) if page.secrets.get("granted_by") == user_id]
    known = any(person.user_id == user_id for person in world.consents.people.values())
    if not pages and not known:
        raise no_such_object(user_id, "delete")
    for page in pages:
        world.accounts.give(page, {})
    world.consents.people = {name: each for name, each in world.consents.people.items() if each.user_id != user_id}
    return {"success": True}


def _check_proof(app: App, held: str, proof: str | None) -> None:
    expected = hmac.new(app.secret.encode(), held.encode(), hashlib.sha256).hexdigest()
    if not secrets.compare_digest(expected.encode(), (proof or "").encode()):
        raise GraphError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")
