"""The ladder's last step: whom a person calls. A list of its own, so that thousands who are silent drown no call for help."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crisis.alerts.models import State
from crisis.audience.contacts import living
from crisis.audience.models import Contact, EmergencyContact, Stay
from crisis.broadcast.latecomers import UNKNOWN_RANK
from crisis.checkins.models import CheckIn, LadderStep, Safety
from crisis.checkins.operations import RollcallClosed, record
from crisis.checkins.reach import steps
from crisis.checkins.silence import found
from crisis.encryption import UnreadableSecret, open_sealed
from crisis.journal.operations import append
from crisis.registry.models import Mode
from crisis.staff.models import Officer
from crisis.staff.reach import EVERYTHING, Reach
from crisis.staff.rights import Right, require

HELD = timedelta(minutes=30)  # who took a call and said nothing more for so long has left it to others
NO_REPLY = "no_reply"
OUTCOMES = {**dict(Safety.choices), NO_REPLY: gettext_lazy("Nobody answered")}


class Taken(Exception):
    """Somebody else calls this person, or it is settled; the message says so."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose calls: everything blank is everybody's.

    Attributes:
        post_id: only those whom this post serves.
        rollcall_id: only those whom this one asks.
        mode: one of Mode, or anything else for all.
    """

    post_id: int | None = None
    rollcall_id: int | None = None
    mode: str = ""


def to_call(now: datetime, wanted: Wanted = Wanted(), reach: Reach = EVERYTHING) -> QuerySet[LadderStep]:
    """Return whom to call: silent still, of rollcalls that take answers.

    LIVE first, then who was called least often, the most exposed of them first, then who has waited longest.

    Args:
        now: the time.
        wanted: only those.
        reach: only those in it.
    """
    rows = steps(reach).filter(
        step=LadderStep.Step.PERSON, done_at=None, rollcall__closed_at=None, rollcall__alert__state=State.ISSUED,
        rollcall__alert__expires_at__gt=now,
    )  # fmt: skip
    answer = CheckIn.objects.filter(rollcall=OuterRef("rollcall"), citizen=OuterRef("citizen"), current=True)
    rows = rows.exclude(Exists(answer)).exclude(found("citizen", OuterRef("rollcall__alert__mode")))
    if wanted.post_id is not None:
        rows = rows.filter(post=wanted.post_id)
    if wanted.rollcall_id is not None:
        rows = rows.filter(rollcall=wanted.rollcall_id)
    if wanted.mode in Mode.values:
        rows = rows.filter(rollcall__alert__mode=wanted.mode)
    rows = rows.annotate(drill=Q(rollcall__alert__mode=Mode.EXERCISE))
    return rows.select_related("citizen", "rollcall__alert", "post", "taken_by").order_by(
        "drill", "tries", "rank", "at", "pk"
    )


def away_km(step: LadderStep) -> int | None:
    """Return how far from the danger a person was at the issue, in km; None where nobody knows, or it is no one place."""
    known = "lat" in step.rollcall.alert.slots.get("place", {}) and step.rank < UNKNOWN_RANK
    return step.rank if known else None


@transaction.atomic
def take(*, step: LadderStep, by: Officer, now: datetime) -> None:
    """Call this person: nobody else does meanwhile.

    Raises:
        NotAllowed: the officer may not.
        Taken: somebody else does, or it is settled.
    """
    require(by, Right.CASES, of=step)
    free = Q(taken_by=None) | Q(taken_by=by) | Q(taken_at__lt=now - HELD)
    rows = LadderStep.objects.filter(free, pk=step.pk, step=LadderStep.Step.PERSON, done_at=None)
    if not rows.update(taken_by=by, taken_at=now):
        raise Taken(_("Somebody else calls this person, or it is settled."))
    # Whoever takes it is shown the numbers: that is what the journal must say.
    append(actor=by.actor, action="checkins.take_call", subject=f"citizen:{step.citizen_id}", now=now, step=step.pk)


@transaction.atomic
def settle(*, step: LadderStep, outcome: str, text: str, by: Officer, now: datetime) -> None:
    """Write down how a call went: an answer is recorded as staff's; where nobody answered, the person stays on the list.

    Args:
        step: taken by this officer.
        outcome: one of OUTCOMES; "unclear" opens a case, on which a finding can be noted.
        text: what was said, or blank.
        by: who called.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        Taken: it is not this officer's any more, or the alert takes no answers any more.
        ValueError: there is no such outcome.
    """
    require(by, Right.CASES, of=step)
    if outcome not in OUTCOMES:
        raise ValueError(_("Choose how the call went."))
    mine = LadderStep.objects.filter(pk=step.pk, taken_by=by, done_at=None)
    # Where nobody answered: behind all others, each is called once before anybody is called again.
    again = {"taken_by": None, "taken_at": None, "at": now, "tries": F("tries") + 1}
    if not mine.update(**(again if outcome == NO_REPLY else {"done_at": now})):
        raise Taken(_("This call is not yours any more, or it is settled."))
    if outcome != NO_REPLY:
        try:
            record(
                rollcall=step.rollcall, citizen=step.citizen, contact=None, safety=Safety(outcome),
                source=CheckIn.Source.STAFF, ref=f"call:{step.pk}", now=now, text=text.strip(),
            )  # fmt: skip
        except RollcallClosed:
            raise Taken(_("The alert takes no answers any more; only a call for help is still recorded.")) from None
    append(
        actor=by.actor, action="checkins.settle_call", subject=f"citizen:{step.citizen_id}", now=now, step=step.pk,
        outcome=outcome,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """What whoever calls a person needs; never in a log.

    Attributes:
        numbers: the person's own, each with its way.
        away_km: see `away_km`.
        other: the emergency contact's name and address, blank if none was agreed to, or it is a drill of a real person.
    """

    step: LadderStep
    place: str
    away_km: int | None = None
    numbers: list[tuple[str, str]] = field(default_factory=list, repr=False)
    other: str = field(default="", repr=False)


def calls(steps: list[LadderStep], by: Officer) -> list[Call]:
    """Return calls as a list shows them: addresses are opened for whoever has taken them only.

    Args:
        steps: one page of `to_call`.
        by: who looks.
    """
    people = [step.citizen_id for step in steps]
    mine = [step.citizen_id for step in steps if step.taken_by_id == by.pk]
    places = dict(Stay.objects.filter(citizen__in=people, ended_at=None).values_list("citizen", "place_name"))
    numbers: dict[int, list[tuple[str, str]]] = {}
    # An address that nobody has confirmed may be anybody's.
    known = living().filter(citizen__in=mine).exclude(sealed="").exclude(state=Contact.State.PENDING)
    for contact in known.order_by("rank", "pk"):
        numbers.setdefault(contact.citizen_id, []).append((contact.get_kind_display(), _opened(contact.sealed)))
    others = {
        row.citizen_id: f"{row.name or _('(no name)')}: {_opened(row.sealed)}"
        for row in EmergencyContact.objects.filter(citizen__in=mine)
    }
    return [
        Call(
            step, places.get(pk, ""), away_km(step), numbers.get(pk, []), others.get(pk, "") if _is_asked(step) else ""
        )
        for step, pk in zip(steps, people, strict=True)
    ]


def _is_asked(step: LadderStep) -> bool:
    """Tell whether a person's emergency contact may be called: a drill frightens nobody's family, as in `ladder`."""
    return not step.rollcall.alert.exercise or step.citizen.simulated


def _opened(sealed: str) -> str:
    try:
        return open_sealed(sealed)
    except UnreadableSecret:
        return _("(cannot be read: it fits none of our keys)")
