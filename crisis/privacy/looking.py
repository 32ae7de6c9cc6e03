"""Who of the staff looked at whose data, and when: numbers only, once for an officer, a person and a while."""

from collections.abc import Collection
from datetime import datetime, timedelta

from crisis.journal.models import Entry
from crisis.staff.models import Officer

ACTION = "privacy.look"
A_MINUTE = timedelta(minutes=1)
# A page that renews itself shows the same people again and again; who leaves it open looks once in so long.
ITSELF = timedelta(minutes=15)


def looked(*, by: Officer, citizens: Collection[int], page: str, now: datetime, within: timedelta = A_MINUTE) -> int:
    """Note in the journal that an officer was shown people's data.

    Args:
        by: who looked.
        citizens: whose data, by their ids.
        page: where, as a stable word ("cases").
        now: the time.
        within: who was noted so short a time ago is not noted again.

    Returns:
        How many entries were written.
    """
    wanted = {f"citizen:{pk}" for pk in citizens}
    lately = Entry.objects.filter(subject__in=wanted, action=ACTION, actor=by.actor, at__gt=now - within)
    new = sorted(wanted - set(lately.values_list("subject", flat=True)))
    entries = [Entry(at=now, actor=by.actor, action=ACTION, subject=each, data={"page": page}) for each in new]
    Entry.objects.bulk_create(entries)
    return len(entries)


def looks(citizen_id: int) -> list[Entry]:
    """Return who looked at somebody's data, the latest first."""
    return list(Entry.objects.filter(subject=f"citizen:{citizen_id}", action=ACTION).order_by("-id")[:1000])
