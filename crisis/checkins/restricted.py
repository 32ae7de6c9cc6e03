"""Who is known to be in hospital, detained, missing or deceased, and from whom of the staff it is kept where they are."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from crisis.checkins.models import Case
from crisis.registry.models import Mode
from crisis.staff.models import Officer
from crisis.staff.rights import Right, reach_of


def found_out(mode: str) -> QuerySet[Case, int]:
    """Return the numbers of those of whom something is known that ends all asking: they are called to no place, and on no list.

    What was noted in a drill is not so in earnest; what is known in earnest is so in a drill too.

    Args:
        mode: of what is asked or sent.
    """
    return Case.objects.exclude(finding="").filter(Q(mode=Mode.LIVE) | Q(mode=mode)).values_list("citizen", flat=True)


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
