"""Erasing a person on request, as far as answers and cases let us: what is counted stays, without saying of whom."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import Exists, OuterRef

from crisis.audience import erasing
from crisis.audience.models import Citizen, Contact
from crisis.audience.operations import stop
from crisis.checkins.operations import open_case, open_cases
from crisis.journal.operations import append
from crisis.privacy.belongings import forget, uncounted

AT_ONCE = 500  # people of one round


class Erased(StrEnum):
    """What became of the request."""

    DELETED = "deleted"  # nothing is left
    ANONYMOUS = "anonymous"  # what is counted is left, without a name
    WAITS = "waits"  # somebody needs help, and our staff must be able to reach them


@transaction.atomic
def erase(*, citizen: Citizen, now: datetime) -> Erased:
    """Erase a person, or do it later if a case is open: whoever is looked for must be found. Then only alerts stop.

    Args:
        citizen: who asked for it, by whichever way.
        now: the time.
    """
    number = citizen.pk
    Citizen.objects.select_for_update().get(pk=number)
    if open_case(citizen) is not None:
        erasing.wait(citizen=citizen, now=now)
        for contact in citizen.contacts.filter(state=Contact.State.ACTIVE):
            stop(contact=contact)
        return Erased.WAITS
    forget([number])
    left = Erased.ANONYMOUS
    if (alone := uncounted(Citizen.objects.filter(pk=number)).first()) is not None:
        alone.delete()
        left = Erased.DELETED
    append(actor="citizen", action="audience.erase", subject=f"citizen:{number}", now=now, row=left.value)
    return left


def finish(*, now: datetime) -> int:
    """Erase those who had to wait, and about whom nobody must act any more.

    Returns:
        How many there were.
    """
    done = 0
    # Whoever waits longer than all others must not keep them waiting too.
    looked_after = Exists(open_cases().filter(citizen=OuterRef("pk")))
    for citizen in erasing.waiting().exclude(looked_after)[:AT_ONCE]:
        done += erase(citizen=citizen, now=now) != Erased.WAITS
    return done
