"""Which messages of the bot stand in a person's chat, as long as the bot may take them away again; never what they say."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crisis.audience.models import ChatMessage, Contact

# https://core.telegram.org/bots/api#deletemessage: younger than 48 hours; a minute less, for whoever asks at the very end.
REMOVABLE_FOR = timedelta(hours=48) - timedelta(minutes=1)


def note(*, contact: Contact, sent: Sequence[tuple[int, str]], now: datetime) -> None:
    """Note what the bot said in a chat.

    Args:
        contact: whose chat.
        sent: the number of each message there, and the marker of the alert that it shows, or blank.
        now: the time.
    """
    ChatMessage.objects.bulk_create(
        ChatMessage(contact=contact, number=number, marker=marker, sent_at=now) for number, marker in sent
    )


def removable(contact: Contact, now: datetime) -> list[tuple[int, str]]:
    """Return the messages that may still be taken away: their numbers, and the markers of the alerts that they show."""
    rows = ChatMessage.objects.filter(contact=contact, sent_at__gt=now - REMOVABLE_FOR)
    return list(rows.order_by("number").values_list("number", "marker"))


def forget(*, contact: Contact, numbers: Sequence[int]) -> None:
    """Forget messages that were taken away."""
    ChatMessage.objects.filter(contact=contact, number__in=numbers).delete()


def forget_old(*, now: datetime) -> int:
    """Forget what can no longer be taken away; how much it was."""
    return ChatMessage.objects.filter(sent_at__lte=now - REMOVABLE_FOR).delete()[0]
