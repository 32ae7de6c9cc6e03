"""The addresses of the pages."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from simulator.accounts import PLATFORMS
from simulator.pages import chat, consent, hand, home, inbox, oauth2, timelines
from simulator.pages.layout import HEADERS, ICON, SCRIPT, STYLE, not_found

if TYPE_CHECKING:
    from simulator.world import World

Show = Callable[["World", Request], Response]
Do = Callable[["World", Request], Awaitable[Response]]


class Pages:
    """The pages over one world."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """Return the addresses of the pages."""
        return [
            self._get("/", home.home),
            self._get("/_static/style.css", _style),
            self._get("/_static/simulator.js", _script),
            self._get("/_static/icon.svg", _icon),
            self._get("/_pictures/{picture_id}", _picture),
            self._get("/inbox", inbox.inbox),
            self._get("/timelines", timelines.all_timelines),
            self._get("/timelines/fragment", timelines.timelines_fragment),
            self._get("/x/oauth/authorize", consent.x_screen),
            self._post("/x/oauth/authorize", consent.x_answer),
            *(
                route
                for slug in consent.CHOSEN
                for path in (f"/{slug}/dialog/oauth", f"/{slug}/{{version}}/dialog/oauth")
                for route in (self._get(path, consent.facebook_screen), self._post(path, consent.facebook_answer))
            ),
            self._post("/channels/{name}/post", timelines.post_in_channel),
            self._post("/hands/{name}", hand.publish),
            self._post("/hands/{name}/{id}", hand.change),
            *(
                route
                for slug, each in PLATFORMS.items()
                if each.consent
                for path in (f"/{slug}{each.consent}",)
                for route in (self._get(path, oauth2.screen), self._post(path, oauth2.answer))
            ),
            *(
                route
                for slug, each in PLATFORMS.items()
                for route in (
                    self._get(f"/{slug}/{{name}}", timelines.account_timeline),
                    self._get(each.page, timelines.one_publication),
                )
            ),
            self._get("/chat", chat.door),
            self._post("/chat", chat.enter),
            self._get("/chat/{chat_id:int}", chat.window),
            self._get("/chat/{chat_id:int}/fragment", chat.window_fragment),
            self._post("/chat/{chat_id:int}/act", chat.act),
        ]

    def last_routes(self) -> list[Route]:
        """Return the addresses in the shape of https://t.me/name, which would swallow others and so come last."""
        return [
            self._get("/{name}", _short_link),
            self._get("/{name}/{number:int}", _short_link),
        ]

    def _get(self, path: str, show: Show) -> Route:
        async def answer(request: Request) -> Response:
            return show(self._world, request)

        return Route(path, answer, methods=["GET"])

    def _post(self, path: str, do: Do) -> Route:
        async def answer(request: Request) -> Response:
            return await do(self._world, request)

        return Route(path, answer, methods=["POST"])


def _short_link(world: "World", request: Request) -> Response:
    """Lead from the shape of https://t.me/name to the chat with that bot, or to that channel."""
    name = str(request.path_params["name"])
    bot = world.bots.named(name)
    if bot is not None:
        query = {"bot": bot.username, "start": request.query_params.get("start", "")}
        return RedirectResponse(f"/chat?{urlencode(query)}", 302, HEADERS)
    channel = world.accounts.named("telegram", name)
    if channel is not None:
        number = request.path_params.get("number")
        return RedirectResponse(f"/telegram/{channel.key}" + (f"/{number}" if number else ""), 302, HEADERS)
    return nowhere(request, None)


def nowhere(request: Request, _: Exception | None) -> Response:
    """Return the page for an address that leads nowhere."""
    return not_found(f"There is nothing at {request.url.path}.")


def _style(world: "World", request: Request) -> Response:  # noqa: ARG001 - one signature for every page
    return PlainTextResponse(STYLE, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


def _script(world: "World", request: Request) -> Response:  # noqa: ARG001
    return PlainTextResponse(SCRIPT, media_type="text/javascript", headers={"X-Content-Type-Options": "nosniff"})


def _icon(world: "World", request: Request) -> Response:  # noqa: ARG001
    return PlainTextResponse(ICON, media_type="image/svg+xml", headers={"X-Content-Type-Options": "nosniff"})


def _picture(world: "World", request: Request) -> Response:
    found = world.pictures.content(request.path_params["picture_id"])
    if found is None:
        return not_found("There is no such picture.")
    return Response(found[1], media_type=found[0], headers=HEADERS)
