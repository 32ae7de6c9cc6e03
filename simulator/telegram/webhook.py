"""Webhooks: setting them, and carrying the updates to them over loopback."""

import asyncio
import ipaddress
import logging
import re
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from simulator.clock import now as present
from simulator.forms import Form
from simulator.telegram.bots import Bot, Bots
from simulator.telegram.refusal import Refusal, bad_request
from simulator.telegram.updates import Updates

if TYPE_CHECKING:
    from simulator.world import World

# Bot API, setWebhook: secret_token "1-256 characters. Only characters A-Z, a-z, 0-9, _ and - are allowed".
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
# tdlib/telegram-bot-api, WebhookActor.cpp: our Retry-After is honoured up to an hour.
MAX_RETRY_AFTER_SECONDS = 3600
ANSWER_SECONDS = 60
log = logging.getLogger(__name__)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only be this machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def set_webhook(world: "World", bot: Bot, form: Form, now: float) -> tuple[bool, str]:
    """Do setWebhook. The address must be on loopback and plain http: nothing leaves this machine.

    Returns:
        True, and the description that the real server adds.
    """
    url = form.text("url") or ""
    if not url:
        return delete_webhook(world, bot, form, now)
    address = urlsplit(url)
    if address.scheme != "http" or not is_loopback(address.hostname or ""):
        raise bad_request("bad webhook: the simulator delivers to http addresses on loopback only")
    secret = form.text("secret_token") or ""
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if secret and not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    connections = form.whole("max_connections", 40)
    bot.webhook, bot.webhook_secret = url, secret
    bot.max_connections = connections if 1 <= connections <= 100 else 40
    bot.last_error, bot.last_error_at = "", 0
    read_allowed(bot, form)
    world.bots.save(bot)
    if form.yes("drop_pending_updates"):
        world.updates.drop_all(bot)
    world.updates.end_poller(bot, Refusal(409, "Conflict: terminated by setWebhook request"))
    world.webhooks.restart(bot)
    return True, "Webhook was set"


def delete_webhook(world: "World", bot: Bot, form: Form, now: float) -> tuple[bool, str]:  # noqa: ARG001
    """Do deleteWebhook."""
    had_one = bool(bot.webhook)
    bot.webhook, bot.webhook_secret = "", ""
    world.bots.save(bot)
    world.webhooks.stop(bot.id)
    if form.yes("drop_pending_updates"):
        world.updates.drop_all(bot)
    return True, "Webhook was deleted" if had_one else "Webhook is already deleted"


def get_webhook_info(world: "World", bot: Bot, form: Form, now: float) -> dict[str, Any]:  # noqa: ARG001
    """Do getWebhookInfo."""
    info: dict[str, Any] = {
        "url": bot.webhook,
        "has_custom_certificate": False,
        "pending_update_count": world.updates.count(bot),
    }
    if bot.webhook:
        info["max_connections"] = bot.max_connections
    if bot.last_error:
        info |= {"last_error_date": bot.last_error_at, "last_error_message": bot.last_error}
    if bot.allowed:
        info["allowed_updates"] = bot.allowed
    return info


def read_allowed(bot: Bot, form: Form) -> None:
    """Take over `allowed_updates` when the request has it; an empty list means the usual kinds again."""
    allowed = form.structure("allowed_updates")
    if isinstance(allowed, list):
        bot.allowed = [str(kind) for kind in allowed] or None


class Webhooks:
    """Carries updates to webhooks: in order within a chat, at most `max_connections` at a time, until they are taken.

    So does the real server, which repeats a failed delivery at once, and then after 2, 4, 8 ... seconds, or when the
    answer's Retry-After says so (tdlib/telegram-bot-api, WebhookActor.cpp).
    """

    def __init__(self, world: "World") -> None:
        self._bots: Bots = world.bots
        self._updates: Updates = world.updates
        self._limits = world.limits
        self._queues: defaultdict[tuple[int, int], deque[tuple[int, str]]] = defaultdict(deque)
        self._tasks: dict[tuple[int, int], asyncio.Task[None]] = {}
        self._slots: dict[int, asyncio.Semaphore] = {}
        self._running = False

    def start(self) -> None:
        """Begin to deliver, also what waited since an earlier run."""
        self._running = True
        for bot in self._bots.all():
            if bot.webhook:
                self.restart(bot)

    def stop(self, bot_id: int | None = None) -> None:
        """Stop delivering to one bot, or for good; what was not taken stays in the table."""
        if bot_id is None:
            self._running = False
        for key in [key for key in self._tasks if bot_id in (None, key[0])]:
            self._tasks.pop(key).cancel()
        for key in [key for key in self._queues if bot_id in (None, key[0])]:
            del self._queues[key]

    def restart(self, bot: Bot) -> None:
        """Deliver everything that waits for `bot` to its present webhook."""
        self.stop(bot.id)
        self._slots[bot.id] = asyncio.Semaphore(bot.max_connections)
        for update_id, chat_id, body in self._updates.waiting(bot, present().timestamp()):
            self.deliver(bot, update_id, chat_id, body)

    def deliver(self, bot: Bot, update_id: int, chat_id: int, body: str) -> None:
        """Take over one update, behind the earlier ones of the same chat."""
        if not self._running:
            return
        key = (bot.id, chat_id)
        self._queues[key].append((update_id, f'{{"update_id":{update_id},{body[1:]}'))
        if key not in self._tasks:
            self._tasks[key] = asyncio.get_running_loop().create_task(self._empty(bot, key))

    async def _empty(self, bot: Bot, key: tuple[int, int]) -> None:
        slots, queue = self._slots.setdefault(bot.id, asyncio.Semaphore(bot.max_connections)), self._queues[key]
        failures = 0
        while queue:
            update_id, body = queue[0]
            async with slots:
                problem, retry_after = await self._post(bot, body)
            if not problem:
                self._updates.drop(update_id)
                queue.popleft()
                failures = 0
                continue
            bot.last_error, bot.last_error_at = problem, int(present().timestamp())
            log.info("update %s is not taken: %s", update_id, problem)
            await asyncio.sleep(self._delay(failures, retry_after))
            failures += 1
        del self._queues[key], self._tasks[key]

    def _delay(self, failures: int, retry_after: float) -> float:
        if retry_after:
            return min(retry_after, MAX_RETRY_AFTER_SECONDS)
        longest = self._limits["telegram_webhook_retry_max_seconds"]
        return 0.0 if failures == 0 else min(2.0**failures, 60.0 if longest is None else longest)

    async def _post(self, bot: Bot, body: str) -> tuple[str, float]:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                status, reason, headers = await _post(urlsplit(bot.webhook), body.encode(), bot.webhook_secret)
        except (OSError, ValueError, EOFError, TimeoutError, asyncio.LimitOverrunError) as error:
            return f"Connection refused or broken: {type(error).__name__}", 0
        if 200 <= status <= 299:
            return "", 0
        retry_after = headers.get("retry-after", "")
        return f"Wrong response from the webhook: {status} {reason}", float(
            retry_after
        ) if retry_after.isdecimal() else 0


async def _post(address: SplitResult, body: bytes, secret: str) -> tuple[int, str, dict[str, str]]:
    """Send one POST over a connection of its own and return status, reason and headers."""
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    lines = [f"POST {path} HTTP/1.1", f"Host: {address.netloc}", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", "Connection: close"]
    if secret:
        lines.append(f"X-Telegram-Bot-Api-Secret-Token: {secret}")
    reader, writer = await asyncio.open_connection(address.hostname, address.port or 80)
    try:
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        await reader.read(65536)
    finally:
        writer.close()
    first, *rest = head.strip().split("\r\n")
    _, status, *reason = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return int(status), " ".join(reason), headers
