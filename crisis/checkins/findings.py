"""What is known of a person that ends all asking: in hospital, detained, missing, deceased; noted by one, checked by another."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from crisis.audience.models import Citizen
from crisis.checkins.models import Case, CheckIn
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require


def newest_word(case: Case) -> int:
    """Return the number of the newest thing that the person of a case has said, in it or beside it; 0 if there is none."""
    beside = Q(citizen=case.citizen_id, rollcall=case.rollcall_id) if case.rollcall_id else Q(pk__in=[])
    words = CheckIn.objects.filter(Q(case=case.pk) | beside)
    return words.order_by("-pk").values_list("pk", flat=True).first() or 0


@transaction.atomic
def note_finding(*, case: Case, finding: str, by: Officer, now: datetime) -> None:
    """Note it on a case, open or closed: from now on neither the person nor their contacts are reminded or asked.

    That holds at once, as nobody is harmed by silence for an hour; whether it is true a second person must confirm.

    Raises:
        NotAllowed: the officer may not.
        ValueError: it is none that we know, or it is noted and confirmed already.
    """
    require(by, Right.GRAVE, of=case)
    if finding not in Case.Finding.values:
        raise ValueError(_("Choose what is known: in hospital, detained, missing or deceased."))
    row = Case.objects.select_for_update().get(pk=case.pk)
    if row.finding == finding and row.confirmed_by_id is not None:
        raise ValueError(_("That is noted and confirmed already."))
    row.finding, row.found_by, row.confirmed_by = finding, by, None
    if row.state == Case.State.OPEN:
        row.ending = ""  # only whoever closes the case with it says that it ends so
    row.save(update_fields=["finding", "found_by", "confirmed_by", "ending"])
    append(actor=by.actor, action="checkins.note_finding", subject=f"case:{case.pk}", now=now, finding=finding)


@transaction.atomic
def confirm_finding(*, case: Case, finding: str, by: Officer, now: datetime, seen: int | None = None) -> bool:
    """Confirm what a colleague has noted; a case that was to be closed with it is closed.

    Args:
        case: which.
        finding: as this person was shown it; another one may have been noted meanwhile.
        by: the second person.
        now: the time.
        seen: the newest of what the person has said that was shown; None where nothing was looked at.

    Returns:
        Whether the case is closed now.

    Raises:
        NotAllowed: the officer may not.
        ValueError: this very person noted it, something else is noted now, or the person has said something meanwhile.
    """
    require(by, Right.GRAVE, of=case)
    row = Case.objects.select_for_update().get(pk=case.pk)
    if not row.unconfirmed or row.finding != finding:
        raise ValueError(_("Something else is noted on this case now: look again."))
    if row.found_by_id == by.pk:
        raise ValueError(_("You noted it: somebody else must confirm it."))
    # Whoever is thought to be missing may have written a moment ago that they are well.
    if seen is not None and newest_word(row) > seen:
        raise ValueError(_("Something more was said meanwhile: read it first."))
    row.confirmed_by = by
    if row.ending == row.finding and row.state == Case.State.OPEN:
        row.state, row.closed_at, row.held_by, row.held_until = Case.State.CLOSED, now, None, None
    row.save(update_fields=["confirmed_by", "state", "closed_at", "held_by", "held_until"])
    append(
        actor=by.actor, action="checkins.confirm_finding", subject=f"case:{row.pk}", now=now, finding=finding,
        closed=row.state == Case.State.CLOSED,
    )  # fmt: skip
    return row.state == Case.State.CLOSED


@transaction.atomic
def lift_finding(*, case: Case, by: Officer, now: datetime) -> None:
    """Take it back: it does not hold any more, or never did. Whoever is silent then is asked on.

    A case that was closed with it is open again, so that somebody looks after the person; unless they have another open one.

    Raises:
        NotAllowed: the officer may not.
    """
    require(by, Right.GRAVE, of=case)
    Citizen.objects.select_for_update().get(pk=case.citizen_id)
    row = Case.objects.select_for_update().get(pk=case.pk)
    if not row.finding:
        return
    again = row.state == Case.State.CLOSED and row.ending == row.finding
    row.finding, row.found_by, row.confirmed_by, row.ending = "", None, None, ""
    same = Case.objects.filter(citizen=row.citizen_id, rollcall=row.rollcall_id, state=Case.State.OPEN)
    if again and not same.exists():
        row.state, row.closed_at = Case.State.OPEN, None
    row.save(update_fields=["finding", "found_by", "confirmed_by", "ending", "state", "closed_at"])
    append(
        actor=by.actor, action="checkins.lift_finding", subject=f"case:{case.pk}", now=now,
        opened=again and row.state == Case.State.OPEN,
    )  # fmt: skip
