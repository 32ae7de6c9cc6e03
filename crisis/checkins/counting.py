"""Counting a rollcall from its rows, in people: for each post, how many are registered, told, safe, in need, silent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, TruncHour
from django.utils.translation import gettext_noop

from crisis.alerts.models import Rollcall
from crisis.audience.models import Contact
from crisis.broadcast.models import ALERT, Notice, NoticeRun, NoticeState
from crisis.checkins.models import CheckIn, Rest, Safety
from crisis.checkins.rollup import NO_ANSWER, RANK, REGISTERED, BoardDelta
from crisis.registry.models import Post
from crisis.staff.reach import Reach

NOT_DELIVERED = (NoticeState.UNDELIVERED, NoticeState.UNCONFIRMED, NoticeState.STOPPED, NoticeState.EXPIRED)
Hours = dict[str, dict[str, int]]


@dataclass(slots=True)
class Row:
    """One post's people, counted.

    Attributes:
        country: of the post; blank where none is competent.
        registered: meant by the alert's notices, told by the bot since, or known only by their answer.
        accepted: the platform took the notice, or the bot has asked; never "reached".
        undelivered: it did not, or nobody knows; `reasons` says why, by a stable code.
        no_answer: accepted, and silent; and those of whom the rest of their household has no word.
        hours: the answers by the hour in which they came ("2026-11-29T03:00:00+00:00"), and then by Safety.
    """

    post_id: int | None
    post: str
    country: str = ""
    registered: int = 0
    accepted: int = 0
    undelivered: int = 0
    no_answer: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    hours: Hours = field(default_factory=dict)

    def answered(self, safety: str) -> int:
        """Return how many people gave an answer."""
        return self.answers.get(safety, 0)

    def add(self, safety: str, people: int, others_are: str, others: int) -> None:
        """Count an answer of some people, and the others of their households; those of whom there is no word are silent."""
        self.change(safety, people)
        if others:
            self.change(NO_ANSWER if others_are == Rest.NO_WORD else others_are, others)

    def change(self, column: str, people: int) -> None:
        """Count so many people more, or fewer, in a column."""
        if column == REGISTERED:
            self.registered += people
        elif column == NO_ANSWER:
            self.no_answer += people
        else:
            self.answers[column] = self.answered(column) + people

    def in_hour(self, at: datetime, safety: str, people: int) -> None:
        """Count people in the hour of their answer."""
        here = self.hours.setdefault(at.astimezone(UTC).isoformat(), {})
        here[safety] = here.get(safety, 0) + people

    def since(self, at: datetime) -> "Row":
        """Return it with those answers only that came in an hour or later; who is silent, and who was told, is as of now."""
        hours = {hour: given for hour, given in self.hours.items() if hour >= at.astimezone(UTC).isoformat()}
        return replace(self, hours=hours, answers=_sums(hours.values()))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a board, its list and what is exported of it are about; everything blank is everybody.

    Attributes:
        status: one of `queries.STATUSES`; "leaving" is a transport list.
        post_id: the post that serves them.
        country: of the post that serves them.
        since: the hour from which on they have answered.
    """

    status: str = ""
    post_id: int | None = None
    country: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """Every post's row, those in need first, and their sum.

    Attributes:
        counted_at: when the notices were counted; None: just now.
    """

    rows: list[Row]
    total: Row
    counted_at: datetime | None = None

    @property
    def hours(self) -> Hours:
        """All answers by their hour; see `Row`."""
        return self.total.hours

    def within(self, reach: Reach, rollcall_id: int) -> "Board":
        """Return what of it somebody may see: the rows of their posts, and the sum of those."""
        if reach.holds(None, rollcall_id):
            return self
        return self._of(row for row in self.rows if reach.holds(row.post_id, rollcall_id))

    def narrowed(self, wanted: Wanted) -> "Board":
        """Return what of it is about some people; a board counts every status."""
        rows = [
            row for row in self.rows
            if wanted.post_id in (None, row.post_id) and wanted.country in ("", row.country)
        ]  # fmt: skip
        return self._of(row.since(wanted.since) if wanted.since else row for row in rows)

    def _of(self, rows: Iterable[Row]) -> "Board":
        kept = list(rows)
        return Board(kept, total_of(kept), self.counted_at)


@dataclass(slots=True)
class Counted:
    """What one look at all rows has counted.

    Attributes:
        deltas: the changes that it holds already.
    """

    rows: dict[int | None, Row] = field(default_factory=dict)
    deltas: list[int] = field(default_factory=list)

    def row(self, post_id: int | None) -> Row:
        """Return a post's row, made where it is missing."""
        return self.rows.setdefault(post_id, Row(post_id, ""))


def current(rollcall: Rollcall) -> QuerySet[CheckIn]:
    """Return the answers that count."""
    return CheckIn.objects.filter(rollcall=rollcall, current=True)


def notices(rollcall: Rollcall) -> QuerySet[Notice]:
    """Return the notices of the alert that asks."""
    return Notice.objects.filter(run__in=list(NoticeRun.objects.filter(alert=rollcall.alert_id, purpose=ALERT)))


def _once(rollcall: Rollcall) -> QuerySet[Notice]:
    """Return one notice a person, the best: who has several ways to be told is counted once.

    Only who has another way than Telegram can have several: for everybody else it costs one look-up.
    """
    told = notices(rollcall)
    apart = list(NoticeRun.objects.filter(alert=rollcall.alert_id, purpose=ALERT).exclude(kind=Contact.Kind.TELEGRAM))
    if not apart:
        return told
    rank = Case(*(When(state=state, then=place) for place, state in enumerate(RANK)), output_field=IntegerField())
    ranked = told.annotate(place=rank)
    same = ranked.filter(contact__citizen=OuterRef("contact__citizen"))
    better = Q(place__lt=OuterRef("place")) | Q(place=OuterRef("place"), pk__lt=OuterRef("pk"))
    several = Q(contact__citizen__in=Notice.objects.filter(run__in=apart).values("contact__citizen"))
    return ranked.exclude(several & Exists(same.filter(better)))


def count(rollcall: Rollcall) -> Counted:
    """Count a rollcall from all its rows.

    One statement reads notices, answers and pending changes, so that they are of one moment, whatever is recorded meanwhile.
    """
    answered = Exists(current(rollcall).filter(citizen=OuterRef("contact__citizen")))
    told = Exists(notices(rollcall).filter(contact__citizen=OuterRef("citizen")))
    never = Cast(Value(None), models.DateTimeField())
    of_notices = _columns(_once(rollcall), "notice", F("post_id"), F("state"), F("reason"), answered, never).annotate(
        n=Sum("people"), rest=Value(0)
    )
    hour = TruncHour("at", tzinfo=UTC)
    of_answers = _columns(current(rollcall), "answer", F("post_id"), F("safety"), F("others_are"), told, hour).annotate(
        n=Sum("people"), rest=Sum("others")
    )
    changes = BoardDelta.objects.filter(rollcall=rollcall)
    pending = _columns(
        changes, "delta", F("pk"), Value(""), Value(""), Q(pk__isnull=True), never
    ).annotate(n=Value(0), rest=Value(0))  # fmt: skip
    found = Counted()
    for what, key, one, two, flag, at, people, others in of_notices.union(of_answers, pending, all=True):
        if what == "delta":
            found.deltas.append(key)
        elif what == "notice":
            _add_notices(found.row(key), one, two, people, has_answer=flag)
        else:
            row = found.row(key)
            row.add(one, people, two, others)
            row.registered += 0 if flag else people + others
            row.in_hour(at, one, people)
            if two not in ("", Rest.NO_WORD):
                row.in_hour(at, two, others)
    name(found.rows.values())
    return found


def _columns(rows: QuerySet[Any], what: str, *columns: object) -> QuerySet[Any, Any]:
    names = ("key_", "one_", "two_", "flag_", "at_")
    made = rows.order_by().annotate(what_=Value(what), **dict(zip(names, columns, strict=True)))
    found: QuerySet[Any, Any] = made.values_list("what_", *names)
    return found


def _add_notices(row: Row, state: str, reason: str, people: int, *, has_answer: bool) -> None:
    row.registered += people
    if state == NoticeState.ACCEPTED:
        row.accepted += people
        row.no_answer += 0 if has_answer else people
    elif state in NOT_DELIVERED:
        row.undelivered += people
        why = reason or state
        row.reasons[why] = row.reasons.get(why, 0) + people


def name(rows: Iterable[Row]) -> None:
    """Give rows the names and countries of their posts."""
    without = [row for row in rows if not row.post]
    posts = {pk: (called, country) for pk, called, country in Post.objects.filter(
        pk__in=[row.post_id for row in without if row.post_id]
    ).values_list("pk", "name", "country")}  # fmt: skip
    for row in without:
        row.post, row.country = posts.get(row.post_id or 0, (gettext_noop("No post is competent"), ""))


def board(rollcall: Rollcall) -> Board:
    """Count a rollcall now, from all its rows; `tallying.shown` is what a page reads."""
    found = count(rollcall)
    return of_rows(list(found.rows.values()))


def of_rows(rows: list[Row], counted_at: datetime | None = None) -> Board:
    """Return a board of its rows."""
    return Board(gravest_posts(rows), total_of(rows), counted_at)


def gravest_posts(rows: Iterable[Row], reported: Mapping[int | None, int] = MappingProxyType({})) -> list[Row]:
    """Return posts' rows by how many people need help there, then the unclear, those only reported, and the silent.

    Args:
        rows: one each.
        reported: how many people are reported, unverified, by post.
    """
    return sorted(rows, key=lambda row: (
        -row.answered(Safety.NEEDS_HELP), -row.answered(Safety.UNCLEAR), -reported.get(row.post_id, 0), -row.no_answer,
        row.post,
    ))  # fmt: skip


def by_country(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the sums of some posts' rows by the posts' country, in the order of the countries' codes."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.country, []).append(row)
    return {country: total_of(found[country]) for country in sorted(found) if country}


def total_of(rows: Iterable[Row]) -> Row:
    """Return the sum of some rows."""
    summed = list(rows)
    total = Row(
        None,
        gettext_noop("All posts"),
        answers=_sums(row.answers for row in summed),
        reasons=_sums(row.reasons for row in summed),
    )
    for row in summed:
        total.registered += row.registered
        total.accepted += row.accepted
        total.undelivered += row.undelivered
        total.no_answer += row.no_answer
        for hour, given in row.hours.items():
            total.hours[hour] = _sums((total.hours.get(hour, {}), given))
    return total


def _sums(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in counts:
        for key, number in each.items():
            found[key] = found.get(key, 0) + number
    return found
