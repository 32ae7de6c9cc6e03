"""The people of a rollcall, gravest first: a database puts them in order, and only those of one page are read."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Min, Q, QuerySet

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen
from crisis.checkins.counting import current, notices
from crisis.checkins.models import Rest, Safety
from crisis.checkins.queries import people, without

LEAVING = "leaving"
# How whoever answered is, the gravest first; between them stand those of whom no answer is known.
_IN_NEED = Q(safety=Safety.NEEDS_HELP) | Q(others_are=Rest.NEEDS_HELP)
_UNCLEAR = Q(safety=Safety.UNCLEAR)
_PARTLY_SILENT = Q(others_are=Rest.NO_WORD)
_SILENT = Q()
_SAFE = Q(safety=Safety.SAFE) & ~Q(others_are__in=(Rest.NEEDS_HELP, Rest.NO_WORD))
_NOT_THERE = Q(safety=Safety.NOT_THERE)
_EVERYBODY = (_IN_NEED, _UNCLEAR, _PARTLY_SILENT, _SILENT, _SAFE, _NOT_THERE)
_WITH_A_SAFE_ONE = (_IN_NEED, _PARTLY_SILENT, _SAFE)
# How people can be who were chosen by one of `queries.STATUSES`: nobody else is looked for.
_AMONG = {
    Safety.SAFE: _WITH_A_SAFE_ONE,
    Safety.NEEDS_HELP: (_IN_NEED,),
    Safety.NOT_THERE: (_SAFE, _NOT_THERE),
    Safety.UNCLEAR: (_UNCLEAR,),
    "no_answer": (_PARTLY_SILENT, _SILENT),
    "undelivered": (_SILENT,),
    "old": _WITH_A_SAFE_ONE,
}


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
        """Return the same by their numbers; who stands below the page is not looked for."""
        skipped = wanted.start or 0
        left, ids = wanted.stop - skipped, dict[int, None]()  # whoever answers meanwhile keeps the first place
        for part in self.parts():
            found = list(part[skipped : skipped + left])
            if skipped and not found:
                skipped -= part.count()
            elif found:
                skipped, left = 0, left - len(found)
            ids |= dict.fromkeys(found)
            if not left:
                break
        return list(ids)

    def every_id(self, most: int) -> list[int]:
        """Return the numbers of all, or of the first `most`; whoever answers while they are read stands first and is not lost."""
        ids = self.ids(slice(most))
        if len(ids) < most:
            everybody = people(self.rollcall) if self.among is None else self.among
            moved = set(everybody.order_by().values_list("pk", flat=True)) - set(ids)
            ids = [*sorted(moved), *ids]
        return ids

    def parts(self) -> Iterator[QuerySet[Any, Any]]:
        """Yield the numbers of the people of each degree, the gravest first, each in order."""
        answers = self._chosen(current(self.rollcall), "citizen")
        for how in _AMONG.get(self.status, _EVERYBODY):
            if how is not _SILENT:
                yield answers.filter(how).order_by("pk").values_list("citizen", flat=True)
                continue
            yield self._silent()
            if self.among is not None and self.status == LEAVING:
                # Who has only said something else, to a question of a round: nobody is lost between the two.
                others = without(self.among, "pk", current(self.rollcall), "citizen")
                others = without(others, "pk", notices(self.rollcall), "contact__citizen")
                yield others.order_by("pk").values_list("pk", flat=True)

    def _silent(self) -> QuerySet[Any, Any]:
        """Return who was told and has not answered; of several notices the nearest counts, all to the place where somebody is."""
        silent = without(notices(self.rollcall), "contact__citizen", current(self.rollcall), "citizen")
        chosen = self._chosen(silent, "contact__citizen").order_by()
        nearest: QuerySet[Any, Any] = chosen.values("contact__citizen")
        nearest = nearest.annotate(away_=Min("rank"), key_=Min("pk")).order_by("away_", "key_")
        return nearest.values_list("contact__citizen", flat=True)

    def _chosen(self, rows: QuerySet[Any, Any], citizen: str) -> QuerySet[Any, Any]:
        """Keep what is about those among whom to look, by the way `citizen`."""
        return rows if self.among is None else rows.filter(**{f"{citizen}__in": self.among.order_by().values("pk")})
