"""X's OAuth 1.0a in three steps, the side of the app: a request token, the account's token, and its end."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.types import Receive, Scope, Send

from simulator.accounts import Account
from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.consents import CODE_SECONDS, App, Asked, token
from simulator.exchange import Answer, Exchange, json_answer
from simulator.faults import Aim
from simulator.oauth1 import fits, is_signed, read_authorization
from simulator.x import problems

if TYPE_CHECKING:
    from simulator.world import World

# docs.x.com, response codes.
NOT_AUTHENTICATED = (32, "Could not authenticate you.")
BAD_CALLBACK = (415, "Callback URL not approved for this client application.")


class Refused(Exception):
    """X does not do it: status, and the number and sentence of its error."""

    def __init__(self, status: int, error: tuple[int, str]) -> None:
        super().__init__(error[1])
        self.status, self.error = status, error


class XConsent:
    """Serves `/x/oauth/request_token`, `/x/oauth/access_token` and `/x/1.1/oauth/invalidate_token`."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._do = {
            "request_token": self._request_token,
            "access_token": self._access_token,
            "invalidate_token": self._invalidate_token,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        name = exchange.path.rpartition("/")[2]
        now = present().timestamp()

        def run(_: float) -> Answer:
            try:
                return self._do[name](exchange, read_authorization(exchange.headers.get("authorization", "")), now)
            except Refused as refused:
                code, sentence = refused.error
                return json_answer(refused.status, {"errors": [{"code": code, "message": sentence}]})

        # Whose account it is stands in the token only, so faults strike whoever asks.
        aim = Aim("x", name, "consent", ())
        await conduct(
            exchange,
            Call(aim, run, lambda fault: problems.trouble(fault, "0", now)),
            self._world.faults,
            self._world.tally,
        )

    def _app(self, oauth: dict[str, str]) -> App:
        app = self._world.consents.app("x", oauth.get("oauth_consumer_key", ""))
        if app is None:
            raise Refused(401, NOT_AUTHENTICATED)
        return app

    def _request_token(self, exchange: Exchange, oauth: dict[str, str], now: float) -> Answer:
        app = self._app(oauth)
        if not fits("POST", _url(exchange), exchange.raw_query, oauth, (app.secret, ""), now):
            raise Refused(401, NOT_AUTHENTICATED)
        callback = oauth.get("oauth_callback", "")
        if not self._world.consents.may_send_back(app, callback):
            raise Refused(403, BAD_CALLBACK)
        name, secret = token("rt-"), token("")
        self._world.consents.asked[name] = Asked(app, secret, callback, now + CODE_SECONDS)
        return _form({"oauth_token": name, "oauth_token_secret": secret, "oauth_callback_confirmed": "true"})

    def _access_token(self, exchange: Exchange, oauth: dict[str, str], now: float) -> Answer:
        app = self._app(oauth)
        # Whatever comes of it, a request token is of use once.
        asked = self._world.consents.asked.pop(oauth.get("oauth_token", ""), None)
        if asked is None or asked.app != app or asked.until < now:
            raise Refused(401, NOT_AUTHENTICATED)
        if not fits("POST", _url(exchange), exchange.raw_query, oauth, (app.secret, asked.secret), now):
            raise Refused(401, NOT_AUTHENTICATED)
        account = self._world.accounts.named("x", asked.account) if asked.account else None
        if account is None or not asked.verifier or oauth.get("oauth_verifier") != asked.verifier:
            raise Refused(401, NOT_AUTHENTICATED)
        given = self._given(account, app)
        return _form(
            {
                "oauth_token": given["access_token"],
                "oauth_token_secret": given["access_token_secret"],
                "user_id": account.platform_id,
                "screen_name": account.address,
            }
        )

    def _given(self, account: Account, app: App) -> dict[str, str]:
        """Return the account's secrets; an app that was allowed already gets the same token again, as X does it."""
        if account.secrets.get("consumer_key") == app.key and account.secrets.get("access_token"):
            return account.secrets
        given = {
            "consumer_key": app.key,
            "consumer_secret": app.secret,
            "access_token": token(f"{account.platform_id}-"),
            "access_token_secret": token(""),
        }
        self._world.accounts.give(account, given)
        return given

    def _invalidate_token(self, exchange: Exchange, oauth: dict[str, str], now: float) -> Answer:
        account = self._world.accounts.holding("x", "access_token", oauth.get("oauth_token", ""))
        if account is None or not is_signed(account, "POST", _url(exchange), exchange.raw_query, oauth, now):
            raise Refused(401, (89, "Invalid or expired token."))
        self._world.accounts.give(account, {})
        return json_answer(200, {"access_token": oauth["oauth_token"]})


def _url(exchange: Exchange) -> str:
    return exchange.base_url + exchange.path


def _form(values: dict[str, str]) -> Answer:
    return Answer(200, urlencode(values).encode(), media_type="text/html; charset=utf-8")
