"""The preferred way, and the next one: told by the first, followed by the next where that fails, each once; people count once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from console.preview import confirm_sentence
from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.broadcast import closing, filling, next_way, notice_ledger
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Notice, NoticeRun, NoticeState
from crisis.broadcast.preflight import look
from crisis.broadcast.retract import retract
from crisis.checkins.counting import board
from crisis.health.models import RunTally
from crisis.health.tallies import tally
from crisis.journal.models import Entry
from crisis.staff.models import Officer
from simulator.testing import Running
from tasks.notices import fill as fill_task
from tasks.sweep import tick
from tests.functional.factories import citizen, drafted, fill, issued, notify_all, reachable, submitted

At = Callable[[datetime], None]
MAIL, PHONE = "emma.peeters@example.org", "+99955512345"


def told(alert: Alert) -> dict[str, str]:
    """Each way's notice of the one person."""
    return dict(Notice.objects.filter(run__alert=alert).values_list("run__kind", "state"))


def blocked(sim: Running, **person: Any) -> Contact:
    """Somebody whose chat is dead, unknown to us."""
    contact = citizen(sim=sim, **person)
    sim.control("POST", f"people/{contact.address}/act", {"kind": "block"})
    return contact


def swept(at: At, minutes: float = 0) -> None:
    at(clock.now() + timedelta(minutes=minutes))
    tick()


def test_the_persons_own_order_goes_before_ours(sim: Running) -> None:
    emma = citizen(sim=sim, name="Emma", people=4)
    reachable(emma, "email", MAIL)
    phone = reachable(emma, "sms", PHONE)
    Contact.objects.filter(citizen=emma.citizen).exclude(pk=phone.pk).update(rank=1)
    (sms,) = (way for way in look(drafted(), clock.now()).by_way if way.people)
    assert (sms.name, sms.people, sms.reserve) == ("SMS", 4, 0)

    alert = issued()
    notify_all(alert)
    assert told(alert) == {"sms": "accepted"}
    assert {run.kind: run.state for run in alert.notice_runs.all()} == dict.fromkeys(
        ("telegram", "email", "sms"), "filled"
    )
    assert board(alert.rollcall).total.registered == 4


def test_an_extreme_alert_goes_every_confirmed_way_at_once(sim: Running, at: At, approver: Officer) -> None:
    emma = citizen(sim=sim, name="Emma", people=4)
    reachable(emma, "email", MAIL)
    unconfirmed = reachable(emma, "sms", PHONE)
    Contact.objects.filter(pk=unconfirmed.pk).update(state=Contact.State.PENDING)
    citizen(sim=sim)
    alert = submitted(slug="shelter")
    found = look(alert, clock.now())
    assert (found.people, found.contacts) == (5, 3)
    assert [(way.name, way.people, way.reserve) for way in found.by_way] == [("Telegram", 5, 0), ("E-mail", 4, 0)]
    assert "5 people – 3 notices" in confirm_sentence(alert, found)

    approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now())
    fill(alert)
    notify_all(alert)
    notices = Notice.objects.filter(run__alert=alert)
    assert sorted(notices.values_list("run__kind", "state")) == [("email", "accepted"), *[("telegram", "accepted")] * 2]
    assert {run.state for run in alert.notice_runs.all()} == {NoticeRun.State.FILLED}
    total = board(alert.rollcall).total
    assert (total.registered, total.accepted) == (5, 5)
    swept(at, 10)
    assert notices.count() == 3


def test_a_way_that_waits_to_be_confirmed_or_was_stopped_is_none(sim: Running) -> None:
    emma = citizen(sim=sim)
    mail = reachable(emma, "email", MAIL)
    Contact.objects.filter(pk=mail.pk).update(state=Contact.State.PENDING)
    assert look(drafted(), clock.now()).ways == ["telegram"]
    Contact.objects.filter(pk=emma.pk).update(state=Contact.State.STOPPED)
    Contact.objects.filter(pk=mail.pk).update(state=Contact.State.ACTIVE)
    alert = issued()
    notify_all(alert)
    assert told(alert) == {"email": "accepted"}


def test_what_is_not_delivered_goes_the_next_way_at_once_and_once(sim: Running, at: At) -> None:
    contact = blocked(sim, people=3)
    reachable(contact, "email", MAIL)
    alert = issued()
    notify_all(alert)
    assert told(alert) == {"telegram": "undelivered"}

    for _ in range(3):
        swept(at)
        notify_all(alert)

    assert told(alert) == {"telegram": "undelivered", "email": "accepted"}
    assert len(sim.control("GET", f"letters?way=email&to={MAIL}")) == 1
    total = board(alert.rollcall).total
    assert (total.registered, total.accepted, total.undelivered) == (3, 3, 0)
    run = alert.notice_runs.get(kind="email")
    assert (run.expected, run.people, run.state) == (1, 3, NoticeRun.State.FILLED)


def test_the_chain_of_ways_goes_on_until_one_works(sim: Running, at: At) -> None:
    contact = blocked(sim)
    reachable(contact, "email", "gone@example.org")
    reachable(contact, "sms", PHONE)
    alert = issued()
    notify_all(alert)
    for _ in range(4):
        swept(at)
        notify_all(alert)
    assert told(alert) == {"telegram": "undelivered", "email": "undelivered", "sms": "accepted"}


def test_what_gets_no_receipt_is_followed_after_the_time_and_not_before(sim: Running, at: At, settings: Any) -> None:
    contact = citizen()
    reachable(contact, "sms", PHONE)
    reachable(contact, "email", MAIL)
    contact.delete()
    Contact.objects.filter(kind="email").update(rank=1)
    alert = issued()
    notify_all(alert)
    swept(at, settings.NEXT_WAY_AFTER - 1)
    assert told(alert) == {"sms": "accepted"}
    swept(at, 1.1)
    notify_all(alert)
    assert told(alert) == {"sms": "accepted", "email": "accepted"}
    assert board(alert.rollcall).total.registered == 1


def test_what_was_delivered_is_not_followed(sim: Running, at: At) -> None:
    contact = citizen()
    reachable(contact, "sms", PHONE)
    reachable(contact, "email", MAIL)
    contact.delete()
    Contact.objects.filter(kind="email").update(rank=1)
    alert = issued()
    notify_all(alert)
    Notice.objects.update(delivered_at=clock.now())
    swept(at, 60)
    assert told(alert) == {"sms": "accepted"}


def test_where_no_receipts_are_heard_taken_is_enough(sim: Running, at: At, settings: Any) -> None:
    settings.RECEIPTS_SECRETS = {}
    contact = citizen()
    reachable(contact, "sms", PHONE)
    reachable(contact, "email", MAIL)
    contact.delete()
    Contact.objects.filter(kind="email").update(rank=1)
    alert = issued()
    notify_all(alert)
    swept(at, 60)
    assert told(alert) == {"sms": "accepted"}


def test_an_unknown_outcome_is_repeated_first_and_then_followed(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    reachable(contact, "email", MAIL)
    fault = {
        "platform": "telegram",
        "fault": "cut_before",
        "times": 2,
        "method": "sendMessage",
        "chat": int(contact.address),
    }
    sim.control("POST", "faults", fault | {"params": {}})
    alert = issued()
    notify_all(alert)
    swept(at, 1.1)
    assert Notice.objects.get().resent_unknown
    notify_all(alert)
    assert told(alert) == {"telegram": "unconfirmed"}
    swept(at, 4)
    assert told(alert) == {"telegram": "unconfirmed"}
    swept(at, 1.5)
    notify_all(alert)
    assert told(alert) == {"telegram": "unconfirmed", "email": "accepted"}


def test_who_has_seen_it_with_the_bot_is_not_written_to_as_well(sim: Running, at: At) -> None:
    from crisis.broadcast.latecomers import told_by_bot

    contact = citizen(sim=sim)
    mail = reachable(contact, "email", "gone@example.org")
    reachable(contact, "sms", PHONE)
    Contact.objects.exclude(pk=mail.pk).update(rank=1)
    alert = issued()
    notify_all(alert)
    assert told_by_bot(contact=contact, alert=alert, now=clock.now())
    swept(at)
    assert told(alert) == {"email": "undelivered", "telegram": "accepted"}
    assert alert.notice_runs.get(kind="telegram").expected == 1


def test_a_person_found_dead_while_others_are_written_is_counted_once(sim: Running, at: At, approver: Officer) -> None:
    """The first way has failed before the second run is written: nobody is missed, nobody doubled, no count differs."""
    contact = blocked(sim)
    reachable(contact, "email", MAIL)
    alert = submitted()
    approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now())
    fill_task(alert.notice_runs.get(kind="telegram").pk)
    notify_all(alert)
    tick()
    fill_task(alert.notice_runs.get(kind="email").pk)
    tick()
    notify_all(alert)
    assert told(alert) == {"telegram": "undelivered", "email": "accepted"}
    assert {run.state for run in alert.notice_runs.all()} == {NoticeRun.State.FILLED}


def test_whose_first_way_dies_between_two_readings_is_told_by_the_next_once(
    sim: Running, at: At, approver: Officer
) -> None:
    """The second run has left them to the first, which no longer finds them: they are caught up with when both are written."""
    contact = citizen(sim=sim, people=2)
    reachable(contact, "email", MAIL)
    alert = submitted()
    approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now())
    telegram, email = (alert.notice_runs.get(kind=kind) for kind in ("telegram", "email"))
    for run in (telegram, email):
        assert filling.take(run_id=run.pk, now=clock.now())
    assert not list(filling.meant(run_id=email.pk).contacts)
    Contact.objects.filter(pk=contact.pk).update(state=Contact.State.GONE)
    assert not list(filling.meant(run_id=telegram.pk).contacts)

    closing.close(run_id=telegram.pk, now=clock.now())
    assert told(alert) == {}
    closing.close(run_id=email.pk, now=clock.now())
    assert told(alert) == {"telegram": "undelivered"}
    for _ in range(3):
        swept(at)
        notify_all(alert)
    assert told(alert) == {"telegram": "undelivered", "email": "accepted"}
    assert len(sim.control("GET", f"letters?way=email&to={MAIL}")) == 1
    assert {run.kind: (run.expected, run.state) for run in alert.notice_runs.all()} == {
        "telegram": (1, "filled"), "email": (1, "filled"),
    }  # fmt: skip
    assert Entry.objects.filter(action="broadcast.caught_up").count() == 1


def test_of_two_runs_that_end_at_one_moment_the_later_catches_up(sim: Running, at: At, approver: Officer) -> None:
    contact = citizen(sim=sim)
    reachable(contact, "email", MAIL)
    alert = submitted()
    approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now())
    telegram, email = (alert.notice_runs.get(kind=kind) for kind in ("telegram", "email"))
    Contact.objects.filter(pk=contact.pk).update(state=Contact.State.GONE)
    closing.close(run_id=telegram.pk, now=clock.now())
    # Its worker looked while the other was still being written.
    closing._settle(email.pk, [telegram.pk, email.pk], clock.now(), caught_up=False)
    email.refresh_from_db()
    assert email.state == NoticeRun.State.FILLING
    at(clock.now() + timedelta(seconds=3))
    assert filling.unfinished(clock.now()) == [email.pk]
    fill_task(email.pk)
    email.refresh_from_db()
    assert (email.state, told(alert)) == ("filled", {"telegram": "undelivered"})


def test_a_retraction_goes_by_the_ways_that_told_and_by_no_other(sim: Running, at: At, officer: Officer) -> None:
    contact = blocked(sim)
    reachable(contact, "email", MAIL)
    reachable(contact, "sms", PHONE)
    alert = issued()
    notify_all(alert)
    swept(at)
    notify_all(alert)
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    for run in cancel.notice_runs.all():
        fill_task(run.pk)
    notify_all(cancel)
    assert told(cancel) == {"email": "accepted"}


def test_an_alert_that_was_stopped_goes_no_further_way(sim: Running, at: At, officer: Officer) -> None:
    from crisis.broadcast.operations import stop

    contact = blocked(sim)
    reachable(contact, "email", MAIL)
    alert = issued()
    notify_all(alert)
    stop(alert=alert, by=officer, now=clock.now())
    swept(at)
    assert told(alert) == {"telegram": "undelivered"}


def test_a_run_is_tallied_only_when_no_next_way_is_open(sim: Running, at: At) -> None:
    contact = blocked(sim)
    reachable(contact, "email", MAIL)
    alert = issued()
    notify_all(alert)
    mail = alert.notice_runs.get(kind="email")
    at(clock.now() + timedelta(minutes=6))
    assert not tally(mail, clock.now()), "the next way has still to be written"
    swept(at)
    notify_all(alert)
    at(clock.now() + timedelta(minutes=6))
    assert tally(mail, clock.now())
    assert RunTally.objects.get(run=mail).counts == [["accepted", "", 1]]


def test_a_worker_that_dies_between_writing_and_ringing_loses_nobody(sim: Running, at: At) -> None:
    contact = blocked(sim)
    reachable(contact, "email", MAIL)
    alert = issued()
    notify_all(alert)
    assert len(next_way.look(clock.now())) == 1
    assert next_way.look(clock.now()) == []
    found = notice_ledger.fresh_chunks(limit=5, size=50, telegram=False)
    assert [run for run, _, _ in found] == [alert.notice_runs.get(kind="email").pk]


@pytest.mark.parametrize("number", [2_000])
def test_of_many_each_goes_one_way_and_the_failed_the_next(sim: Running, number: int) -> None:
    from tests.functional.crowds import crowd

    crowd(number, second=2)
    alert = issued()
    fill(alert)
    runs = {run.kind: run.expected for run in alert.notice_runs.all()}
    assert runs == {"telegram": number, "email": 0}
    some = Notice.objects.filter(run__alert=alert).order_by("id")[: number // 2].values_list("pk", flat=True)
    Notice.objects.filter(pk__in=list(some)).update(state=NoticeState.UNDELIVERED)
    while next_way.look(clock.now()):
        pass
    failed = Notice.objects.filter(run__alert=alert, state=NoticeState.UNDELIVERED)
    with_mail = failed.filter(contact__citizen__contacts__kind="email").count()
    assert 0 < with_mail < number // 2
    assert Notice.objects.filter(run__alert=alert, run__kind="email").count() == with_mail
    assert alert.notice_runs.get(kind="email").expected == with_mail
    assert not failed.filter(reserve=True).exists()
