"""Update, cancel, retract: what is out is edited, answered or taken away, account by account, and never overtaken."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from crisis import clock
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert, State
from crisis.alerts.operations import Changed
from crisis.broadcast import ledger, overdue
from crisis.broadcast.corrections import corrected
from crisis.broadcast.models import Delivery, DeliveryState, Notice, NoticeRun, NoticeState, Wording
from crisis.broadcast.operations import decide
from crisis.broadcast.retract import retract, retractable
from crisis.checkins.operations import is_open, rollcall_of
from crisis.journal.models import Entry
from crisis.registry.operations import pause
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from platforms import catalog
from platforms.contract import Withdraws
from simulator.testing import Running
from tasks import throttle, wiring
from tasks.notices import fill as fill_task
from tests.functional.corrected import due_now, kinds, standing, texts, told
from tests.functional.factories import citizen, deliver_all, issued, notify_all, one, shadow, thread
from tests.functional.test_deliver import fault

At = Callable[[datetime], None]


def test_one_person_retracts_everything_that_is_out_with_the_frozen_words(sim: Running, officer: Officer) -> None:
    alert = issued()
    deliver_all()

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    deliver_all()

    assert kinds(cancel) == {
        ("telegram", "amend", "posted"): 1, ("facebook", "amend", "posted"): 1,
        ("x", "withdraw", "withdrawn"): thread(alert), ("x", "publish", "posted"): 4,
    }  # fmt: skip
    assert kinds(alert) == {
        ("telegram", "publish", "amended"): 1, ("facebook", "publish", "amended"): 1,
        ("x", "publish", "withdrawn"): thread(alert),
    }  # fmt: skip
    frozen = {(w.platform, w.text) for w in Wording.objects.filter(alert=alert, form="retraction")}
    out = texts(sim, alert)
    assert {("facebook", out["facebook"][0]), ("telegram", out["telegram"][0])} <= frozen
    assert len(out["x"]) == 4
    assert all("EXERCISE" in text or "OEFENING" in text for text in [*out["facebook"], *out["telegram"]])
    alert.refresh_from_db()
    assert (alert.state, cancel.state, cancel.msg_type) == (State.SUPERSEDED, State.ISSUED, "Cancel")
    assert "<msgType>Cancel</msgType>" in cancel.snapshot
    assert alert.identifier in cancel.snapshot
    assert Entry.objects.filter(action="broadcast.retract", subject=f"alert:{alert.pk}").exists()


def test_what_was_done_is_counted_apart_with_the_time_it_took(sim: Running, officer: Officer) -> None:
    alert = issued()
    deliver_all()
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    counted = corrected(cancel)
    assert counted is not None
    assert (counted.waiting, counted.seconds) == (2 + thread(alert) + 4, None)

    deliver_all()

    counted = corrected(cancel)
    assert counted is not None
    assert (counted.edited, counted.taken_away, counted.published, counted.by_hand) == (2, thread(alert), 4, 0)
    assert counted.seconds is not None
    assert corrected(alert) is None


def test_nothing_that_waits_leaves_after_a_retraction(sim: Running, officer: Officer) -> None:
    alert = issued()

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    deliver_all()

    assert standing(sim, alert) == []
    assert set(Delivery.objects.filter(alert=alert).values_list("state", "reason")) == {("stopped", "superseded")}
    assert not Delivery.objects.filter(alert=cancel).exists(), "nothing was out, so there is nothing to correct"


def test_a_retraction_never_overtakes_what_is_being_sent(sim: Running, officer: Officer) -> None:
    alert = issued()
    row = one(alert, "facebook")
    held = ledger.claim(delivery_id=row.pk, now=clock.now())
    assert held is not None

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    deliver_all(rounds=1)
    correction = Delivery.objects.get(alert=cancel, account=row.account)
    assert (correction.state, correction.reason) == ("queued", "waits")

    from tasks.broadcast import _send

    _send(held)
    assert one(alert, "facebook").state == DeliveryState.POSTED
    due_now()
    deliver_all()
    assert one(alert, "facebook").state == DeliveryState.AMENDED
    correction.refresh_from_db()
    assert (correction.kind, correction.state) == ("amend", "posted")
    assert [each["platform"] for each in standing(sim, alert)] == ["facebook"]


def test_what_was_claimed_but_never_left_needs_no_correction(sim: Running, officer: Officer) -> None:
    alert = issued()
    row = one(alert, "facebook")
    held = ledger.claim(delivery_id=row.pk, now=clock.now())
    assert held is not None
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    ledger.give_back(held=held, until=clock.now())
    deliver_all()
    due_now()
    deliver_all()
    assert one(alert, "facebook").state == DeliveryState.STOPPED
    correction = Delivery.objects.get(alert=cancel, account=row.account)
    assert (correction.state, correction.reason) == ("skipped", "nothing_to_correct")
    assert standing(sim, alert) == []


@pytest.mark.parametrize(("name", "stands"), [("cut_after", True), ("cut_before", False)])
def test_an_unknown_outcome_is_settled_before_it_is_corrected(
    sim: Running, officer: Officer, at: At, name: str, stands: bool
) -> None:
    from tasks.broadcast import read_back

    alert = issued()
    fault(sim, "facebook", name)
    deliver_all()
    row = one(alert, "facebook")
    assert row.state == DeliveryState.UNCONFIRMED

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    deliver_all()
    correction = Delivery.objects.get(alert=cancel, account=row.account)
    assert correction.state == "queued", "what is edited must be known to stand"
    for minutes in (1, 2, 3):
        at(clock.now() + timedelta(minutes=minutes))
        read_back(row.pk)
        due_now()
        deliver_all(rounds=3)

    correction.refresh_from_db()
    assert correction.state == ("posted" if stands else "skipped")
    assert one(alert, "facebook").state == ("amended" if stands else "stopped")
    assert len(texts(sim, alert).get("facebook", [])) == int(stands)


@pytest.mark.parametrize("name", ["cut_before", "cut_after", "error_html", "slow_after"])
@pytest.mark.parametrize("platform", ["telegram", "facebook", "x"])
def test_a_correction_of_unknown_outcome_is_simply_repeated(
    sim: Running, officer: Officer, platform: str, name: str
) -> None:
    alert = issued()
    deliver_all()
    fault(sim, platform, name, method="delete" if platform == "x" else "edit", seconds=0)

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    deliver_all()
    due_now()
    deliver_all()

    states = set(Delivery.objects.filter(alert=cancel, account__platform=platform).values_list("state", flat=True))
    assert states <= {"posted", "withdrawn"}
    assert len(texts(sim, alert)[platform]) == (4 if platform == "x" else 1)


def test_what_somebody_took_away_is_published_anew(sim: Running, officer: Officer) -> None:
    alert = issued()
    deliver_all()
    row = one(alert, "facebook")
    adapter = wiring.adapter("facebook")
    assert isinstance(adapter, Withdraws)
    adapter.withdraw(row.remote_id, wiring.target(row.account))

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    deliver_all()

    correction = Delivery.objects.get(alert=cancel, account__platform="facebook")
    assert (correction.kind, correction.state) == ("publish", "posted")
    assert (one(alert, "facebook").state, one(alert, "facebook").reason) == ("withdrawn", "gone_there")


def test_what_was_published_by_hand_waits_for_a_hand(sim: Running, officer: Officer) -> None:
    alert = issued()
    Delivery.objects.filter(alert=alert, account__platform="facebook").update(
        state=DeliveryState.HELD, reason="by_hand", not_before=None
    )
    decide(delivery=one(alert, "facebook"), stands=True, url="https://fb.example/1", by=officer, now=clock.now())
    deliver_all()

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    deliver_all()

    row = Delivery.objects.get(alert=cancel, account__platform="facebook")
    assert (row.state, row.reason) == ("held", "correct_by_hand")
    assert "https://fb.example/1" in row.detail
    assert row.wording is not None, "the text is ready to copy"
    counted = corrected(cancel)
    assert counted is not None
    assert counted.by_hand == 1
    decide(delivery=row, stands=True, url="https://fb.example/1", by=officer, now=clock.now())
    assert one(alert, "facebook").state == DeliveryState.AMENDED


def test_a_paused_account_is_not_passed_over(sim: Running, officer: Officer) -> None:
    alert = issued()
    deliver_all()
    account = shadow("facebook", "belgianembassytokyo")
    pause(account=account, why="under attack", actor="test", now=clock.now())

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert

    row = Delivery.objects.get(alert=cancel, account=account)
    assert row.state == "held"
    assert "under attack" in row.detail


def test_a_worker_that_dies_with_a_correction_leaves_it_to_be_repeated(sim: Running, officer: Officer, at: At) -> None:
    alert = issued()
    deliver_all()
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    row = Delivery.objects.get(alert=cancel, account__platform="facebook")
    for crash in (1, 2, 3):
        assert ledger.claim(delivery_id=row.pk, now=clock.now()) is not None
        at(clock.now() + timedelta(minutes=2))
        overdue.expire_leases(clock.now())
        row.refresh_from_db()
        assert row.state == ("queued" if crash < 3 else "held")


def test_whoever_was_told_is_told_and_nobody_else(sim: Running, officer: Officer) -> None:
    anna, bert = citizen(name="Anna", sim=sim), citizen(name="Bert", sim=sim, language="nl")
    alert = issued()
    notify_all(alert)
    carl = citizen(name="Carl", sim=sim)

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    fill_task(cancel.notice_runs.get().pk)
    notify_all(cancel)

    assert (told(anna), told(bert), told(carl)) == (["accepted"] * 2, ["accepted"] * 2, [])
    run = NoticeRun.objects.get(alert=cancel)
    assert (run.state, run.expected) == ("filled", 2)
    words = Notice.objects.get(run=run, contact=bert).wording
    assert (words.form, words.languages, words.alert_id) == ("retraction", "nl", alert.pk)


def test_who_is_being_told_at_this_moment_is_told_of_the_retraction_too(sim: Running, officer: Officer) -> None:
    anna = citizen(name="Anna", sim=sim)
    alert = issued()
    Notice.objects.filter(contact=anna).update(state=NoticeState.SENDING, lease_until=clock.now())

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    fill_task(cancel.notice_runs.get().pk)
    run = NoticeRun.objects.get(alert=cancel)
    assert run.state == "filling", "it waits until everybody who was told is known"

    Notice.objects.filter(contact=anna).update(state=NoticeState.ACCEPTED, lease_until=None)
    NoticeRun.objects.filter(pk=run.pk).update(filling_until=None)
    fill_task(run.pk)
    assert told(anna) == ["accepted", "queued"]
    run.refresh_from_db()
    assert (run.state, run.expected) == ("filled", 1)


def test_a_retraction_ends_the_rollcall(sim: Running, officer: Officer) -> None:
    alert = issued()
    rollcall = rollcall_of(alert)
    assert rollcall is not None
    assert is_open(rollcall, clock.now())
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    rollcall = rollcall_of(cancel)
    assert rollcall is not None
    assert not is_open(rollcall, clock.now())


def test_who_may_retract_what(sim: Running, officer: Officer, clerk: Officer) -> None:
    alert = issued()
    with pytest.raises(NotAllowed):
        retract(alert=alert, by=clerk, now=clock.now())
    stale = Alert.objects.get(pk=alert.pk)
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    with pytest.raises((NotPossible, Changed)):
        retract(alert=stale, by=officer, now=clock.now())
    with pytest.raises(NotPossible, match="takes an alert back"):
        retract(alert=cancel, by=officer, now=clock.now())
    assert Alert.objects.filter(code=alert.code).count() == 2


def test_what_a_retraction_would_do_is_said_before(sim: Running) -> None:
    citizen(sim=sim)
    alert = issued()
    deliver_all()
    notify_all(alert)
    would = retractable(alert)
    assert (would.accounts, would.people) == (3, 1)
    assert {w.form for w in would.texts} == {"retraction"}


def test_the_truth_leaves_before_the_wrong_words_go_and_waits_for_none_of_them(sim: Running, officer: Officer) -> None:
    """X counts what is taken away apart from what is published."""
    alert = issued()
    deliver_all()
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    rows = list(Delivery.objects.filter(alert=cancel, account__platform="x").order_by("id"))
    kinds_in_order = [row.kind for row in rows]
    assert kinds_in_order == sorted(kinds_in_order), "publish, then withdraw"

    spec = catalog.spec("x")
    assert spec is not None
    published = {bucket.key for bucket in throttle.for_account(spec, rows[0].account)}
    removed = {bucket.key for bucket in throttle.for_account(spec, rows[0].account, removing=True)}
    assert removed
    assert not published & removed
