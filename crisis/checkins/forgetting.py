"""Deleting what is known of somebody who asks for it: what others are counted by stays, and says no more of whom it is."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from crisis.audience.addresses import sealed
from crisis.audience.models import Citizen, Contact, EmergencyContact, Link, Member, Stay
from crisis.audience.operations import stop
from crisis.broadcast.models import Notice
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.operations import open_case
from crisis.checkins.unverified import Report
from crisis.journal.operations import append


class Forgotten(StrEnum):
    """What became of the request."""

    ALL = "all"  # nothing is left
    BUT_NUMBERS = "but_numbers"  # what is counted is left, and nothing that says who it was
    WAITS = "waits"  # a call for help is open: whoever is looked for must be found; alerts are stopped


@transaction.atomic
def forget_person(*, citizen: Citizen, now: datetime) -> Forgotten:
    """Delete somebody.

    Args:
        citizen: who has asked for it.
        now: the time.
    """
    number = citizen.pk
    Citizen.objects.select_for_update().get(pk=number)
    if open_case(citizen) is not None:
        for contact in citizen.contacts.filter(state=Contact.State.ACTIVE):
            stop(contact=contact)
        return Forgotten.WAITS
    Report.objects.filter(citizen=citizen).update(
        name="", folded_name="", where="", text="", contact_kind="", address="", sealed="", citizen=None
    )
    answers = CheckIn.objects.filter(citizen=citizen)
    answers.exclude(text="").update(text="")
    notices = Notice.objects.filter(contact__citizen=citizen)
    if answers.exists() or Case.objects.filter(citizen=citizen).exists() or notices.exists():
        _anonymise(citizen)
        left = Forgotten.BUT_NUMBERS
    else:
        citizen.delete()
        left = Forgotten.ALL
    append(actor="web", action="checkins.forget_person", subject=f"citizen:{number}", now=now, left=left.value)
    return left


def _anonymise(citizen: Citizen) -> None:
    for model in (Member, EmergencyContact, Link, Stay):
        model._default_manager.filter(citizen=citizen).delete()  # noqa: SLF001 - Django's name for it
    for contact in citizen.contacts.all():
        nothing = f"deleted:{contact.pk}"
        columns = {"address": nothing} if contact.kind == Contact.Kind.TELEGRAM else sealed(nothing)
        why = {"state": Contact.State.GONE, "state_why": "deleted", "asked": ""}
        Contact.objects.filter(pk=contact.pk).update(**columns, **why)
    Citizen.objects.filter(pk=citizen.pk).update(name="", folded_name="", in_exercises=False, came_with=None)
