"""Routine notices: one post editor and one reviewer, at their hour, and never into an open alert."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from crisis import clock
from crisis.alerts.content import ContentError
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert, Rollcall, State
from crisis.alerts.operations import SamePerson, approve, draft, recall
from crisis.broadcast import notice_ledger, scheduled
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.operations import stop, submit
from crisis.broadcast.preflight import look
from crisis.broadcast.release import ALERT_OPEN, ROUTINE_WAITS, Verdict, may_leave
from crisis.registry.models import Mode
from crisis.registry.operations import pause
from crisis.staff.models import Grant, Officer, Role
from crisis.staff.rights import NotAllowed
from crisis.wording.catalogue import UnknownSituation
from tests.functional.factories import NOW, citizen, content, deliver_all, fill, issued, one, shadow

TOKYO = ZoneInfo("Asia/Tokyo")


def editor(name: str = "editor") -> Officer:
    officer = Officer.objects.create(username=name)
    Grant.objects.create(officer=officer, role=Role.POST_EDITOR, granted_at=NOW)
    return officer


def closed(publish_at: str = "", *, by: Officer | None = None, countries: tuple[str, ...] = ("JP",)) -> Alert:
    """Write that an office is closed, and submit it."""
    by = by or Officer.objects.filter(username="editor").first() or editor()
    told = content(countries=countries, slug="office-closed", publish_at=publish_at)
    notice = draft(content=told, mode=Mode.EXERCISE, by=by, now=NOW)
    submit(alert=notice, revision=1, acknowledged=look(notice, NOW).ticks, by=by, now=NOW)
    return notice


def in_hours(hours: int) -> str:
    return f"{(NOW + timedelta(hours=hours)).astimezone(TOKYO):%Y-%m-%dT%H:%M}"


def reviewed(notice: Alert) -> Alert:
    reviewer = Officer.objects.filter(username="reviewer").first() or editor("reviewer")
    approve_and_issue(alert=notice, revision=1, by=reviewer, now=NOW)
    fill(notice)
    notice.refresh_from_db()
    return notice


def test_one_post_editor_writes_it_and_another_reviews_it(sim: Any) -> None:
    notice = closed()
    with pytest.raises(SamePerson):
        approve(alert=notice, revision=1, by=Officer.objects.get(username="editor"), now=NOW)
    reviewed(notice)
    deliver_all()
    assert one(notice, "facebook").state == DeliveryState.POSTED
    wording = one(notice, "facebook").wording
    assert wording is not None
    assert f"Mededeling {notice.marker}" in wording.text
    assert "Waarschuwing" not in wording.text
    assert not Rollcall.objects.exists(), "nobody is asked how they are"


def test_a_post_editor_writes_no_alert_and_reviews_none(signed_in: Any) -> None:
    me = editor()
    with pytest.raises(NotAllowed):
        draft(content=content(), mode=Mode.EXERCISE, by=me, now=NOW)
    desk = signed_in("editor")
    page = desk.get("/console/exercise/new/").content.decode()
    assert "Office closed" in page
    assert "Earthquake" not in page
    assert desk.get("/console/exercise/new/earthquake/").status_code == 403
    assert desk.get("/console/exercise/new/office-closed/").status_code == 200
    alert = issued(countries=["IS"])
    assert desk.post(f"/console/exercise/{alert.pk}/approve/", {"agreed": "yes"}).status_code in (302, 403)
    with pytest.raises(NotAllowed):
        approve(alert=alert, revision=1, by=me, now=NOW)


def test_only_what_is_routine_waits_for_an_hour() -> None:
    officer = Officer.objects.get(username="officer")
    with pytest.raises(ContentError, match="Only a routine notice can wait"):
        draft(content=content(publish_at=in_hours(2)), mode=Mode.EXERCISE, by=officer, now=NOW)
    with pytest.raises(ContentError, match="This has passed"):
        closed(in_hours(-2))
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.filter(pk=issued(countries=["IS"]).pk).update(publish_at=NOW)


def test_it_is_issued_by_itself_at_its_hour_and_not_before(sim: Any) -> None:
    notice = reviewed(closed(in_hours(3)))
    assert (notice.state, Delivery.objects.filter(alert=notice).count()) == (State.APPROVED, 0)
    assert scheduled.issue_due(NOW + timedelta(hours=2)) == 0
    later = NOW + timedelta(hours=3)
    assert [scheduled.issue_due(later), scheduled.issue_due(later)] == [1, 0]
    notice.refresh_from_db()
    assert (notice.state, notice.issued_at) == (State.ISSUED, later)


def test_one_that_cannot_even_be_read_keeps_none_of_the_others_back(sim: Any) -> None:
    broken, sound = reviewed(closed(in_hours(3))), reviewed(closed(in_hours(3)))
    Alert.objects.filter(pk=broken.pk).update(situation="gone", editions=[])
    with pytest.raises(UnknownSituation):
        scheduled.issue_due(NOW + timedelta(hours=3))  # so that the sweep's pulse stops, and somebody is told
    assert [Alert.objects.get(pk=each.pk).state for each in (broken, sound)] == [State.APPROVED, State.ISSUED]


def test_what_cannot_be_issued_at_its_hour_is_left_for_a_person_with_the_reason(signed_in: Any, sim: Any) -> None:
    notice = reviewed(closed(in_hours(3)))
    pause(account=shadow("x", "belgiumembjapan"), why="a test", actor="test", now=NOW)
    assert scheduled.issue_due(NOW + timedelta(hours=3)) == 0
    assert scheduled.issue_due(NOW + timedelta(hours=4)) == 0, "nobody is asked again and again"
    notice.refresh_from_db()
    assert "Not ticked" in notice.unissued_why
    page = signed_in("officer").get(f"/console/exercise/{notice.pk}/").content.decode()
    assert "It could not be published at its hour" in page
    assert "NOT PUBLISHED AT ITS HOUR" in signed_in("officer").get("/console/").content.decode()
    recall(alert=notice, by=Officer.objects.get(username="editor"), now=NOW)
    notice.refresh_from_db()
    assert (notice.state, notice.unissued_why) == (State.DRAFT, "")


def test_it_waits_for_the_posts_where_an_alert_is_open_and_leaves_elsewhere(signed_in: Any, sim: Any) -> None:
    here, there = citizen("Tokyo", sim=sim), citizen("Seoul", sim=sim)
    alert = issued(countries=["JP"])
    deliver_all()
    notice = reviewed(closed(countries=("JP", "KR")))
    deliver_all()
    states = {
        delivery.account.holder.post.code if delivery.account.holder.post else "ministry": (
            delivery.state,
            delivery.reason,
        )
        for delivery in Delivery.objects.filter(alert=notice).select_related("account__holder__post")
    }
    assert states["be-tokyo-emb"] == (DeliveryState.QUEUED, ALERT_OPEN)
    assert states["ministry"] == (DeliveryState.QUEUED, ALERT_OPEN), "the whole ministry speaks for Tokyo too"
    assert states["be-seoul-emb"][0] == DeliveryState.POSTED
    page = signed_in("officer").get(f"/console/exercise/{notice.pk}/").content.decode()
    assert "It waits for: Embassy of Belgium in Tokyo." in page.replace("\n", "")

    run = notice.notice_runs.get(kind="telegram")
    _, claimed = notice_ledger.claim_window(run_id=run.pk, first=0, last=10**9, now=clock.now())
    assert [each.contact_id for each in claimed] == [there.pk]
    held = run.notices.get(contact=here)
    assert (held.state, held.reason) == ("queued", ALERT_OPEN)

    stop(alert=alert, by=Officer.objects.get(username="officer"), now=clock.now())
    later = clock.now() + ROUTINE_WAITS
    _, claimed = notice_ledger.claim_window(run_id=run.pk, first=0, last=10**9, now=later)
    assert [each.contact_id for each in claimed] == [here.pk], "it was late, not lost"


def test_an_alert_never_waits_for_another_nor_what_takes_a_notice_back(sim: Any) -> None:
    issued(countries=["JP"])
    second = issued(countries=["JP"])
    account = one(second, "facebook").account
    assert may_leave(alert=second, account=account, now=clock.now()).verdict == Verdict.LEAVE
    notice = reviewed(closed())
    assert may_leave(alert=notice, account=account, now=clock.now()).verdict == Verdict.WAIT
    Alert.objects.filter(pk=notice.pk).update(msg_type=Alert.MsgType.CANCEL)
    notice.refresh_from_db()
    assert may_leave(alert=notice, account=account, now=clock.now()).verdict == Verdict.LEAVE


def test_a_drill_holds_nothing_real_back(sim: Any) -> None:
    alert = issued(countries=["JP"])
    notice = reviewed(closed())
    account = one(alert, "facebook").account
    assert may_leave(alert=notice, account=account, now=clock.now()).reason == ALERT_OPEN
    Alert.objects.filter(pk=alert.pk).update(mode=Mode.LIVE)
    assert may_leave(alert=notice, account=account, now=clock.now()).verdict == Verdict.LEAVE


def test_the_form_offers_an_hour_for_what_is_routine_only(signed_in: Any) -> None:
    desk = signed_in("officer")
    assert "Publish at" in desk.get("/console/exercise/new/elections/").content.decode()
    assert "Publish at" not in desk.get("/console/exercise/new/earthquake/").content.decode()
    notice = closed(in_hours(3), by=Officer.objects.get(username="officer"))
    with pytest.raises(NotPossible):
        stop(alert=notice, by=Officer.objects.get(username="officer"), now=NOW)
