"""Erasing a person on request, as far as answers and cases let us: what is counted stays, without saying of whom."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from crisis.audience import erasing
from crisis.audience.models import Citizen, Contact
from crisis.audience.operations import stop
from crisis.broadcast.models import Notice
from crisis.checkins.models import Case, CheckIn, InboxUpdate
from crisis.checkins.operations import open_case

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
        citizen: who asked for it.
        now: the time.
    """
    Citizen.objects.select_for_update().get(pk=citizen.pk)
    if open_case(citizen) is not None:
        erasing.wait(citizen=citizen, now=now)
        for contact in citizen.contacts.filter(state=Contact.State.ACTIVE):
            stop(contact=contact)
        return Erased.WAITS
    chats = citizen.contacts.filter(kind=Contact.Kind.TELEGRAM).values_list("address", flat=True)
    # What could not be handled holds what they wrote; what is being handled empties itself.
    unread = InboxUpdate.objects.filter(chat__in=list(chats), state=InboxUpdate.State.FAILED)
    unread.update(payload={}, chat="")
    answers = CheckIn.objects.filter(citizen=citizen)
    answers.exclude(text="").update(text="")
    counted = answers.exists() or Case.objects.filter(citizen=citizen).exists()
    if not counted and not Notice.objects.filter(contact__citizen=citizen).exists():
        erasing.remove(citizen=citizen, now=now)
        return Erased.DELETED
    erasing.anonymise(citizen=citizen, now=now)
    return Erased.ANONYMOUS


def finish(*, now: datetime) -> int:
    """Erase those who had to wait, and about whom nobody must act any more.

    Returns:
        How many there were.
    """
    done = 0
    for citizen in erasing.waiting(limit=AT_ONCE):
        done += erase(citizen=citizen, now=now) != Erased.WAITS
    return done
