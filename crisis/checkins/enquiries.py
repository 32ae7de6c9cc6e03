"""Relatives who look for somebody: taken once, matched in private, and only by a person."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from crisis.alerts.models import Alert
from crisis.audience.addresses import sealed
from crisis.audience.models import Citizen
from crisis.audience.queries import stay_at_hand
from crisis.checkins.inbox import clean
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.operations import mode_of
from crisis.checkins.phone import search
from crisis.checkins.reach import enquiries, require_person
from crisis.checkins.restricted import closed_to
from crisis.checkins.seeking import Enquiry
from crisis.encryption import UnreadableSecret, form_number, open_sealed
from crisis.journal.operations import append
from crisis.places import queries as places
from crisis.places.names import fold
from crisis.registry.models import Mode, Post
from crisis.registry.queries import home_ministry, post_for
from crisis.staff.models import Officer
from crisis.staff.reach import EVERYTHING, Reach
from crisis.staff.rights import Right, require

MOST = 10  # proposals: whoever finds more must ask the relative for more


@dataclass(frozen=True, slots=True)
class Sought:
    """What a relative tells; blank is not said.

    Attributes:
        name, where, last_contact, birth_year: of whom they seek; see `Enquiry`.
        contact: how the person was reached: a kind of Contact.Kind and a normal address, or None.
        asker, relation: who asks.
        asker_contact: how they are reached, in the same form.
        language: in which they are answered.
    """

    name: str = field(repr=False)
    asker: str = field(repr=False)
    relation: Enquiry.Relation
    asker_contact: tuple[str, str] = field(repr=False)
    language: str
    where: str = field(default="", repr=False)
    last_contact: str = field(default="", repr=False)
    birth_year: int | None = None
    contact: tuple[str, str] | None = field(default=None, repr=False)


def reference(told: Sought, form: str) -> str:
    """Return an enquiry's number: its form's, and a digest of what it says: whoever goes back and seeks another one asks anew."""
    return form_number(
        form, told.name, told.birth_year, told.where, told.last_contact, told.contact, told.asker, told.relation,
        told.asker_contact,
    )  # fmt: skip


def is_known(*, told: Sought, form: str, source: CheckIn.Source) -> bool:
    """Tell whether exactly this was taken already."""
    return Enquiry.objects.filter(source=source, ref=reference(told, form)).exists()


@transaction.atomic
def take(
    *, told: Sought, source: CheckIn.Source, form: str, now: datetime, alert: Alert | None = None, crowded: bool = False,
    by: Officer | None = None,
) -> Enquiry:  # fmt: skip
    """Take an enquiry, once. Whoever asks learns only that we have it.

    Args:
        told: what it says.
        source: which way it came.
        form: the number of the form, at most 38 characters: the same words from it again are the same enquiry.
        now: the time.
        alert: from whose page it came, if from one.
        crowded: more came from its address than one family sends.
        by: who took it on the phone, if anybody did.

    Raises:
        NotAllowed: the officer may not.
    """
    if by is not None:
        require(by, Right.CASES)
    private: dict[str, str] = {}
    if told.contact is not None:
        columns = sealed(told.contact[1])
        private = {
            "sought_kind": told.contact[0],
            "sought_address": columns["address"],
            "sought_sealed": columns["sealed"],
        }
    asker = sealed(told.asker_contact[1])
    row, is_new = Enquiry.objects.get_or_create(
        source=source,
        ref=reference(told, form),
        defaults={
            "alert": alert,
            "mode": Mode(alert.mode) if alert is not None else mode_of(None),
            "post": _post(told.where, now),
            "name": clean(told.name)[:200],
            "folded_name": fold(clean(told.name))[:200],
            "birth_year": told.birth_year,
            "where": clean(told.where)[:200],
            "last_contact": clean(told.last_contact)[:500],
            "asker": clean(told.asker)[:200],
            "relation": told.relation,
            "asker_kind": told.asker_contact[0],
            "asker_address": asker["address"],
            "asker_sealed": asker["sealed"],
            "language": told.language,
            "crowded": crowded,
            "at": now,
            **private,
        },
    )
    if is_new:
        append(actor=by.actor if by else source, action="checkins.enquiry", subject=f"enquiry:{row.pk}", now=now)
    return row


def _post(where: str, now: datetime) -> Post | None:
    """Return the post that serves the largest town of this name; None where nobody knows: then the ministry looks after it."""
    town = next(iter(places.search(where[:120], limit=1)), None) if where.strip() else None
    if town is None:
        return None
    return post_for(
        country=town.country, region=town.region, point=(town.lat, town.lon), ministry=home_ministry(), on=now.date()
    )


def found(*, state: str = "open", reach: Reach = EVERYTHING) -> QuerySet[Enquiry]:
    """Return enquiries, LIVE before EXERCISE, the oldest first.

    Args:
        state: "open", "closed", or anything else for all.
        reach: only those in it.
    """
    rows = enquiries(reach).select_related("post", "alert", "citizen", "matched_by", "consent_by", "told_by")
    if state in ("open", "closed"):
        rows = rows.filter(closed_at__isnull=state == "open")
    return rows.annotate(drill=Q(mode=Mode.EXERCISE)).order_by("drill", "at", "pk")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody whom an enquiry may be about; only a person says so.

    Attributes:
        by_name, by_address: what agrees: the folded name, theirs or of somebody of their household; the number or address.
        place: where they are; blank if nobody knows, or it is not the officer's to know.
        latest: their latest answer, or None; None of somebody whose case is restricted.
        restricted: they are known to be in hospital, detained, missing or deceased.
    """

    citizen: Citizen
    by_name: bool
    by_address: bool
    place: str
    latest: CheckIn | None
    restricted: bool


def proposals(enquiry: Enquiry, by: Officer, reach: Reach = EVERYTHING) -> list[Proposal]:
    """Return whom an enquiry may be about: by number or address first, then by name in any script.

    Where nobody has all the names, those are proposed who have all but one: relatives know more names than people give.

    Args:
        enquiry: which.
        by: who looks.
        reach: only people in it.
    """
    address = _open(enquiry.sought_sealed) if enquiry.sought_sealed else ""
    reached = {each.pk: each for each in search(address, reach)} if address else {}
    named = {each.pk: each for each in search(enquiry.name, reach)}
    said = enquiry.folded_name.split()
    if not named and len(said) > 2:
        for left_out in range(len(said)):
            rest = " ".join(said[:left_out] + said[left_out + 1 :])
            named |= {each.pk: each for each in search(rest, reach)}
    people = list((reached | named).values())
    people.sort(key=lambda each: (each.pk not in reached, each.name, each.pk))
    people = people[:MOST]
    hidden = set(Case.objects.filter(citizen__in=people).exclude(finding="").values_list("citizen", flat=True))
    closed = closed_to(by, [each.pk for each in people])
    answers = CheckIn.objects.filter(citizen__in=people, current=True).order_by("id")
    latest = {each.citizen_id: each for each in answers if each.citizen_id not in hidden}
    return [
        Proposal(
            citizen=each, by_name=each.pk in named, by_address=each.pk in reached,
            place=stay.place_name or stay.country if each.pk not in closed and (stay := stay_at_hand(each)) else "",
            latest=latest.get(each.pk), restricted=each.pk in hidden,
        )
        for each in people
    ]  # fmt: skip


def locked(enquiry: Enquiry, by: Officer) -> Enquiry:
    """Return an open enquiry as it stands, locked for this transaction.

    Raises:
        NotAllowed: the officer may not.
        ValueError: it is closed.
    """
    require(by, Right.CASES, of=enquiry)
    rows = Enquiry.objects.select_for_update(of=("self",)).select_related("citizen__ministry", "alert", "post")
    row = rows.get(pk=enquiry.pk)
    if row.closed_at is not None:
        raise ValueError(_("Somebody closed this enquiry meanwhile."))
    return row


@transaction.atomic
def match(*, enquiry: Enquiry, citizen: Citizen, by: Officer, now: datetime) -> None:
    """Say whom an enquiry is about. Nobody is told.

    Raises:
        NotAllowed: the officer may not, or the person is another post's.
        ValueError: somebody is matched already, or it is closed.
    """
    row = locked(enquiry, by)
    require_person(by, Right.CASES, citizen)
    if row.citizen_id is not None:
        raise ValueError(_("Somebody is matched already: take that back first."))
    row.citizen, row.matched_by, row.matched_at = citizen, by, now
    row.save(update_fields=["citizen", "matched_by", "matched_at"])
    append(actor=by.actor, action="checkins.match", subject=f"enquiry:{row.pk}", now=now, citizen=citizen.pk)


@transaction.atomic
def unmatch(*, enquiry: Enquiry, by: Officer, now: datetime) -> None:
    """Take a match back, with whatever the person agreed to: it was somebody else.

    Raises:
        NotAllowed: the officer may not.
        ValueError: nobody is matched, the relative was told already, or it is closed.
    """
    row = locked(enquiry, by)
    if row.citizen_id is None:
        raise ValueError(_("Nobody is matched."))
    if row.told_at is not None:
        raise ValueError(_("The relative was told already."))
    before = row.citizen_id
    row.citizen = row.matched_by = row.matched_at = row.asked_at = row.consent_by = row.consent_at = None
    row.consent = row.consent_how = ""
    row.save(
        update_fields=[
            "citizen", "matched_by", "matched_at", "asked_at", "consent", "consent_how", "consent_by", "consent_at",
        ]
    )  # fmt: skip
    append(actor=by.actor, action="checkins.unmatch", subject=f"enquiry:{row.pk}", now=now, citizen=before)


@transaction.atomic
def close(*, enquiry: Enquiry, outcome: str, by: Officer, now: datetime) -> None:
    """End an enquiry with what came of it.

    Raises:
        NotAllowed: the officer may not.
        ValueError: nothing is said, or it is closed already.
    """
    row = locked(enquiry, by)
    if not outcome.strip():
        raise ValueError(_("Say what came of it."))
    row.closed_at, row.closed_by, row.outcome = now, by, clean(outcome).strip()[:300]
    row.save(update_fields=["closed_at", "closed_by", "outcome"])
    append(actor=by.actor, action="checkins.close_enquiry", subject=f"enquiry:{row.pk}", now=now)


@transaction.atomic
def reveal(*, enquiry: Enquiry, by: Officer, now: datetime) -> str:
    """Return how the relative is reached, for whoever calls them; that it was read is journalled.

    Raises:
        NotAllowed: the officer may not.
    """
    require(by, Right.CASES, of=enquiry)
    append(actor=by.actor, action="checkins.read_relative", subject=f"enquiry:{enquiry.pk}", now=now)
    return _open(enquiry.asker_sealed)


def _open(secret: str) -> str:
    try:
        return open_sealed(secret)
    except UnreadableSecret:
        return ""
