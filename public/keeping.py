"""Keeping the copies of the pages true: at once when an alert is issued, corrected or stopped, and in each round of the sweep."""

from datetime import datetime, timedelta

from crisis import clock
from crisis.alerts.models import Alert
from crisis.alerts.queries import shown_lately
from public import copies, front, pages

ALSO_AFTER = timedelta(days=2)  # what has ended is looked up most just after
MOST = 100  # chains in a round


def changed(alert_id: int) -> None:
    """Write the copy of an alert that was issued, corrected or stopped a moment ago, before anything can happen to the house."""
    code, now = Alert.objects.values_list("code", flat=True).get(pk=alert_id), clock.now()
    pages.shelf.forget(code)
    if state := pages.states([code], now).get(code):
        pages.keep(code, state, now)


def swept(now: datetime) -> int:
    """Write the copies that are missing or out of date, and mark the others as true now.

    Returns:
        How many were written.
    """
    states = pages.states(shown_lately(now - ALSO_AFTER, limit=MOST), now)
    stale = [code for code, state in states.items() if not copies.still_holds(code, state, now)]
    for code in stale:
        pages.keep(code, states[code], now)
    front.swept(now)
    return len(stale)
