"""Weibo on the wire: which address, whose token (a field, or a header), and the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route as Address
from starlette.types import Receive, Scope, Send

from simulator.accounts import PLATFORMS, Account, fold
from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.exchange import Answer, Exchange, TooLarge, json_answer
from simulator.faults import Aim
from simulator.forms import BadForm, Form
from simulator.oauth2 import Refused as OAuthRefused
from simulator.weibo import consent, statuses
from simulator.weibo.errors import Refused, trouble
from simulator.weibo.statuses import Asked

if TYPE_CHECKING:
    from simulator.world import World

PREFIX = "/weibo"


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the interface: the name and kind by which faults know it, and what does it."""

    name: str
    kind: str
    do: Callable[["World", Asked], dict[str, Any]]


ROUTES = {
    ("POST", "/2/statuses/share.json"): Route("share", "create", statuses.share),
    ("POST", "/2/statuses/destroy.json"): Route("destroy", "delete", statuses.destroy),
    ("GET", "/2/statuses/user_timeline.json"): Route("user_timeline", "list", statuses.user_timeline),
    ("GET", "/2/account/get_uid.json"): Route("get_uid", "other", statuses.get_uid),
    ("GET", "/2/users/show.json"): Route("show", "other", statuses.show),
}
CONSENT: dict[str, Callable[["World", Form, float], dict[str, Any]]] = {
    "/oauth2/access_token": consent.hand_out,
    "/oauth2/revokeoauth2": consent.end,
}


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs, and the one of a post, which there does not name whose it is."""

    async def post_page(request: Request) -> Response:
        number = request.path_params["id"]
        found = world.publications.search(platform="weibo", remote_id=number, limit=1)
        name = fold(found[0].address) if found else "-"
        return RedirectResponse(PLATFORMS["weibo"].page.format(name=name, id=number), 302)

    wire = WeiboWire(world)
    return [
        Address(f"{PREFIX}/2/{{path:path}}", wire),
        *(Address(f"{PREFIX}{path}", wire, methods=["POST"]) for path in CONSENT),
        Address(f"{PREFIX}/detail/{{id}}", post_page, methods=["GET"]),
    ]


class WeiboWire:
    """Serves `/weibo/2/...` and, of `/weibo/oauth2/...`, what programs ask."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        path, name = exchange.path.removeprefix(PREFIX), "-"
        if any(key in ("access_token", "client_secret", "code") for key, _ in exchange.query):
            self._world.tally.tokens_in_urls += 1
        try:
            form = await self._read(exchange)
            if path in CONSENT:
                call = self._of_consent(path, form)
            else:
                route = ROUTES.get((exchange.method, path))
                if route is None:
                    raise Refused(10020)
                name = route.name
                call = self._of_an_account(exchange, route, path, form)
        except Refused as refused:
            answer = refused.answer(path)
            self._world.tally.count("weibo", name, answer.status)
            return await exchange.reply(answer)
        return await conduct(exchange, call, self._world.faults, self._world.tally)

    @staticmethod
    async def _read(exchange: Exchange) -> Form:
        try:
            return await exchange.form()
        except BadForm as error:
            raise Refused(20007) from error
        except TooLarge as error:
            raise Refused(10018) from error

    def _of_consent(self, path: str, form: Form) -> Call:
        now = present().timestamp()

        def run(_: float) -> Answer:
            try:
                return json_answer(200, CONSENT[path](self._world, form, now))
            except OAuthRefused as refused:
                return consent.refusal(refused, path)
            except Refused as refused:
                return refused.answer(path)

        aim = Aim("weibo", path.rpartition("/")[2], "consent", ())
        return Call(aim, run, lambda fault: trouble(fault, path))

    def _of_an_account(self, exchange: Exchange, route: Route, path: str, form: Form) -> Call:
        now = present().timestamp()
        account = self._authenticate(exchange, form, now)
        asked = Asked(account, form, exchange.base_url, now)

        def run(hidden_seconds: float) -> Answer:
            asked.hidden_seconds = hidden_seconds
            try:
                return json_answer(200, route.do(self._world, asked))
            except Refused as refused:
                return refused.answer(path)

        aim = Aim("weibo", route.name, route.kind, (account.key, account.platform_id))
        return Call(aim, run, lambda fault: trouble(fault, path))

    def _authenticate(self, exchange: Exchange, form: Form, now: float) -> Account:
        scheme, _, held = exchange.headers.get("authorization", "").partition(" ")
        held = held.strip() if scheme == "OAuth2" else form.text("access_token") or ""
        if not held:
            raise Refused(10006)
        account = self._world.accounts.holding("weibo", "access_token", held)
        if account is None:
            raise Refused(21332)
        if float(account.secrets.get("access_until", "inf")) < now:
            raise Refused(21327)
        return account
