"""The Graph API on the wire: version, token, proof of the app secret, address, and the answer."""

import hashlib
import hmac
import inspect
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.accounts import Account
from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.exchange import Answer, Exchange, TooLarge, json_answer
from simulator.faults import Aim, Fault
from simulator.forms import BadForm, Form
from simulator.graph import comments, consent, errors, pages
from simulator.graph.errors import GraphError, bad_token, no_such_object, unsupported_version
from simulator.graph.pages import Asked, Body

if TYPE_CHECKING:
    from simulator.world import World

VERSION = re.compile(r"v(\d+)\.(\d+)")
# Versions live for about two years; these are taken to be alive.
OLDEST, NEWEST = 19, 26


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of request: the name and kind by which faults know it, and what does it."""

    name: str
    kind: str
    do: Callable[["World", Asked], Body | Coroutine[Any, Any, Body]]


FEED = Route("feed", "create", pages.publish)
PHOTOS = Route("photos", "create", pages.publish_photo)
LIST = Route("published_posts", "list", pages.list_posts)
PAGE = Route("page", "other", pages.show_page)
POST = Route("post", "other", pages.show_post)
EDIT = Route("edit", "edit", pages.edit)
DELETE = Route("delete", "delete", pages.delete)
COMMENTS = Route("comments", "list", comments.list_comments)
ANSWER = Route("answer", "create", comments.answer_comment)
MESSAGES = Route("messages", "create", comments.respond)


def find_route(method: str, names: list[str]) -> Route | None:
    """Return the route of a request.

    Args:
        method: GET, POST or DELETE.
        names: the parts of the address behind the version.
    """
    match (method, *names):
        case ("POST", _, "feed"):
            return FEED
        case ("POST", _, "photos"):
            return PHOTOS
        case ("GET", _, "published_posts" | "feed"):
            return LIST
        case ("GET", _, "comments"):
            return COMMENTS
        case ("POST", _, "comments"):
            return ANSWER
        case ("POST", _, "messages"):
            return MESSAGES
        case ("GET", name):
            return POST if "_" in name and name.replace("_", "").isdecimal() else PAGE
        case ("POST", _):
            return EDIT
        case ("DELETE", _):
            return DELETE
    return None


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs."""
    return [Address("/graph/{path:path}", GraphWire(world))]


class GraphWire:
    """Serves `/graph/<version>/...`; what is below it differs by platform.

    Attributes:
        platform, prefix: whose, and where.
        secret: by which an account is named.
        usual: the version, where an address has none.
    """

    platform: ClassVar[str] = "facebook"
    prefix: ClassVar[str] = "/graph/"
    secret: ClassVar[str] = "page_token"  # noqa: S105 - a name
    usual: ClassVar[str] = "v25.0"

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        name = "-"
        try:
            version, names = self._address(exchange.path)
            if self._asks_for_access(exchange, names):
                return await self._consent(exchange, names)
            route = self._route(exchange.method, names)
            if route is None:
                raise GraphError(2500, f"Unknown path components: /{'/'.join(names[1:])}")
            name = route.name
            asked = await self._let_in(exchange, version, names[0])
        except GraphError as error:
            answer = error.answer()
            self._world.tally.count(self.platform, name, answer.status)
            await exchange.reply(answer)
        else:
            await conduct(exchange, self._call(route, asked), self._world.faults, self._world.tally)
        return None

    def _asks_for_access(self, exchange: Exchange, names: list[str]) -> bool:
        return consent.is_one(self._world, exchange.method, names, self._held(exchange))

    def _route(self, method: str, names: list[str]) -> Route | None:
        return find_route(method, names)

    def _owns(self, account: Account, name: str) -> bool:
        """Tell whether the object in the address may be this account's."""
        if self._world.strangers.find(self.platform, account.key, name):
            return True
        owner, _, number = name.partition("_")
        return owner in ("me", account.platform_id) or (not number and owner.casefold() == account.key)

    def _trouble(self, fault: Fault, account_id: str, name: str) -> Answer:
        return errors.trouble(fault, account_id, name)

    async def _consent(self, exchange: Exchange, names: list[str]) -> None:
        """Answer what Facebook Login asks, in which no page has a voice yet."""
        form = await self._form(exchange)
        token = self._held(exchange) or form.text("access_token") or ""
        if any(name in dict(exchange.query) for name in ("access_token", "client_secret", "fb_exchange_token")):
            self._world.tally.tokens_in_urls += 1

        def run(_: float) -> Answer:
            try:
                body = consent.answer(self._world, self.platform, names, token, form, present().timestamp())
            except GraphError as error:
                return error.answer()
            return json_answer(200, body, (), "application/json; charset=UTF-8")

        aim = Aim(self.platform, names[-1], "consent", ())
        call = Call(aim, run, lambda fault: self._trouble(fault, "0", names[0]))
        await conduct(exchange, call, self._world.faults, self._world.tally)

    @staticmethod
    def _held(exchange: Exchange) -> str:
        scheme, _, token = exchange.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() in ("bearer", "oauth") else ""

    def _address(self, path: str) -> tuple[str, list[str]]:
        names = [name for name in path.removeprefix(self.prefix).split("/") if name]
        version = self.usual
        if names and VERSION.fullmatch(names[0]):
            version = names.pop(0)
        major, minor = map(int, VERSION.fullmatch(version).groups())  # type: ignore[union-attr] # matched above
        if not self._serves(major, minor):
            raise unsupported_version(version)
        if not names:
            raise GraphError(2500, "An unknown path was requested")
        return version, names

    def _serves(self, major: int, minor: int) -> bool:
        return OLDEST <= major <= NEWEST and not minor

    @staticmethod
    async def _form(exchange: Exchange) -> Form:
        try:
            return await exchange.form()
        except BadForm as error:
            raise GraphError(100, f"(#100) {error}") from error
        except TooLarge as error:
            raise GraphError(1, "Please reduce the amount of data you're sending", status=413) from error

    async def _let_in(self, exchange: Exchange, version: str, name: str) -> Asked:
        form = await self._form(exchange)
        token, seen = self._token(exchange, form)
        page = self._world.accounts.holding(self.platform, self.secret, token)
        if page is None:
            raise bad_token()
        self._check_proof(page, token, form.text("appsecret_proof"))
        if self._owns(page, name):
            now = present().timestamp()
            return Asked(page, name, version, form, exchange.base_url, now, seen)
        raise no_such_object(name, exchange.method.lower())

    def _token(self, exchange: Exchange, form: Form) -> tuple[str, str]:
        """Return the token, and once more when it came in the address or the body."""
        in_url = dict(exchange.query).get("access_token", "")
        if in_url:
            self._world.tally.tokens_in_urls += 1
        header = exchange.headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() in ("bearer", "oauth") and token:
            return token.strip(), in_url
        token = form.text("access_token") or ""
        if not token:
            raise GraphError(104, "An access token is required to request this resource.")
        return token, token

    @staticmethod
    def _check_proof(page: Account, token: str, proof: str | None) -> None:
        secret = page.secrets.get("app_secret")
        if not secret:
            return
        expected = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), (proof or "").encode()):
            raise GraphError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")

    def _call(self, route: Route, asked: Asked) -> Call:
        page = asked.page
        aim = Aim(self.platform, route.name, route.kind, (page.key, page.platform_id))

        def run(hidden_seconds: float) -> Answer:
            asked.hidden_seconds = hidden_seconds
            return self._said(lambda: cast("Body", route.do(self._world, asked)), asked)

        async def wait() -> Answer:
            try:
                body = await cast("Coroutine[Any, Any, Body]", route.do(self._world, asked))
            except GraphError as error:
                return error.answer()
            return self._said(lambda: body, asked)

        def trouble(fault: Fault) -> Answer:
            return self._trouble(fault, page.platform_id, asked.name)

        return Call(aim, run, trouble, wait if inspect.iscoroutinefunction(route.do) else None)

    @staticmethod
    def _said(do: Callable[[], Body], asked: Asked) -> Answer:
        try:
            body = do()
        except GraphError as error:
            return error.answer()
        except (BadForm, UnicodeEncodeError) as error:
            return GraphError(100, f"(#100) {error}").answer()
        headers = (
            ("facebook-api-version", asked.version),
            ("x-app-usage", '{"call_count":1,"total_time":1,"total_cputime":1}'),
        )
        return json_answer(200, body, headers, "application/json; charset=UTF-8")
