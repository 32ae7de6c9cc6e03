"""The ledger of what goes to strangers by itself: claimed before the first byte, settled after, never sent twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from crisis.alerts.queries import current
from crisis.checkins.letters import author_of
from crisis.checkins.strangers import text_for_stranger
from crisis.checkins.unverified import Answer, Letter
from platforms.contract import Receipt
from platforms.errors import PlatformDown, PlatformError, Throttled, Unconfirmed, Unreachable

LEASE = timedelta(seconds=90)  # longer than the time limit of a task: whoever still holds it then is dead
BETWEEN = timedelta(minutes=1)
TRIES = 5
# Source: developers.facebook.com, Messenger Platform: 24 hours after the person's last message, and then never.
PRIVATELY_WITHIN = timedelta(hours=23)
MOST = 20  # of one round


@dataclass(frozen=True, slots=True)
class Due:
    """An answer that is ours to send.

    Attributes:
        answer: with its letter, account and alert.
        to: whom, by the platform's own name for them.
    """

    answer: Answer
    to: str

    @property
    def letter(self) -> Letter:
        """What it answers."""
        return self.answer.letter


def due(now: datetime) -> list[int]:
    """Return the answers that may be tried now, the oldest first."""
    rows = Answer.objects.filter(state=Answer.State.DUE, not_before__lte=now).order_by("not_before", "pk")
    return list(rows.values_list("pk", flat=True)[:MOST])


def expire(now: datetime) -> int:
    """Own up that nobody knows what became of the answers whose senders died; they are never sent again."""
    lost = Answer.objects.filter(state=Answer.State.SENDING, lease_until__lt=now)
    return lost.update(state=Answer.State.UNCONFIRMED, lease_until=None, reason="worker_lost")


def claim(answer_id: int, now: datetime) -> Due | None:
    """Make an answer ours, in a statement of its own; None where it is somebody else's, or no longer true.

    Raises:
        UnreadableSecret: its author's name fits none of the keys; it is given up.
    """
    mine = Answer.objects.filter(pk=answer_id, state=Answer.State.DUE, not_before__lte=now)
    if not mine.update(state=Answer.State.SENDING, lease_until=now + LEASE, tries=F("tries") + 1):
        return None
    answer = Answer.objects.select_related("letter", "account__holder__post", "account__holder__ministry", "alert").get(
        pk=answer_id
    )
    private = answer.letter.way == Letter.Way.PRIVATE
    late = private and now - answer.letter.written_at > PRIVATELY_WITHIN
    if late or not current(now).filter(pk=answer.alert_id).exists():
        _end(answer, Answer.State.FAILED, "too_late")
        return None
    try:
        return Due(answer, author_of(answer.letter).partition(":")[2])
    except Exception:
        _end(answer, Answer.State.FAILED, "unreadable_secret")
        raise


def text_of(one: Due, *, public_url: str, languages: list[str]) -> str:
    """Return what is said.

    Args:
        one: the answer.
        public_url: of this house, without a slash at the end.
        languages: the account's, the author's first if it is known.
    """
    holder, alert = one.answer.account.holder, one.answer.alert
    private = one.letter.way == Letter.Way.PRIVATE
    return text_for_stranger(
        "private" if private else "public",
        languages=languages,
        ministry=holder.ministry,
        post=holder.post,
        link=f"{public_url}/a/{alert.code}",
        exercise=alert.exercise,
        number=private,
    )


def put_off(answer: Answer, until: datetime, reason: str = "") -> None:
    """Give a claim back: nothing has left."""
    Answer.objects.filter(pk=answer.pk, state=Answer.State.SENDING).update(
        state=Answer.State.DUE, not_before=until, lease_until=None, tries=F("tries") - 1, reason=reason
    )


def settle(answer: Answer, outcome: Receipt | PlatformError, now: datetime) -> Answer.State:
    """Write down what became of an answer: only what surely was not taken is tried again.

    Args:
        answer: as it was claimed.
        outcome: the platform's word.
        now: the time.
    """
    if isinstance(outcome, Receipt):
        Answer.objects.filter(pk=answer.pk, state=Answer.State.SENDING).update(
            state=Answer.State.SENT, lease_until=None, sent_at=now, remote_id=outcome.remote_id[:200], reason=""
        )
        return Answer.State.SENT
    if isinstance(outcome, Unconfirmed):
        return _end(answer, Answer.State.UNCONFIRMED, outcome.code)
    if not isinstance(outcome, Throttled | Unreachable | PlatformDown) or answer.tries >= TRIES:
        return _end(answer, Answer.State.FAILED, outcome.code)
    wait = timedelta(seconds=outcome.retry_after) if isinstance(outcome, Throttled) else BETWEEN * answer.tries
    Answer.objects.filter(pk=answer.pk, state=Answer.State.SENDING).update(
        state=Answer.State.DUE, lease_until=None, not_before=now + wait, reason=outcome.code
    )
    return Answer.State.DUE


def _end(answer: Answer, state: Answer.State, reason: str) -> Answer.State:
    Answer.objects.filter(pk=answer.pk, state=Answer.State.SENDING).update(
        state=state, lease_until=None, reason=reason[:40]
    )
    return state
