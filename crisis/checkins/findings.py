"""What is known of a person that ends all asking: in hospital, detained, missing, deceased; noted and lifted by a clerk."""

from datetime import datetime

from django.db import transaction

from crisis.checkins.models import Case
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require


@transaction.atomic
def note_finding(*, case: Case, finding: str, by: Officer, now: datetime) -> None:
    """Note it on a case, open or closed: from now on neither the person nor their contacts are reminded or asked.

    Raises:
        NotAllowed: the officer may not.
        ValueError: it is none that we know.
    """
    require(by, Right.CASES)
    if finding not in Case.Finding.values:
        raise ValueError("Choose what is known: in hospital, detained, missing or deceased.")
    Case.objects.filter(pk=case.pk).update(finding=finding)
    append(actor=by.actor, action="checkins.note_finding", subject=f"case:{case.pk}", now=now, finding=finding)


@transaction.atomic
def lift_finding(*, case: Case, by: Officer, now: datetime) -> None:
    """Take it back: it does not hold any more, or never did. Whoever is silent then is asked on.

    Raises:
        NotAllowed: the officer may not.
    """
    require(by, Right.CASES)
    if Case.objects.filter(pk=case.pk).exclude(finding="").update(finding=""):
        append(actor=by.actor, action="checkins.lift_finding", subject=f"case:{case.pk}", now=now)
