"""Ringing workers by the name of a task, so that no other process loads an SDK. A bell that is lost costs one sweep."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db.models import F, QuerySet
from kombu.exceptions import OperationalError

from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.broadcast.models import ALERT, Delivery, DeliveryState, NoticeRun
from crisis.broadcast.notice_ledger import Chunk
from crisis.registry.models import Mode

log = logging.getLogger(__name__)

CHUNKS_WAITING = 20  # messages on a queue of chunks: a sweep offers no more than the workers can take meanwhile
DELIVERIES_AT_ONCE = 25  # are named by one message: reading them and telling the broker costs hardly more than for one
MESSAGES_WAITING = 100  # on a queue of deliveries: what waits longer than that is not rung again
STAFF = "corrections"  # the queue of messages to the staff: a few, for whom an alert waits
APART = "slow"  # the queue of what goes another way than Telegram's: chunks, and answers to replies

_kept: ContextVar[list[int] | None] = ContextVar("kept", default=None)
_UNREACHABLE = (OperationalError, redis.RedisError, OSError)


def _send(name: str, arguments: Iterable[tuple[Any, ...]], *, queue: str) -> int:
    """Send one message for each; stop at the first that the broker does not take.

    Returns:
        How many were taken.
    """
    sent = 0
    try:
        with current_app.producer_or_acquire() as producer:
            for args in arguments:
                current_app.send_task(name, args=args, queue=queue, producer=producer, ignore_result=True)
                sent += 1
    except _UNREACHABLE as error:
        log.warning(
            "the broker does not answer; the sweep will ring again", extra={"task": name, "error": type(error).__name__}
        )
    return sent


def _some(ids: Iterable[int], most: int) -> Iterator[tuple[int, ...]]:
    rest = iter(ids)
    while some := tuple(islice(rest, most)):
        yield some


def waiting(queue: str) -> int:
    """Return how many messages wait on a queue; a broker that does not answer has none."""
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
        with client:
            return int(client.llen(queue))
    except redis.RedisError:
        return 0


@contextmanager
def kept() -> Iterator[list[int]]:
    """Keep the bells of deliveries that are rung within, for whoever rings to answer them itself.

    Should it die before it does, the sweep rings.
    """
    ids: list[int] = []
    before = _kept.set(ids)
    try:
        yield ids
    finally:
        _kept.reset(before)


def ring_deliveries(ids: Iterable[int], *, correction: bool = False) -> int:
    """Ring for deliveries, some with each message; a correction overtakes everything else that waits."""
    if (mine := _kept.get()) is not None:
        mine += ids
        return len(mine)
    return _send(
        "tasks.broadcast.deliver", _some(ids, DELIVERIES_AT_ONCE), queue="corrections" if correction else "posts"
    )


def ring_readings(ids: Iterable[int]) -> int:
    """Ring for accounts to be read back."""
    return _send("tasks.broadcast.read_back", ((pk,) for pk in ids), queue="posts")


def ring_runs(ids: Iterable[int]) -> int:
    """Ring for the writing of notice runs."""
    return _send("tasks.notices.fill", ((pk,) for pk in ids), queue="first")


def ring_chunks(chunks: Iterable[Chunk], *, urgent: bool = False, correction: bool = False, apart: bool = False) -> int:
    """Ring for chunks of notices: a correction goes first, then what was begun or put off, then what nobody has tried yet.

    Args:
        chunks: of one run, or of several.
        urgent, correction: see above.
        apart: they are not Telegram's: another queue, whose worker has a thread for each, so that no slow server holds up
            Telegram's windows.
    """
    queue = APART if apart else "first" if correction else "urgent" if urgent else "bulk"
    return _send("tasks.notices.send_chunk", chunks, queue=queue)


def ring_reply(contact_id: int, said: str, checkin_id: int, *, others: int, key: str) -> int:
    """Ring for the confirmation of what somebody wrote back; a bell that is lost is not rung again, the record stands."""
    return _send("tasks.replies.confirm", [(contact_id, said, checkin_id, others, key)], queue=APART)


def ring_approvers(alert_id: int) -> None:
    """Ring for whoever is told first that an alert waits for approval."""
    _send("tasks.duty.ring", [(alert_id,)], queue=STAFF)


def ring_staff(ids: Iterable[int]) -> int:
    """Ring for messages to the staff; the sweep rings again for whichever was lost."""
    return _send("tasks.duty.send", ((pk,) for pk in ids), queue=STAFF)


def ring_invitation(officer_id: int) -> None:
    """Ring for the link of somebody who was invited; one that is lost is sent again from the console."""
    _send("tasks.staff_letters.invite", [(officer_id,)], queue=APART)


def ring_forgotten(sealed: str) -> None:
    """Ring for whoever has forgotten their password; what they typed is sealed, and one that is lost is asked for anew."""
    _send("tasks.staff_letters.forgotten", [(sealed,)], queue=APART)


def ring_code(way_id: int) -> None:
    """Ring for the code that confirms a way of the staff; whoever waits for one that is lost asks for another."""
    _send("tasks.staff_letters.confirm", [(way_id,)], queue=APART)


def ring_casework() -> None:
    """Ring for what staff have written to people; a bell that is lost costs ten seconds."""
    _send("tasks.casework.tell", [()], queue=APART)


def ring_lists() -> None:
    """Ring for the lists of people that wait to be checked or brought in; a bell that is lost costs half a minute."""
    _send("tasks.lists.work", [()], queue=APART)


def ring_confirmations(ids: Iterable[int]) -> int:
    """Ring for the links that confirm addresses; the sweep rings again for whichever was lost."""
    return _send("tasks.links.send", ((pk, "confirm") for pk in ids), queue=APART)


def ring_stranger(kind: str, sealed: str, key: str) -> None:
    """Ring for what is said once to somebody whom we do not know; the address is sealed, as a broker is no safe."""
    _send("tasks.replies.welcome", [(kind, sealed, key)], queue=APART)


def ring_link(contact_id: int, purpose: str) -> int:
    """Ring for a link that somebody asked for; the sweep rings again for one that confirms, the others may be asked for anew."""
    return _send("tasks.links.send", [(contact_id, purpose)], queue=APART)


def goes_apart(run_id: int) -> bool:
    """Tell whether a run's notices go another way than Telegram's."""
    return NoticeRun.objects.filter(pk=run_id).exclude(kind=Contact.Kind.TELEGRAM).exists()


def is_correction(run_id: int) -> bool:
    """Tell whether a run belongs to an alert that updates or cancels another."""
    return _corrections(run_id).exists()


def _corrections(run_id: int) -> QuerySet[NoticeRun]:
    return NoticeRun.objects.filter(pk=run_id).exclude(alert__msg_type=Alert.MsgType.ALERT)


def goes_first(run_id: int) -> bool:
    """Tell whether a run's chunks overtake all others: a live correction's do, a drill's never stand before a live alert."""
    return _corrections(run_id).filter(alert__mode=Mode.LIVE).exists()


def ring_alert(alert_id: int) -> None:
    """Ring for everything of an alert that was just issued and may leave at once; later parts wait for the first."""
    first = Delivery.objects.filter(alert=alert_id, state=DeliveryState.QUEUED, not_before__lte=F("queued_at"))
    first = first.order_by("part", "id")
    correction = Alert.objects.filter(pk=alert_id).exclude(msg_type=Alert.MsgType.ALERT).exists()
    ring_deliveries(first.values_list("pk", flat=True), correction=correction)
    ring_runs(NoticeRun.objects.filter(alert=alert_id, purpose=ALERT).order_by("pk").values_list("pk", flat=True))
