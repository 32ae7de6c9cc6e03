"""What strangers write to our accounts: comments are read in rounds, and each of those who need it is answered once."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from celery import shared_task
from django.conf import settings

from crisis import clock
from crisis.broadcast import breakers, halts
from crisis.checkins import answering, listening
from crisis.checkins.answering import Due
from crisis.checkins.letters import Written, heard_lately, receive
from crisis.checkins.phrases import Said
from crisis.checkins.unverified import Letter, Listening
from crisis.encryption import UnreadableSecret
from crisis.registry.models import Account
from crisis.registry.queries import house_paused
from platforms import catalog
from platforms.contract import Adapter, Outgoing, Receipt, Target
from platforms.errors import PlatformError, PublicationGone, Throttled, Unconfirmed, UnexpectedResponse, Unsupported
from platforms.strangers import Answers, Comment, Listens, Responds
from tasks import throttle, wiring

log = logging.getLogger(__name__)

T = TypeVar("T")

ROUND_S = 15.0  # nothing else is begun after it: with the longest answer a round stays within the task's time limit
LONGER_S = 300.0  # an account that refuses its comments is asked again after that


def heard() -> list[str]:
    """Return the platforms whose comments are read: where each is charged for, only if the settings allow some."""
    listening_to = [spec for spec in catalog.specs() if spec.listens]
    return [spec.slug for spec in listening_to if not spec.reads_are_charged or settings.READS_DAILY.get(spec.slug)]


def _is_spent(platform: str) -> bool:
    """Tell whether no comment of a platform may be read any more today."""
    spec = catalog.spec(platform)
    if spec is None or not spec.reads_are_charged:
        return False
    return heard_lately(platform, clock.now()) >= settings.READS_DAILY.get(platform, 0)


@shared_task(name="tasks.listening.listen")
def listen() -> None:
    """Read the comments that are due; two rounds at the same time, or one much later, are safe."""
    begun, platforms = time.monotonic(), heard()
    listening.enrol(platforms, clock.now())
    if house_paused():
        return
    for each in listening.due(clock.now(), platforms):
        if time.monotonic() - begun > ROUND_S:
            break
        _read(each)


def _read(each: Listening) -> None:
    account = each.delivery.account
    seen = {"delivery": each.delivery_id, "platform": account.platform}
    if (wait_s := LONGER_S if _is_spent(account.platform) else _wait_s(account)) > 0:
        listening.put_off(each, clock.now() + timedelta(seconds=wait_s))
        return
    if not listening.take(each, clock.now()):
        breakers.release(_names(account))
        return
    found = _asked(account, lambda adapter, target: _comments(adapter, target, each))
    if isinstance(found, PlatformError):
        log.info("comments could not be read", extra=seen | {"error": found.code})
        if isinstance(found, PublicationGone | Unsupported):
            listening.end(each)
        else:
            wait_s = found.retry_after if isinstance(found, Throttled) else LONGER_S
            listening.put_off(each, clock.now() + timedelta(seconds=wait_s))
        return
    new = [comment for comment in found if _kept(each, comment)]
    listening.note(each, max((comment.at for comment in found), default=None), clock.now())
    if new:
        log.info("comments were read", extra=seen | {"new": len(new)})


def _comments(adapter: Adapter, target: Target, each: Listening) -> list[Comment]:
    if not isinstance(adapter, Listens):
        raise Unsupported("nobody is heard there")
    return adapter.comments(each.delivery.remote_id, target, each.since)


def _kept(each: Listening, comment: Comment) -> bool:
    # Whom the platform does not name is somebody else each time.
    written = Written(comment.remote_id, comment.author or comment.remote_id, comment.text, comment.at)
    delivery = each.delivery
    kept = receive(
        account=delivery.account, way=Letter.Way.PUBLIC, written=written, now=clock.now(), alert=delivery.alert
    )
    return kept is not None


@shared_task(name="tasks.listening.answer")
def answer() -> None:
    """Send the answers that are due, each at most once."""
    begun = time.monotonic()
    answering.expire(clock.now())
    if house_paused():
        return
    for pk in answering.due(clock.now()):
        if time.monotonic() - begun > ROUND_S:
            break
        try:
            one = answering.claim(pk, clock.now())
        except UnreadableSecret:
            log.exception("an answer is given up: the author's name fits none of our keys", extra={"answer": pk})
            continue
        if one is not None:
            _answer(one)


def _answer(one: Due) -> None:
    account = one.answer.account
    if account.paused_at is not None:
        answering.put_off(one.answer, clock.now() + timedelta(seconds=LONGER_S), "paused")
        return
    if (wait_s := _wait_s(account)) > 0:
        answering.put_off(one.answer, clock.now() + timedelta(seconds=wait_s), Throttled.code)
        return
    text = answering.text_of(one, public_url=settings.PUBLIC_URL, languages=_languages(one))
    out = Outgoing(text=text, marker=one.answer.alert.marker, answers=True)
    outcome = _asked(account, lambda adapter, target: _sent(adapter, target, one, out))
    state = answering.settle(one.answer, outcome, clock.now())
    told = outcome.code if isinstance(outcome, PlatformError) else "sent"
    log.info("an answer to a stranger", extra={"answer": one.answer.pk, "state": state, "outcome": told})


def _languages(one: Due) -> list[str]:
    """Return the account's languages; in public the one alone in which the comment is written, if that is one of them."""
    account = one.answer.account
    own = [str(each) for each in account.languages or account.holder.ministry.languages]
    spoken = [each for each in Said.of(one.letter.text).spoken if each in own]
    return spoken if one.letter.way == Letter.Way.PUBLIC and len(spoken) == 1 else own


def _sent(adapter: Adapter, target: Target, one: Due, out: Outgoing) -> Receipt:
    if one.letter.way == Letter.Way.PRIVATE:
        if isinstance(adapter, Responds):
            return adapter.respond(one.to, out, target)
    elif isinstance(adapter, Answers):
        return adapter.answer(one.letter.remote_id, out, target)
    raise Unsupported("nobody is answered there")


def _names(account: Account) -> list[str]:
    return breakers.keys(account.platform, account.pk)


def _wait_s(account: Account) -> float:
    """Return for how many seconds nothing may be asked for an account; 0 takes a permit, and its breaker lets us through."""
    spec, now = catalog.spec(account.platform), clock.now()
    if spec is None:
        return LONGER_S
    if (quiet := throttle.halted_s(throttle.keys_of(spec, account))) > 0:
        return quiet
    if (wait := throttle.take(throttle.for_account(spec, account))) > 0:
        return wait
    until = halts.halted(_names(account), now) or breakers.admit(_names(account), now)
    return max(1.0, (until - now).total_seconds()) if until else 0.0


def _asked(account: Account, ask: Callable[[Adapter, Target], T]) -> T | PlatformError:
    """Ask a platform something for an account; what it refuses is told to the throttle and the breakers, and returned."""
    spec = catalog.spec(account.platform)
    outcome: T | PlatformError
    try:
        adapter, target = wiring.adapter(account.platform), wiring.target(account)
    except (UnreadableSecret, Account.credential.RelatedObjectDoesNotExist):
        breakers.release(_names(account))
        return UnexpectedResponse("the account is not connected, or its access fits none of our keys")
    wiring.lend_connection()
    try:
        outcome = ask(adapter, target)
    except PlatformError as error:
        outcome = error
    except Exception as error:
        log.exception("an adapter broke its contract", extra={"account": account.pk})
        outcome = Unconfirmed(f"our own mistake: {type(error).__name__}")
    if isinstance(outcome, Throttled) and spec is not None:
        throttle.halt(throttle.key_of(spec, account, outcome.scope), seconds=outcome.retry_after)
    # Whatever was answered is a sign of life.
    breakers.note(_names(account), outcome if isinstance(outcome, PlatformError) else Receipt(""), clock.now())
    return outcome
