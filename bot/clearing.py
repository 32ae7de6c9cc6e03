"""/clear: which of the bot's messages are taken away. An alert that still holds stays, with its buttons."""

from dataclasses import dataclass
from datetime import datetime

from bot import own_texts as texts
from bot.replies import Reply
from bot.speaker import Speaker, contact_for, speaking
from crisis.alerts.queries import current
from crisis.audience import chats
from crisis.audience.models import Contact
from crisis.broadcast.models import Notice


@dataclass(frozen=True, slots=True)
class Clearing:
    """The numbers of the messages that go, and what is said then."""

    numbers: list[int]
    replies: list[Reply]


def clear(speaker: Speaker, now: datetime) -> Clearing:
    """Choose what goes: all that Telegram lets us take away, but what people must be able to read and answer now."""
    contact, _ = contact_for(speaker, now)
    holding = {alert.marker for alert in current(now)}
    known = [*chats.removable(contact, now), *_notices(contact, now)]
    numbers = sorted({number for number, marker in known if marker not in holding})
    stays = any(marker in holding for _, marker in known)

    def reply(_: Contact) -> list[Reply]:
        return [Reply("\n\n".join([texts.cleared(), *([texts.alerts_stay()] if stays else [])]))]

    return Clearing(numbers, speaking(reply, speaker, now))


def cleared(speaker: Speaker, numbers: list[int], now: datetime) -> None:
    """Note that messages were taken away."""
    contact, _ = contact_for(speaker, now)
    chats.forget(contact=contact, numbers=numbers)


def _notices(contact: Contact, now: datetime) -> list[tuple[int, str]]:
    """Return what the workers wrote to a chat."""
    since = now - chats.REMOVABLE_FOR
    rows = Notice.objects.filter(contact=contact, accepted_at__gt=since).exclude(remote_id="")
    rows = rows.select_related("run__alert")
    return [(int(row.remote_id), row.run.alert.marker) for row in rows if row.remote_id.isdecimal()]
