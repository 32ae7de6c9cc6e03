"""What a board shows, kept ready: one row a rollcall, and beside it the changes that it does not hold yet.

Whoever records an answer only adds rows here, in the same transaction: nobody waits for anybody's counter. A task adds them up.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import models

from crisis.alerts.models import Rollcall
from crisis.broadcast.models import ALERT, Notice, NoticeState
from crisis.checkins.models import CheckIn, Rest
from crisis.registry.models import Post

REGISTERED, NO_ANSWER = "registered", "no_answer"
# Of a person with several notices, the first of these counts.
ON_ITS_WAY = (NoticeState.ACCEPTED, NoticeState.SENDING, NoticeState.QUEUED)
RANK = [
    *ON_ITS_WAY, NoticeState.UNCONFIRMED, NoticeState.UNDELIVERED, NoticeState.EXPIRED, NoticeState.STOPPED,
]  # fmt: skip


class BoardTally(models.Model):
    """The board of a rollcall as it was counted last.

    Attributes:
        rows: each post's numbers, as `counting.Row` has them.
        counted_at: when it was counted from all its rows; the answers since are `BoardDelta`s, or added here since.
        next_at: when it is counted anew.
    """

    rollcall = models.OneToOneField(Rollcall, on_delete=models.CASCADE, related_name="board_tally")
    rows = models.JSONField(default=list)
    counted_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()

    class Meta:
        """One verbose name that can be read."""

        verbose_name_plural = "board tallies"

    def __str__(self) -> str:
        return f"board of rollcall {self.rollcall_id}"


class BoardDelta(models.Model):
    """One change of one number of a board, by one answer.

    Attributes:
        hour: of the answer, in UTC; None where the number is not counted by hour.
        column: "registered", "no_answer", or a Safety.
        people: how many more, or fewer.
    """

    rollcall = models.ForeignKey(Rollcall, on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    hour = models.DateTimeField(null=True)
    column = models.CharField(max_length=10)
    people = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.people:+} {self.column} of rollcall {self.rollcall_id}"


def hour_of(at: datetime) -> datetime:
    """Return the hour in which something was."""
    return at.replace(minute=0, second=0, microsecond=0)


def note_answers(answers: Sequence[CheckIn], *, earlier: Sequence[CheckIn] = ()) -> None:
    """Note what answers change on their boards, in the caller's transaction.

    Args:
        answers: those that count now, to rollcalls; of one person at most one to each.
        earlier: those that counted before them, of whoever had answered.
    """
    alerts = {answer.rollcall.pk: answer.rollcall.alert_id for answer in answers if answer.rollcall is not None}
    told = Notice.objects.filter(
        run__alert__in=alerts.values(),
        run__purpose=ALERT,
        contact__citizen__in=[answer.citizen_id for answer in answers],
    ).values_list("contact__citizen", "run__alert", "state", "post", "people")
    best: dict[tuple[int, int], tuple[str, int | None, int]] = {}
    for citizen, alert, state, post, people in sorted(told, key=lambda row: -RANK.index(NoticeState(row[2]))):
        best[citizen, alert] = state, post, people
    before = {(answer.citizen_id, answer.rollcall_id): answer for answer in earlier}
    changes: list[BoardDelta] = []
    for answer in answers:
        assert answer.rollcall_id is not None  # noqa: S101 - on other days there is no board
        notice = best.get((answer.citizen_id, alerts[answer.rollcall_id]))
        known = before.get((answer.citizen_id, answer.rollcall_id))
        rows = [*_counted(answer, 1, told=notice is not None)]
        if known is not None:
            rows += _counted(known, -1, told=notice is not None)
        elif notice is not None and notice[0] == NoticeState.ACCEPTED:
            rows.append((notice[1], None, NO_ANSWER, -notice[2]))
        changes += [
            BoardDelta(rollcall_id=answer.rollcall_id, post_id=post, hour=hour, column=column, people=people)
            for post, hour, column, people in rows
        ]
    BoardDelta.objects.bulk_create(changes)


def _counted(answer: CheckIn, sign: int, *, told: bool) -> Iterator[tuple[int | None, datetime | None, str, int]]:
    post, hour = answer.post_id, hour_of(answer.at)
    yield post, hour, answer.safety, sign * answer.people
    if answer.others:
        silent = answer.others_are == Rest.NO_WORD
        yield post, None if silent else hour, NO_ANSWER if silent else answer.others_are, sign * answer.others
    if not told:
        yield post, None, REGISTERED, sign * (answer.people + answer.others)
