"""Somebody is on the phone: staff find the person, and record the answer in their name."""

import re
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from crisis.alerts.models import Rollcall
from crisis.audience.addresses import AddressError, normal
from crisis.audience.finding import by_name
from crisis.audience.models import Citizen, Contact
from crisis.checkins.inbox import clean
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import Recorded, record
from crisis.checkins.reach import of_people, require_person
from crisis.checkins.rounds import answer, current_round
from crisis.encryption import blind_indexes
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.reach import EVERYTHING, Reach
from crisis.staff.rights import Right

MOST = 50  # people of one search: whoever finds more must say more
_TOKEN = re.compile(r"[0-9a-f]{32}")
_PRIVATE = (Contact.Kind.SMS, Contact.Kind.WHATSAPP, Contact.Kind.EMAIL)


def search(text: str, reach: Reach = EVERYTHING) -> list[Citizen]:
    """Return whom somebody on the phone may be: by a name, theirs or of their household, or by a whole number or address.

    Args:
        text: as it was typed.
        reach: only those in it.
    """
    wanted = clean(text).strip()[:200]
    named: list[int] = []
    if not wanted.lstrip("+").replace(" ", "").isdecimal():
        named = by_name(wanted, limit=MOST, among=of_people(reach))
    addresses = Q(kind=Contact.Kind.TELEGRAM, address=wanted)
    for kind in _PRIVATE:
        try:
            addresses |= Q(kind=kind, address__in=blind_indexes(normal(kind, wanted)))
        except AddressError:
            continue
    confirmed = Contact.objects.filter(addresses).exclude(state=Contact.State.PENDING)
    reached = confirmed.values_list("citizen", flat=True)
    if not reach.everything:
        reached = reached.filter(citizen__in=Citizen.objects.filter(of_people(reach)))
    found = Citizen.objects.filter(pk__in={*named, *reached[:MOST]})
    return list(found.select_related("ministry").prefetch_related("stays", "members").order_by("name", "id")[:MOST])


@transaction.atomic
def answer_for(
    *,
    citizen: Citizen,
    rollcall: Rollcall | None,
    safety: Safety,
    text: str,
    token: str,
    by: Officer,
    now: datetime,
    further: Mapping[str, int] | None = None,
) -> Recorded:
    """Record what somebody said on the phone: it is as good as their own answer, because a person has spoken to them.

    Args:
        citizen: for whom, and for as many people as the citizen answers for.
        rollcall: the question; None for a call for help on any other day.
        safety: the answer.
        text: what was said.
        token: of the one form that was filled in, 32 hexadecimal digits: sent twice, it records once.
        by: who was on the phone.
        now: the time.
        further: what they said to the further questions of the latest round, by question.

    Raises:
        NotAllowed: the officer may not.
        RollcallClosed: the rollcall is over, and it is no call for help.
        ValueError: no alert is named and it is no call for help, the form is none of ours, or a number is none that can be.
    """
    require_person(by, Right.CASES, citizen)
    if not _TOKEN.fullmatch(token):
        raise ValueError(_("This form is broken: open it again."))
    if rollcall is None and safety not in (Safety.NEEDS_HELP, Safety.UNCLEAR):
        raise ValueError(_("Say to which alert it is the answer."))
    told = record(
        rollcall=rollcall,
        citizen=citizen,
        contact=None,
        safety=safety,
        source=CheckIn.Source.STAFF,
        # It counts up with nothing: whatever comes later is later.
        ref=f"phone-{token}",
        now=now,
        text=clean(text).strip(),
    )
    asked = current_round(rollcall) if rollcall is not None and further else None
    if asked is not None and further:
        answer(asked=asked, citizen=citizen, given=further, actor=by.actor, now=now)
    if told.is_new:
        append(actor=by.actor, action="checkins.by_phone", subject=f"checkin:{told.checkin.pk}", now=now)
    return told
