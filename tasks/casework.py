"""What staff write to people, sent one by one; and the alarm for a case that nobody looks after."""

import logging
import time
from datetime import timedelta

from celery import shared_task
from django.conf import settings

from crisis import clock
from crisis.audience import finding
from crisis.audience.operations import lose
from crisis.checkins import holding, sending, tallying
from crisis.checkins.letters import author_of
from crisis.checkins.thread import Reply
from crisis.encryption import UnreadableSecret
from crisis.registry.models import Account
from crisis.registry.queries import house_paused
from platforms.errors import PlatformError, RecipientGone
from tasks import asking, listening, notices, throttle
from tasks.writing import UnreadableAddress, once, send_each, try_again_at

log = logging.getLogger(__name__)

ROUND_S = 20.0  # none is begun after it: with the longest send it stays within the task's time limit
AGAIN, MENDED = timedelta(seconds=15), timedelta(minutes=2)


@shared_task(name="tasks.casework.tell")
def tell() -> None:
    """Send what is due; two at the same time, or one much later, are safe."""
    if house_paused():
        return
    if lost := Reply.lose(clock.now(), reason="lost"):
        log.warning("replies were lost on the way: nobody knows whether they arrived", extra={"number": lost})
    waiting = ((sending.address_of(row), row) for row in sending.due(clock.now()))
    send_each(waiting, _claim, _send, buckets=throttle.for_replies, seconds=ROUND_S)


@shared_task(name="tasks.casework.watch")
def watch() -> None:
    """Raise the alarm, once, for each case that nobody looks after."""
    for pk in holding.sound(clock.now(), timedelta(minutes=settings.CASE_ALARM_MINUTES)):
        log.error("nobody looks after a case: a person must act", extra={"code": "case_unassigned", "case": pk})


@shared_task(name="tasks.casework.count")
def count() -> None:
    """Bring the boards up to date."""
    if wrong := tallying.tick(clock.now()):
        log.error("a board was counted otherwise than its answers say; it is right now", extra={"rollcalls": wrong})


@shared_task(name="tasks.casework.index_names")
def index_names() -> None:
    """Bring the index of names up to date."""
    begun = time.monotonic()
    while finding.index_names() and time.monotonic() - begun < ROUND_S:
        pass


def _claim(row: Reply) -> Reply | None:
    account = sending.account_of(row)
    if account is not None and asking.wait_s(account) > 0:
        return None
    claimed = sending.claim(row.pk, clock.now())
    if claimed is None and account is not None:
        asking.let_go(account)
    return claimed


def _send(row: Reply) -> PlatformError | None:
    """Send what is claimed, and write down what became of it."""
    account = sending.account_of(row)
    error = _to_address(row) if account is None else _through_account(row, account)
    sending.settle(row, error, again_at=try_again_at(error, soon=AGAIN, mended=MENDED), now=clock.now())
    return error


def _through_account(row: Reply, account: Account) -> PlatformError | None:
    """Answer a stranger through the account to which they wrote."""
    letter = row.letter
    assert letter is not None  # noqa: S101 - else it has no account
    try:
        to = author_of(letter).partition(":")[2]
    except UnreadableSecret:
        asking.let_go(account)
        return UnreadableAddress()
    out = sending.outgoing(row, reply_token="")
    outcome = asking.asked(account, lambda adapter, target: listening.sent(adapter, target, letter, to, out))
    return outcome if isinstance(outcome, PlatformError) else None


def _to_address(row: Reply) -> PlatformError | None:
    to, contact = sending.address_of(row), row.contact
    assert to is not None  # noqa: S101 - else it was not claimed
    token = notices.reply_token(contact.kind, contact.pk, contact.version) if contact is not None else ""
    error = once(to.kind, sending.outgoing(row, reply_token=token), address=to.address, sealed=to.sealed)
    if isinstance(error, RecipientGone) and contact is not None:
        lose(contact_id=contact.pk, why="the platform says so")
    return error
