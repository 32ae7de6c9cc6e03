"""Who the people of a rollcall are, and which cases there are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet
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


def _told(notices: QuerySet[Notice]) -> Q:
    return Q(pk__in=notices.values("contact__citizen"))


def _gave(answers: QuerySet[CheckIn]) -> Q:
    return Q(pk__in=answers.values("citizen"))


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

    Every condition is a set that is made once, whatever a database knows of its tables: a condition that is asked for each
    citizen never ends for 100,000 of them, on SQLite, and on PostgreSQL before it has counted its rows.

    Args:
        rollcall: the question.
        status: one of STATUSES, or blank for all; a household of which only some are so is among them.
        post_id, country, since: see `Wanted`.
        name: part of a name, in any script and case; or of a chat's number.
        reach: only those in it.
    """
    answers = current(rollcall)
    notices = notices_of(rollcall)
    reached = notices.filter(state__in=ON_ITS_WAY)
    if status == "no_answer":
        silent = _told(notices.filter(state=NoticeState.ACCEPTED)) & ~_gave(answers)
        rows = Citizen.objects.filter(silent | _gave(answers.filter(others_are=Rest.NO_WORD)))
    elif status == "undelivered":
        rows = Citizen.objects.filter(_told(notices.filter(state__in=NOT_DELIVERED)), ~_told(reached), ~_gave(answers))
    elif status in ("old", "leaving"):
        asked = current_round(rollcall)
        if asked is None:
            return Citizen.objects.none()
        old, leaving = who_is_old(asked).values("citizen"), who_said(asked, Question.LEAVE, 1).values("citizen")
        rows = Citizen.objects.filter(Q(pk__in=old) if status == "old" else Q(pk__in=leaving))
    elif status in Safety.values:
        rows = Citizen.objects.filter(_gave(answers.filter(Q(safety=status) | Q(others_are=status))))
    else:
        rows = Citizen.objects.filter(_told(notices) | _gave(answers))
    if post_id is not None or country:
        served = Q() if post_id is None else Q(post=post_id)
        served &= Q(post__country=country) if country else Q()
        elsewhere = _gave(answers.filter(post__isnull=False))
        rows = rows.filter(_gave(answers.filter(served)) | (~elsewhere & _told(notices.filter(served))))
    if since is not None:
        rows = rows.filter(_gave(answers.filter(at__gte=since)))
    if wanted := name.replace("\0", "").strip():
        named = Q(folded_name__contains=fold(wanted)) if fold(wanted) else Q(pk__in=[])
        if wanted.isdecimal():
            named |= Q(
                pk__in=Contact.objects.filter(kind=Contact.Kind.TELEGRAM, address__contains=wanted).values("citizen")
            )
        rows = rows.filter(named)
    return rows.filter(_of_posts(rollcall, reach)).order_by("name", "id")


def _of_posts(rollcall: Rollcall, reach: Reach) -> Q:
    """Return what holds for whom somebody's posts serve in this rollcall; who moved to another post since is no more theirs."""
    if reach.everything:
        return Q()
    answers, notices = current(rollcall), notices_of(rollcall)
    elsewhere = _gave(answers.filter(post__isnull=False))
    return _gave(answers.filter(reach.rows())) | (
        ~elsewhere & _told(notices.filter(reach.rows("post", "run__alert__rollcall")))
    )


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
