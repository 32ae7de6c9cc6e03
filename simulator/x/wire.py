"""X on the wire: who asks (OAuth 1.0a or a Bearer token), which address, how much is left, and the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.accounts import Account
from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.exchange import Answer, Exchange, TooLarge, json_answer
from simulator.faults import Aim, Fault
from simulator.forms import BadForm, read_form
from simulator.oauth1 import is_signed, read_authorization
from simulator.x import problems, replies, tweets
from simulator.x.consent import XConsent
from simulator.x.problems import Headers, Problem, invalid, unauthorized
from simulator.x.tweets import Asked, Body

if TYPE_CHECKING:
    from simulator.world import World

PREFIX = "/x/2/"
CONSENT = ("/x/oauth/request_token", "/x/oauth/access_token", "/x/1.1/oauth/invalidate_token")


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the API: name and kind by which faults know it, the limit that holds for it, and what does it."""

    name: str
    kind: str
    limit: str
    do: Callable[["World", Asked], tuple[int, Body]]


CREATE = Route("tweets", "create", "x_posts_per_15_minutes", tweets.create)
DELETE = Route("delete", "delete", "x_deletes_per_15_minutes", tweets.delete)
TIMELINE = Route("timeline", "list", "x_timelines_per_15_minutes", tweets.timeline)
SEARCH = Route("search", "list", "x_timelines_per_15_minutes", replies.search)
MENTIONS = Route("mentions", "list", "x_timelines_per_15_minutes", replies.mentions)
ME = Route("me", "other", "x_me_per_15_minutes", tweets.me)
UPLOAD = Route("media", "other", "x_media_per_15_minutes", tweets.upload)
DESCRIBE = Route("metadata", "other", "x_media_per_15_minutes", tweets.describe)


def find_route(method: str, path: str) -> tuple[Route, str] | None:
    """Return the route of a request and the id in its address.

    Args:
        method: GET, POST or DELETE.
        path: behind `/2/`.
    """
    fixed = {
        ("POST", "tweets"): CREATE,
        ("GET", "users/me"): ME,
        ("GET", "tweets/search/recent"): SEARCH,
        ("POST", "media/upload"): UPLOAD,
        ("POST", "media/metadata"): DESCRIBE,
    }
    path = path.rstrip("/")
    if (method, path) in fixed:
        return fixed[method, path], ""
    match (method, *path.split("/")):
        case ("DELETE", "tweets", tweet_id):
            return DELETE, tweet_id
        case ("GET", "users", user_id, "tweets"):
            return TIMELINE, user_id
        case ("GET", "users", user_id, "mentions"):
            return MENTIONS, user_id
    return None


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs."""
    consent = XConsent(world)
    return [
        Address("/x/2/{path:path}", XWire(world)),
        *(Address(path, consent, methods=["POST"]) for path in CONSENT),
    ]


class XWire:
    """Serves `/x/2/...`."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        now = present().timestamp()
        name = "-"
        try:
            found = find_route(exchange.method, exchange.path.removeprefix(PREFIX))
            if found is None:
                raise Problem(404, {"title": "Not Found", "type": "about:blank", "status": 404, "detail": "Not Found"})
            route, name = found[0], found[0].name
            account = self._authenticate(exchange, now)
            asked = await self._read(exchange, account, now)
            asked.name = found[1]
        except Problem as problem:
            answer = problem.answer((("x-rate-limit-limit", "0"), ("x-rate-limit-remaining", "0"), _reset(now + 900)))
            self._world.tally.count("x", name, answer.status)
            await exchange.reply(answer)
        else:
            await conduct(exchange, self._call(route, asked), self._world.faults, self._world.tally)

    def _authenticate(self, exchange: Exchange, now: float) -> Account:
        header = exchange.headers.get("authorization", "")
        if any(name == "access_token" for name, _ in exchange.query):
            self._world.tally.tokens_in_urls += 1
        if header.startswith("Bearer "):
            account = self._world.accounts.holding("x", "bearer_token", header.removeprefix("Bearer ").strip())
            if account is not None:
                return account
        oauth = read_authorization(header)
        account = self._world.accounts.holding("x", "access_token", oauth.get("oauth_token", ""))
        # The path as it was written, not decoded: that is what the client has signed.
        url = exchange.base_url + exchange.scope.get("raw_path", exchange.path.encode()).decode("latin-1")
        if account is None or not is_signed(account, exchange.method, url, exchange.raw_query, oauth, now):
            raise unauthorized()
        return account

    @staticmethod
    async def _read(exchange: Exchange, account: Account, now: float) -> Asked:
        asked = Asked(account, dict(exchange.query), {}, now)
        if exchange.method != "POST":
            return asked
        content_type = exchange.headers.get("content-type", "")
        may_be_form = exchange.path.endswith("/media/upload") and content_type.startswith("multipart/form-data")
        if not content_type.startswith("application/json") and not may_be_form:
            raise invalid("Requests with bodies must have content-type of application/json.")
        try:
            form = read_form("", content_type, await exchange.body())
        except BadForm as error:
            raise invalid(str(error)) from error
        except TooLarge as error:
            raise Problem(413, {"title": "Payload Too Large", "type": "about:blank", "status": 413}) from error
        asked.body, asked.files = form.values, form.files
        return asked

    def _call(self, route: Route, asked: Asked) -> Call:
        account = asked.account
        aim = Aim("x", route.name, route.kind, (account.key, account.platform_id))

        def run(hidden_seconds: float) -> Answer:
            asked.hidden_seconds = hidden_seconds
            return self._run(route, asked)

        def trouble(fault: Fault) -> Answer:
            return problems.trouble(fault, account.platform_id, asked.now)

        return Call(aim, run, trouble)

    def _run(self, route: Route, asked: Asked) -> Answer:
        # X counts every request of a user, refused ones too.
        key = (asked.account.key, route.limit)
        limit, left, reset, fits = self._world.x_windows.take(key, self._world.limits[route.limit], asked.now)
        headers = (("x-rate-limit-limit", str(limit)), ("x-rate-limit-remaining", str(left)), _reset(reset))
        if not fits:
            return problems.too_many(headers).answer()
        try:
            status, body = route.do(self._world, asked)
        except Problem as problem:
            return problem.answer(headers)
        except UnicodeEncodeError:
            # Half a surrogate pair.
            return invalid("$.text: is not valid Unicode").answer(headers)
        return json_answer(status, body, headers, "application/json; charset=utf-8")


def _reset(seconds: float) -> tuple[str, str]:
    return "x-rate-limit-reset", str(int(seconds))


__all__ = ["Headers", "XWire", "find_route"]
