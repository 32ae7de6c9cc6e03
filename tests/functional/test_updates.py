"""Updates and cancellations in other words: two people, every account that told it before, everybody who was told."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crisis import clock
from crisis.alerts.content import ContentError
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Rollcall, State
from crisis.alerts.operations import Changed, follow_up
from crisis.audience.operations import Place, move
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Delivery, Notice, NoticeRun, Wording
from crisis.broadcast.operations import submit
from crisis.broadcast.preflight import look
from crisis.broadcast.retract import retract
from crisis.checkins.asking import rollcalls_of
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import is_open, record, rollcall_of
from crisis.staff.models import Officer
from platforms.contract import Withdraws
from simulator.testing import Running
from tasks import wiring
from tasks.notices import fill as fill_task
from tests.functional.corrected import deliver_until_still, kinds, standing, texts, told, updated
from tests.functional.factories import citizen, content, deliver_all, issued, notify_all, shadow, thread


def test_an_update_edits_where_it_can_and_replies_elsewhere(sim: Running) -> None:
    alert = issued()
    deliver_all()

    update = updated(alert, slots={"magnitude": "7.1"})
    deliver_all()

    assert update.marker == f"{alert.code}/2"
    assert kinds(update) == {
        ("telegram", "amend", "posted"): 1, ("facebook", "amend", "posted"): 1, ("x", "reply", "posted"): thread(update),
    }  # fmt: skip
    out = texts(sim, alert)
    assert len(out["facebook"]) == len(out["telegram"]) == 1
    assert update.marker in out["facebook"][0]
    assert len(out["x"]) == thread(alert) + thread(update)
    first = Delivery.objects.get(alert=alert, account__platform="x", part=1)
    reply = Delivery.objects.get(alert=update, account__platform="x", part=1)
    there = {each["remote_id"]: each for each in standing(sim, alert)}
    assert there[reply.remote_id]["reply_to"] == first.remote_id
    alert.refresh_from_db()
    assert alert.state == State.SUPERSEDED


def test_an_update_needs_two_people(sim: Running, officer: Officer) -> None:
    from crisis.alerts.operations import SamePerson
    from crisis.staff.models import Grant, Role

    alert = issued()
    Grant.objects.create(officer=officer, role=Role.APPROVER, granted_at=clock.now())
    update = follow_up(earlier=alert, msg_type="Update", content=content(), by=officer, now=clock.now())
    submit(
        alert=update, revision=1, acknowledged=look(update, clock.now()).ticks, by=officer, now=clock.now()
    )  # fmt: skip
    with pytest.raises(SamePerson):
        approve_and_issue(alert=update, revision=1, by=officer, now=clock.now())
    alert.refresh_from_db()
    assert alert.state == State.ISSUED, "the earlier one holds until another takes its place"


def test_an_update_reaches_new_accounts_too(sim: Running) -> None:
    alert = issued()
    deliver_all()
    update = updated(alert, countries=["JP", "TH"])
    deliver_all()
    rows = Delivery.objects.filter(alert=update, kind="publish", state="posted").values_list(
        "account__platform", flat=True
    )
    assert set(rows) == {"facebook", "x"}, "Bangkok's accounts publish; Tokyo's and the channel are corrected"


def test_an_update_elsewhere_still_corrects_where_it_was_told(sim: Running) -> None:
    alert = issued()
    deliver_all()
    update = updated(alert, countries=["TH"])
    deliver_all()
    tokyo = shadow("facebook", "belgianembassytokyo")
    assert Delivery.objects.get(alert=update, account=tokyo).kind == "amend"


def test_an_update_after_an_update_corrects_what_stands_now(sim: Running, officer: Officer) -> None:
    alert = issued()
    deliver_all()
    first = updated(alert)
    deliver_all()
    cancel = retract(alert=first, by=officer, now=clock.now()).alert
    deliver_all()
    assert kinds(cancel)["facebook", "amend", "posted"] == 1
    assert kinds(cancel)["x", "withdraw", "withdrawn"] == thread(alert) + thread(first)
    assert len(texts(sim, alert)["x"]) == 4
    assert first.marker in texts(sim, alert)["facebook"][0]


def test_two_updates_at_once_are_one(sim: Running, officer: Officer, approver: Officer) -> None:
    alert = issued()
    late = follow_up(earlier=alert, msg_type="Update", content=content(), by=officer, now=clock.now())
    submit(alert=late, revision=1, acknowledged=look(late, clock.now()).ticks, by=officer, now=clock.now())
    updated(alert)
    with pytest.raises((NotPossible, Changed)):
        approve_and_issue(alert=late, revision=1, by=approver, now=clock.now())
    assert Delivery.objects.filter(alert=late).count() == 0


def test_an_update_tells_those_told_before_and_those_it_means_now(sim: Running) -> None:
    anna, thida = citizen("Tokyo", name="Anna", sim=sim), citizen("Bangkok", name="Thida", sim=sim)
    alert = issued()
    notify_all(alert)
    update = updated(alert, countries=["TH"])
    assert update.notice_runs.get().expected == 2
    fill_task(update.notice_runs.get().pk)
    notify_all(update)
    assert (told(anna), told(thida)) == (["accepted", "accepted"], ["accepted"])
    assert NoticeRun.objects.get(alert=update).state == "filled"


def test_answers_given_before_an_update_stand_after_it(sim: Running) -> None:
    anna = citizen(name="Anna", sim=sim)
    alert = issued()
    notify_all(alert)
    before = rollcall_of(alert)
    record(
        rollcall=before, citizen=anna.citizen, contact=anna, safety=Safety.SAFE, source=CheckIn.Source.BOT, ref="1",
        now=clock.now(),
    )  # fmt: skip
    update = updated(alert)
    after = Rollcall.objects.get(alert=update)
    assert before is not None
    assert after.pk == before.pk
    assert is_open(after, clock.now())
    assert after.checkins.filter(current=True, safety=Safety.SAFE).count() == 1


def test_who_was_told_before_an_update_is_asked_by_it_before_its_own_notice_is_written(sim: Running) -> None:
    somebody = citizen("Tokyo", sim=sim)
    alert = issued()
    notify_all(alert)
    move(citizen=somebody.citizen, to=Place(37.56, 126.99, "Seoul"), now=clock.now())
    later = updated(alert)
    assert not Notice.objects.filter(run__alert=later).exists()
    assert rollcalls_of(somebody.citizen, clock.now()) == [later.rollcall]


def test_an_all_clear_ends_an_alert_in_other_words(sim: Running) -> None:
    alert = issued()
    deliver_all()
    end = updated(alert, slug="all-clear", msg_type="Cancel")
    deliver_all()
    assert kinds(end)["facebook", "amend", "posted"] == 1
    assert kinds(end)["x", "reply", "posted"] == thread(end)
    rollcall = rollcall_of(end)
    assert rollcall is not None
    assert not is_open(rollcall, clock.now())


def test_nothing_is_over_before_it_began(sim: Running) -> None:
    alert = issued()
    began = datetime.fromisoformat(alert.slots["time"]["at"]).astimezone(ZoneInfo("Asia/Tokyo"))
    before, after, later = (f"{began + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}" for minutes in (-1, 1, 60))
    with pytest.raises(ContentError) as refused:
        updated(alert, slug="all-clear", msg_type="Cancel", slots={"time": before})
    assert f"{began:%Y-%m-%d %H:%M}" in refused.value.errors["slots.time"]
    end = updated(alert, slug="all-clear", msg_type="Cancel", slots={"time": later})
    with pytest.raises(ContentError):
        updated(end, slug="all-clear", slots={"time": before})
    corrected = updated(end, slug="all-clear", slots={"time": after})
    assert corrected.slots["time"]["zone"] == "Asia/Tokyo", "an all-clear's own time may have been too late"


def test_an_answer_to_what_somebody_deleted_is_published_anew(sim: Running) -> None:
    alert = issued()
    deliver_all()
    first = Delivery.objects.get(alert=alert, account__platform="x", part=1)
    adapter = wiring.adapter("x")
    assert isinstance(adapter, Withdraws)
    adapter.withdraw(first.remote_id, wiring.target(first.account))

    update = updated(alert)
    deliver_until_still()

    row = Delivery.objects.get(alert=update, account__platform="x", part=1)
    assert (row.kind, row.state) == ("publish", "posted")
    assert Delivery.objects.filter(alert=update, account__platform="x").exclude(state="posted").count() == 0


def test_an_update_says_that_it_is_one_in_each_language(sim: Running) -> None:
    citizen(name="Anna", sim=sim)
    alert = issued()
    deliver_all()
    update = updated(alert)
    deliver_all()
    (text,) = texts(sim, alert)["facebook"]
    for word in ("Update – Aardbeving", "Mise à jour – ", "Aktualisierung – ", "Update – Earthquake"):
        assert word in text
    assert update.infos.get(language="fr").headline.startswith("EXERCICE\u00a0: Mise à jour – ")
    assert "Update –" not in Wording.objects.get(alert=alert, platform="facebook", form="alert").text
