"""Households: for how many people somebody answers, and the names of the others, which nobody has to give."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from crisis.audience.models import Citizen, Member
from crisis.places.names import fold

LONGEST_NAME = 120
MOST_PEOPLE = 99


class TooManyNamesError(Exception):
    """There are more names than people.

    Attributes:
        room: how many names there is room for beside those that stand.
    """

    def __init__(self, room: int) -> None:
        super().__init__("more names than people")
        self.room = room


class WrongNumberError(Exception):
    """It is no number of people that a household can have."""


@transaction.atomic
def count(*, citizen: Citizen, people: int) -> bool:
    """Note for how many people somebody answers, the person included.

    Args:
        citizen: who.
        people: from 1 to 99.

    Returns:
        Whether the names that stood were taken away, because there are more of them than people now.

    Raises:
        WrongNumberError: it is none.
    """
    if not 1 <= people <= MOST_PEOPLE:
        raise WrongNumberError
    citizen.people = people
    citizen.save(update_fields=["people"])
    if Member.objects.filter(citizen=citizen).count() < people:
        return False
    return forget_names(citizen=citizen) > 0


@transaction.atomic
def name(*, citizen: Citizen, names: Sequence[str], now: datetime) -> int:
    """Note names of the others in a household, beside those that stand; whoever gives them is told to tell them so.

    Args:
        citizen: whose household.
        names: at most 120 characters each; one that stands already is not noted twice.
        now: the time; the person is told at once.

    Returns:
        How many more there is room for.

    Raises:
        TooManyNamesError: there are more than people; nothing is noted.
    """
    Citizen.objects.select_for_update().get(pk=citizen.pk)
    standing = set(Member.objects.filter(citizen=citizen).values_list("name", flat=True))
    new = [text for text in dict.fromkeys(names) if text not in standing]
    room = citizen.people - 1 - len(standing)
    if len(new) > room:
        raise TooManyNamesError(max(0, room))
    Member.objects.bulk_create(
        Member(citizen=citizen, name=text[:LONGEST_NAME], folded_name=fold(text)[:LONGEST_NAME], told_at=now)
        for text in new
    )
    return room - len(new)


def forget_names(*, citizen: Citizen) -> int:
    """Forget the names of a household; how many there were."""
    return Member.objects.filter(citizen=citizen).delete()[0]
