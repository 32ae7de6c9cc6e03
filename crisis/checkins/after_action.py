"""After action: what an alert has done, from its first word to the last answer, as ledger, answers and journal tell it."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncSecond
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crisis.alerts.models import Alert, Rollcall
from crisis.broadcast.models import ALERT, Delivery, DeliveryState, Notice, NoticeRun, NoticeState
from crisis.broadcast.queries import Progress, progress, sentence
from crisis.checkins.counting import Board, board
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.reach import cases
from crisis.checkins.timeliness import Timeliness, about
from crisis.journal.models import Entry
from crisis.staff.models import Officer
from crisis.staff.reach import EVERYTHING, Reach

Steps = list[tuple[datetime, int]]
"""How many more there are since when, in order."""

# What is told of the journal, in words; the rest is work on single rows.
_TOLD = {
    "alerts.draft": gettext_lazy("drafted"),
    "alerts.revise": gettext_lazy("changed"),
    "alerts.submit": gettext_lazy("submitted"),
    "alerts.recall": gettext_lazy("taken back to be changed"),
    "alerts.rejected": gettext_lazy("rejected"),
    "alerts.approved": gettext_lazy("approved"),
    "alerts.alone": gettext_lazy("issued by one person alone"),
    "broadcast.issue": gettext_lazy("issued"),
    "broadcast.stop": gettext_lazy("stopped"),
    "broadcast.retract": gettext_lazy("retracted"),
    "broadcast.unissued": gettext_lazy("could not be issued at its hour"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: when, what, and by whom; blank is nobody."""

    at: datetime
    what: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long after the approval half of them, nineteen of twenty and the last had left; None where none did."""

    half: timedelta | None
    most: timedelta | None
    last: timedelta | None


@dataclass(frozen=True, slots=True)
class Failure:
    """What did not leave, or nobody knows, for one reason on one platform: so many publications, or private messages."""

    where: str
    state: str
    why: str
    number: int


@dataclass(frozen=True, slots=True)
class AfterAction:
    """Everything that a report tells of one alert.

    Attributes:
        posted, accepted, answers: how many publications, private messages and people who answered, by second.
        response: the board of its rollcall, or None where nobody was asked; with so many open cases.
        questions: what was asked about it, and how soon that was answered.
    """

    alert: Alert
    timeline: list[Moment]
    reach: Progress
    posted: Steps
    accepted: Steps
    answers: Steps
    publications: Latency
    messages: Latency
    failures: list[Failure]
    response: Board | None
    questions: Timeliness
    open_cases: int = 0


def after_action(alert: Alert, reach: Reach = EVERYTHING) -> AfterAction:
    """Tell what an issued alert has done so far.

    Args:
        alert: which.
        reach: of the people only those in it are counted; what was published is everybody's to know.
    """
    rollcall = Rollcall.objects.filter(alert__code=alert.code).order_by("pk").first() if alert.asks else None
    deliveries = Delivery.objects.filter(alert=alert)
    notices = Notice.objects.filter(run__in=list(NoticeRun.objects.filter(alert=alert, purpose=ALERT)))
    posted = _by_second(deliveries.filter(posted_at__isnull=False), "posted_at")
    accepted = _by_second(notices.filter(accepted_at__isnull=False), "accepted_at")
    given = CheckIn.objects.filter(reach.rows(), rollcall=rollcall, current=True)
    answers = _by_second(given, "at", people=True) if rollcall else []
    return AfterAction(
        alert=alert,
        timeline=_timeline(alert, posted, accepted, answers),
        reach=progress(alert),
        posted=posted,
        accepted=accepted,
        answers=answers,
        publications=latency(posted, alert.approved_at),
        messages=latency(accepted, alert.approved_at),
        failures=[*_failed_deliveries(deliveries), *_failed_notices(notices)],
        questions=about(alert, reach),
        response=board(rollcall).within(reach, rollcall.pk) if rollcall else None,
        open_cases=cases(reach).filter(rollcall=rollcall, state=Case.State.OPEN).count() if rollcall else 0,
    )


def _by_second(
    rows: QuerySet[Delivery] | QuerySet[Notice] | QuerySet[CheckIn], field: str, *, people: bool = False
) -> Steps:
    counted = rows.annotate(second=TruncSecond(field)).values_list("second")
    number = Sum("people") if people else Count("id")
    return [(at, n) for at, n in counted.annotate(n=number).order_by("second").values_list("second", "n")]


def latency(steps: Sequence[tuple[datetime, int]], since: datetime | None) -> Latency:
    """Return how long it took, to the second.

    Args:
        steps: how many left, by second, in order.
        since: from when it is counted; None if nobody has approved it.
    """
    whole = sum(number for _, number in steps)
    if not whole or since is None:
        return Latency(None, None, None)

    so_far = list(accumulate(number for _, number in steps))

    def when(share: float) -> timedelta:
        at = steps[bisect_left(so_far, share * whole)][0]
        return max(at - since.replace(microsecond=0), timedelta(0))

    return Latency(when(0.5), when(0.95), when(1.0))


def _timeline(alert: Alert, posted: Steps, accepted: Steps, answers: Steps) -> list[Moment]:
    entries = Entry.objects.filter(subject=f"alert:{alert.pk}", action__in=_TOLD).order_by("id")
    found = [Moment(entry.at, str(_TOLD[entry.action]), entry.actor) for entry in entries]
    for steps, first, last in (
        (posted, _("first publication"), _("last publication")),
        (accepted, _("first private message accepted"), _("last private message accepted")),
        (answers, _("first answer"), _("last answer")),
    ):
        if steps:
            found += [Moment(steps[0][0], first), Moment(steps[-1][0], last)]
    people = _names(moment.by for moment in found)
    told = [Moment(moment.at, moment.what, people.get(moment.by, moment.by)) for moment in found]
    # Of what is known to the second only, the journal's word goes first: nothing leaves before it is issued.
    return sorted(told, key=lambda moment: moment.at.replace(microsecond=0))


def _names(actors: Iterable[str]) -> dict[str, str]:
    keys = {actor: int(actor.removeprefix("officer:")) for actor in set(actors) if actor.startswith("officer:")}
    officers = Officer.objects.in_bulk(keys.values())
    return {actor: str(officers[key]) for actor, key in keys.items() if key in officers}


_LOST = (
    DeliveryState.FAILED,
    DeliveryState.UNCONFIRMED,
    DeliveryState.HELD,
    DeliveryState.SKIPPED,
    DeliveryState.EXPIRED,
)
_UNTOLD = (NoticeState.UNDELIVERED, NoticeState.UNCONFIRMED, NoticeState.EXPIRED)


def _failed_deliveries(deliveries: QuerySet[Delivery]) -> list[Failure]:
    rows = deliveries.filter(state__in=_LOST).values_list("account__platform", "state", "reason")
    counted = Counter(rows)
    return [
        Failure(platform, str(DeliveryState(state).label), sentence(reason) if reason else "", number)
        for (platform, state, reason), number in counted.most_common()
    ]


def _failed_notices(notices: QuerySet[Notice]) -> list[Failure]:
    rows = notices.filter(state__in=_UNTOLD).values_list("run__kind", "state", "reason").annotate(n=Count("id"))
    return [
        Failure(kind, str(NoticeState(state).label), sentence(reason) if reason else "", number)
        for kind, state, reason, number in rows.order_by("-n")
    ]
