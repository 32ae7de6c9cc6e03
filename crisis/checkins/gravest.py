"""The people of a rollcall, gravest first: a database puts them in order, and only those of one page are read."""

from typing import Any

from django.db import connection
from django.db.models import Case, Exists, IntegerField, Min, OuterRef, Q, QuerySet, Value, When

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen
from crisis.broadcast.latecomers import UNKNOWN_RANK
from crisis.checkins.counting import current, notices
from crisis.checkins.models import Rest, Safety

LEAVING = "leaving"
_ANSWERED = (*Safety.values, "old")  # of `queries.STATUSES`: only whose answer counts can be so
# Whoever is not among them gave an answer that needs nobody.
NEEDS_HELP, UNCLEAR, PARTLY_SILENT, SILENT, SAFE, NOT_THERE = range(6)
_GRAVITY = Case(
    When(Q(safety=Safety.NEEDS_HELP) | Q(others_are=Rest.NEEDS_HELP), then=NEEDS_HELP),
    When(safety=Safety.UNCLEAR, then=UNCLEAR),
    When(others_are=Rest.NO_WORD, then=PARTLY_SILENT),
    When(safety=Safety.NOT_THERE, then=NOT_THERE),
    default=SAFE,
    output_field=IntegerField(),
)


class Gravest:
    """People in order, of whom a page is a slice: who needs help, the unclear, the silent, then the safe and who is not there.

    Of those who answered, the oldest answer stands first: who waits longest, and of the safe those of whom we know least. Of
    the silent, whether they were reached or not, the most exposed stand first.
    """

    def __init__(self, rollcall: Rollcall, among: QuerySet[Citizen] | None = None, *, status: str = "") -> None:
        """Take a rollcall's people.

        Args:
            rollcall: the question.
            among: some of `queries.people`; None is all of them.
            status: the one by which they were chosen, if any: who cannot be among them is not looked for.
        """
        self.rollcall, self.among, self.status = rollcall, among, status

    def __getitem__(self, wanted: slice) -> list[Citizen]:
        """Return those of a page."""
        ids = self.ids(wanted)
        found = Citizen.objects.in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]

    def ids(self, wanted: slice) -> list[int]:
        """Return the same by their numbers."""
        return [row[0] for row in self.rows()[wanted]]

    def rows(self) -> QuerySet[Any, Any]:
        """Return everybody's number, gravity, distance to the danger, and the number of their answer or notice, in order."""
        answers, told = current(self.rollcall), notices(self.rollcall)
        silent = _without(told, "contact__citizen", answers, "citizen")
        if self.among is not None:
            answers = answers.filter(citizen__in=self.among.order_by().values("pk"))
            silent = silent.filter(contact__citizen__in=self.among.order_by().values("pk"))
        given = answers.order_by().annotate(gravity_=_GRAVITY, away_=Value(0))
        rows = given.values_list("citizen", "gravity_", "away_", "pk")
        parts: list[QuerySet[Any, Any]] = []
        if self.status not in _ANSWERED:
            # Of several notices the nearest counts; they are all to the one place where somebody is.
            left = silent.order_by().values("contact__citizen").annotate(
                gravity_=Value(SILENT), away_=Min("rank"), key_=Min("pk")
            )  # fmt: skip
            parts.append(left.values_list("contact__citizen", "gravity_", "away_", "key_"))
        if self.among is not None and self.status == LEAVING:
            # Who has only said something else, to a question of a round: nobody is lost between the two.
            others = _without(self.among.order_by(), "pk", current(self.rollcall), "citizen")
            others = _without(others, "pk", told, "contact__citizen")
            parts.append(others.annotate(gravity_=Value(SILENT), away_=Value(UNKNOWN_RANK)).values_list(
                "pk", "gravity_", "away_", "pk"
            ))  # fmt: skip
        if parts:
            rows = rows.union(*parts, all=True)
        return rows.order_by("gravity_", "away_", "pk")


def _without(rows: QuerySet[Any], citizen: str, said: QuerySet[Any], by: str) -> QuerySet[Any]:
    """Leave out whom other rows are about, in the form that each database answers at once.

    SQLite makes a set once, as in `queries.people`; PostgreSQL does so only for as many as fit into its memory, and looks through
    all of them again for each row else.

    Args:
        rows: with the way `citizen` to whom they are about.
        said: the others, with the way `by`.
    """
    if connection.vendor == "sqlite":
        return rows.exclude(**{f"{citizen}__in": said.values(by)})
    return rows.filter(~Exists(said.filter(**{by: OuterRef(citizen)})))
