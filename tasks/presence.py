"""Whether people are still where they said: asked once, by day where they are; whoever says nothing is counted there no more."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from celery import shared_task

from crisis import clock
from crisis.alerts.areas import reaches
from crisis.alerts.queries import current
from crisis.audience import chats, letters, operations, stays
from crisis.audience.models import Contact, Stay
from crisis.broadcast import breakers, halts
from crisis.privacy import erasing
from crisis.registry.queries import house_paused
from platforms.contract import Button, Outgoing, Receipt
from platforms.errors import (
    ContentRejected,
    PlatformError,
    RecipientGone,
    RecipientMoved,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unsupported,
)
from tasks import bells, notices, stay_letters, throttle, wiring

log = logging.getLogger(__name__)

MOST = 200  # people of one tick: what its time allows at the rate of these questions
TICK_S = 30.0  # no further one is begun after it: well within the task's time limit
LONGEST_NAP_S = 2.0
KIND = Contact.Kind.TELEGRAM
Words = Callable[[Stay, str], tuple[str, dict[str, str]]]


class _Wait(Exception):
    """Nothing more may leave in this tick."""


@shared_task(name="tasks.presence.tick")
def tick() -> None:
    """Ask whoever is due, end what nobody confirmed, and tidy up; two at the same time, or one much later, are safe.

    Each is noted before it is sent, one after another: a worker that is killed leaves one person who was not asked, and who is
    still told when the stay ends, with a button that undoes it; whoever was not told of that is told by a later round.
    """
    now, begun = clock.now(), time.monotonic()
    if number := erasing.finish(now=now):
        log.info("presence tidied", extra={"step": "erased", "number": number})
    if house_paused():
        return
    but_not = _in_alert(now)
    _by_letter(now, but_not, begun)
    try:
        _each(stays.to_ask(now, but_not=but_not, limit=MOST), _ask, begun)
        _each(stays.untold(now, limit=MOST), _end_again, begun)
        _each(stays.to_end(now, but_not=but_not, limit=MOST), _end, begun)
    except _Wait as why:
        log.info("questions wait", extra={"why": str(why)})


def _by_letter(now: datetime, but_not: set[str], begun: float) -> None:
    """Ask those who have no chat, by the same rules."""
    by_letter = stay_letters.kinds()
    if not by_letter:
        return
    steps: tuple[tuple[Callable[[], list[int]], Callable[[int], bool]], ...] = (
        (partial(stays.to_ask, now, but_not=but_not, limit=MOST, by_letter=by_letter), stay_letters.ask),
        (partial(stays.untold, now, limit=MOST, by_letter=by_letter), stay_letters.end_again),
        (partial(stays.to_end, now, but_not=but_not, limit=MOST, by_letter=by_letter), stay_letters.end),
    )
    for due, do in steps:
        try:
            for pk in due():
                if time.monotonic() - begun > TICK_S / 2 or house_paused():
                    return
                do(pk)
        except stay_letters.Full:
            log.info("letters about stays wait")


def _in_alert(now: datetime) -> set[str]:
    """Return the countries where an alert holds: nobody there is asked anything else now, nor forgotten."""
    return {reach.country for alert in current(now) for reach in reaches(alert.areas.all())}


def _each(ids: Iterable[int], do: Callable[[int], bool], begun: float) -> None:
    done = 0
    for pk in ids:
        if time.monotonic() - begun > TICK_S:
            break
        _permitted()
        done += do(pk)
    if done:
        log.info("presence", extra={"step": do.__name__.strip("_"), "number": done})


def _permitted() -> None:
    """Wait for a permit.

    Raises:
        _Wait: alerts are being sent, the platform wants quiet, there is no room soon, or the house was paused.
    """
    if house_paused():
        raise _Wait("the house is paused")
    if any(bells.waiting(queue) for queue in ("first", "urgent", "bulk")):
        raise _Wait("alerts are being sent")
    if halts.halted(breakers.keys(KIND), clock.now()) is not None or throttle.halted_s() > 0:
        raise _Wait("the platform wants quiet")
    while (wait := throttle.take(throttle.for_questions())) > 0:
        if wait > LONGEST_NAP_S:
            raise _Wait("no room")
        time.sleep(wait)


def _ask(stay_id: int) -> bool:
    if not stays.take(stay_id=stay_id, now=clock.now()):
        return False
    return _tell(stay_id, letters.still_there, stays.give_back)


def _end(stay_id: int) -> bool:
    if not stays.end(stay_id=stay_id, now=clock.now()):
        return False
    return _say_ended(stay_id)


def _end_again(stay_id: int) -> bool:
    return stays.tell_again(stay_id=stay_id, now=clock.now()) and _say_ended(stay_id)


def _say_ended(stay_id: int) -> bool:
    done = _tell(stay_id, letters.stay_ended, stays.reopen)
    stays.told(stay_id=stay_id)
    return done


def _tell(stay_id: int, words: Words, undo: Callable[..., object]) -> bool:
    """Write to whoever stays there; what surely did not leave is undone."""
    stay = Stay.objects.select_related("citizen__ministry").get(pk=stay_id)
    contact = Contact.objects.filter(citizen=stay.citizen, kind=KIND, state=Contact.State.ACTIVE).first()
    if contact is None:
        undo(stay_id=stay_id)
        return False
    text, answers = words(stay, letters.spoken_to(stay.citizen))
    rows = tuple((Button(label, f"t:{stay_id}:{answer}"),) for answer, label in answers.items())
    try:
        receipt = notices.write(KIND, Outgoing(text=text, marker="", buttons=rows), wiring.citizen(contact.address))
    except PlatformError as error:
        return _failed(error, contact, stay_id, undo)
    _note(contact, receipt)
    return True


def _note(contact: Contact, receipt: Receipt) -> None:
    if receipt.remote_id.isdecimal():
        chats.note(contact=contact, sent=[(int(receipt.remote_id), "")], now=clock.now())


def _failed(error: PlatformError, contact: Contact, stay_id: int, undo: Callable[..., object]) -> bool:
    if isinstance(error, Unconfirmed):
        return True  # it may stand there, and once is enough
    undo(stay_id=stay_id)
    log.warning("somebody could not be asked", extra={"stay": stay_id, "error": error.code})
    if isinstance(error, RecipientGone):
        operations.lose(contact_id=contact.pk, why="the platform says so")
        return False
    if isinstance(error, RecipientMoved):
        operations.readdress(contact_id=contact.pk, address=error.address)
        return False
    if (
        isinstance(error, ContentRejected | Unsupported | UnexpectedResponse)
        or getattr(error, "scope", "") == "recipient"
    ):
        return False
    if isinstance(error, Throttled):
        throttle.halt(throttle.TELEGRAM, seconds=error.retry_after)
    raise _Wait(error.code)
