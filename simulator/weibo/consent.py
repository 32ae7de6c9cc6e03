"""Weibo's OAuth 2.0, the side of the app: a code becomes a token, which ends by itself or is taken back; none is renewed."""

from typing import TYPE_CHECKING, Any

from simulator.consents import token
from simulator.exchange import Answer, json_answer
from simulator.forms import Form
from simulator.oauth2 import Refused, check_app, redeem
from simulator.weibo.errors import Refused as WeiboRefused

if TYPE_CHECKING:
    from simulator.world import World

# How long it holds depends on what the app may do; a reviewed one's holds so long.
ACCESS_SECONDS = 30 * 86400
NUMBERS = {"invalid_client": 21324, "invalid_grant": 21325, "unsupported_grant_type": 21328}


def hand_out(world: "World", form: Form, now: float) -> dict[str, Any]:
    """Do POST oauth2/access_token.

    Raises:
        Refused: no token is handed out.
    """
    if form.text("grant_type") != "authorization_code":
        raise Refused("unsupported_grant_type", "unsupported grant type.")
    app = check_app(world, "weibo", form.text("client_id") or "", form.text("client_secret") or "")
    _, account = redeem(world, app, code=form.text("code") or "", callback=form.text("redirect_uri") or "", now=now)
    made = token("2.00")
    kept = {name: account.secrets[name] for name in ("domain", "public_ip") if name in account.secrets}
    world.accounts.give(account, kept | {"access_token": made, "access_until": str(now + ACCESS_SECONDS)})
    return {
        "access_token": made,
        "remind_in": str(ACCESS_SECONDS),
        "expires_in": ACCESS_SECONDS,
        "uid": account.platform_id,
        "isRealName": "true",
    }


def end(world: "World", form: Form, now: float) -> dict[str, Any]:  # noqa: ARG001 - one signature for both
    """Do POST oauth2/revokeoauth2.

    Raises:
        WeiboRefused: nobody has this token.
    """
    account = world.accounts.holding("weibo", "access_token", form.text("access_token") or "")
    if account is None:
        raise WeiboRefused(21332)
    rest = {name: value for name, value in account.secrets.items() if name not in ("access_token", "access_until")}
    world.accounts.give(account, rest)
    return {"result": "true"}


def refusal(refused: Refused, path: str) -> Answer:
    """Return a refusal of OAuth 2.0 as Weibo words it."""
    body = {
        "error": refused.error,
        "error_code": NUMBERS[refused.error],
        "request": path,
        "error_uri": path,
        "error_description": refused.description,
    }
    return json_answer(400, body)
