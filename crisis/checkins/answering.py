"""The ledger of what goes to strangers by itself: claimed before the first byte, settled after, never sent twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from crisis.alerts.queries import current
from crisis.checkins.letters import author_of
from crisis.checkins.strangers import text_for_stranger
from crisis.checkins.unverified import Answer, Letter
from platforms.contract import Receipt
from platforms.errors import PlatformDown, PlatformError, Throttled, Unreachable

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
    return list(Answer.free(now).order_by("not_before", "pk").values_list("pk", flat=True)[:MOST])


def call_unknown(**_: object) -> tuple[str, int]:
    """Own up, after a restore from backup, that nobody knows which answers were sent; they are never sent again."""
    return "answers to strangers", Answer.call_unknown(reason="restored")


def claim(answer_id: int, now: datetime) -> Due | None:
    """Make an answer ours, in a statement of its own; None where it is somebody else's, or no longer true.

    Raises:
        UnreadableSecret: its author's name fits none of the keys; it is given up.
    """
    if not Answer.take(answer_id, now=now, lease=LEASE, tries=F("tries") + 1):
        return None
    answer = Answer.objects.select_related("letter", "account__holder__post", "account__holder__ministry", "alert").get(
        pk=answer_id
    )
    private = answer.letter.way == Letter.Way.PRIVATE
    late = private and now - answer.letter.written_at > PRIVATELY_WITHIN
    if late or not current(now).filter(pk=answer.alert_id).exists():
        answer.settle(Answer.FAILED, reason="too_late")
        return None
    try:
        return Due(answer, author_of(answer.letter).partition(":")[2])
    except Exception:
        answer.settle(Answer.FAILED, reason="unreadable_secret")
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
    answer.settle(Answer.QUEUED, not_before=until, tries=answer.tries - 1, reason=reason)


def settle(answer: Answer, outcome: Receipt | PlatformError, now: datetime) -> str:
    """Write down what became of an answer, and return its state: only what surely was not taken is tried again.

    Args:
        answer: as it was claimed.
        outcome: the platform's word.
        now: the time.
    """
    if isinstance(outcome, Receipt):
        return answer.settle_after(None, again_at=None, sent_at=now, remote_id=outcome.remote_id[:200], reason="")
    again_at = None
    if isinstance(outcome, Throttled | Unreachable | PlatformDown) and answer.tries < TRIES:
        wait = timedelta(seconds=outcome.retry_after) if isinstance(outcome, Throttled) else BETWEEN * answer.tries
        again_at = now + wait
    return answer.settle_after(outcome, again_at=again_at, reason=outcome.code)
