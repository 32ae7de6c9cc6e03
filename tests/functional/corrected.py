"""What the tests of corrections ask, and do."""

from collections import Counter
from typing import Any

from crisis import clock
from crisis.alerts.models import Alert
from crisis.alerts.operations import follow_up
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Delivery, DeliveryState, Notice
from crisis.broadcast.operations import submit
from crisis.broadcast.preflight import look
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import content, deliver_all


def standing(sim: Running, alert: Alert) -> list[dict[str, Any]]:
    """What stands on the platforms of an alert's chain."""
    told: list[dict[str, Any]] = sim.control("GET", "publications")
    return [each for each in told if alert.code in each["text"] and not each["deleted_at"]]


def texts(sim: Running, alert: Alert) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in standing(sim, alert):
        found.setdefault(each["platform"], []).append(each["text"])
    return found


def updated(earlier: Alert, slug: str = "earthquake", msg_type: str = "Update", **more: Any) -> Alert:
    """Write an update, and let it go the whole way to the ledger."""
    officer, approver = Officer.objects.get(username="officer"), Officer.objects.get(username="approver")
    alert = follow_up(
        earlier=earlier, msg_type=msg_type, content=content(slug=slug, **more), by=officer, now=clock.now()
    )
    ticks = look(alert, clock.now()).ticks
    submit(alert=alert, revision=1, acknowledged=ticks, by=officer, now=clock.now())
    approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now())
    return alert


def kinds(alert: Alert) -> Counter[tuple[str, str, str]]:
    rows = Delivery.objects.filter(alert=alert).values_list("account__platform", "kind", "state")
    return Counter((platform, kind, state) for platform, kind, state in rows)


def told(contact: Any) -> list[str]:
    return list(Notice.objects.filter(contact=contact).order_by("id").values_list("state", flat=True))


def due_now() -> None:
    """Let whatever waits be due."""
    Delivery.objects.filter(state=DeliveryState.QUEUED).update(not_before=clock.now())


def deliver_until_still() -> None:
    """Do what the workers would do in a minute: the longest thread has twelve parts, each of which waits for the one before."""
    for _ in range(16):
        due_now()
        deliver_all(rounds=1)
