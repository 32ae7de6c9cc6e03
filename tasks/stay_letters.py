"""Asking people without a chat whether they still stay where they said: one letter with a link, in which they answer."""

import hashlib
import logging
import time
from collections.abc import Callable

from crisis import clock
from crisis.audience import letters, links, operations, stays
from crisis.audience.models import Contact, Link, Stay
from crisis.broadcast import breakers, halts
from crisis.broadcast.ways import ways
from platforms.contract import Outgoing
from platforms.errors import REFUSES_US, PlatformError, RecipientGone, Unconfirmed
from tasks import bells, throttle
from tasks.writing import UnreadableAddress, once

log = logging.getLogger(__name__)

LONGEST_NAP_S = 2.0
Words = Callable[[Stay, str, str, str], tuple[str, str]]
Undo = Callable[..., object]


class Full(Exception):
    """Nothing more goes this way now."""


def kinds() -> list[str]:
    """Return the ways that may be used now, the preferred one first: none while alerts are being sent."""
    if any(bells.waiting(queue) for queue in ("first", "urgent", "bulk", bells.APART)):
        return []
    set_up = ways()
    now = clock.now()
    return [each for each in stays.WRITTEN_TO if each in set_up and halts.halted(breakers.keys(each), now) is None]


def ask(stay_id: int) -> bool:
    """Ask; False if somebody else did, or it did not leave."""
    if not stays.take(stay_id=stay_id, now=clock.now()):
        return False
    return _tell(stay_id, letters.still_there_by_link, stays.give_back)


def end(stay_id: int) -> bool:
    """End a stay that nobody confirmed, and say so; False if it was confirmed meanwhile, or it did not leave."""
    if not stays.end(stay_id=stay_id, now=clock.now()):
        return False
    return _say_ended(stay_id)


def end_again(stay_id: int) -> bool:
    """Say that a stay has ended of which a worker that died has told nobody; False if somebody else did, or it did not leave."""
    return stays.tell_again(stay_id=stay_id, now=clock.now()) and _say_ended(stay_id)


def _say_ended(stay_id: int) -> bool:
    done = _tell(stay_id, letters.stay_ended_by_link, stays.reopen)
    stays.told(stay_id=stay_id)
    return done


def _tell(stay_id: int, words: Words, undo: Undo) -> bool:
    """Write to whoever stays there; what surely did not leave is undone."""
    stay = Stay.objects.select_related("citizen__ministry").get(pk=stay_id)
    contact = stays.written_to(stay.citizen, kinds())
    if contact is None or not _permitted(contact.kind):
        undo(stay_id=stay_id)
        raise Full
    now = clock.now()
    token = links.make(
        citizen=stay.citizen,
        contact=contact,
        purpose=Link.Purpose.STAY,
        now=now,
        expires_at=now + stays.ANSWER_WITHIN,
    )
    subject, text = words(stay, letters.spoken_to(stay.citizen), contact.kind, token)
    key = f"ST-{hashlib.sha256(token.encode()).hexdigest()[:40].upper()}"
    out = Outgoing(text=text, marker=key, key=key, subject=subject, language=letters.spoken_to(stay.citizen))
    error = once(contact.kind, out, address=contact.address, sealed=contact.sealed)
    # One whose address cannot be opened is asked all the same: the stay must be able to end.
    if error is None or isinstance(error, UnreadableAddress):
        return error is None
    return _failed(error, contact, stay_id, undo)


def _permitted(kind: str) -> bool:
    """Wait a little for a permit; what is told of alerts goes first."""
    while (wait := throttle.take(throttle.for_notices(kind))) > 0:
        if wait > LONGEST_NAP_S:
            return False
        time.sleep(wait)
    return True


def _failed(error: PlatformError, contact: Contact, stay_id: int, undo: Undo) -> bool:
    if isinstance(error, Unconfirmed):
        return True  # it may stand there, and once is enough
    undo(stay_id=stay_id)
    log.warning("somebody could not be asked", extra={"stay": stay_id, "way": contact.kind, "error": error.code})
    if isinstance(error, RecipientGone):
        operations.lose(contact_id=contact.pk, why="the platform says so")
        return False
    if error.retryable or isinstance(error, REFUSES_US):
        raise Full
    return False  # it is about this one: nobody else waits behind it
