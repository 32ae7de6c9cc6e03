"""The check-in board: for each post, how many people are registered, told, safe, in need, silent; and who they are."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import models
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Sum, When

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact, Stay
from crisis.broadcast.models import ALERT, Notice, NoticeRun, NoticeState
from crisis.checkins.models import Case, CheckIn, Rest, Safety
from crisis.places.names import fold
from crisis.registry.models import Mode

COLUMNS = ["registered", "accepted", "undelivered", "no_answer", *Safety.values]


@dataclass(slots=True)
class Row:
    """One post's people, counted.

    Attributes:
        registered: meant by the alert's notices, told by the bot since, or known only by their answer.
        accepted: the platform took the notice, or the bot has asked; never "reached".
        undelivered: it did not, or nobody knows.
        no_answer: accepted, and silent; and those of whom the rest of their household has no word.
    """

    post_id: int | None
    post: str
    registered: int = 0
    accepted: int = 0
    undelivered: int = 0
    no_answer: int = 0
    answers: dict[str, int] = field(default_factory=dict)

    def answered(self, safety: str) -> int:
        """Return how many people gave an answer."""
        return self.answers.get(safety, 0)

    def add(self, safety: str, people: int, others_are: str, others: int) -> None:
        """Count an answer of some people, and the others of their households; those of whom there is no word are silent."""
        self.answers[safety] = self.answered(safety) + people
        if others_are == Rest.NO_WORD:
            self.no_answer += others
        elif others:
            self.answers[others_are] = self.answered(others_are) + others


@dataclass(frozen=True, slots=True)
class Board:
    """Every post's row, those in need first, and their sum."""

    rows: list[Row]
    total: Row
    open_cases: int


def _current(rollcall: Rollcall) -> QuerySet[CheckIn]:
    return CheckIn.objects.filter(rollcall=rollcall, current=True)


def _notices(rollcall: Rollcall) -> QuerySet[Notice]:
    return Notice.objects.filter(run__in=list(NoticeRun.objects.filter(alert=rollcall.alert_id, purpose=ALERT)))


# Of a person with several notices, the first of these counts.
_ON_ITS_WAY = (NoticeState.ACCEPTED, NoticeState.SENDING, NoticeState.QUEUED)
_RANK = [
    *_ON_ITS_WAY, NoticeState.UNCONFIRMED, NoticeState.UNDELIVERED, NoticeState.EXPIRED, NoticeState.STOPPED,
]  # fmt: skip


def _once(rollcall: Rollcall) -> QuerySet[Notice]:
    """Return one notice a person, the best: who has several ways to be told is counted once.

    Only who has another way than Telegram can have several: for everybody else it costs one look-up.
    """
    notices = _notices(rollcall)
    apart = list(NoticeRun.objects.filter(alert=rollcall.alert_id, purpose=ALERT).exclude(kind=Contact.Kind.TELEGRAM))
    if not apart:
        return notices
    rank = models.Case(
        *(When(state=state, then=place) for place, state in enumerate(_RANK)), output_field=IntegerField()
    )
    ranked = notices.annotate(place=rank)
    same = ranked.filter(contact__citizen=OuterRef("contact__citizen"))
    better = Q(place__lt=OuterRef("place")) | Q(place=OuterRef("place"), pk__lt=OuterRef("pk"))
    several = Q(contact__citizen__in=Notice.objects.filter(run__in=apart).values("contact__citizen"))
    return ranked.exclude(several & Exists(same.filter(better)))


def board(rollcall: Rollcall) -> Board:
    """Count a rollcall, in people."""
    rows: dict[int | None, Row] = {}

    def row(post_id: int | None, name: str | None) -> Row:
        return rows.setdefault(post_id, Row(post_id, name or "No post is competent"))

    notices = _once(rollcall)
    answered = Exists(_current(rollcall).filter(citizen=OuterRef("contact__citizen")))
    counted = (
        notices.annotate(answered=answered)
        .values_list("post_id", "post__name", "state", "answered")
        .annotate(n=Sum("people"))
    )
    for post_id, name, state, has_answer, people in counted.order_by():
        found = row(post_id, name)
        found.registered += people
        if state == NoticeState.ACCEPTED:
            found.accepted += people
            found.no_answer += 0 if has_answer else people
        elif state in (NoticeState.UNDELIVERED, NoticeState.UNCONFIRMED, NoticeState.STOPPED, NoticeState.EXPIRED):
            found.undelivered += people
    told = Exists(_notices(rollcall).filter(contact__citizen=OuterRef("citizen")))
    given = _current(rollcall).annotate(told=told).values_list("post_id", "post__name", "safety", "others_are", "told")
    summed = given.annotate(n=Sum("people"), rest=Sum("others"))
    for post_id, name, safety, others_are, was_told, people, others in summed.order_by():
        found = row(post_id, name)
        found.add(safety, people, others_are, others)
        found.registered += 0 if was_told else people + others
    total = _sum(rows.values())
    ordered = sorted(rows.values(), key=lambda r: (-r.answered(Safety.NEEDS_HELP), -r.no_answer, r.post))
    cases = Case.objects.filter(rollcall=rollcall, state=Case.State.OPEN).count()
    return Board(ordered, total, cases)


def _sum(rows: Iterable[Row]) -> Row:
    total = Row(None, "All posts")
    for row in rows:
        total.registered += row.registered
        total.accepted += row.accepted
        total.undelivered += row.undelivered
        total.no_answer += row.no_answer
        for safety, people in row.answers.items():
            total.answers[safety] = total.answers.get(safety, 0) + people
    return total


_NOT_DELIVERED = (NoticeState.UNDELIVERED, NoticeState.UNCONFIRMED, NoticeState.STOPPED, NoticeState.EXPIRED)

STATUSES = {
    "safe": "Safe",
    "needs_help": "Needs help",
    "not_there": "Not there",
    "unclear": "Unclear",
    "no_answer": "No answer",
    "undelivered": "Not delivered",
}


def _told(notices: QuerySet[Notice]) -> Q:
    return Q(pk__in=notices.values("contact__citizen"))


def _gave(answers: QuerySet[CheckIn]) -> Q:
    return Q(pk__in=answers.values("citizen"))


def people(rollcall: Rollcall, *, status: str = "", post_id: int | None = None, name: str = "") -> QuerySet[Citizen]:
    """Return who is meant by a rollcall or has answered it, filtered; `described` tells how those of one page are.

    Every condition is a set that is made once, whatever a database knows of its tables: a condition that is asked for each
    citizen never ends for 100,000 of them, on SQLite, and on PostgreSQL before it has counted its rows.

    Args:
        rollcall: the question.
        status: one of STATUSES, or blank for all; a household of which only some are so is among them.
        post_id: the post that serves them, or None for all.
        name: part of a name, in any script and case; or of a chat's number.
    """
    answers = _current(rollcall)
    notices = _notices(rollcall)
    reached = notices.filter(state__in=_ON_ITS_WAY)
    if status == "no_answer":
        silent = _told(notices.filter(state=NoticeState.ACCEPTED)) & ~_gave(answers)
        rows = Citizen.objects.filter(silent | _gave(answers.filter(others_are=Rest.NO_WORD)))
    elif status == "undelivered":
        rows = Citizen.objects.filter(_told(notices.filter(state__in=_NOT_DELIVERED)), ~_told(reached), ~_gave(answers))
    elif status in Safety.values:
        rows = Citizen.objects.filter(_gave(answers.filter(Q(safety=status) | Q(others_are=status))))
    else:
        rows = Citizen.objects.filter(_told(notices) | _gave(answers))
    if post_id is not None:
        elsewhere = _gave(answers.filter(post__isnull=False))
        rows = rows.filter(_gave(answers.filter(post=post_id)) | (~elsewhere & _told(notices.filter(post=post_id))))
    if wanted := name.replace("\0", "").strip():
        named = Q(folded_name__contains=fold(wanted)) if fold(wanted) else Q(pk__in=[])
        if wanted.isdecimal():
            named |= Q(
                pk__in=Contact.objects.filter(kind=Contact.Kind.TELEGRAM, address__contains=wanted).values("citizen")
            )
        rows = rows.filter(named)
    return rows.order_by("name", "id")


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


def described(rollcall: Rollcall, citizens: Iterable[Citizen]) -> list[Person]:
    """Return how citizens are, in their order, in a few queries for all of them.

    Args:
        rollcall: the question.
        citizens: one page of `people`.
    """
    page = list(citizens)
    ids = [citizen.pk for citizen in page]
    answered = {row.citizen_id: row for row in _current(rollcall).filter(citizen__in=ids).select_related("post")}
    words = CheckIn.objects.filter(rollcall=rollcall, citizen__in=ids).exclude(text="").order_by("id")
    said = dict(words.values_list("citizen", "text"))
    contacts = dict(Contact.objects.filter(citizen__in=ids).values_list("pk", "citizen"))
    told = _notices(rollcall).filter(contact__in=list(contacts)).select_related("post").order_by("-id")
    # Of several ways, the one that reached the person; else the one that may.
    best = sorted(told, key=lambda row: _RANK.index(NoticeState(row.state)), reverse=True)
    notices = {contacts[row.contact_id]: row for row in best}
    places = dict(Stay.objects.filter(citizen__in=ids, ended_at=None).values_list("citizen", "place_name"))
    cases = dict(Case.objects.filter(citizen__in=ids, rollcall=rollcall).order_by("id").values_list("citizen", "pk"))
    others = others_of(answered.values(), page)
    return [
        Person(
            citizen, answer := answered.get(pk), said.get(pk, ""), notices.get(pk), places.get(pk, ""), cases.get(pk),
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
            names[pk].append(own.get(answer.citizen_id) or "(no name)")
    through = CheckIn.others_named.through.objects.filter(checkin__in=partial).order_by("pk")
    for pk, member in through.values_list("checkin", "member__name"):
        names[pk].append(member)
    return {pk: ", ".join(listed) for pk, listed in names.items() if listed}


@dataclass(frozen=True, slots=True)
class OpenCases:
    """How many cases of one mode are open: calls for help, and unclear words."""

    mode: Mode
    needs_help: int
    unclear: int


def counts_of_cases() -> list[OpenCases]:
    """Return how many cases are open, LIVE first; a mode without any is left out."""
    counted = Case.objects.filter(state=Case.State.OPEN).values_list("mode", "kind").annotate(n=Count("id")).order_by()
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


def cases(*, state: str = "", kind: str = "", mode: str = "") -> QuerySet[Case]:
    """Return cases, LIVE before EXERCISE, open before closed, calls for help before the unclear, the oldest first.

    Args:
        state: one of Case.State, or anything else for all.
        kind: one of Safety, or anything else for all.
        mode: one of Mode, or anything else for all.
    """
    rows = Case.objects.annotate(
        drill=Q(mode=Mode.EXERCISE), over=Q(state=Case.State.CLOSED), lesser=~Q(kind=Safety.NEEDS_HELP)
    )
    if state in Case.State.values:
        rows = rows.filter(state=state)
    if kind in Safety.values:
        rows = rows.filter(kind=kind)
    if mode in Mode.values:
        rows = rows.filter(mode=mode)
    return rows.order_by("drill", "over", "lesser", "opened_at", "id")
