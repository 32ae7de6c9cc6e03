"""The consent screens and what stands behind them: OAuth 1.0a on X, Facebook Login, a channel's editor on Telegram."""

import hashlib
import hmac
import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from requests_oauthlib import OAuth1

from simulator.consents import CODE_SECONDS

BACK = "http://127.0.0.1:8000/connect/callback"
X = {"key": "app-key", "secret": "app secret &"}
FACEBOOK = {"key": "4711", "secret": "app-secret"}
SCOPES = "pages_show_list,pages_manage_posts"


@pytest.fixture(autouse=True)
def _apps(control: Any) -> None:
    x = {"platform": "x", **X, "callbacks": [f"{BACK}/x/"]}
    control("PUT", "apps", [x, {"platform": "facebook", **FACEBOOK, "callbacks": [f"{BACK}/facebook/"]}])


# --- X ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ask_x(raw: Any) -> Callable[..., Any]:
    def ask(path: str, **signing: Any) -> Any:
        signing = {"client_key": X["key"], "client_secret": X["secret"]} | signing
        return raw("POST", f"/x/{path}", auth=OAuth1(**signing))

    return ask


def begun(ask_x: Any) -> dict[str, str]:
    return dict(parse_qsl(ask_x("oauth/request_token", callback_uri=f"{BACK}/x/").text))


def decided(raw: Any, token: str, answer: str = "yes", account: str = "MFA") -> Any:
    return raw("POST", "/x/oauth/authorize", data={"oauth_token": token, "account": account, "answer": answer})


def test_an_account_is_given_to_an_app(ask_x: Any, raw: Any, control: Any) -> None:
    asked = begun(ask_x)
    assert asked["oauth_callback_confirmed"] == "true"
    screen = raw("GET", f"/x/oauth/authorize?oauth_token={asked['oauth_token']}")
    assert "Authorise app" in screen.text
    assert "http://127.0.0.1:8000" in screen.headers["Content-Security-Policy"]
    back = parse_qs(urlsplit(decided(raw, asked["oauth_token"]).headers["Location"]).query)
    assert back["oauth_token"] == [asked["oauth_token"]]
    owner = {"resource_owner_key": asked["oauth_token"], "resource_owner_secret": asked["oauth_token_secret"]}
    given = dict(parse_qsl(ask_x("oauth/access_token", **owner, verifier=back["oauth_verifier"][0]).text))
    assert (given["screen_name"], given["oauth_token"]) == ("MFA", "111-user"), "the same app gets the same token again"
    assert ask_x("oauth/access_token", **owner, verifier=back["oauth_verifier"][0]).status_code == 401, "used"

    mine = {"resource_owner_key": given["oauth_token"], "resource_owner_secret": given["oauth_token_secret"]}
    assert ask_x("1.1/oauth/invalidate_token", **mine).json() == {"access_token": "111-user"}
    assert ask_x("1.1/oauth/invalidate_token", **mine).status_code == 401
    me = raw("GET", "/x/2/users/me", auth=OAuth1(X["key"], client_secret=X["secret"], **mine))
    assert me.status_code == 401


def test_x_refuses_what_is_not_signed_or_not_registered(ask_x: Any, raw: Any) -> None:
    good = f"{BACK}/x/"
    assert ask_x("oauth/request_token", callback_uri=good, client_secret="wrong").status_code == 401
    assert ask_x("oauth/request_token", callback_uri=good, client_key="unknown").status_code == 401
    refused = ask_x("oauth/request_token", callback_uri="http://127.0.0.1:9/elsewhere/")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, 415)
    assert raw("POST", "/x/oauth/request_token").status_code == 401
    assert raw("GET", "/x/oauth/authorize?oauth_token=unknown").status_code == 400


def test_x_takes_no_for_no_and_nothing_late(ask_x: Any, raw: Any, simulator: Any) -> None:
    asked = begun(ask_x)
    back = decided(raw, asked["oauth_token"], "no").headers["Location"]
    assert back == f"{BACK}/x/?denied={asked['oauth_token']}"
    assert decided(raw, asked["oauth_token"]).status_code == 400

    asked = begun(ask_x)
    assert decided(raw, asked["oauth_token"], account="nobody").status_code == 400
    simulator.world.consents.asked[asked["oauth_token"]].until -= CODE_SECONDS + 1
    assert decided(raw, asked["oauth_token"]).status_code == 400

    asked = begun(ask_x)
    decided(raw, asked["oauth_token"])
    owner = {"resource_owner_key": asked["oauth_token"], "resource_owner_secret": asked["oauth_token_secret"]}
    assert ask_x("oauth/access_token", **owner, verifier="guessed").status_code == 401


# --- Facebook --------------------------------------------------------------------------------------------------------------


def dialogue(raw: Any, **changes: str) -> Any:
    fields = {"client_id": FACEBOOK["key"], "redirect_uri": f"{BACK}/facebook/", "state": "s t&", "scope": SCOPES}
    fields |= {"answer": "yes", "person": "Ada", "pages": "mfa.page"}
    fields |= {f"allow_{name}": "1" for name in SCOPES.split(",")}
    return raw("POST", "/facebook/v25.0/dialog/oauth", data=fields | changes)


def came(answer: Any) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


@pytest.fixture
def ask_facebook(raw: Any) -> Callable[..., Any]:
    def ask(method: str, path: str, token: str = "", **fields: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if token and "appsecret_proof" not in fields:
            fields["appsecret_proof"] = hmac.new(
                FACEBOOK["secret"].encode(), token.encode(), hashlib.sha256
            ).hexdigest()
        where = {"data": fields} if method == "POST" else {"params": fields}
        return raw(method, f"/graph/v25.0/{path}", headers=headers, **where).json()

    return ask


def coded(ask_facebook: Any, code: str, **changes: str) -> Any:
    fields = {"client_id": FACEBOOK["key"], "client_secret": FACEBOOK["secret"], "redirect_uri": f"{BACK}/facebook/"}
    return ask_facebook("POST", "oauth/access_token", **(fields | {"code": code} | changes))


def test_pages_are_given_to_an_app(raw: Any, ask_facebook: Any, graph: Any, control: Any) -> None:
    screen = raw("GET", f"/facebook/v25.0/dialog/oauth?client_id=4711&redirect_uri={BACK}/facebook/&scope={SCOPES}")
    assert "Create and manage content" in screen.text
    back = came(dialogue(raw))
    assert back["state"] == "s t&"
    short = coded(ask_facebook, back["code"])
    assert coded(ask_facebook, back["code"])["error"]["error_subcode"] == 36009
    longer = coded(ask_facebook, "", grant_type="fb_exchange_token", fb_exchange_token=short["access_token"])
    assert longer["expires_in"] > short["expires_in"]
    token = longer["access_token"]
    assert ask_facebook("GET", "me/accounts", token, appsecret_proof="wrong")["error"]["code"] == 100
    who = ask_facebook("GET", "me", token)["id"]
    permissions = ask_facebook("GET", "me/permissions", token)["data"]
    assert {"permission": "pages_manage_posts", "status": "granted"} in permissions
    (page,) = ask_facebook("GET", "me/accounts", token)["data"]
    assert page["username"] == "mfa.page"
    shown = raw("GET", "/graph/v25.0/me", headers={"Authorization": f"Bearer {page['access_token']}"})
    assert shown.json()["error"]["code"] == 100, "a page's token needs the app's proof from now on"
    assert ask_facebook("GET", "me", page["access_token"])["id"] == page["id"]

    assert ask_facebook("DELETE", f"{who}/permissions", "4711|wrong")["error"]["code"] == 190
    assert ask_facebook("DELETE", f"{who}/permissions", "4711|app-secret") == {"success": True}
    assert ask_facebook("GET", "me", page["access_token"])["error"]["code"] == 190
    assert control("GET", "requests")["tokens_in_urls"] == 0


def test_facebook_refuses_what_does_not_fit(raw: Any, ask_facebook: Any, simulator: Any) -> None:
    for changes in ({"client_id": "1"}, {"redirect_uri": "http://127.0.0.1:9/"}, {"pages": "nobody"}):
        assert dialogue(raw, **changes).status_code == 400
    code = came(dialogue(raw))["code"]
    assert coded(ask_facebook, code, client_secret="wrong")["error"]["code"] == 1
    assert coded(ask_facebook, code, client_id="1")["error"]["code"] == 101
    assert coded(ask_facebook, code, redirect_uri=f"{BACK}/x/")["error"]["error_subcode"] == 36008
    simulator.world.consents.codes[code].until = 0
    assert coded(ask_facebook, code)["error"]["error_subcode"] == 36007
    assert coded(ask_facebook, "invented")["error"]["code"] == 100
    assert ask_facebook("GET", "me/accounts", "invented")["error"]["code"] == 190


def test_facebook_takes_no_for_no(raw: Any, ask_facebook: Any) -> None:
    back = came(dialogue(raw, answer="no"))
    assert (back["error"], back["state"]) == ("access_denied", "s t&")
    code = came(dialogue(raw, allow_pages_show_list=""))["code"]
    token = coded(ask_facebook, code)["access_token"]
    assert {"permission": "pages_show_list", "status": "declined"} in ask_facebook("GET", "me/permissions", token)[
        "data"
    ]
    assert ask_facebook("GET", "me/accounts", token) == {"data": []}


@pytest.mark.parametrize("account", ["", "nobody"])
def test_x_leads_back_from_a_choice_that_is_none(ask_x: Any, raw: Any, account: str) -> None:
    asked = begun(ask_x)
    refused = decided(raw, asked["oauth_token"], account=account)
    assert refused.status_code == 400
    (back,) = re.findall(r'<p><a href="([^"]+)">Go back and choose one', refused.text)
    assert "Authorise app" in raw("GET", html.unescape(back)).text
    assert decided(raw, asked["oauth_token"]).status_code == 303


@pytest.mark.parametrize("pages", ["", " , ", "nobody"])
def test_facebook_leads_back_from_a_choice_that_is_none(raw: Any, pages: str) -> None:
    refused = dialogue(raw, pages=pages)
    assert refused.status_code == 400
    (back,) = re.findall(r'<p><a href="([^"]+)">Go back and choose one', refused.text)
    again = raw("GET", html.unescape(back)).text
    assert "Continue to app" in again
    assert 'value="s t&amp;"' in again, "it is still the answer to the same question"


def test_a_consent_screen_suggests_the_account_of_the_link_else_one_without_access(
    ask_x: Any, raw: Any, control: Any
) -> None:
    control("PUT", "accounts", [{"platform": "x", "address": f"embassy_{name}"} for name in ("a", "b")])
    where = f"/x/oauth/authorize?oauth_token={begun(ask_x)['oauth_token']}"
    for address, first in ((f"{where}&screen_name=Embassy_B", "embassy_b"), (where, "embassy_a"),
                           (f"{where}&screen_name=nobody", "embassy_a"), (f"{where}&screen_name=mfa", "MFA")):  # fmt: skip
        page = raw("GET", address).text
        assert f'name="account" list="handles" value="{first}"' in page
        options = re.findall(r'<option value="([^"]+)">', page)
        assert options[0] == first
        assert set(options) >= {"embassy_a", "embassy_b", "MFA"}


# --- Telegram --------------------------------------------------------------------------------------------------------------


def test_a_bot_hears_the_channels_in_which_it_is_an_administrator(
    raw: Any, control: Any, bot: Any, call_bot: Any
) -> None:
    raw("POST", "/channels/mfa_alerts/post", data={"text": "from the editor"})
    (update,) = bot("get_updates", timeout=0)
    assert (update.channel_post.text, update.channel_post.chat.username) == ("from the editor", "mfa_alerts")
    assert call_bot("leaveChat", chat_id="@mfa_alerts")["result"] is True
    assert call_bot("leaveChat", chat_id="@mfa_alerts")["status"] == 403
    control("POST", "channels/mfa_alerts/post", {"text": "unheard"})
    assert len(bot("get_updates", timeout=0, offset=update.update_id + 1)) == 0
    page = raw("GET", "/telegram/mfa_alerts").text
    assert "Make @tocsin_bot an administrator" in page
    raw("POST", "/channels/mfa_alerts/post", data={"admin": "tocsin_bot"})
    control("POST", "channels/mfa_alerts/post", {"text": "heard"})
    assert len(bot("get_updates", timeout=0)) == 1


def test_what_an_app_needs_is_said(control: Any) -> None:
    for wrong in ({"platform": "telegram", "key": "k", "secret": "s"}, {"platform": "x", "key": "k"}):
        assert control.ask("PUT", "apps", [wrong]).status_code == 400
    assert control.ask("POST", "channels/nobody/post", {"text": "x"}).status_code == 404
    assert not re.search("secret", control.ask("PUT", "apps", [{"platform": "x", **X}]).text)
