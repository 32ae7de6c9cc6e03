"""Asking about reports: what waits for a clerk, what they add up to, and who may have sent one."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import and_

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.utils.translation import gettext_noop

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact, Member
from crisis.checkins.models import Case, Rest, Safety
from crisis.checkins.reach import of_people
from crisis.checkins.reach import reports as reports_in
from crisis.checkins.unverified import CALLS, Report
from crisis.places.names import fold
from crisis.registry.models import Mode
from crisis.staff.reach import EVERYTHING, Reach

LISTED = 8  # people who may be meant: more is a search


def reports(*, state: str = "", said: str = "", mode: str = "", reach: Reach = EVERYTHING) -> QuerySet[Report]:
    """Return reports: LIVE before EXERCISE, those somebody must act on first, calls for help before the rest, the oldest first.

    Of calls for help those that came with very many others from one address follow the others: a flood must bury nobody.

    Args:
        state: "waiting" for those that somebody must act on, "closed" for the others, or anything else for all.
        said: one of Report.Said, or anything else for all.
        mode: one of Mode, or anything else for all.
        reach: only those in it.
    """
    rows = reports_in(reach).annotate(drill=Q(mode=Mode.EXERCISE), over=Q(closed_at__isnull=False), lesser=~CALLS)
    if state in ("waiting", "closed"):
        rows = rows.filter(closed_at__isnull=state == "waiting")
    if said in Report.Said.values:
        rows = rows.filter(said=said)
    if mode in Mode.values:
        rows = rows.filter(mode=mode)
    return rows.order_by("drill", "over", "lesser", "crowded", "at", "id")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many reports of one mode wait for a clerk: calls for help, and all others."""

    mode: Mode
    needs_help: int
    others: int


def counts_of_reports(reach: Reach = EVERYTHING) -> list[Waiting]:
    """Return how many reports in reach wait, LIVE first; a mode without any is left out."""
    waiting = reports_in(reach).filter(closed_at=None).values_list("mode", "said", "others_are")
    counted = waiting.annotate(n=Count("id")).order_by()
    found: dict[str, dict[bool, int]] = {}
    for mode, said, others_are, number in counted:
        here = found.setdefault(mode, {True: 0, False: 0})
        here[said == Report.Said.NEEDS_HELP or others_are == Rest.NEEDS_HELP] += number
    return [
        Waiting(mode, found[mode][True], found[mode][False]) for mode in (Mode.LIVE, Mode.EXERCISE) if mode in found
    ]


@dataclass(frozen=True, slots=True)
class Calls:
    """Open calls for help of one mode and kind ("case"; "report": unverified): how many, since when the oldest waits."""

    mode: str
    kind: str
    number: int
    oldest_at: datetime | None


def calls_for_help() -> list[Calls]:
    """Count the open calls for help, of citizens and of people without registration, for whoever watches."""
    cases = Case.objects.filter(state=Case.State.OPEN, kind=Safety.NEEDS_HELP)
    told = Report.objects.filter(CALLS, state=Report.State.OPEN)
    found = []
    for kind, counted in (
        ("case", cases.values_list("mode").annotate(n=Count("id"), oldest=Min("opened_at")).order_by()),
        ("report", told.values_list("mode").annotate(n=Count("id"), oldest=Min("at")).order_by()),
    ):
        rows = {mode: (number, oldest) for mode, number, oldest in counted}
        found += [Calls(mode, kind, *rows.get(mode, (0, None))) for mode in Mode.values]
    return found


@dataclass(slots=True)
class Unregistered:
    """People without registration at one post: unverified by what they say, and confirmed.

    Attributes:
        post_id: which; None where no post is known.
        unverified, confirmed: by Report.Said, in people.
        unrepresented, other_nationality: of both together, apart; see `Report`.
    """

    post_id: int | None
    post: str
    unverified: dict[str, int] = field(default_factory=dict)
    confirmed: dict[str, int] = field(default_factory=dict)
    unrepresented: int = 0
    other_nationality: int = 0

    @property
    def open(self) -> int:
        """How many people nobody has verified yet."""
        return sum(self.unverified.values())


def unregistered(rollcall: Rollcall) -> list[Unregistered]:
    """Count, in people and by post, what was reported in answer to a rollcall and is nobody's registered answer.

    What was dismissed, or became a citizen's own answer, is left out. Nothing of it is counted on the board's other columns.
    """
    rows = Report.objects.filter(rollcall=rollcall, citizen=None).exclude(state=Report.State.DISMISSED)
    counted = rows.values_list("post", "post__name", "state", "said").annotate(
        n=Sum("people"), eu=Sum("unrepresented"), other=Sum("other_nationality")
    )
    found: dict[int | None, Unregistered] = {}
    for pk, post, state, said, people, eu, other in counted.order_by("post__name", "post"):
        here = found.setdefault(pk, Unregistered(pk, post or gettext_noop("No post is known")))
        column = here.confirmed if state == Report.State.CONFIRMED else here.unverified
        column[said] = column.get(said, 0) + people
        here.unrepresented += eu
        here.other_nationality += other
    return sorted(found.values(), key=lambda row: (-row.unverified.get(Report.Said.NEEDS_HELP, 0), row.post))


def who_may_it_be(report: Report, wanted: str = "", reach: Reach = EVERYTHING) -> list[Citizen]:
    """Return the registered citizens who may have sent a report: those of its address first, then those of a name in it.

    Args:
        report: which.
        wanted: a name that the clerk looks for instead.
        reach: only those in it.
    """
    found: dict[int, Citizen] = {}
    citizens = Citizen.objects.filter(of_people(reach)).prefetch_related("contacts", "members", "stays")
    if report.address and not wanted:
        contacts = Contact.objects.filter(address=report.address).exclude(kind=Contact.Kind.TELEGRAM)
        owners = contacts.exclude(state=Contact.State.PENDING).values("citizen")
        found |= {citizen.pk: citizen for citizen in citizens.filter(pk__in=owners)[:LISTED]}
    for name in _names(wanted or report.name):
        words = [word for word in name.split() if len(word) > 1]
        if not words or len("".join(words)) < 3:
            continue
        citizen_is = reduce(and_, (Q(folded_name__contains=word) for word in words))
        member_is = Member.objects.filter(reduce(and_, (Q(folded_name__contains=word) for word in words)))
        rows = citizens.filter(citizen_is | Q(pk__in=member_is.values("citizen"))).order_by("folded_name", "pk")
        found |= {citizen.pk: citizen for citizen in rows[:LISTED]}
    return list(found.values())[:LISTED]


def _names(text: str) -> list[str]:
    """Return the single names in what somebody wrote of several people, folded."""
    parts = text.replace(";", ",").replace("\n", ",").replace(" & ", ",").replace("+", ",").split(",")
    return [folded for part in parts if (folded := fold(part))][:6]
