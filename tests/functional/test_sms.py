"""SMS to citizens: taken is not delivered, a repetition sends nothing twice, and receipts never move anything backwards."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.broadcast import notice_ledger
from crisis.broadcast.models import Notice, NoticeState
from crisis.broadcast.notice_ledger import reference
from crisis.broadcast.preflight import look
from crisis.broadcast.queries import sentence
from platforms.contract import Receipt
from simulator.testing import Running
from tests.functional.factories import citizen, drafted, issued, notify_all, reachable

PHONE = "+99955512345"


def letters(sim: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", "letters?way=sms")
    return found


def phone(number: str = PHONE, **person: Any) -> Contact:
    contact = citizen(**person)
    found = reachable(contact, "sms", number)
    contact.delete()
    return found


def told(alert: Alert, status: str, *, secret: str = "", age_s: int = 0, **more: str) -> Any:
    """What the gateway says of the alert's notice."""
    notice = Notice.objects.get(run__alert=alert)
    word = {"reference": reference(alert.marker, notice.pk), "id": "sms-1", "status": status} | more
    body = json.dumps(word).encode()
    at = str(int(clock.now().timestamp()) - age_s)
    key = secret or settings.RECEIPTS_SECRETS["sms"]
    proof = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Tocsin-Timestamp": at, "Tocsin-Signature": f"sha256={proof}"}
    return Client(enforce_csrf_checks=True).post("/receipts/sms", body, "application/json", headers=headers)


def test_a_message_is_short_counted_and_taken(sim: Running) -> None:
    phone()
    alert = issued()
    notify_all(alert)

    (letter,) = letters(sim)
    assert letter["recipient"] == PHONE
    assert letter["text"].startswith("EXERCICE")
    assert alert.marker in letter["text"]
    assert letter["body"]["segments"] <= 6
    notice = Notice.objects.get()
    assert (notice.state, notice.delivered_at) == (NoticeState.ACCEPTED, None)
    assert letter["remote_id"] == notice.remote_id


def test_the_preflight_says_what_it_costs(sim: Running, signed_in: Callable[[str], Client]) -> None:
    phone(people=3)
    phone("+99955512346")
    (_, way) = look(drafted(), clock.now()).by_way
    assert (way.name, way.people, way.contacts) == ("SMS", 4, 2)
    assert 1 < way.longest <= 6
    assert way.messages == 2 * way.longest


def test_delivered_is_noted_and_stays(sim: Running) -> None:
    contact = phone()
    alert = issued()
    notify_all(alert)

    assert told(alert, "delivered").status_code == 200
    assert told(alert, "delivered").json()["known"]
    assert told(alert, "failed", code="number").status_code == 200
    notice = Notice.objects.get()
    assert notice.state == NoticeState.ACCEPTED
    assert notice.delivered_at is not None
    contact.refresh_from_db()
    assert contact.state == Contact.State.ACTIVE


def test_what_failed_is_not_delivered_and_only_a_dead_number_marks_the_contact(sim: Running) -> None:
    contact = phone()
    alert = issued()
    notify_all(alert)
    assert told(alert, "failed", code="absent").status_code == 200
    notice = Notice.objects.get()
    assert (notice.state, notice.reason) == (NoticeState.UNDELIVERED, "receipt_failed")
    assert "never got it" in sentence(notice.reason)
    contact.refresh_from_db()
    assert contact.state == Contact.State.ACTIVE
    assert told(alert, "delivered").status_code == 200
    assert Notice.objects.get().state == NoticeState.UNDELIVERED, "what is final stays"

    again = issued()
    notify_all(again)
    told(again, "failed", code="number")
    contact.refresh_from_db()
    assert contact.state == Contact.State.GONE


def test_a_receipt_settles_what_was_unknown_and_nothing_is_sent_again(
    sim: Running, at: Callable[[datetime], None]
) -> None:
    phone()
    sim.control("POST", "faults", {"platform": "sms", "fault": "cut_after", "times": 1, "method": "create"})
    alert = issued()
    notify_all(alert)
    assert Notice.objects.get().state == NoticeState.UNCONFIRMED
    assert told(alert, "delivered").status_code == 200
    assert Notice.objects.get().state == NoticeState.ACCEPTED

    at(clock.now() + timedelta(seconds=61))
    assert notice_ledger.resend_unknown(clock.now()) == 0


def test_without_a_receipt_the_repetition_is_no_second_message(sim: Running, at: Callable[[datetime], None]) -> None:
    phone()
    sim.control("POST", "faults", {"platform": "sms", "fault": "cut_after", "times": 1, "method": "create"})
    alert = issued()
    notify_all(alert)
    at(clock.now() + timedelta(seconds=61))
    assert notice_ledger.resend_unknown(clock.now()) == 1
    notify_all(alert)

    (letter,) = letters(sim)
    assert Notice.objects.get().remote_id == letter["remote_id"]


def test_a_receipt_that_overtakes_its_answer(sim: Running) -> None:
    phone()
    alert = issued()
    pk = Notice.objects.get().pk
    number, mine = notice_ledger.claim_window(
        run_id=alert.notice_runs.get(kind="sms").pk, first=pk, last=pk, now=clock.now()
    )
    early = told(alert, "failed")
    assert (early.status_code, early["Retry-After"]) == (503, "5")
    assert told(alert, "delivered").status_code == 200
    outcome = notice_ledger.Outcome(mine[0], Receipt("sms-1"))
    notice_ledger.settle_window(number=number, outcomes=[outcome], now=clock.now())
    notice = Notice.objects.get()
    assert (notice.state, notice.delivered_at is None) == (NoticeState.ACCEPTED, False)


@pytest.mark.parametrize(
    "forged",
    [{"secret": "somebody's"}, {"age_s": 301}, {"age_s": -330}],
    ids=["another secret", "a recording", "from the future"],
)
def test_a_forged_receipt_is_refused(sim: Running, forged: dict[str, Any]) -> None:
    phone()
    alert = issued()
    notify_all(alert)
    assert told(alert, "failed", **forged).status_code == 403
    assert Notice.objects.get().state == NoticeState.ACCEPTED


def test_what_is_no_receipt_and_what_is_none_of_ours(sim: Running, settings: Any) -> None:
    phone()
    alert = issued()
    client = Client()
    assert client.post("/receipts/sms", b"{}", "application/json").status_code == 403
    assert client.post("/receipts/telegram", b"{}", "application/json").status_code == 403
    assert client.get("/receipts/sms").status_code == 405
    assert told(alert, "failed", reference="ABCDEF-1.1").json() == {"ok": True, "known": False}
    assert told(alert, "failed", reference="nonsense").json() == {"ok": True, "known": False}
    assert told(alert, "buffered").json() == {"ok": True}
    settings.RECEIPTS_SECRETS = {"sms": ""}
    assert told(alert, "failed", secret="x").status_code == 403
    assert Notice.objects.get().state == NoticeState.QUEUED


def test_a_bounce_comes_the_same_way_and_only_to_its_own_way(sim: Running) -> None:
    phone()
    alert = issued()
    notify_all(alert)
    notice = Notice.objects.get()
    body = json.dumps({"reference": reference(alert.marker, notice.pk), "id": "", "status": "failed"}).encode()
    at = str(int(clock.now().timestamp()))
    proof = hmac.new(settings.RECEIPTS_SECRETS["email"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Tocsin-Timestamp": at, "Tocsin-Signature": f"sha256={proof}"}
    answer = Client().post("/receipts/email", body, "application/json", headers=headers)
    assert answer.json() == {"ok": True, "known": False}


def test_a_dead_number_is_gone_at_once(sim: Running) -> None:
    contact = phone("+99955512000")
    notify_all(issued())
    contact.refresh_from_db()
    assert contact.state == Contact.State.GONE
    assert Notice.objects.get().reason == "recipient_gone"
