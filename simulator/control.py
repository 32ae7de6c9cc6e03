"""The control API, JSON under `/_control/`: tests and the demo furnish this world, break it, and ask what happened."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.clock import iso
from simulator.clock import now as present
from simulator.gateway import write_back
from simulator.telegram import acts, files
from simulator.telegram.bots import Bot
from simulator.telegram.chats import Chat, find_chat
from simulator.telegram.messages import Box, Message
from simulator.telegram.people import Person
from simulator.telegram.refusal import Refusal

if TYPE_CHECKING:
    from simulator.world import World

Handler = Callable[["Control", Request], Awaitable[Response]]


class NotHere(LookupError):
    """What the address names does not exist: 404."""


def explained(handler: Handler) -> Handler:
    """Answer the mistakes of the caller with 400, 404 or 409 and a sentence, as `{"error": sentence}`."""

    @wraps(handler)
    async def answer(control: "Control", request: Request) -> Response:
        try:
            return await handler(control, request)
        except NotHere as error:
            return JSONResponse({"error": str(error)}, 404)
        except acts.Impossible as error:
            return JSONResponse({"error": str(error)}, 409)
        except Refusal as refused:
            return JSONResponse({"error": refused.description}, 409)
        except KeyError as error:
            return JSONResponse({"error": f"{error} is missing"}, 400)
        except (ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return answer


class Control:
    """The handlers of the control API over one world."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/_control/health", self.health, methods=["GET"]),
            Route("/_control/reset", self.reset, methods=["POST"]),
            Route("/_control/accounts", self.put_accounts, methods=["PUT"]),
            Route("/_control/accounts", self.list_accounts, methods=["GET"]),
            Route("/_control/apps", self.put_apps, methods=["PUT"]),
            Route("/_control/channels/{name}/post", self.post_in_channel, methods=["POST"]),
            Route("/_control/bots", self.put_bots, methods=["PUT"]),
            Route("/_control/people", self.put_people, methods=["PUT"]),
            Route("/_control/people/{chat_id:int}/act", self.act, methods=["POST"]),
            Route("/_control/limits", self.limits, methods=["GET", "PUT"]),
            Route("/_control/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_control/faults/{fault_id:int}", self.clear_fault, methods=["DELETE"]),
            Route("/_control/publications", self.publications, methods=["GET"]),
            Route("/_control/counts", self.counts, methods=["GET"]),
            Route("/_control/received", self.received, methods=["GET"]),
            Route("/_control/chats/{chat}", self.chat, methods=["GET"]),
            Route("/_control/ways", self.put_ways, methods=["PUT"]),
            Route("/_control/letters", self.letters, methods=["GET"]),
            Route("/_control/ways/sms/reply", self.reply, methods=["POST"]),
            Route("/_control/strangers", self.strangers, methods=["GET", "POST"]),
            Route("/_control/requests", self.requests, methods=["GET"]),
        ]

    @explained
    async def health(self, request: Request) -> Response:  # noqa: ARG002 - one signature for every handler
        """Say that the simulator is up, and how much it holds."""
        world = self._world
        return JSONResponse(
            {
                "ok": True,
                "accounts": len(world.accounts),
                "bots": len(world.bots.all()),
                "people": len(world.people),
                "publications": world.publications.total(),
                "messages": world.messages.total(),
                "waiting_presses": len(world.crowd),
            }
        )

    @explained
    async def reset(self, request: Request) -> Response:  # noqa: ARG002
        """Empty everything."""
        self._world.reset()
        return JSONResponse({"ok": True})

    @explained
    async def put_accounts(self, request: Request) -> Response:
        """Register or change accounts in bulk."""
        return JSONResponse([_account(each) for each in self._world.accounts.upsert(await _items(request))])

    @explained
    async def list_accounts(self, request: Request) -> Response:
        """List the accounts, without their secrets."""
        found = self._world.accounts.all(request.query_params.get("platform"))
        return JSONResponse([_account(each) | {"name": each.name, "kind": each.kind} for each in found])

    @explained
    async def put_apps(self, request: Request) -> Response:
        """Register or change apps, which may ask for access to accounts."""
        apps = self._world.consents.upsert(await _items(request))
        return JSONResponse([{"platform": app.platform, "key": app.key, "callbacks": app.callbacks} for app in apps])

    @explained
    async def post_in_channel(self, request: Request) -> Response:
        """Post in a channel as its editor; the bots that are administrators there get to know it."""
        channel = self._world.accounts.named("telegram", request.path_params["name"])
        if channel is None:
            raise NotHere(f"there is no channel {request.path_params['name']}")
        text = str(json.loads(await request.body())["text"])
        return JSONResponse({"message_id": acts.post(self._world, channel, text, present().timestamp())})

    @explained
    async def put_bots(self, request: Request) -> Response:
        """Register or change bots in bulk."""
        bots = self._world.bots.upsert(await _items(request))
        return JSONResponse([{"id": bot.id, "username": bot.username, "name": bot.name} for bot in bots])

    @explained
    async def put_people(self, request: Request) -> Response:
        """Register or change citizens in bulk."""
        people = self._world.people.upsert(await _items(request))
        return JSONResponse({"people": len(people)})

    @explained
    async def act(self, request: Request) -> Response:
        """Do something as a citizen."""
        wanted = json.loads(await request.body())
        person = self._world.people.get(int(request.path_params["chat_id"]))
        if person is None:
            raise NotHere(f"there is no person {request.path_params['chat_id']}")
        bot = self._bot(wanted.get("bot"))
        update_id, message_id = do_act(self._world, bot, person, wanted, present().timestamp())
        return JSONResponse({"update_id": update_id, "message_id": message_id})

    @explained
    async def limits(self, request: Request) -> Response:
        """Show or change the limits that the platforms enforce."""
        if request.method == "PUT":
            self._world.limits.change(json.loads(await request.body()))
        return JSONResponse(self._world.limits.as_json())

    @explained
    async def faults(self, request: Request) -> Response:
        """Ask for a fault, show all of them, or clear all of them."""
        book = self._world.faults
        if request.method == "POST":
            return JSONResponse(book.add(json.loads(await request.body())).as_json(), 201)
        if request.method == "DELETE":
            book.clear()
        return JSONResponse({"faults": book.as_json()})

    @explained
    async def clear_fault(self, request: Request) -> Response:
        """Clear one fault."""
        self._world.faults.clear(int(request.path_params["fault_id"]))
        return JSONResponse({"faults": self._world.faults.as_json()})

    @explained
    async def publications(self, request: Request) -> Response:
        """Show what stands or stood on the public accounts, the oldest first."""
        query = request.query_params
        found = self._world.publications.search(
            marker=query.get("marker", ""),
            platform=query.get("platform", ""),
            account=query.get("account", "").removeprefix("@").casefold(),
        )
        return JSONResponse([each.as_json() for each in found])

    @explained
    async def counts(self, request: Request) -> Response:
        """Count accepted publications by account."""
        return JSONResponse(self._world.publications.counts(request.query_params.get("marker", "")))

    @explained
    async def received(self, request: Request) -> Response:
        """Count the bots' messages by citizen."""
        counted = self._world.messages.received(request.query_params.get("marker", ""))
        return JSONResponse({str(chat_id): number for chat_id, number in counted.items()})

    @explained
    async def chat(self, request: Request) -> Response:
        """Show one chat: messages, keyboards and pressed buttons."""
        bot = self._bot(request.query_params.get("bot"))
        try:
            chat = find_chat(self._world, bot, request.path_params["chat"])
        except Refusal as refused:
            raise NotHere(refused.description) from refused
        return JSONResponse(show_chat(self._world, bot, chat))

    @explained
    async def put_ways(self, request: Request) -> Response:
        """Let somebody send by ways other than Telegram, in bulk."""
        items = await _items(request)
        self._world.ways.upsert(items)
        return JSONResponse({"ways": len(items)})

    @explained
    async def letters(self, request: Request) -> Response:
        """List what arrived for single people by other ways, oldest first."""
        query = request.query_params
        found = self._world.letters.found(
            way=query.get("way", ""), recipient=query.get("to", ""), holding=query.get("marker", "")
        )
        return JSONResponse([each.as_json() for each in reversed(found)])

    @explained
    async def reply(self, request: Request) -> Response:
        """Write a text back from a phone: the gateway posts it to whoever sends, at once, and says what that answered."""
        item = await request.json()
        try:
            status = await write_back(self._world, str(item["from"]), str(item["text"]), str(item.get("id", "")))
        except (OSError, EOFError) as error:
            return JSONResponse({"error": f"whoever sends does not answer: {type(error).__name__}"}, 502)
        return JSONResponse({"status": status})

    @explained
    async def strangers(self, request: Request) -> Response:
        """Write to an account as somebody who is nobody's account, or show all that was written, the oldest first."""
        if request.method == "GET":
            return JSONResponse([each.as_json() for each in self._world.strangers.all()])
        item = json.loads(await request.body())
        at = float(item["at"]) if "at" in item else present().timestamp()
        said = self._world.strangers.add(
            str(item["platform"]), str(item.get("account", "")).removeprefix("@").casefold(), str(item["author"]),
            str(item["text"]), at, beneath=str(item.get("beneath", "")),
        )  # fmt: skip
        return JSONResponse(said.as_json(), 201)

    @explained
    async def requests(self, request: Request) -> Response:  # noqa: ARG002
        """Show how many requests there were."""
        return JSONResponse(self._world.tally.as_json())

    def _bot(self, username: str | None) -> Bot:
        bot = self._world.bots.chosen(username)
        if bot is None:
            raise NotHere(f"there is no bot {username}" if username else "no bot is registered")
        return bot


def do_act(world: "World", bot: Bot, person: Person, wanted: dict[str, Any], now: float) -> tuple[int, int]:
    """Do what `wanted` describes as `person`; both the control API and the page speak so.

    Args:
        world: the simulator.
        bot: to whom it is done.
        person: who does it.
        wanted: `kind` (start, text, location, send, walk, press, edit, block or unblock) and what that kind needs.
        now: Unix seconds.

    Returns:
        The ids of the update (0: the bot does not want this kind) and of the message (0: there is none).

    Raises:
        Impossible: the person cannot do this now.
        ValueError: no such act, or something that it needs is missing.
    """
    kind = wanted.get("kind")
    if kind == "start":
        return acts.start(world, bot, person, str(wanted.get("payload") or ""), now)
    if kind == "text":
        reply_to = wanted.get("reply_to")
        return acts.write(world, bot, person, str(wanted["text"]), now, None if reply_to is None else int(reply_to))
    if kind == "location":
        return acts.share_location(world, bot, person, float(wanted["latitude"]), float(wanted["longitude"]), now)
    if kind == "send":
        return files.send(world, bot, person, wanted, now)
    if kind == "walk":
        return files.walk(world, bot, person, wanted, now)
    if kind == "press":
        message_id = wanted.get("message_id")
        button = wanted.get("data", wanted.get("button"))
        return acts.press(world, bot, person, None if message_id is None else int(message_id), button, now)
    if kind == "edit":
        return acts.edit(world, bot, person, int(wanted["message_id"]), str(wanted["text"]), now)
    if kind == "block":
        return acts.block(world, bot, person, now)
    if kind == "unblock":
        return acts.unblock(world, bot, person, now)
    raise ValueError(f"kind is start, text, location, send, walk, press, edit, block or unblock, not {kind!r}")


def show_chat(world: "World", bot: Bot, chat: Chat) -> dict[str, Any]:
    """Return everything about one chat as the control API shows it."""
    presses = world.store.rows(
        "SELECT * FROM presses WHERE chat_id = ? AND bot_id = ? ORDER BY pressed_at", chat.chat_id, bot.id
    )
    shown: dict[str, Any] = {"chat_id": chat.chat_id, "bot": bot.username}
    if chat.person is not None:
        shown["state"] = world.people.state(chat.person, bot.id)
    shown["messages"] = [_message(each, chat.box, bot) for each in world.messages.history(chat.box)]
    shown["presses"] = [
        {
            "query_id": row["query_id"],
            "message_id": row["message_id"],
            "data": row["data"],
            "pressed_at": iso(row["pressed_at"]),
            "answered_at": iso(row["answered_at"]),
            "answer": row["answer"],
            "alert": bool(row["alert"]),
        }
        for row in presses
    ]
    return shown


def _message(message: Message, box: Box, bot: Bot) -> dict[str, Any]:
    body, markup = message.body, message.markup or {}
    return {
        "message_id": message.message_id,
        "sender": "bot" if message.sender == bot.id or not box.bot_id else "person",
        "text": body.get("text") or body.get("caption") or "",
        "sent_at": iso(message.sent_at),
        "edited_at": iso(message.edited_at),
        "deleted_at": iso(message.deleted_at),
        "inline_keyboard": body.get("reply_markup", {}).get("inline_keyboard", []),
        "reply_keyboard": markup.get("keyboard", []),
        "location": body.get("location"),
        "message": body,
    }


def _account(account: Any) -> dict[str, str]:
    return {"platform": account.platform, "address": account.address, "platform_id": account.platform_id}


async def _items(request: Request) -> list[dict[str, Any]]:
    items = json.loads(await request.body())
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError("the body is a JSON list of objects")
    return items
