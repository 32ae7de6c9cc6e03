"""Who of the staff looked at whose data, and when: numbers only, once for an officer, a person and a while."""

from collections.abc import Collection
from datetime import datetime, timedelta

from crisis.journal.models import Entry
from crisis.staff.models import Officer

ACTION = "privacy.look"
A_MINUTE = timedelta(minutes=1)
# A page that renews itself shows the same people again and again; who leaves it open looks once in so long.
ITSELF = timedelta(minutes=15)


def looked(
    *,
    by: Officer,
    page: str,
    now: datetime,
    citizens: Collection[int] = (),
    reports: Collection[int] = (),
    letters: Collection[int] = (),
    enquiries: Collection[int] = (),
    within: timedelta = A_MINUTE,
) -> int:
    """Note in the journal that an officer was shown people's data.

    Args:
        by: who looked.
        page: where, as a stable word ("cases").
        now: the time.
        citizens: whose data, by their ids.
        reports, letters, enquiries: what strangers said, by its ids: nobody knows whose it is.
        within: who was noted so short a time ago is not noted again.

    Returns:
        How many entries were written.
    """
    shown = (("citizen", citizens), ("report", reports), ("letter", letters), ("enquiry", enquiries))
    wanted = {f"{what}:{pk}" for what, ids in shown for pk in ids}
    lately = Entry.objects.filter(subject__in=wanted, action=ACTION, actor=by.actor, at__gt=now - within)
    new = sorted(wanted - set(lately.values_list("subject", flat=True)))
    entries = [Entry(at=now, actor=by.actor, action=ACTION, subject=each, data={"page": page}) for each in new]
    Entry.objects.bulk_create(entries)
    return len(entries)


def looks(citizen_id: int) -> list[Entry]:
    """Return who looked at somebody's data, the latest first."""
    return list(Entry.objects.filter(subject=f"citizen:{citizen_id}", action=ACTION).order_by("-id")[:1000])
