"""The AT Protocol's OAuth, the side of the app: what it says of itself, pushed requests, and tokens bound to a key."""

from typing import TYPE_CHECKING, Any

from simulator.accounts import Account
from simulator.bluesky.proofs import check_assertion, thumbprint_of_text
from simulator.consents import App, token
from simulator.forms import Form
from simulator.oauth2 import Refused, redeem

if TYPE_CHECKING:
    from simulator.world import World

# atproto.com, OAuth: an hour or less; the address of a pushed request holds for minutes.
ACCESS_SECONDS = 3600
PREFIX = "urn:ietf:params:oauth:request_uri:"
SCOPES = ("atproto", "transition:generic", "repo:app.bsky.feed.post", "blob:image/jpeg")


def protected_resource(issuer: str) -> dict[str, Any]:
    """Return who gives access to what is here. Source: RFC 9728."""
    return {"resource": issuer, "authorization_servers": [issuer], "bearer_methods_supported": ["header"]}


def server(issuer: str) -> dict[str, Any]:
    """Return what the authorisation server says of itself. Source: RFC 8414; atproto.com, OAuth."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth/par",
        "require_pushed_authorization_requests": True,
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "response_types_supported": ["code"],
        "scopes_supported": list(SCOPES),
    }


def push(world: "World", form: Form, issuer: str, jkt: str, now: float) -> dict[str, Any]:
    """Do POST /oauth/par."""
    app = _app(world, form, issuer, now)
    asked = {name: form.text(name) or "" for name in ("redirect_uri", "state", "scope", "code_challenge", "login_hint")}
    if not world.consents.may_send_back(app, asked["redirect_uri"]):
        raise Refused("invalid_request", "Invalid redirect_uri")
    if form.text("code_challenge_method") != "S256" or not asked["code_challenge"]:
        raise Refused("invalid_request", "Code challenge is required")
    if "atproto" not in asked["scope"].split() or not set(asked["scope"].split()) <= set(SCOPES):
        raise Refused("invalid_scope", "The scope is not supported")
    fixed = {"client_id": app.key, "response_type": form.text("response_type") or "", "code_challenge_method": "S256"}
    address = token(PREFIX)
    world.consents.pushed[address] = {**asked, **fixed, "dpop_jkt": jkt, "iss": issuer}
    return {"request_uri": address, "expires_in": 299}


def hand_out(world: "World", form: Form, issuer: str, jkt: str, now: float) -> dict[str, Any]:
    """Do POST /oauth/token. A refresh token works once."""
    app = _app(world, form, issuer, now)
    if form.text("grant_type") == "refresh_token":
        account = world.accounts.holding("bluesky", "refresh_token", form.text("refresh_token") or "")
        if account is None or account.secrets.get("client_id") != app.key or bound_to(account) != jkt:
            raise Refused("invalid_grant", "Invalid refresh token")
        return _give(world, app, account, account.secrets.get("scope", ""), jkt, now)
    code = form.text("code") or ""
    grant = world.consents.grants.get(code)
    if grant is not None and grant.subject != jkt:
        raise Refused("invalid_grant", "DPoP proof does not match the pushed request")
    grant, account = redeem(
        world,
        app,
        code=code,
        callback=form.text("redirect_uri") or "",
        now=now,
        verifier=form.text("code_verifier") or "",
    )
    return _give(world, app, account, " ".join(grant.scopes), jkt, now)


def end(world: "World", form: Form, issuer: str, jkt: str, now: float) -> dict[str, Any]:  # noqa: ARG001
    """Do POST /oauth/revoke; a token that nobody knows is no error."""
    app = _app(world, form, issuer, now)
    for name in ("refresh_token", "access_token"):
        account = world.accounts.holding("bluesky", name, form.text("token") or "")
        if account is not None and account.secrets.get("client_id") == app.key:
            world.accounts.give(account, {})
    return {}


def bound_to(account: Account) -> str:
    """Return the thumbprint of the key to which an account's tokens are bound."""
    known = account.secrets.get("dpop_jkt", "")
    return known or thumbprint_of_text(account.secrets.get("dpop_key", ""))


def _app(world: "World", form: Form, issuer: str, now: float) -> App:
    app = world.consents.app("bluesky", form.text("client_id") or "")
    given = form.text("client_assertion") or ""
    if app is None or not check_assertion(given, app.key, app.secret, issuer, now):
        raise Refused("invalid_client", "Client authentication failed")
    return app


def _give(world: "World", app: App, account: Account, scope: str, jkt: str, now: float) -> dict[str, Any]:
    made = {
        "access_token": token(""),
        "refresh_token": token("ref-"),
        "dpop_jkt": jkt,
        "client_id": app.key,
        "scope": scope,
        "access_until": str(now + ACCESS_SECONDS),
    }
    world.accounts.give(account, made)
    return {
        "access_token": made["access_token"],
        "refresh_token": made["refresh_token"],
        "token_type": "DPoP",
        "scope": scope,
        "expires_in": ACCESS_SECONDS,
        "sub": account.platform_id,
    }
