"""Writing the notices of a run: in the order of exposure, resumed after a crash, counted against what was approved."""

from datetime import timedelta
from typing import Any

import pytest

from crisis.alerts.models import Alert
from crisis.audience.models import Contact, Stay
from crisis.audience.operations import stop as stop_contact
from crisis.broadcast import closing, filling
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Notice, NoticeRun
from crisis.journal.models import Entry
from crisis.staff.models import Officer
from tests.functional.factories import NOW, citizen, fill, issued, submitted


def told(alert: Alert) -> list[str]:
    rows = Notice.objects.filter(run__alert=alert).order_by("id")
    return list(rows.values_list("contact__citizen__name", flat=True))


def test_slices_resume_and_never_write_twice(sim: Any, approver: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "FIRST_SLICE", 1)
    monkeypatch.setattr(filling, "SLICE", 3)
    for number in range(7):
        citizen("Tokyo" if number % 2 else "Osaka", name=str(number))
    alert = submitted()
    approve_and_issue(alert=alert, revision=1, by=approver, now=NOW)
    run = alert.notice_runs.get().pk

    assert filling.take(run_id=run, now=NOW)
    assert not filling.take(run_id=run, now=NOW), "one at a time writes"
    assert filling.unfinished(NOW) == []
    parts = filling.slices(run_id=run)
    nearest = next(parts)
    assert len(nearest.contacts) == 1
    assert filling.write_slice(run_id=run, part=nearest, now=NOW) != (0, 0)
    rest = list(parts)
    assert [len(part.contacts) for part in rest] == [3, 3]
    assert not set(nearest.contacts) & {contact for part in rest for contact in part.contacts}
    first, last = filling.write_slice(run_id=run, part=rest[0], now=NOW)
    assert last - first == 2
    assert filling.write_slice(run_id=run, part=rest[0], now=NOW) == (0, 0), "twice writes nothing"

    # The one who wrote is dead: after its lease the next one goes on with those that are missing.
    later = NOW + filling.LEASE + timedelta(seconds=1)
    assert filling.unfinished(later) == [run]
    assert filling.take(run_id=run, now=later)
    for part in filling.slices(run_id=run):
        filling.write_slice(run_id=run, part=part, now=later)
    closing.close(run_id=run, now=later)

    assert alert.notice_runs.get().state == NoticeRun.State.FILLED
    assert Notice.objects.filter(run=run).count() == 7
    ranks = list(Notice.objects.filter(run=run).order_by("id").values_list("rank", flat=True))
    assert ranks == sorted(ranks)


def test_of_those_equally_near_whoever_confirmed_latest_comes_first(sim: Any) -> None:
    for name, hours in (("yesterday", 24), ("now", 0), ("this morning", 6)):
        contact = citizen("Tokyo", name=name)
        Stay.objects.filter(citizen=contact.citizen).update(confirmed_at=NOW - timedelta(hours=hours))
    alert = issued()
    names = Notice.objects.filter(run__alert=alert).order_by("id").values_list("contact__citizen__name", flat=True)
    assert list(names) == ["now", "this morning", "yesterday"]


def test_whoever_says_stop_while_it_is_written_is_told_nothing(sim: Any, approver: Officer) -> None:
    citizen("Tokyo", name="stays")
    left = citizen("Tokyo", name="left")
    alert = submitted()
    approve_and_issue(alert=alert, revision=1, by=approver, now=NOW)
    run = alert.notice_runs.get().pk
    part = next(filling.slices(run_id=run))
    stop_contact(contact=left)
    filling.write_slice(run_id=run, part=part, now=NOW)
    states = dict(Notice.objects.values_list("contact__citizen__name", "state"))
    assert states == {"stays": "queued", "left": "undelivered"}


def test_a_count_that_differs_is_said_aloud(sim: Any, approver: Officer) -> None:
    gone = citizen("Tokyo")
    citizen("Tokyo")
    alert = submitted()
    approve_and_issue(alert=alert, revision=1, by=approver, now=NOW)
    Contact.objects.filter(pk=gone.pk).update(state=Contact.State.GONE)

    fill(alert)

    assert alert.notice_runs.get().state == NoticeRun.State.MISMATCH
    assert Entry.objects.get(action="broadcast.count_mismatch").data == {"expected": 2, "written": 1}


def test_who_subscribes_after_the_issue_is_not_counted(sim: Any, approver: Officer) -> None:
    citizen("Tokyo", name="before")
    alert = submitted()
    approve_and_issue(alert=alert, revision=1, by=approver, now=NOW)
    citizen("Tokyo", name="after")
    fill(alert)
    assert told(alert) == ["before"]
