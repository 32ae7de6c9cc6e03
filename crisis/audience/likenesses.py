"""Two citizens who may be one person: found by name and country, put together only when somebody says so."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crisis.audience.lists import Likeness
from crisis.audience.models import Citizen, Contact, Stay
from crisis.journal.operations import append
from crisis.staff.models import Officer

Verdict = Likeness.Verdict
MOST_ALIKE = 5  # earlier people of one name: whoever has a common one is not laid before staff a hundred times


class CannotMerge(Exception):
    """These two cannot be put together as they are; the message says why."""


def find(citizens: Sequence[Citizen], *, now: datetime) -> int:
    """Note whom these new citizens are like: who has the same folded name and stays in the same country."""
    named = {citizen.pk: citizen for citizen in citizens if citizen.folded_name}
    names = {citizen.folded_name for citizen in named.values()}
    found: dict[tuple[str, str], list[int]] = {}
    stays = Stay.objects.filter(citizen__folded_name__in=names, ended_at=None).order_by("citizen_id")
    countries: dict[int, str] = {}
    for citizen_id, name, country in stays.values_list("citizen_id", "citizen__folded_name", "country"):
        found.setdefault((name, country), []).append(citizen_id)
        countries[citizen_id] = country
    pairs = [
        Likeness(citizen=citizen, other_id=other, why="name", found_at=now)
        for citizen in named.values()
        for other in found.get((citizen.folded_name, countries.get(citizen.pk, "")), [])[:MOST_ALIKE]
        if other < citizen.pk
    ]
    Likeness.objects.bulk_create(pairs, ignore_conflicts=True)
    return len(pairs)


def propose(*, citizen: Citizen, other: Citizen, why: str, now: datetime) -> None:
    """Lay two citizens before staff; doing it again changes nothing."""
    Likeness.objects.get_or_create(citizen=citizen, other=other, defaults={"why": why, "found_at": now})


def waiting() -> QuerySet[Likeness]:
    """Return the pairs that wait for a person, oldest first."""
    rows = Likeness.objects.filter(verdict=Verdict.OPEN, citizen__isnull=False, other__isnull=False)
    return rows.select_related("citizen__came_with", "other__came_with").order_by("pk")


@transaction.atomic
def decide(*, likeness: Likeness, same: bool, by: Officer, now: datetime) -> None:
    """Say whether two citizens are one person; if so, the earlier one keeps what both have.

    Raises:
        CannotMerge: both have an address of one kind, or both have answered or been written to; nothing is changed.
    """
    likeness = Likeness.objects.select_for_update().get(pk=likeness.pk)
    if likeness.verdict != Verdict.OPEN:
        raise CannotMerge(_("Somebody has decided this already."))
    later, earlier = likeness.citizen, likeness.other
    if later is None or earlier is None:
        raise CannotMerge(_("One of the two is not here any more."))
    likeness.verdict = Verdict.SAME if same else Verdict.TWO
    likeness.decided_at, likeness.decided_by = now, by
    likeness.save()
    append(
        actor=by.actor, action="audience.merge" if same else "audience.apart", subject=f"citizen:{earlier.pk}", now=now,
        other=later.pk,
    )  # fmt: skip
    if same:
        _merge(later, earlier)


def _merge(later: Citizen, earlier: Citizen) -> None:
    if _has_history(later):
        # Whoever has answered, or was written to, is the one that stays.
        if _has_history(earlier):
            raise CannotMerge(_("Both have answered, or were written to: that must not be lost. Leave them as two."))
        later, earlier = earlier, later
    kinds = set(later.contacts.values_list("kind", flat=True)) & set(earlier.contacts.values_list("kind", flat=True))
    if kinds:
        names = ", ".join(str(Contact.Kind(kind).label) for kind in sorted(kinds))
        raise CannotMerge(
            _("Both have an address of one kind (%(names)s): one of them must leave first.") % {"names": names}
        )
    rank = earlier.contacts.count()
    for contact in later.contacts.order_by("rank", "pk"):
        contact.citizen, contact.rank = earlier, rank
        contact.save(update_fields=["citizen", "rank"])
        rank += 1
    if not Stay.objects.filter(citizen=earlier, ended_at=None).exists():
        Stay.objects.filter(citizen=later).update(citizen=earlier)
    if not earlier.name and later.name:
        Citizen.objects.filter(pk=earlier.pk).update(name=later.name, folded_name=later.folded_name)
    # Whoever came by themselves, even as only one of the two, did not come with a list alone.
    came_with = earlier.came_with if earlier.came_with and later.came_with else None
    earlier.also_on.add(*later.also_on.all(), *filter(None, (earlier.came_with, later.came_with)))
    Citizen.objects.filter(pk=earlier.pk).update(people=max(earlier.people, later.people), came_with=came_with)
    later.delete()


def _has_history(citizen: Citizen) -> bool:
    """Tell whether anything outside this room knows a citizen, or the citizen's contacts; asked of whatever rooms there are."""
    owners: list[tuple[Any, Any]] = [(citizen, each) for each in Citizen._meta.related_objects]  # noqa: SLF001 - Django's own
    for contact in citizen.contacts.all():
        owners += [(contact, each) for each in Contact._meta.related_objects]  # noqa: SLF001
    return any(
        relation.related_model.objects.filter(**{relation.field.name: owner}).exists()
        for owner, relation in owners
        if relation.related_model._meta.app_label != "audience"  # noqa: SLF001
    )
