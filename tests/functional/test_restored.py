"""A backup is put back: nothing is said twice of what had left since, and the house goes on when a person says so."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.lists import Invite
from crisis.broadcast import filling, notice_ledger
from crisis.broadcast.models import Delivery, DeliveryState, Notice, NoticeRun, NoticeState
from crisis.broadcast.release import Verdict, may_alert_leave
from crisis.checkins.letters import Written, receive
from crisis.checkins.unverified import Answer, Letter, Listening
from crisis.gathering import sending
from crisis.gathering.operations import call, release
from crisis.journal.models import Entry, Head
from crisis.registry.models import Installation
from crisis.registry.queries import house_paused
from crisis.staff.models import Officer
from simulator.testing import Running
from tasks import invitations, listening, sweep
from tasks.broadcast import deliver, read_back
from tasks.notices import fill
from tasks.passes import tell
from tests.functional.factories import citizen, deliver_all, issued, notify_all, one, submitted
from tests.functional.test_import_citizens import begun, upload_of, worked
from tests.functional.test_invitations import ROWS
from tests.functional.test_strangers import comments, published, said_by_us
from watch import readiness

At = Callable[[datetime], None]


def said(*words: str) -> str:
    out = StringIO()
    call_command("restored", *words, stdout=out)
    return out.getvalue()


def as_in_the_backup(alert: Alert) -> None:
    """Everything had left; the backup that is put back knows nothing of it."""
    Delivery.objects.filter(alert=alert).update(
        state=DeliveryState.QUEUED, attempt=0, posted_at=None, remote_id="", url="", first_sent_at=None,
        not_before=clock.now(),
    )  # fmt: skip
    Notice.objects.filter(run__alert=alert).update(
        state=NoticeState.QUEUED, attempt=0, accepted_at=None, remote_id="", not_before=None
    )


def test_what_had_left_since_the_backup_is_found_and_not_published_again(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    alert = issued()
    deliver_all()
    notify_all(alert)
    as_in_the_backup(alert)
    assert f"{Delivery.objects.count()} publications" in said()

    deliver_all()
    notify_all(alert)
    sweep.tick()
    assert set(Delivery.objects.filter(alert=alert).values_list("state", "reason")) == {("unconfirmed", "restored")}
    for pk in Delivery.objects.filter(alert=alert).values_list("pk", flat=True):
        read_back(pk)
    states = set(Delivery.objects.filter(alert=alert).values_list("account__platform", "state"))
    assert states == {("x", "posted"), ("facebook", "posted"), ("telegram", "unconfirmed")}
    assert sim.control("GET", f"received?marker={alert.marker}") == {contact.address: 1}

    assert "1 publications, 1 of which wait for a person; 1 notices" in said("--resume")
    at(clock.now() + timedelta(seconds=1))
    sweep.tick()
    notify_all(alert)
    deliver_all()
    assert (
        sum(sim.control("GET", f"counts?marker={alert.marker}").values())
        == Delivery.objects.filter(alert=alert).count()
    )
    assert sim.control("GET", f"received?marker={alert.marker}") == {contact.address: 2}
    assert Notice.objects.get().resent_unknown, "twice, after an outcome that nobody knew, and counted"


def test_what_had_not_left_leaves_once_the_house_goes_on(sim: Running, at: At) -> None:
    alert = issued()
    said()
    begun = clock.now()
    for seconds in (1, 61):
        at(begun + timedelta(seconds=seconds))
        for pk in Delivery.objects.filter(alert=alert).values_list("pk", flat=True):
            read_back(pk)
    assert one(alert, "facebook").reason == "proven_absent"
    deliver(one(alert, "facebook").pk)
    row = one(alert, "facebook")
    assert (row.state, row.reason) == (DeliveryState.QUEUED, "house_paused")

    said("--resume")
    at(clock.now() + timedelta(seconds=3))
    deliver_all()
    assert one(alert, "facebook").state == DeliveryState.POSTED


def test_while_the_house_is_paused_nothing_leaves_and_nobody_is_written_down(sim: Running) -> None:
    citizen()
    said()
    alert = issued()
    assert may_alert_leave(alert, clock.now()).verdict == Verdict.WAIT
    assert filling.unfinished(clock.now()) == []
    fill(alert.notice_runs.get().pk)
    assert not Notice.objects.exists()
    assert not notice_ledger.holds(run_id=alert.notice_runs.get().pk, now=clock.now())


def test_a_run_that_was_being_written_is_written_as_unknown(sim: Running) -> None:
    citizen(sim=sim)
    alert = issued()
    Notice.objects.all().delete()
    NoticeRun.objects.update(state=NoticeRun.State.FILLING, filling_until=clock.now() + timedelta(hours=1))
    said()
    said("--resume", "--at-once")
    fill(alert.notice_runs.get().pk)
    row = Notice.objects.get()
    assert (row.state, row.reason, row.resent_unknown) == (NoticeState.UNCONFIRMED, "restored", False)
    assert notice_ledger.resend_unknown(clock.now()) == 1
    notify_all(alert)
    row.refresh_from_db()
    assert (row.state, row.resent_unknown) == (NoticeState.ACCEPTED, True)


def test_whoever_was_told_twice_before_is_not_told_a_third_time(sim: Running) -> None:
    for name in ("repeated", "unknown"):
        citizen(name=name)
    issued()
    repeated, unknown = Notice.objects.order_by("pk")
    Notice.objects.filter(pk=repeated.pk).update(resent_unknown=True, not_before=clock.now())
    Notice.objects.filter(pk=unknown.pk).update(state=NoticeState.UNCONFIRMED, not_before=clock.now())
    said()
    said("--resume", "--at-once")
    assert notice_ledger.resend_unknown(clock.now()) == 0
    assert set(Notice.objects.values_list("state", "resent_unknown")) == {("unconfirmed", True)}


def test_it_is_journalled_and_goes_on_only_when_it_may(sim: Running) -> None:
    with pytest.raises(CommandError, match="Nothing is paused"):
        said("--resume")
    issued()
    number = Delivery.objects.count()
    submitted(countries=["FR"])
    assert "1 alerts were waiting for approval" in said()
    assert Entry.objects.get(action="broadcast.restored").data["deliveries"] == number
    with pytest.raises(CommandError, match=f"{number} publications are still being read back"):
        said("--resume")
    assert f"{number} publications, 0 of which" in said("--resume", "--at-once")
    assert house_paused() == ""


def test_a_restore_that_nobody_declared_pauses_the_house(sim: Running, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        issued()
        sweep.tick()
        sweep.tick()
    assert house_paused() == ""
    last = Head.objects.get()
    Entry.objects.filter(position=last.position)._raw_delete(Entry.objects.db)
    before = Entry.objects.get(position=last.position - 1)
    Head.objects.update(position=before.position, digest=before.digest)
    with caplog.at_level(logging.ERROR):
        sweep.tick()
    assert house_paused() == "restore_suspected"
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.__dict__["code"] == "restore_suspected"
    with pytest.raises(CommandError, match=r"run manage\.py restored first"):
        said("--resume", "--at-once")
    said()
    said("--resume", "--at-once")
    sweep.tick()
    assert house_paused() == ""


def test_a_lost_redis_claims_nothing_and_a_new_database_is_no_older_one(sim: Running) -> None:
    issued()
    sweep.tick()
    sweep.tick()
    Entry.objects.all()._raw_delete(Entry.objects.db)
    Head.objects.all().delete()
    Installation.objects.update(installed_at=clock.now())
    sweep.tick()
    assert house_paused() == ""


def test_a_paused_house_is_not_ready_and_says_why(sim: Running) -> None:
    assert readiness._answer("house", readiness.house).ok
    said()
    told = readiness._answer("house", readiness.house)
    assert not told.ok
    assert "manage.py restored" in told.says


def test_what_else_waited_is_unknown_and_never_sent_a_second_time(
    sim: Running, officer: Officer, approver: Officer
) -> None:
    emma = citizen(sim=sim, name="Emma")
    alert, row = published()
    gathering = call(
        rollcall=alert.rollcall, citizens=[emma.citizen], texts={"fr": "Venez."}, by=officer, now=clock.now(),
        expires_at=clock.now() + timedelta(hours=6),
    )  # fmt: skip
    comments(sim, row, "call me: +32 470 12 34 56", author="early")
    listening.listen()
    worked(begun(upload_of(ROWS), invite=True))
    told = said()
    assert "2 invitations, 1 answers to strangers, 0 replies to people, 1 personal codes" in told
    said("--resume", "--at-once")

    release(gathering=gathering, by=approver, now=clock.now())
    tell()
    listening.answer()
    invitations.send()
    assert sim.control("GET", f"chats/{emma.address}")["messages"] == []
    assert (said_by_us(sim), sim.control("GET", "letters?way=email")) == ([], [])
    assert sending.counted(gathering)["Outcome unknown"] == 1
    assert set(Invite.objects.values_list("state", "code")) == {("unknown", "restored")}
    assert Answer.objects.get().get_state_display() == "Outcome unknown"


def test_what_is_read_again_after_a_restore_is_answered_only_if_it_is_newer(sim: Running, at: At) -> None:
    _, row = published()
    comments(sim, row, "call me: +32 470 12 34 56", author="early")
    listening.listen()
    Letter.objects.all().delete()
    Listening.objects.all().delete()
    said()
    said("--resume", "--at-once")
    listening.listen()
    assert Answer.objects.get().state == "unconfirmed"
    at(clock.now() + timedelta(minutes=5))
    receive(
        account=row.account, way=Letter.Way.PUBLIC, now=clock.now(), alert=row.alert,
        written=Written("9", "late", "call me: +32 470 12 34 57", clock.now()),
    )  # fmt: skip
    assert set(Answer.objects.values_list("state", flat=True)) == {"unconfirmed", "due"}


def test_a_list_that_came_before_the_restore_invites_nobody_by_itself(sim: Running) -> None:
    upload = upload_of(ROWS)
    said()
    said("--resume")
    worked(begun(upload, invite=True))
    assert set(Invite.objects.values_list("state", "code")) == {("unknown", "restored")}
    invitations.send()
    assert sim.control("GET", "letters?way=email") == []
