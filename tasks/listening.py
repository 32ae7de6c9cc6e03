"""What strangers write to our accounts: comments are read in rounds, and each of those who need it is answered once."""

import logging
import time
from datetime import timedelta

from celery import shared_task
from django.conf import settings

from crisis import clock
from crisis.alerts.models import Alert
from crisis.checkins import answering, listening
from crisis.checkins.answering import Due
from crisis.checkins.letters import Written, receive
from crisis.checkins.phrases import Said
from crisis.checkins.unverified import Answer, Letter, Listening
from crisis.encryption import UnreadableSecret
from crisis.registry.models import Account
from crisis.registry.queries import house_paused
from platforms import catalog
from platforms.contract import Adapter, Outgoing, Receipt, Target
from platforms.errors import PlatformError, PublicationGone, Throttled, Unsupported
from platforms.strangers import Answers, Comment, Listens, Mentions, Responds
from tasks import asking

log = logging.getLogger(__name__)

ROUND_S = 15.0  # nothing else is begun after it: with the longest answer a round stays within the task's time limit


def heard() -> list[str]:
    """Return the platforms whose comments are read: where each is charged for, only if the settings allow some."""
    listening_to = [spec for spec in catalog.specs() if spec.listens]
    return [spec.slug for spec in listening_to if not spec.reads_are_charged or settings.READS_DAILY.get(spec.slug)]


def _is_spent(platform: str) -> bool:
    """Tell whether no comment of a platform may be read any more today."""
    spec = catalog.spec(platform)
    if spec is None or not spec.reads_are_charged:
        return False
    return listening.reads_today(platform, clock.now()) >= settings.READS_DAILY.get(platform, 0)


@shared_task(name="tasks.listening.listen")
def listen() -> None:
    """Read the comments that are due; two rounds at the same time, or one much later, are safe."""
    begun, platforms = time.monotonic(), heard()
    listening.enrol(platforms, clock.now())
    if house_paused():
        return
    for each in listening.due(clock.now(), platforms):
        if time.monotonic() - begun > ROUND_S or house_paused():
            break
        _read(each)


def _read(each: Listening) -> None:
    account = each.delivery.account
    seen = {"delivery": each.delivery_id, "platform": account.platform}
    if (wait_s := asking.LONGER_S if _is_spent(account.platform) else asking.wait_s(account)) > 0:
        listening.put_off(each, clock.now() + timedelta(seconds=wait_s))
        return
    if not listening.take(each, clock.now()):
        asking.let_go(account)
        return
    found = asking.asked(account, lambda adapter, target: _comments(adapter, target, each))
    if isinstance(found, PlatformError):
        log.info("comments could not be read", extra=seen | {"error": found.code})
        if isinstance(found, PublicationGone | Unsupported):
            listening.end(each)
        else:
            wait_s = found.retry_after if isinstance(found, Throttled) else asking.LONGER_S
            listening.put_off(each, clock.now() + timedelta(seconds=wait_s))
        return
    listening.note_reads(each, len(found), clock.now())
    new = [comment for comment in found if _kept(each, comment, each.delivery.alert)]
    listening.note(each, max((comment.at for comment in found), default=None), clock.now())
    # What names us elsewhere is about the newest alert that stands on the account, wherever it stands itself.
    named = _mentions(each)
    new += [comment for comment in named if _kept(each, comment, None)]
    if named:
        listening.note_named(each, max(comment.at for comment in named), clock.now())
    if new:
        log.info("comments were read", extra=seen | {"new": len(new)})


def _mentions(each: Listening) -> list[Comment]:
    """Read what names the account elsewhere, with the newest publication that is listened to."""
    account = each.delivery.account
    spec = catalog.spec(account.platform)
    if spec is None or not spec.mentions or not listening.is_newest(each):
        return []
    if _is_spent(account.platform) or asking.wait_s(account) > 0:
        return []
    found = asking.asked(account, lambda adapter, target: _named(adapter, target, each))
    if isinstance(found, PlatformError):
        log.info("what names an account could not be read", extra={"account": account.pk, "error": found.code})
        return []
    listening.note_reads(each, len(found), clock.now())
    return found


def _named(adapter: Adapter, target: Target, each: Listening) -> list[Comment]:
    if not isinstance(adapter, Mentions):
        raise Unsupported("nobody is heard there")
    return adapter.mentions(target, listening.named_since(each))


def _comments(adapter: Adapter, target: Target, each: Listening) -> list[Comment]:
    if not isinstance(adapter, Listens):
        raise Unsupported("nobody is heard there")
    return adapter.comments(each.delivery.remote_id, target, each.since)


def _kept(each: Listening, comment: Comment, alert: Alert | None) -> bool:
    # Whom the platform does not name is somebody else each time.
    written = Written(comment.remote_id, comment.author or comment.remote_id, comment.text, comment.at)
    way = Letter.Way.PRIVATE if comment.private else Letter.Way.PUBLIC
    kept = receive(account=each.delivery.account, way=way, written=written, now=clock.now(), alert=alert)
    return kept is not None


@shared_task(name="tasks.listening.answer")
def answer() -> None:
    """Send the answers that are due, each at most once."""
    begun = time.monotonic()
    Answer.lose(clock.now(), reason="worker_lost")
    if house_paused():
        return
    for pk in answering.due(clock.now()):
        if time.monotonic() - begun > ROUND_S or house_paused():
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
        answering.put_off(one.answer, clock.now() + timedelta(seconds=asking.LONGER_S), "paused")
        return
    if (wait_s := asking.wait_s(account)) > 0:
        answering.put_off(one.answer, clock.now() + timedelta(seconds=wait_s), Throttled.code)
        return
    languages, marker = _languages(one), one.answer.alert.marker
    text = answering.text_of(one, public_url=settings.PUBLIC_URL, languages=languages)
    while len(languages) > 1 and not _fits(account, text):
        languages = languages[:-1]
        text = answering.text_of(one, public_url=settings.PUBLIC_URL, languages=languages)
    out = Outgoing(
        text=text, marker=marker, answers=True, language=languages[0], key=f"{marker}-l{one.letter.pk}",
        first_at=one.letter.received_at,
    )  # fmt: skip
    outcome = asking.asked(account, lambda adapter, target: sent(adapter, target, one.letter, one.to, out))
    state = answering.settle(one.answer, outcome, clock.now())
    told = outcome.code if isinstance(outcome, PlatformError) else "sent"
    log.info("an answer to a stranger", extra={"answer": one.answer.pk, "state": state, "outcome": told})


def _fits(account: Account, text: str) -> bool:
    """Tell whether a platform takes a text, with the name before it of whom it answers, where that stands there."""
    spec = catalog.spec(account.platform)
    return spec is not None and spec.measure(text) <= spec.text_limit - spec.handle.longest - 2


def _languages(one: Due) -> list[str]:
    """Return the account's languages; in public the one alone in which the comment is written, if that is one of them."""
    account = one.answer.account
    own = [str(each) for each in account.languages or account.holder.ministry.languages]
    spoken = [each for each in Said.of(one.letter.text).spoken if each in own]
    return spoken if one.letter.way == Letter.Way.PUBLIC and len(spoken) == 1 else own


def sent(adapter: Adapter, target: Target, letter: Letter, to: str, out: Outgoing) -> Receipt:
    """Answer a letter by the way by which it came.

    Args:
        adapter, target: of the account to which it was written.
        letter: which.
        to: its author, by the platform's own name for them.
        out: what.

    Raises:
        PlatformError: there is no receipt.
    """
    if letter.way == Letter.Way.PRIVATE:
        if isinstance(adapter, Responds):
            return adapter.respond(to, out, target)
    elif isinstance(adapter, Answers):
        return adapter.answer(letter.remote_id, out, target)
    raise Unsupported("nobody is answered there")
