"""From whom of the staff it is kept where somebody is who is known to be in hospital, detained, missing or deceased."""

from collections.abc import Iterable

from crisis.checkins.models import Case
from crisis.staff.models import Officer
from crisis.staff.rights import Right, reach_of


def closed_to(by: Officer, citizens: Iterable[int]) -> set[int]:
    """Return of whom an officer is not told where they are: those with a case that is restricted, and not open to the officer.

    Args:
        by: who looks.
        citizens: the numbers of those on a page.
    """
    mine = reach_of(by, Right.GRAVE)
    if mine.everything:
        return set()
    rows = Case.objects.filter(citizen__in=list(citizens)).exclude(finding="")
    return set(rows.exclude(mine.rows()).values_list("citizen", flat=True))
