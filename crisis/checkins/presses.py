"""Recording the plain answers of many people at once, ahead of what they are told: no answer waits for another one's reply."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact
from crisis.broadcast.models import Notice
from crisis.checkins.buttons import ANSWERS
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import is_open
from crisis.checkins.rollup import note_answers
from crisis.journal.operations import append_all, entry


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed under an alert's question in Telegram.

    Attributes:
        chat: whose, by the chat's number.
        rollcall: the question's number.
        answer: what came back with it.
        ref: the update's number.
    """

    chat: str
    rollcall: int
    answer: str
    ref: str


@transaction.atomic
def record_presses(*, presses: Sequence[Press], now: datetime) -> int:
    """Record those answers of which nothing needs to be asked or decided; every other is left for `operations.record`.

    Plain is somebody's first answer to an alert of which they were told: safe or not there, for everybody whom they answer for.
    Whoever handles the press afterwards finds it recorded under its number, and only says so.

    Args:
        presses: at most one of a chat.
        now: the time.

    Returns:
        How many were recorded.
    """
    asked = Rollcall.objects.filter(pk__in={press.rollcall for press in presses}).select_related("alert")
    rollcalls = {rollcall.pk: rollcall for rollcall in asked if is_open(rollcall, now)}
    found = Contact.objects.filter(
        kind=Contact.Kind.TELEGRAM,
        address__in=[press.chat for press in presses],
        state__in=[Contact.State.ACTIVE, Contact.State.STOPPED],
    ).select_related("citizen")
    contacts = {contact.address: contact for contact in found}
    plain = [
        (press, contact)
        for press in presses
        if press.rollcall in rollcalls and (contact := contacts.get(press.chat)) and _is_plain(press, contact.citizen)
    ]
    if not plain:
        return 0
    people = sorted({contact.citizen_id for _, contact in plain})
    # As in `record`: two answers of one person at the same moment wait for one another here.
    list(Citizen.objects.select_for_update().filter(pk__in=people).order_by("pk").values_list("pk", flat=True))
    known = {*CheckIn.objects.filter(citizen__in=people, rollcall__in=rollcalls).values_list("citizen", "rollcall")}
    known |= {*Case.objects.filter(citizen__in=people, rollcall__in=rollcalls).values_list("citizen", "rollcall")}
    posts = _posts(people, list(rollcalls.values()))
    rows = [
        CheckIn(
            rollcall=rollcalls[press.rollcall],
            citizen=contact.citizen,
            contact=contact,
            post_id=posts[contact.citizen_id, rollcalls[press.rollcall].alert_id],
            safety=ANSWERS[press.answer],
            people=contact.citizen.people,
            source=CheckIn.Source.BOT,
            ref=press.ref,
            at=now,
        )
        for press, contact in plain
        if (contact.citizen_id, press.rollcall) not in known
        and (contact.citizen_id, rollcalls[press.rollcall].alert_id) in posts
    ]
    made = CheckIn.objects.bulk_create(rows)
    note_answers(made)
    append_all(
        entry(
            actor=CheckIn.Source.BOT, action="checkins.record", subject=f"checkin:{checkin.pk}", now=now,
            safety=checkin.safety, rollcall=checkin.rollcall_id, case=None,
        )
        for checkin in made
    )  # fmt: skip
    return len(made)


def _is_plain(press: Press, citizen: Citizen) -> bool:
    """Tell whether a press is safe or not there for everybody; "I am safe" of a household asks how the others are."""
    if ANSWERS.get(press.answer) not in (Safety.SAFE, Safety.NOT_THERE):
        return False
    return press.answer != "safe" or citizen.people == 1


def _posts(people: list[int], rollcalls: list[Rollcall]) -> dict[tuple[int, int], int | None]:
    """Return the post that the notice of an alert named, by citizen and alert; the first where there are several ways."""
    alerts = [rollcall.alert_id for rollcall in rollcalls]
    notices = Notice.objects.filter(run__alert__in=alerts, contact__citizen__in=people, post__isnull=False)
    rows = notices.order_by("-pk").values_list("contact__citizen", "run__alert", "post")
    return {(citizen, alert): post for citizen, alert, post in rows}
