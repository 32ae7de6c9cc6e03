"""Corrections that meet something else on their way: another correction, a person, a paused account, a dying worker."""

from datetime import timedelta

import pytest

from crisis import clock
from crisis.audience.models import Contact
from crisis.broadcast import ledger, notice_ledger, overdue
from crisis.broadcast.corrections import corrected
from crisis.broadcast.models import Delivery, DeliveryState, Notice, NoticeRun, NoticeState
from crisis.broadcast.operations import decide
from crisis.broadcast.preflight import look
from crisis.broadcast.retract import retract, retractable
from crisis.checkins.counting import board
from crisis.checkins.operations import rollcall_of
from crisis.registry.models import Account
from crisis.registry.operations import pause, release_shadow
from crisis.staff.models import Officer
from platforms.contract import Receipt
from platforms.errors import Unreachable
from simulator.testing import Running
from tasks.broadcast import _send
from tasks.notices import fill as fill_task
from tests.functional.corrected import deliver_until_still, standing, texts, told, updated
from tests.functional.factories import citizen, deliver_all, drafted, issued, notify_all, one, shadow, thread


def test_a_retraction_does_not_take_its_own_words_away(sim: Running, officer: Officer) -> None:
    """Somebody retracts while the update's edit is under way: both edit one publication, which must stand in the end."""
    alert = issued()
    deliver_all()
    update = updated(alert)
    edit = Delivery.objects.get(alert=update, account__platform="facebook")
    held = ledger.claim(delivery_id=edit.pk, now=clock.now())
    assert held is not None

    cancel = retract(alert=update, by=officer, now=clock.now()).alert
    deliver_all(rounds=1)
    correction = Delivery.objects.get(alert=cancel, account__platform="facebook")
    assert (correction.kind, correction.state) == ("amend", "queued"), "it waits for the edit that is under way"
    _send(held)
    deliver_until_still()

    correction.refresh_from_db()
    assert correction.state == "posted"
    assert correction.wording is not None
    assert texts(sim, alert)["facebook"] == [correction.wording.text]
    edit.refresh_from_db()
    assert edit.state == DeliveryState.AMENDED, "what it had said stands no more"


def test_an_update_is_published_where_the_earlier_text_never_left(sim: Running) -> None:
    alert = issued()
    row = one(alert, "facebook")
    held = ledger.claim(delivery_id=row.pk, now=clock.now())
    assert held is not None
    update = updated(alert)
    ledger.settle(held=held, outcome=Unreachable("no"), started_at=clock.now(), now=clock.now())
    deliver_until_still()

    said = Delivery.objects.get(alert=update, account=row.account)
    assert (said.kind, said.state, said.corrects_id) == ("publish", "posted", None)
    assert one(alert, "facebook").state == DeliveryState.STOPPED
    assert len(texts(sim, alert)["facebook"]) == 1


def test_a_paused_account_does_all_of_it_once_it_is_released(sim: Running, officer: Officer) -> None:
    alert = issued()
    deliver_all()
    account = shadow("x", "belgiumembjapan")
    pause(account=account, why="under attack", actor="test", now=clock.now())
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    rows = Delivery.objects.filter(alert=cancel, account=account)
    assert set(rows.values_list("state", flat=True)) == {"held"}

    release_shadow(account=account, actor="test", now=clock.now())
    for row in rows:
        decide(delivery=row, stands=False, url="", by=officer, now=clock.now())
    deliver_until_still()

    assert len(texts(sim, alert)["x"]) == 4, "the wrong ones are gone, the truth stands once in each language"
    counted = corrected(cancel)
    assert counted is not None
    assert (counted.taken_away, counted.by_hand) == (thread(alert), 0)


def test_what_a_person_found_standing_is_corrected_by_a_person(sim: Running, officer: Officer) -> None:
    alert = issued()
    row = one(alert, "facebook")
    Delivery.objects.filter(pk=row.pk).update(
        state=DeliveryState.UNCONFIRMED, not_before=None, attempt=1, first_sent_at=clock.now()
    )
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    decide(delivery=one(alert, "facebook"), stands=True, url="https://fb.example/1", by=officer, now=clock.now())
    deliver_until_still()

    correction = Delivery.objects.get(alert=cancel, account=row.account)
    assert (correction.state, correction.reason) == ("held", "correct_by_hand")
    assert "facebook" not in texts(sim, alert), "nothing is published beside it"


def test_a_correction_that_expires_calls_a_person(sim: Running, officer: Officer) -> None:
    alert = issued()
    deliver_all()
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    assert cancel.expires_at is not None
    overdue.close_ended(cancel.expires_at + timedelta(seconds=1))
    assert set(Delivery.objects.filter(alert=cancel).values_list("state", "reason")) == {("held", "expired")}


def test_a_retraction_speaks_the_languages_in_which_it_was_said(sim: Running, officer: Officer) -> None:
    Account.objects.filter(platform="x", holder__post__country="TH").update(languages=["en"])
    alert = issued(countries=["TH", "JP"])
    deliver_until_still()
    update = updated(alert, countries=["TH", "JP"])
    deliver_until_still()

    cancel = retract(alert=update, by=officer, now=clock.now()).alert
    deliver_until_still()

    tokyo = shadow("x", "belgiumembjapan")
    said = Delivery.objects.filter(alert=cancel, account=tokyo, kind="publish", state="posted")
    assert {row.wording.languages for row in said if row.wording} == {"nl", "fr", "de", "en"}


@pytest.mark.parametrize("resent", [True, False])
def test_whoever_may_have_been_told_is_told_of_the_retraction(sim: Running, officer: Officer, resent: bool) -> None:
    anna = citizen(name="Anna", sim=sim)
    alert = issued()
    notice = Notice.objects.filter(contact=anna)
    if resent:
        notice.update(state=NoticeState.UNCONFIRMED, reason="lease_lost", not_before=clock.now(), attempt=1)
        notice_ledger.resend_unknown(clock.now())
    else:
        notice.update(state=NoticeState.SENDING, lease_until=clock.now() + timedelta(minutes=1))
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    fill_task(cancel.notice_runs.get().pk)
    if resent:
        notice_ledger.close_ended(clock.now())
    else:
        notice.update(state=NoticeState.ACCEPTED, lease_until=None)
    NoticeRun.objects.filter(alert=cancel).update(filling_until=None)
    fill_task(cancel.notice_runs.get().pk)

    assert told(anna) == ["unconfirmed" if resent else "accepted", "queued"]
    assert NoticeRun.objects.get(alert=cancel).state == "filled"


def test_whoever_could_not_be_reached_stays_on_the_board_after_an_update(sim: Running) -> None:
    citizen(name="Anna", sim=sim)
    bert = citizen(name="Bert", sim=sim)
    alert = issued()
    Notice.objects.filter(contact=bert).update(state=NoticeState.UNDELIVERED, reason="recipient_gone")
    Contact.objects.filter(pk=bert.pk).update(state=Contact.State.GONE)
    notify_all(alert)
    update = updated(alert)
    fill_task(update.notice_runs.get().pk)
    notify_all(update)

    rollcall = rollcall_of(update)
    assert rollcall is not None
    total = board(rollcall).total
    assert (total.registered, total.undelivered, total.no_answer) == (2, 1, 1)


def test_nobody_is_counted_twice_before_a_retraction(sim: Running) -> None:
    citizen(sim=sim)
    alert = issued()
    notify_all(alert)
    update = updated(alert)
    fill_task(update.notice_runs.get().pk)
    notify_all(update)
    assert retractable(update).people == 1


def test_an_end_is_told_even_where_nobody_is_any_more(sim: Running, officer: Officer) -> None:
    from crisis.alerts.operations import follow_up
    from tests.functional.factories import content

    contact = citizen("Tokyo", sim=sim)
    alert = issued()
    notify_all(alert)
    Account.objects.update(broadcast=Account.Broadcast.NEVER)
    contact.citizen.stays.update(ended_at=clock.now())
    end = follow_up(
        earlier=alert, msg_type="Cancel", content=content(slug="all-clear"), by=officer, now=clock.now()
    )  # fmt: skip
    assert not look(end, clock.now()).problems
    assert look(drafted(countries=["XK"]), clock.now()).problems, "a first alert to nobody is still refused"


def test_late_receipts_find_their_row(sim: Running, officer: Officer) -> None:
    alert = issued()
    held = ledger.claim(delivery_id=one(alert, "facebook").pk, now=clock.now())
    assert held is not None
    retract(alert=alert, by=officer, now=clock.now())
    ledger.settle(held=held, outcome=Receipt("1_2"), started_at=clock.now(), now=clock.now())
    assert one(alert, "facebook").state == DeliveryState.POSTED
    assert standing(sim, alert) == []
