"""Who has a case in hand: opened by one person at a time, taken over with a click, and looked after by somebody."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from crisis.checkins.models import Case
from crisis.checkins.reach import cases as cases_in
from crisis.journal.operations import append
from crisis.registry.models import Mode
from crisis.staff.models import Officer
from crisis.staff.reach import EVERYTHING, Reach
from crisis.staff.rights import Right, require

HELD = timedelta(minutes=10)


class Held(ValueError):
    """Somebody else has the case open; the message says who."""


def hold(*, case: Case, by: Officer, now: datetime) -> bool:
    """Open a case: whoever opens it has it for ten minutes, from their last act on.

    Returns:
        False if somebody else has it.

    Raises:
        NotAllowed: the officer may not.
    """
    require(by, Right.CASES, of=case)
    free = Q(held_until=None) | Q(held_until__lte=now) | Q(held_by=by) | Q(held_by=None)
    return bool(Case.objects.filter(free, pk=case.pk, state=Case.State.OPEN).update(held_by=by, held_until=now + HELD))


@transaction.atomic
def take_over(*, case: Case, by: Officer, now: datetime) -> None:
    """Take a case from whoever has it open; who took it from whom is journalled.

    Raises:
        NotAllowed: the officer may not.
        ValueError: it is closed.
    """
    require(by, Right.CASES, of=case)
    row = Case.objects.select_for_update().get(pk=case.pk)
    require_grave(by, row)
    if row.state != Case.State.OPEN:
        raise ValueError(_("Somebody closed this case meanwhile."))
    before = row.held_by_id
    row.held_by, row.held_until = by, now + HELD
    row.save(update_fields=["held_by", "held_until"])
    append(actor=by.actor, action="checkins.take_over_case", subject=f"case:{row.pk}", now=now, held_before_by=before)


def require_grave(by: Officer, case: Case) -> None:
    """Let an officer pass for whom a case is not restricted, as its row says now: a finding may be younger than the page.

    Raises:
        NotAllowed: it has a finding, and the officer does not work on such cases.
    """
    if case.finding:
        require(by, Right.GRAVE, of=case)


def mine(*, case: Case, by: Officer, now: datetime) -> Case:
    """Return a case as it stands, locked for this transaction and held by this officer from now on.

    Whoever acts on a case that nobody looks after looks after it.

    Raises:
        NotAllowed: the officer may not.
        Held: somebody else has it open.
        ValueError: it is closed.
    """
    require(by, Right.CASES, of=case)
    row = Case.objects.select_for_update(of=("self",)).select_related("citizen__ministry", "held_by").get(pk=case.pk)
    require_grave(by, row)
    if row.state != Case.State.OPEN:
        raise ValueError(_("Somebody else closed this case meanwhile."))
    holder = row.holder(now)
    if holder is not None and holder != by:
        raise Held(_("%(holder)s has this case open. Take it over first.") % {"holder": holder})
    row.held_by, row.held_until = by, now + HELD
    if row.assigned_to_id is None:
        row.assigned_to, row.assigned_at = by, now
    row.save(update_fields=["held_by", "held_until", "assigned_to", "assigned_at"])
    return row


@transaction.atomic
def assign(*, case: Case, to: Officer | None, by: Officer, now: datetime) -> None:
    """Let somebody look after a case, or nobody in particular again.

    Raises:
        NotAllowed: the officer may not, or who is named may not.
        Held: somebody else has it open.
        ValueError: it is closed.
    """
    row = mine(case=case, by=by, now=now)
    if to is not None:
        require(to, Right.CASES, of=row)
        require_grave(to, row)
    row.assigned_to, row.assigned_at, row.alarmed_at = to, now if to else None, None
    row.save(update_fields=["assigned_to", "assigned_at", "alarmed_at"])
    append(actor=by.actor, action="checkins.assign_case", subject=f"case:{case.pk}", now=now, to=to.pk if to else None)


def forgotten(now: datetime, after: timedelta, reach: Reach = EVERYTHING) -> QuerySet[Case]:
    """Return the open cases that nobody looks after although they have waited too long, LIVE first, the oldest first.

    Args:
        now: the time.
        after: how long a case may wait.
        reach: only those in it.
    """
    rows = cases_in(reach).filter(state=Case.State.OPEN, assigned_to=None, opened_at__lte=now - after)
    return rows.annotate(drill=Q(mode=Mode.EXERCISE)).order_by("drill", "opened_at", "pk")


@transaction.atomic
def sound(now: datetime, after: timedelta) -> list[int]:
    """Note for which cases an alarm is due that nobody has raised yet; each is raised once, until it is given back.

    Args:
        now: the time.
        after: how long a case may wait.

    Returns:
        Their numbers.
    """
    due = list(forgotten(now, after).filter(alarmed_at=None).values_list("pk", flat=True)[:100])
    new = [pk for pk in due if Case.objects.filter(pk=pk, alarmed_at=None, assigned_to=None).update(alarmed_at=now)]
    for pk in new:
        append(actor="casework", action="checkins.case_unassigned", subject=f"case:{pk}", now=now)
    return new
