"""The Bot API on the wire: token, method, parameters in any of four encodings, and the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.types import Receive, Scope, Send

from simulator.clock import now as present
from simulator.conduct import Call, conduct
from simulator.exchange import Answer, Exchange, TooLarge, json_answer
from simulator.faults import Aim, Fault
from simulator.forms import BadForm, Form
from simulator.telegram import editing, files, menus, refusal, sending, webhook
from simulator.telegram.bots import TOKEN, Bot
from simulator.telegram.refusal import Refusal, bad_request

if TYPE_CHECKING:
    from simulator.world import World


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the Bot API: its name, what kind of request it is for faults, and what does it."""

    name: str
    kind: str
    do: Callable[["World", Bot, Form, float], Any]


def _poll_elsewhere(*_: object) -> list[Any]:
    raise TypeError("getUpdates waits: TelegramWire answers it itself")


METHODS = {
    method.name.lower(): method
    for method in (
        Method("getMe", "other", menus.get_me),
        Method("getUpdates", "poll", _poll_elsewhere),
        Method("setWebhook", "other", webhook.set_webhook),
        Method("deleteWebhook", "other", webhook.delete_webhook),
        Method("getWebhookInfo", "other", webhook.get_webhook_info),
        Method("sendMessage", "create", sending.send_message),
        Method("sendPhoto", "create", sending.send_photo),
        Method("sendDocument", "create", sending.send_document),
        Method("sendLocation", "create", sending.send_location),
        Method("forwardMessage", "create", sending.forward_message),
        Method("editMessageText", "edit", editing.edit_message_text),
        Method("editMessageCaption", "edit", editing.edit_message_caption),
        Method("editMessageReplyMarkup", "edit", editing.edit_message_reply_markup),
        Method("deleteMessage", "delete", editing.delete_message),
        Method("deleteMessages", "delete", editing.delete_messages),
        Method("answerCallbackQuery", "other", menus.answer_callback_query),
        Method("setMyCommands", "other", menus.set_my_commands),
        Method("getMyCommands", "other", menus.get_my_commands),
        Method("deleteMyCommands", "other", menus.delete_my_commands),
        Method("getChat", "other", menus.get_chat),
        Method("getChatMember", "other", menus.get_chat_member),
        Method("getChatMemberCount", "other", menus.get_chat_member_count),
        Method("leaveChat", "other", menus.leave_chat),
        Method("sendChatAction", "other", menus.send_chat_action),
        Method("getFile", "other", files.get_file),
    )
}


FILES_BELOW = "/telegram/file/bot"


def success(result: object, description: str | None = None) -> Answer:
    """Return the Bot API's answer to a request that succeeded."""
    body = {"ok": True, "result": result}
    return json_answer(200, body | {"description": description} if description else body)


class TelegramWire:
    """Serves `/telegram/bot<TOKEN>/<method>`. An ASGI application of its own: this is the busiest address of all."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send, self._world.stopping)
        name = "-"
        try:
            if exchange.path.startswith(FILES_BELOW):
                await conduct(exchange, self._download(exchange.path), self._world.faults, self._world.tally)
                return
            bot, method = self._recognise(exchange.path)
            name = method.name
            form = await self._read(exchange)
            call = self._call(bot, method, form)
        except Refusal as refused:
            answer = refused.answer()
            self._world.tally.count("telegram", name, answer.status)
            await exchange.reply(answer)
        else:
            await conduct(exchange, call, self._world.faults, self._world.tally)

    def _download(self, path: str) -> Call:
        token, _, where = path.removeprefix(FILES_BELOW).partition("/")
        bot = self._world.bots.holding(token) if TOKEN.fullmatch(token) else None
        if bot is None:
            raise Refusal(401, "Unauthorized")
        aim = Aim("telegram", "downloadFile", "other", (str(bot.id), bot.username.casefold()), None)
        return Call(
            aim,
            lambda _hidden_seconds: files.download(self._world, bot, where),
            lambda fault: refusal.trouble(fault, "downloadFile"),
        )

    def _recognise(self, path: str) -> tuple[Bot, Method]:
        token, _, method_name = path.removeprefix("/telegram/").removeprefix("bot").rstrip("/").partition("/")
        if not path.startswith("/telegram/bot") or not TOKEN.fullmatch(token):
            raise Refusal(404, "Not Found")
        bot = self._world.bots.holding(token)
        if bot is None:
            raise Refusal(401, "Unauthorized")
        method = METHODS.get(method_name.lower())
        if method is None:
            raise Refusal(404, "Not Found: method not found")
        return bot, method

    @staticmethod
    async def _read(exchange: Exchange) -> Form:
        try:
            return await exchange.form()
        except BadForm as error:
            raise bad_request(str(error)) from error
        except TooLarge as error:
            raise Refusal(413, "Request Entity Too Large") from error

    def _call(self, bot: Bot, method: Method, form: Form) -> Call:
        names = [str(bot.id), bot.username.casefold()]
        wanted = (form.text("chat_id") or "").strip()
        chat = wanted or None
        accounts = self._world.accounts
        account = (
            accounts.named("telegram", wanted) if wanted.startswith("@") else accounts.numbered("telegram", wanted)
        )
        if account is not None:
            names += [account.key, account.platform_id]
            chat = account.platform_id
        aim = Aim("telegram", method.name, method.kind, tuple(names), chat)

        def run(_hidden_seconds: float) -> Answer:
            return self._run(bot, method, form)

        def trouble(fault: Fault) -> Answer:
            return refusal.trouble(fault, method.name)

        if method.name != "getUpdates":
            return Call(aim, run, trouble)
        return Call(aim, None, trouble, wait=lambda: self._poll(bot, form))

    def _run(self, bot: Bot, method: Method, form: Form) -> Answer:
        try:
            result = method.do(self._world, bot, form, present().timestamp())
        except Refusal as refused:
            return refused.answer()
        except BadForm as error:
            return bad_request(f"can't parse {error}").answer()
        except UnicodeEncodeError:
            # Half a surrogate pair in a JSON body.
            return bad_request("strings must be encoded in UTF-8").answer()
        return success(*result) if isinstance(result, tuple) else success(result)

    async def _poll(self, bot: Bot, form: Form) -> Answer:
        if bot.webhook:
            return Refusal(409, refusal.WEBHOOK_ACTIVE).answer()
        try:
            allowed = bot.allowed
            webhook.read_allowed(bot, form)
            if bot.allowed != allowed:
                self._world.bots.save(bot)
            found = await self._world.updates.poll(
                bot, form.whole("offset"), form.whole("limit", 100), form.whole("timeout"), present().timestamp()
            )
        except Refusal as refused:
            return refused.answer()
        except BadForm as error:
            return bad_request(f"can't parse {error}").answer()
        return success(found)
