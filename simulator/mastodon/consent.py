"""OAuth 2.0 on a Mastodon server, the side of the app: it registers itself, changes a code for a token, and ends it."""

from typing import TYPE_CHECKING, Any

from simulator.accounts import Account
from simulator.consents import token
from simulator.forms import Form
from simulator.mastodon.errors import Refused, invalid
from simulator.oauth2 import Refused as OAuthRefused
from simulator.oauth2 import check_app, redeem

if TYPE_CHECKING:
    from simulator.world import World


def register(world: "World", form: Form, now: float) -> dict[str, Any]:  # noqa: ARG001 - one signature for every request
    """Do POST /api/v1/apps: anybody may register one."""
    name, callback = form.text("client_name") or "", form.text("redirect_uris") or ""
    if not name:
        raise invalid("Application name can't be blank")
    if not callback.startswith(("http://", "https://")):
        raise invalid("Redirect URI must be an absolute URI.")
    key, secret = token(""), token("")
    world.consents.upsert([{"platform": "mastodon", "key": key, "secret": secret, "callbacks": callback.split()}])
    return {
        "id": "1",
        "name": name,
        "scopes": (form.text("scopes") or "read").split(),
        "redirect_uri": callback,
        "redirect_uris": callback.split(),
        "client_id": key,
        "client_secret": secret,
        "client_secret_expires_at": 0,
    }


def hand_out(world: "World", form: Form, now: float) -> dict[str, Any]:
    """Do POST /oauth/token."""
    if form.text("grant_type") != "authorization_code":
        raise OAuthRefused("unsupported_grant_type", "The authorization grant type is not supported")
    app = check_app(world, "mastodon", form.text("client_id") or "", form.text("client_secret") or "")
    grant, account = redeem(
        world,
        app,
        code=form.text("code") or "",
        callback=form.text("redirect_uri") or "",
        now=now,
        verifier=form.text("code_verifier") or "",
    )
    made = token("")
    world.accounts.give(account, {"access_token": made, "client_id": app.key, "client_secret": app.secret})
    return {"access_token": made, "token_type": "Bearer", "scope": " ".join(grant.scopes), "created_at": int(now)}


def end(world: "World", form: Form, now: float) -> dict[str, Any]:  # noqa: ARG001
    """Do POST /oauth/revoke: of the app's own tokens only; one that nobody knows is no error."""
    account = world.accounts.holding("mastodon", "access_token", form.text("token") or "")
    if account is not None:
        if not _is_apps(account, form):
            raise Refused(403, "unauthorized_client")
        world.accounts.give(account, {})
    return {}


def _is_apps(account: Account, form: Form) -> bool:
    return all(account.secrets.get(name) == form.text(name) for name in ("client_id", "client_secret"))
