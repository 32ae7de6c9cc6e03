"""LinkedIn's OAuth 2.0, the side of the app: codes and refresh tokens become access tokens; what was given can be taken back."""

from typing import TYPE_CHECKING, Any

from simulator.accounts import Account
from simulator.consents import App, token
from simulator.exchange import Answer, json_answer
from simulator.faults import Fault
from simulator.forms import Form
from simulator.linkedin.posts import person_of
from simulator.oauth2 import Refused, check_app, redeem

if TYPE_CHECKING:
    from simulator.world import World

# learn.microsoft.com, programmatic refresh tokens: 60 days; a year from the consent, which a refresh does not make longer.
ACCESS_SECONDS = 60 * 86400
REFRESH_SECONDS = 365 * 86400


def hand_out(world: "World", form: Form, now: float) -> Answer:
    """Do POST /oauth/v2/accessToken.

    Raises:
        Refused: no token is handed out.
    """
    app = check_app(world, "linkedin", form.text("client_id") or "", form.text("client_secret") or "")
    if form.text("grant_type") == "refresh_token":
        return _renew(world, app, form.text("refresh_token") or "", now)
    grant, account = redeem(world, app, code=form.text("code") or "", callback=form.text("redirect_uri") or "", now=now)
    given = {
        "access_token": token("AQX"),
        "refresh_token": token("AQW"),
        "client_id": app.key,
        "granted_by": person_of(account),
        "access_until": str(now + ACCESS_SECONDS),
        "refresh_until": str(now + REFRESH_SECONDS),
        "scope": ",".join(grant.scopes),
    }
    return _told(world, account, given, now)


def _renew(world: "World", app: App, refresh_token: str, now: float) -> Answer:
    account = world.accounts.holding("linkedin", "refresh_token", refresh_token)
    if account is None or account.secrets.get("client_id") != app.key:
        raise Refused("invalid_grant", "The provided refresh token is invalid, expired or revoked")
    until = float(account.secrets["refresh_until"])
    if until < now:
        raise Refused("invalid_grant", "The provided refresh token is expired")
    # The token before stays good until its own end.
    renewed = {
        "access_token": token("AQX"),
        "earlier_token": account.secrets["access_token"],
        "access_until": str(min(until, now + ACCESS_SECONDS)),
    }
    return _told(world, account, account.secrets | renewed, now)


def _told(world: "World", account: Account, given: dict[str, str], now: float) -> Answer:
    world.accounts.give(account, given)
    body: dict[str, Any] = {
        "access_token": given["access_token"],
        "expires_in": int(float(given["access_until"]) - now),
        "refresh_token": given["refresh_token"],
        "refresh_token_expires_in": int(float(given["refresh_until"]) - now),
        "scope": given["scope"],
    }
    return json_answer(200, body)


def revoke(world: "World", form: Form) -> Answer:
    """Do POST /oauth/v2/revoke: with the access token goes all that came with it.

    Raises:
        Refused: the app is not known, or the token is not its own.
    """
    app = check_app(world, "linkedin", form.text("client_id") or "", form.text("client_secret") or "")
    account = world.accounts.holding("linkedin", "access_token", form.text("token") or "")
    if account is None or account.secrets.get("client_id") != app.key:
        raise Refused("invalid_request", "The token is invalid")
    world.accounts.give(account, {})
    return Answer(200, b"", (), None)


def refusal(refused: Refused) -> Answer:
    """Return a refusal as it goes over the wire."""
    status = 401 if refused.error == "invalid_client" else 400
    return json_answer(status, {"error": refused.error, "error_description": refused.description})


def trouble(fault: Fault) -> Answer:
    """Say a fault in the words of OAuth 2.0."""
    if fault.name in ("rate_limit", "quota"):
        return json_answer(429, {"error": "too_many_requests", "error_description": "Too many requests"})
    return refusal(Refused("invalid_grant", "The provided authorization grant or refresh token is revoked"))
