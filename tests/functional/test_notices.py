"""Notices to citizens: claimed and settled in chunks; blocked, moved, throttled and unknown in the same pass."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.audience.operations import stop as leave
from crisis.broadcast import notice_ledger
from crisis.broadcast.models import Notice, NoticeState
from crisis.broadcast.notice_ledger import Outcome
from crisis.broadcast.operations import stop
from crisis.broadcast.queries import progress
from crisis.health.tallies import tally
from crisis.staff.models import Officer
from platforms.contract import Receipt
from platforms.errors import Throttled, Unreachable
from simulator.testing import Running
from tasks import throttle
from tests.functional.factories import citizen, issued, notify_all

At = Callable[[datetime], None]


def states(alert: Alert) -> dict[str, str]:
    rows = Notice.objects.filter(run__alert=alert).select_related("contact__citizen")
    return {notice.contact.citizen.name: notice.state for notice in rows}


def fault(sim: Running, name: str, chat: str | None, *, times: int | None = 1, **params: Any) -> None:
    body = {"platform": "telegram", "fault": name, "times": times, "method": "sendMessage", "params": params}
    sim.control("POST", "faults", body | ({"chat": int(chat)} if chat else {}))


def test_each_citizen_gets_the_alert_once_in_their_language_with_buttons(sim: Running) -> None:
    people = {code: citizen("Tokyo", language=code, name=code, sim=sim) for code in ("nl", "fr", "de", "en")}
    alert = issued()
    for _ in range(2):
        notify_all(alert)

    words = {"nl": "Ik ben veilig", "fr": "Je suis en sécurité", "de": "Ich bin in Sicherheit", "en": "I am safe"}
    for code, contact in people.items():
        (message,) = sim.control("GET", f"chats/{contact.address}")["messages"]
        assert alert.marker in message["text"]
        assert words[code] in message["inline_keyboard"][0][0]["text"]
        data = [row[0]["callback_data"] for row in message["inline_keyboard"]]
        assert data == [f"c:{alert.rollcall.pk}:{answer}" for answer in ("safe", "help", "not_there")]
        assert all(len(each.encode()) <= 64 for each in data)
    assert set(states(alert).values()) == {"accepted"}
    assert Notice.objects.exclude(remote_id="").exclude(accepted_at=None).count() == 4


def test_an_alert_that_asks_nothing_has_no_buttons(sim: Running) -> None:
    contact = citizen(sim=sim)
    notify_all(issued(slug="demonstration"))
    assert sim.control("GET", f"chats/{contact.address}")["messages"][0]["inline_keyboard"] == []


def test_blocked_and_gone_are_noted_and_the_others_go_on(sim: Running) -> None:
    blocked, fine = citizen(name="blocked", sim=sim), citizen(name="fine", sim=sim)
    sim.control("POST", f"people/{blocked.address}/act", {"kind": "block"})
    alert = issued()
    notify_all(alert)

    assert states(alert) == {"blocked": "undelivered", "fine": "accepted"}
    blocked.refresh_from_db()
    fine.refresh_from_db()
    assert (blocked.state, fine.state) == (Contact.State.GONE, Contact.State.ACTIVE)


def test_a_chat_that_is_not_found_is_believed_the_second_time(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    fault(sim, "gone", contact.address, times=2, reason="not_found")
    alert = issued()
    notify_all(alert)
    notice = Notice.objects.get()
    assert (notice.state, notice.reason) == (NoticeState.QUEUED, "recipient_gone")
    contact.refresh_from_db()
    assert contact.state == Contact.State.ACTIVE

    at(clock.now() + timedelta(seconds=61))
    notify_all(alert)
    contact.refresh_from_db()
    assert (Notice.objects.get().state, contact.state) == ("undelivered", "gone")


def test_a_chat_that_moved_is_followed_once(sim: Running) -> None:
    contact = citizen(sim=sim)
    sim.control("PUT", "people", [{"chat_id": 8_299_999_999, "first_name": "Emma", "started": True}])
    fault(sim, "migrated", contact.address, to=8_299_999_999)
    alert = issued()
    notify_all(alert)
    notify_all(alert)

    contact.refresh_from_db()
    assert contact.address == "8299999999"
    assert Notice.objects.get().state == NoticeState.ACCEPTED


def test_a_chat_that_moved_after_an_unknown_outcome_is_followed(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    sim.control("PUT", "people", [{"chat_id": 8_299_999_998, "first_name": "Emma", "started": True}])
    fault(sim, "cut_before", contact.address)
    alert = issued()
    notify_all(alert)
    at(clock.now() + timedelta(seconds=61))
    notice_ledger.resend_unknown(clock.now())
    fault(sim, "migrated", contact.address, to=8_299_999_998)
    notify_all(alert)
    notify_all(alert)
    assert Notice.objects.get().state == NoticeState.ACCEPTED
    assert sim.control("GET", f"received?marker={alert.marker}") == {"8299999998": 1}


def test_a_chat_that_is_not_found_after_another_failure_is_not_believed_at_once(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    fault(sim, "cut_before", contact.address)
    alert = issued()
    notify_all(alert)
    at(clock.now() + timedelta(seconds=61))
    notice_ledger.resend_unknown(clock.now())
    fault(sim, "gone", contact.address, reason="not_found")
    notify_all(alert)
    contact.refresh_from_db()
    assert (Notice.objects.get().state, contact.state) == (NoticeState.QUEUED, Contact.State.ACTIVE)


def test_a_429_halts_the_chunk_and_gives_the_rest_back(sim: Running, at: At) -> None:
    for number in range(40):
        citizen(name=str(number), sim=sim)
    fault(sim, "rate_limit", None, retry_after=30)
    alert = issued()
    notify_all(alert)

    rows = Notice.objects.filter(run__alert=alert)
    waiting = rows.filter(state=NoticeState.QUEUED)
    assert waiting.count() >= 15
    for notice in waiting:
        assert notice.not_before is not None
        assert (notice.not_before - clock.now()).total_seconds() == pytest.approx(30, abs=3)
    asked = sim.control("GET", "requests")["total"]
    notify_all(alert)
    assert sim.control("GET", "requests")["total"] == asked, "no request during the ban"
    assert not rows.filter(state=NoticeState.SENDING).exists()


def test_an_unknown_notice_is_sent_once_more_and_never_a_third_time(sim: Running, at: At) -> None:
    contact = citizen(sim=sim)
    fault(sim, "cut_after", contact.address, times=2)
    alert = issued()
    notify_all(alert)
    assert Notice.objects.get().state == NoticeState.UNCONFIRMED

    assert notice_ledger.resend_unknown(clock.now()) == 0, "not in the same bad minute"
    at(clock.now() + timedelta(seconds=61))
    assert notice_ledger.resend_unknown(clock.now()) == 1
    notify_all(alert)
    at(clock.now() + timedelta(seconds=61))
    assert (Notice.objects.get().state, Notice.objects.get().resent_unknown) == (NoticeState.UNCONFIRMED, True)
    assert notice_ledger.resend_unknown(clock.now()) == 0
    assert sim.control("GET", f"received?marker={alert.marker}") == {contact.address: 2}


@pytest.mark.parametrize("name", ["unauthorized", "error_json"])
def test_a_refused_bot_burns_nobody(sim: Running, at: At, name: str) -> None:
    """A revoked token, or two pollers, says nothing of any citizen: all wait, and all are told once it is mended."""
    for number in range(30):
        citizen(name=str(number), sim=sim)
    fault(sim, name, None, times=None, **({"status": 409} if name == "error_json" else {}))
    alert = issued()
    notify_all(alert)
    rows = Notice.objects.filter(run__alert=alert)
    assert set(rows.values_list("state", "attempt")) == {("queued", 0)}
    asked = sim.control("GET", "requests")["total"]
    notify_all(alert)
    assert sim.control("GET", "requests")["total"] == asked, "for a minute nobody is bothered again"

    sim.control("DELETE", "faults")
    at(clock.now() + timedelta(seconds=62))
    for _ in range(3):
        notify_all(alert)
    assert set(rows.values_list("state", flat=True)) == {"accepted"}
    assert set(sim.control("GET", f"received?marker={alert.marker}").values()) == {1}


def test_an_outage_ends_for_a_notice_only_with_its_alert(sim: Running) -> None:
    citizen()
    alert = issued()
    now = clock.now()
    for _ in range(20):
        number, (mine,) = claim(alert, now)
        notice_ledger.settle_window(number=number, outcomes=[Outcome(mine, Unreachable("no"))], now=now)
        now += notice_ledger.UNREACHABLE_FOR
    assert Notice.objects.values_list("state", "attempt").get() == ("queued", 0)


def test_a_long_halt_leaves_nobody_unknown(sim: Running, at: At) -> None:
    """Claimed before the halt was known: given back, and sent once when it is over."""
    for number in range(30):
        citizen(name=str(number), sim=sim)
    alert = issued()
    throttle.halt(throttle.TELEGRAM, seconds=180)
    notify_all(alert)
    assert set(states(alert).values()) == {"queued"}
    assert sim.control("GET", f"received?marker={alert.marker}") == {}


def test_what_is_unknown_when_the_alert_ends_stays_unknown(sim: Running, officer: Officer) -> None:
    citizen()
    alert = issued()
    now = clock.now()
    Notice.objects.update(state=NoticeState.UNCONFIRMED, reason="unconfirmed", attempt=1, not_before=now)
    assert not progress(alert, now).done
    stop(alert=alert, by=officer, now=now)
    assert notice_ledger.resend_unknown(now) == 0
    assert states(alert) == {"Emma Peeters": "unconfirmed"}
    stopped = Alert.objects.get(pk=alert.pk)
    assert not progress(stopped, now).notices_unknown
    later = now + timedelta(minutes=6)
    assert tally(alert.notice_runs.get(), later), "nothing of it moves any more"


def test_nothing_leaves_after_a_stop(sim: Running, officer: Officer) -> None:
    contact = citizen(sim=sim)
    alert = issued()
    stop(alert=alert, by=officer, now=clock.now())
    notify_all(alert)
    assert states(alert) == {"Emma Peeters": "stopped"}
    assert sim.control("GET", f"chats/{contact.address}")["messages"] == []


def test_an_expired_alert_reaches_nobody(sim: Running, at: At) -> None:
    citizen(sim=sim)
    alert = issued()
    at(clock.now() + timedelta(hours=49))
    notify_all(alert)
    assert states(alert) == {"Emma Peeters": "queued"}
    assert notice_ledger.close_ended(clock.now()) == 1
    assert states(alert) == {"Emma Peeters": "expired"}


# --- the ledger of chunks ----------------------------------------------------------------------------------------------------


def claim(alert: Alert, now: datetime) -> tuple[int, list[notice_ledger.Claimed]]:
    ids = list(Notice.objects.order_by("id").values_list("pk", flat=True))
    return notice_ledger.claim_window(run_id=alert.notice_runs.get().pk, first=ids[0], last=ids[-1], now=now)


def test_a_chunk_belongs_to_one_worker(sim: Running) -> None:
    for number in range(5):
        citizen(name=str(number))
    alert = issued()
    number, mine = claim(alert, clock.now())
    assert len(mine) == 5
    assert claim(alert, clock.now())[1] == []

    settled = notice_ledger.settle_window(number=number + 1, outcomes=[Outcome(mine[0], Receipt("1"))], now=clock.now())
    assert settled == 0, "another claim's number settles nothing"


def test_a_chunk_is_settled_in_one_statement(sim: Running, django_assert_num_queries: Any) -> None:
    for number in range(30):
        citizen(name=str(number))
    alert = issued()
    now = clock.now()
    number, mine = claim(alert, now)
    outcomes = [Outcome(notice, Receipt(str(notice.id))) for notice in mine[:20]]
    outcomes += [Outcome(notice, Unreachable("no")) for notice in mine[20:25]]
    outcomes += [Outcome(notice, Throttled("slow", scope="app", retry_after=9)) for notice in mine[25:]]

    with django_assert_num_queries(3):  # savepoint, update, release
        assert notice_ledger.settle_window(number=number, outcomes=outcomes, now=now) == 30

    accepted = Notice.objects.filter(state=NoticeState.ACCEPTED)
    assert {(n.remote_id, n.accepted_at) for n in accepted} == {(str(n.id), now) for n in mine[:20]}
    waits = set(Notice.objects.filter(state=NoticeState.QUEUED).values_list("reason", "not_before"))
    assert waits == {("unreachable", now + notice_ledger.UNREACHABLE_FOR), ("throttled", now + timedelta(seconds=9))}


def test_a_worker_that_dies_leaves_unknowns_that_are_sent_once_more(sim: Running) -> None:
    citizen()
    alert = issued()
    now = clock.now()
    claim(alert, now)
    assert notice_ledger.expire_leases(now + notice_ledger.LEASE) == 0
    later = now + notice_ledger.LEASE + timedelta(seconds=1)
    assert notice_ledger.expire_leases(later) == 1
    assert notice_ledger.resend_unknown(later) == 1
    assert Notice.objects.get().state == NoticeState.QUEUED


def test_what_was_not_sent_is_given_back_uncounted(sim: Running) -> None:
    citizen()
    alert = issued()
    number, (notice,) = claim(alert, clock.now())
    notice_ledger.give_back(number=number, ids=[notice.id], until=clock.now())
    row = Notice.objects.get()
    assert (row.state, row.attempt, row.lease_until) == (NoticeState.QUEUED, 0, None)


def test_fresh_chunks_are_ranges_most_exposed_first(sim: Running) -> None:
    for number in range(7):
        citizen("Osaka" if number == 6 else "Tokyo", name=str(number))
    alert = issued(slots={"place": "Osaka"})
    chunks = notice_ledger.fresh_chunks(limit=10, size=3)

    assert [last - first + 1 for _, first, last in chunks] == [3, 3, 1]
    assert Notice.objects.get(pk=chunks[0][1]).contact.citizen.name == "6"
    assert {run for run, _, _ in chunks} == {alert.notice_runs.get().pk}
    assert notice_ledger.fresh_chunks(limit=2, size=3) == chunks[:2]


def test_what_was_put_off_is_found_when_its_time_has_come_and_no_range_is_wide(sim: Running) -> None:
    for number in range(9):
        citizen(name=str(number))
    alert = issued()
    now, run = clock.now(), alert.notice_runs.get().pk
    ids = list(Notice.objects.order_by("id").values_list("pk", flat=True))
    for one in (ids[0], ids[1], ids[8]):
        notice_ledger.put_off(run_id=run, first=one, last=one, until=now + timedelta(seconds=30))

    assert notice_ledger.waited_chunks(now, limit=10, size=3) == []
    assert notice_ledger.fresh_chunks(limit=10, size=9) == [(run, ids[2], ids[7])]
    later = now + timedelta(seconds=31)
    assert notice_ledger.waited_chunks(later, limit=10, size=3) == [(run, ids[0], ids[1]), (run, ids[8], ids[8])]
    assert len(notice_ledger.claim_window(run_id=run, first=ids[0], last=ids[8], now=now)[1]) == 6


def test_whoever_has_left_since_is_told_nothing(sim: Running) -> None:
    left, stays = citizen(name="left", sim=sim), citizen(name="stays", sim=sim)
    alert = issued()
    leave(contact=left)
    notify_all(alert)
    assert states(alert) == {"left": "undelivered", "stays": "accepted"}
    assert sim.control("GET", f"chats/{left.address}")["messages"] == []
    assert stays.state == Contact.State.ACTIVE


def test_a_stop_reaches_what_a_worker_holds_but_has_not_sent(
    sim: Running, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        citizen(name=str(number), sim=sim)
    alert = issued()

    # A permit takes 4 s; a second after the claim, the stop has come.
    monkeypatch.setattr(settings, "TELEGRAM_RATE", 0.3)
    stopping: list[int] = []

    def passing() -> datetime:
        now = datetime.now(UTC)  # noqa: TID251 - real time passes here
        if not stopping and Notice.objects.filter(state=NoticeState.SENDING).exists():
            stopping.append(alert.pk)  # whoever stops asks the clock, too
            stop(alert=alert, by=officer, now=now)
        return now

    monkeypatch.setattr(clock, "now", passing)
    notify_all(alert)
    monkeypatch.undo()
    notice_ledger.close_ended(clock.now())
    assert set(states(alert).values()) == {"stopped"}
    assert sim.control("GET", f"received?marker={alert.marker}") == {}


def test_each_line_about_notices_names_their_alert_and_nobodys_chat(
    sim: Running, caplog: pytest.LogCaptureFixture
) -> None:
    contact = citizen(sim=sim)
    alert = issued()
    with caplog.at_level(logging.INFO):
        notify_all(alert)
    (record,) = [each for each in caplog.records if each.name == "tasks.notices"]
    assert (record.__dict__["run"], record.__dict__["marker"]) == (alert.notice_runs.get().pk, alert.marker)
    assert contact.address not in caplog.text
