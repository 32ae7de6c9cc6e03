"""What people do twice, too late, or from a backup."""

import contextlib
import io
import shutil
import sqlite3
import threading
import time
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from crisis import clock
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert
from crisis.alerts.operations import Changed, SamePerson
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Delivery, Notice
from crisis.broadcast.operations import stop
from crisis.journal.models import Entry
from crisis.registry.queries import house_paused
from crisis.staff.models import Grant, Officer, Role
from tests.faults.counting import count
from tests.faults.furnishing import CROWD, FEW, WIDE
from tests.faults.rows import Outcome, row
from tests.faults.world import World
from tests.functional import factories

CLICKS = 8
READABLE = ("x", "facebook")


@row("double click on issue", short=("sqlite",), on=("sqlite", "postgres"))
def double_click(world: World) -> Outcome:
    """Many at once approve and issue the same alert."""
    world.start(posts=4)
    alert = factories.submitted(countries=WIDE)
    world.alerts.append(alert)
    told: list[str] = []

    def click() -> None:
        try:
            mine = Alert.objects.get(pk=alert.pk)
            by = Officer.objects.get(username="approver")
            approve_and_issue(alert=mine, revision=mine.revision, by=by, now=clock.now())
            told.append("issued")
        except (Changed, NotPossible) as error:
            told.append(type(error).__name__)
        except Exception as error:  # noqa: BLE001 - whatever it is, the row says so
            told.append(f"{type(error).__name__}: {error}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(CLICKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    outcome = Outcome(runs=CLICKS, recovery_s=world.settle(60))
    issues = Entry.objects.filter(action="broadcast.issue", subject=f"alert:{alert.pk}").count()
    outcome.expect(told.count("issued") == 1 and issues == 1, f"issued {issues} times: {told}")
    unexpected = [each for each in told if each not in ("issued", "Changed", "NotPossible")]
    outcome.expect(not unexpected, f"a click ended in {unexpected[:2]}")
    outcome.figure = f"issues {issues}"
    return outcome


@row("the author approves; an approval of an older revision")
def wrong_approval(world: World) -> Outcome:
    alert = factories.submitted(countries=FEW)
    author, approver = (Officer.objects.get(username=name) for name in ("officer", "approver"))
    outcome, refused = Outcome(runs=2), []
    Grant.objects.get_or_create(officer=author, role=Role.APPROVER, defaults={"granted_at": clock.now()})
    with contextlib.suppress(SamePerson):
        approve_and_issue(alert=alert, revision=alert.revision, by=author, now=clock.now())
        refused.append("the author approved it")
    Grant.objects.filter(officer=author, role=Role.APPROVER).delete()
    alert.refresh_from_db()
    with contextlib.suppress(Changed, NotPossible):
        approve_and_issue(alert=alert, revision=alert.revision - 1, by=approver, now=clock.now())
        refused.append("another revision was approved")
    for words in refused:
        outcome.expect(False, words)
    world.start(posts=2)
    time.sleep(1)
    outcome.expect(Delivery.objects.filter(alert=alert).count() == 0, "something left")
    return outcome


@row("stop while publishing", short=("postgres",), on=("sqlite", "postgres"))
def retracted(world: World) -> Outcome:
    """Nothing is claimed after the stop has committed."""
    world.start(posts=2)
    for platform in ("x", "facebook"):
        world.fault("slow_before", platform=platform, method="create", params={"seconds": 1.0})
    world.issue(CROWD)
    world.issue(WIDE)
    world.until(lambda: world.published() > 0, 30, "nothing is published")
    for alert in world.alerts:
        stop(alert=alert, by=Officer.objects.get(username="officer"), now=clock.now())
    stopped_at = clock.now()
    took = world.settle(60)
    outcome = Outcome(runs=len(world.alerts), recovery_s=took, allowed=("stopped",))
    mine = Delivery.objects.filter(alert__in=world.alerts)
    late = mine.filter(first_sent_at__gt=stopped_at).count()
    outcome.expect(late == 0, f"{late} were claimed after the stop")
    stopped = mine.filter(state="stopped").count()
    outcome.expect(stopped, "everything had left before the stop: nothing was shown")
    outcome.figure = f"{stopped} deliveries stopped before they left, {late} left after"
    return outcome


@row("backup restored after sends", short=("sqlite",))
def restored(world: World) -> Outcome:
    """A copy of the database, taken in mid-run, is put back when all was sent; then as the README says."""
    path = Path(str(settings.DATABASES["default"]["NAME"]))
    copy = world.var / "backup.sqlite3"
    world.start(posts=2, bulk=1)
    for platform, seconds in (("x", 0.4), ("facebook", 0.4), ("telegram", 1.0)):
        world.fault("slow_before", platform=platform, method="create", params={"seconds": seconds})
    wide, crowd = world.issue(WIDE), world.issue(CROWD)
    world.until(lambda: world.received() >= 20, 30, "nothing is sent")
    with contextlib.closing(sqlite3.connect(path)) as live, contextlib.closing(sqlite3.connect(copy)) as backup:
        live.backup(backup)
    world.settle(90)
    sent = world.published(), world.received()
    world.stop()
    connections.close_all()
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    shutil.copy(copy, path)
    call_command("restored", stdout=io.StringIO())
    waiting = Notice.objects.filter(run__alert=crowd, reason="restored").count()
    world.start(posts=2)
    reading = Delivery.objects.filter(alert__in=world.alerts, state="unconfirmed").exclude(not_before=None)
    took = world.until(lambda: not reading.exists(), 60, "the accounts are not read back")
    during = world.published() + world.received() - sum(sent)
    call_command("restored", "--resume", stdout=io.StringIO())
    took += world.settle(60)
    outcome = Outcome(recovery_s=took, may_hold=True, counted=count(world.alerts))
    assert outcome.counted is not None
    outcome.counted.uncommitted = 0  # the intents stood in what the restore has thrown away
    outcome.expect(during == 0, f"{during} left before the house was told to go on")
    outcome.expect(waiting, "no notice waited in the backup: nothing was shown")
    again = world.published() - sent[0]
    outcome.expect(again == 0, f"{again} publications left again")
    stuck = (
        Delivery.objects.filter(alert=wide, account__platform__in=READABLE)
        .exclude(wording=None)
        .exclude(state="posted")
    )
    outcome.expect(not stuck.exists(), f"{stuck.count()} that can be read back were not found")
    outcome.figure = (
        f"{sum(sent)} had left before the restore; {again} publications left again, {world.received() - sent[1]} of {waiting} "
        "notices of which nobody knew"
    )
    return outcome


@row("backup restored, and nobody says so")
def restored_in_silence(world: World) -> Outcome:
    """The sweep finds that the database is older than what it saw, and pauses the house; the person then declares it."""
    path = Path(str(settings.DATABASES["default"]["NAME"]))
    copy = world.var / "backup.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as live, contextlib.closing(sqlite3.connect(copy)) as backup:
        live.backup(backup)
    world.start(posts=2)
    world.issue(FEW)
    world.settle(60)
    time.sleep(2)
    world.stop()
    connections.close_all()
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    shutil.copy(copy, path)
    world.alerts.clear()
    world.start(posts=2)
    took = world.until(lambda: bool(house_paused()), 20, "nobody notices")
    call_command("restored", stdout=io.StringIO())
    call_command("restored", "--resume", "--at-once", stdout=io.StringIO())
    world.issue(FEW)
    world.settle(60)
    return Outcome(recovery_s=took, figure="paused by the sweep")
