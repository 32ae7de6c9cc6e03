"""Who the people of a rollcall are, and which cases there are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact, Stay
from crisis.broadcast.models import Notice, NoticeState
from crisis.checkins.counting import NOT_DELIVERED, current
from crisis.checkins.counting import notices as notices_of
from crisis.checkins.models import Case, CheckIn, Rest, Safety
from crisis.checkins.reach import UNRESTRICTED
from crisis.checkins.reach import cases as cases_in
from crisis.checkins.rollup import ON_ITS_WAY, RANK
from crisis.checkins.rounds import Question, current_round, who_is_old, who_said
from crisis.places.names import fold
from crisis.registry.models import Mode
from crisis.staff.reach import EVERYTHING, Reach

STATUSES = {
    "safe": gettext_lazy("Safe"),
    "needs_help": gettext_lazy("Needs help"),
    "not_there": gettext_lazy("Not there"),
    "unclear": gettext_lazy("Unclear"),
    "no_answer": gettext_lazy("No answer"),
    "undelivered": gettext_lazy("Not delivered"),
    "old": gettext_lazy("Safe, before this round"),
    "leaving": gettext_lazy("Wants to leave"),
}


def people(
    rollcall: Rollcall,
    *,
    status: str = "",
    post_id: int | None = None,
    country: str = "",
    since: datetime | None = None,
    name: str = "",
    reach: Reach = EVERYTHING,
) -> QuerySet[Citizen]:
    """Return who is meant by a rollcall or has answered it, filtered; `described` tells how those of one page are.

    Every condition is one set that is made once, whatever a database knows of its tables: a condition that is asked for each
    citizen never ends for 100,000 of them on SQLite, nor for a million on PostgreSQL, which keeps the sets of an "or" or a "not"
    only while they fit into its memory.

    Args:
        rollcall: the question.
        status: one of STATUSES, or blank for all; a household of which only some are so is among them.
        post_id, country, since: see `Wanted`.
        name: part of a name, in any script and case; or of a chat's number.
        reach: only those in it.
    """
    bound = post_id is not None or country or not reach.everything
    # Whom posts serve are some of all.
    rows = Citizen.objects.all() if bound and not status else Citizen.objects.filter(pk__in=_chosen(rollcall, status))
    if post_id is not None or country:
        served = Q() if post_id is None else Q(post=post_id)
        served &= Q(post__country=country) if country else Q()
        rows = rows.filter(pk__in=_served(rollcall, served, served))
    if since is not None:
        rows = rows.filter(pk__in=current(rollcall).filter(at__gte=since).values("citizen"))
    if wanted := name.replace("\0", "").strip():
        named = Q(folded_name__contains=fold(wanted)) if fold(wanted) else Q(pk__in=[])
        if wanted.isdecimal():
            named |= Q(
                pk__in=Contact.objects.filter(kind=Contact.Kind.TELEGRAM, address__contains=wanted).values("citizen")
            )
        rows = rows.filter(named)
    if not reach.everything:
        rows = rows.filter(pk__in=_served(rollcall, reach.rows(), reach.rows("post", "run__alert__rollcall")))
    return rows.order_by("name", "id")


def _chosen(rollcall: Rollcall, status: str) -> QuerySet[Any, Any]:
    """Return who is so, by the number of the person; see `people`."""
    answers, notices = current(rollcall), notices_of(rollcall)
    gave, told = answers.values("citizen"), notices.values("contact__citizen")
    if status == "no_answer":
        silent = without(told.filter(state=NoticeState.ACCEPTED), "contact__citizen", answers, "citizen")
        return silent.union(gave.filter(others_are=Rest.NO_WORD), all=True)
    if status == "undelivered":
        reached = notices.filter(state__in=ON_ITS_WAY)
        left = without(told.filter(state__in=NOT_DELIVERED), "contact__citizen", reached, "contact__citizen")
        return without(left, "contact__citizen", answers, "citizen")
    if status in ("old", "leaving"):
        asked = current_round(rollcall)
        if asked is None:
            return gave.none()
        return (who_is_old(asked) if status == "old" else who_said(asked, Question.LEAVE, 1)).values("citizen")
    if status in Safety.values:
        return gave.filter(Q(safety=status) | Q(others_are=status))
    return told.union(gave, all=True)


def _served(rollcall: Rollcall, answers: Q, notices: Q) -> QuerySet[Any, Any]:
    """Return whom some posts serve in a rollcall; who moved to another post since is no more theirs.

    Args:
        rollcall: the question.
        answers, notices: what holds for those of these posts.
    """
    given = current(rollcall)
    told = notices_of(rollcall).filter(notices).values("contact__citizen")
    here = given.filter(answers).values("citizen")
    return here.union(without(told, "contact__citizen", given.filter(post__isnull=False), "citizen"), all=True)


def without(rows: QuerySet[Any, Any], citizen: str, said: QuerySet[Any, Any], by: str) -> QuerySet[Any, Any]:
    """Leave out whom other rows are about, in the form that each database answers at once.

    SQLite makes a set once; PostgreSQL does so only for as many as fit into its memory, and looks through all of them again for
    each row else.

    Args:
        rows: with the way `citizen` to whom they are about.
        said: the others, with the way `by`.
    """
    if connection.vendor == "sqlite":
        return rows.exclude(**{f"{citizen}__in": said.values(by)})
    return rows.filter(~Exists(said.filter(**{by: OuterRef(citizen)})))


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the list: the latest answer, the latest words, the notice, the place, the open or latest case.

    Attributes:
        others: the names of those whom the answer leaves out, where the household has named them.
    """

    citizen: Citizen
    answer: CheckIn | None
    said: str
    notice: Notice | None
    place: str
    case: int | None
    others: str = ""

    @property
    def post(self) -> str:
        """The post that serves the person, or blank."""
        served = (self.answer and self.answer.post) or (self.notice and self.notice.post)
        return served.name if served else ""


def described(
    rollcall: Rollcall, citizens: Iterable[Citizen], *, hidden: Collection[int] = frozenset()
) -> list[Person]:
    """Return how citizens are, in their order, in a few queries for all of them.

    Args:
        rollcall: the question.
        citizens: one page of `people`.
        hidden: of whom it is not told where they are; see `restricted.closed_to`.
    """
    page = list(citizens)
    ids = [citizen.pk for citizen in page]
    answered = {row.citizen_id: row for row in current(rollcall).filter(citizen__in=ids).select_related("post")}
    words = CheckIn.objects.filter(UNRESTRICTED, rollcall=rollcall, citizen__in=ids).exclude(text="").order_by("id")
    said = dict(words.values_list("citizen", "text"))
    contacts = dict(Contact.objects.filter(citizen__in=ids).values_list("pk", "citizen"))
    told = notices_of(rollcall).filter(contact__in=list(contacts)).select_related("post").order_by("-id")
    # Of several ways, the one that reached the person; else the one that may.
    best = sorted(told, key=lambda row: RANK.index(NoticeState(row.state)), reverse=True)
    notices = {contacts[row.contact_id]: row for row in best}
    places = dict(Stay.objects.filter(citizen__in=ids, ended_at=None).values_list("citizen", "place_name"))
    cases = dict(Case.objects.filter(citizen__in=ids, rollcall=rollcall).order_by("id").values_list("citizen", "pk"))
    others = others_of(answered.values(), page)
    return [
        Person(
            citizen, answer := answered.get(pk), said.get(pk, ""), notices.get(pk),
            "" if pk in hidden else places.get(pk, ""), cases.get(pk),
            others.get(answer.pk, "") if answer else "",
        )
        for pk, citizen in zip(ids, page, strict=True)
    ]  # fmt: skip


def others_of(found: Iterable[CheckIn], citizens: Iterable[Citizen]) -> dict[int, str]:
    """Return the names of those whom some answers leave out, by the answer's id, in one query.

    Args:
        found: the answers.
        citizens: who gave them; of whoever is left out by the own answer the name stands first.
    """
    partial = {answer.pk: answer for answer in found if answer.others}
    if not partial:
        return {}
    names: dict[int, list[str]] = {pk: [] for pk in partial}
    own = {citizen.pk: citizen.name for citizen in citizens}
    for pk, answer in partial.items():
        if answer.others_self:
            names[pk].append(own.get(answer.citizen_id) or _("(no name)"))
    through = CheckIn.others_named.through.objects.filter(checkin__in=partial).order_by("member")
    for pk, member in through.values_list("checkin", "member__name"):
        names[pk].append(member)
    return {pk: ", ".join(listed) for pk, listed in names.items() if listed}


@dataclass(frozen=True, slots=True)
class OpenCases:
    """How many cases of one mode are open: calls for help, and unclear words."""

    mode: Mode
    needs_help: int
    unclear: int


def counts_of_cases(reach: Reach = EVERYTHING) -> list[OpenCases]:
    """Return how many cases in reach are open, LIVE first; a mode without any is left out."""
    counted = (
        cases_in(reach).filter(state=Case.State.OPEN).values_list("mode", "kind").annotate(n=Count("id")).order_by()
    )
    found = {(mode, kind): n for mode, kind, n in counted}
    return [
        OpenCases(mode, found.get((mode, Safety.NEEDS_HELP), 0), found.get((mode, Safety.UNCLEAR), 0))
        for mode in (Mode.LIVE, Mode.EXERCISE)
        if any(standing == mode for standing, _ in found)
    ]


def since_then(found: Iterable[Case]) -> dict[int, CheckIn]:
    """Return the answer that each person of a case gave after the case's last word, by the case's id.

    Args:
        found: some cases, with their check-ins.
    """
    listed = list(found)
    answered = CheckIn.objects.filter(
        current=True,
        citizen__in=[case.citizen_id for case in listed],
        rollcall__in=[case.rollcall_id for case in listed],
    )
    current = {(answer.citizen_id, answer.rollcall_id): answer for answer in answered}
    told: dict[int, CheckIn] = {}
    for case in listed:
        answer = current.get((case.citizen_id, case.rollcall_id))
        if answer is not None and all(answer.pk > word.pk for word in case.checkins.all()):
            told[case.pk] = answer
    return told


@dataclass(frozen=True, slots=True)
class Waits:
    """How many open cases nobody looks after, in earnest and in a drill; and since when the oldest real one waits."""

    live: int
    exercise: int
    live_since: datetime | None


def unassigned(reach: Reach = EVERYTHING) -> Waits:
    """Count the open cases in reach that nobody looks after."""
    rows = cases_in(reach).filter(state=Case.State.OPEN, assigned_to=None)
    counted = rows.values_list("mode").annotate(n=Count("id"), oldest=Min("opened_at")).order_by()
    found = {mode: (number, oldest) for mode, number, oldest in counted}
    live, since = found.get(Mode.LIVE, (0, None))
    return Waits(live, found.get(Mode.EXERCISE, (0, None))[0], since)


def cases(
    *,
    state: str = "",
    kind: str = "",
    mode: str = "",
    only: Q = Q(),  # noqa: B008 - never changed
    reach: Reach = EVERYTHING,
) -> QuerySet[Case]:
    """Return cases, LIVE before EXERCISE, open before closed, calls for help before the unclear, the oldest first.

    Args:
        state: one of Case.State, or anything else for all.
        kind: one of Safety, or anything else for all.
        mode: one of Mode, or anything else for all.
        only: a further condition.
        reach: only those in it.
    """
    rows = (
        cases_in(reach)
        .filter(only)
        .annotate(drill=Q(mode=Mode.EXERCISE), over=Q(state=Case.State.CLOSED), lesser=~Q(kind=Safety.NEEDS_HELP))
    )
    if state in Case.State.values:
        rows = rows.filter(state=state)
    if kind in Safety.values:
        rows = rows.filter(kind=kind)
    if mode in Mode.values:
        rows = rows.filter(mode=mode)
    return rows.order_by("drill", "over", "lesser", "opened_at", "id")
