"""Writing what a list says: people who are new, some hundred at once; and what somebody who is here already is given."""

from collections.abc import Sequence
from datetime import datetime

from crisis.audience.addresses import sealed
from crisis.audience.contacts import propose, set_aside
from crisis.audience.lists import Invite
from crisis.audience.models import Citizen, Contact, ImportedFile, Stay
from crisis.audience.queries import current_stay
from crisis.audience.rows import Row
from crisis.encryption import blind_indexes
from crisis.places.grid import cell_of
from crisis.places.names import fold
from crisis.registry.models import Installation
from crisis.registry.queries import installation

# The ways in which an invitation is sent, the one that costs nothing first.
INVITED_BY = (Contact.Kind.EMAIL, Contact.Kind.SMS)


def make(
    rows: Sequence[Row], *, file: ImportedFile, invite: bool, now: datetime, perhaps_invited: bool = False
) -> list[Citizen]:
    """Make citizens with their contacts and stays, and queue their invitations.

    Args:
        rows: of people who are not here yet; no address stands twice.
        file: the list that they come with.
        invite: whether they are invited.
        now: the time.
        perhaps_invited: a backup was put back since the list came: nobody knows whether they were, and nobody is again.
    """
    if not rows:
        return []
    _free(rows)
    in_demo = installation().kind == Installation.Kind.DEMO
    citizens = Citizen.objects.bulk_create(
        Citizen(
            ministry_id=file.ministry_id, name=row.name, folded_name=fold(row.name)[:120], language=row.language,
            people=row.people, in_exercises=in_demo, came_with=file, subscribed_at=now,
        )
        for row in rows
    )  # fmt: skip
    Stay.objects.bulk_create(_stay(citizen, row, now) for citizen, row in zip(citizens, rows, strict=True))
    contacts = Contact.objects.bulk_create(
        Contact(citizen=citizen, kind=kind, rank=rank, linked_at=now, **sealed(address))
        for citizen, row in zip(citizens, rows, strict=True)
        for rank, (kind, address) in enumerate(row.addresses.items())
    )
    if invite:
        _invite(contacts, file, now, "restored" if perhaps_invited else "")
    return citizens


def _free(rows: Sequence[Row]) -> None:
    """Set aside whoever else has named these addresses, and never confirmed them: that proves nothing."""
    named: dict[str, list[str]] = {}
    for kind, address in (pair for row in rows for pair in row.addresses.items()):
        named.setdefault(kind, []).extend(blind_indexes(address))
    for kind, indexes in named.items():
        for contact in Contact.objects.filter(kind=kind, address__in=indexes, state=Contact.State.PENDING):
            set_aside(contact=contact)


def _invite(contacts: Sequence[Contact], file: ImportedFile, now: datetime, unknown: str) -> None:
    best: dict[int, Contact] = {}
    for kind in reversed(INVITED_BY):
        best |= {contact.citizen_id: contact for contact in contacts if contact.kind == kind}
    state = Invite.State.UNKNOWN if unknown else Invite.State.QUEUED
    Invite.objects.bulk_create(
        Invite(citizen_id=citizen, contact=contact, file=file, not_before=now, state=state, code=unknown)
        for citizen, contact in best.items()
    )


def _stay(citizen: Citizen, row: Row, now: datetime) -> Stay:
    where = row.where.located
    return Stay(
        citizen=citizen, country=where.country, region=where.region, lat=row.where.lat, lon=row.where.lon,
        cell=cell_of(row.where.lat, row.where.lon), place_name=where.name[:120], time_zone=where.time_zone,
        until_on=row.until_on, confirmed_at=now,
    )  # fmt: skip


def update(citizen: Citizen, row: Row, *, now: datetime) -> tuple[int, int]:
    """Give somebody who is here what a list says; addresses that are new wait until they are confirmed, a stop stays one.

    Returns:
        Whether the person was changed (0 or 1), and how many contacts are new.
    """
    told = {"language": row.language, "people": row.people}
    if row.name:
        told |= {"name": row.name, "folded_name": fold(row.name)[:120]}
    changed = any(getattr(citizen, name) != value for name, value in told.items())
    if changed:
        Citizen.objects.filter(pk=citizen.pk).update(**told)
    stay = current_stay(citizen)
    there = (row.where.lat, row.where.lon, row.until_on)
    if stay is None or (stay.lat, stay.lon, stay.until_on) != there:
        Stay.objects.filter(citizen=citizen, ended_at=None).update(ended_at=now)
        _stay(citizen, row, now).save()
        changed = True
    held = set(citizen.contacts.values_list("kind", flat=True))
    new = {kind: address for kind, address in row.addresses.items() if kind not in held}
    for kind, address in new.items():
        # A list may be wrong, or somebody's trick: what reaches a person who is here already only they can redirect.
        propose(citizen=citizen, kind=kind, address=address, now=now)
    return int(changed), len(new)
