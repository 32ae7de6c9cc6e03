"""WhatsApp to citizens: a template in their language, and a webhook that is believed only under our app's signature."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.broadcast.models import Notice, NoticeState
from crisis.broadcast.notice_ledger import reference
from crisis.broadcast.preflight import look
from simulator.testing import Running
from tests.functional.factories import citizen, drafted, issued, notify_all, reachable

PHONE = "+99955512345"
PATH = "/receipts/whatsapp"


def phone(number: str = PHONE, **person: Any) -> Contact:
    contact = citizen(**person)
    found = reachable(contact, "whatsapp", number)
    contact.delete()
    return found


def statuses(alert: Alert, *states: str, code: int = 0, **more: Any) -> bytes:
    """The webhook's body about the alert's notice."""
    notice = Notice.objects.get(run__alert=alert)
    told = [
        {"id": "wamid.1", "status": state, "timestamp": "1", "recipient_id": "1",
         "biz_opaque_callback_data": reference(alert.marker, notice.pk)}
        | ({"errors": [{"code": code}]} if code else {}) | more
        for state in states
    ]  # fmt: skip
    value = {"messaging_product": "whatsapp", "metadata": {}, "statuses": told}
    hook = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "W", "changes": [{"field": "messages", "value": value}]}],
    }
    return json.dumps(hook).encode()


def post(body: bytes, *, secret: str = "") -> Any:
    key = secret or settings.APP_SECRETS["WHATSAPP_APP_SECRET"]
    proof = "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    client = Client(enforce_csrf_checks=True)
    return client.post(PATH, body, "application/json", headers={"X-Hub-Signature-256": proof})


@pytest.mark.parametrize("code", ["nl", "fr", "de", "en"])
@pytest.mark.parametrize("slug", ["earthquake", "evacuation", "demonstration"])
def test_each_language_fills_its_template(sim: Running, code: str, slug: str) -> None:
    phone(language=code)
    alert = issued(slug=slug)
    notify_all(alert)

    (letter,) = sim.control("GET", "letters?way=whatsapp")
    assert letter["recipient"] == PHONE
    assert letter["body"] == {"template": settings.APP_SECRETS["WHATSAPP_TEMPLATE"], "language": code}
    first, between, last = letter["text"].split("\n\n")
    assert "EXERCISE" in first or code != "en"
    assert between.startswith(("•", "“")) or len(between) > 20
    assert alert.marker in last
    assert Notice.objects.get().remote_id == letter["remote_id"]


def test_delivered_and_read_are_noted_and_what_failed_later_changes_nothing(sim: Running) -> None:
    phone()
    alert = issued()
    notify_all(alert)
    assert post(statuses(alert, "sent", "delivered", "read")).status_code == 200
    assert post(statuses(alert, "failed", code=131026)).status_code == 200
    notice = Notice.objects.get()
    assert notice.state == NoticeState.ACCEPTED
    assert notice.delivered_at is not None


def test_a_phone_without_whatsapp_is_believed_the_second_time(sim: Running) -> None:
    contact = phone()
    for state in (Contact.State.ACTIVE, Contact.State.GONE):
        alert = issued()
        notify_all(alert)
        assert post(statuses(alert, "failed", code=131026)).status_code == 200
        assert Notice.objects.get(run__alert=alert).state == NoticeState.UNDELIVERED
        contact.refresh_from_db()
        assert contact.state == state


def test_the_webhook_settles_what_was_unknown(sim: Running) -> None:
    phone()
    sim.control("POST", "faults", {"platform": "whatsapp", "fault": "cut_after", "times": 1, "method": "create"})
    alert = issued()
    notify_all(alert)
    assert Notice.objects.get().state == NoticeState.UNCONFIRMED
    post(statuses(alert, "delivered"))
    notice = Notice.objects.get()
    assert (notice.state, notice.remote_id) == (NoticeState.ACCEPTED, "wamid.1")


def test_a_forged_webhook_is_refused(sim: Running, settings: Any) -> None:
    phone()
    alert = issued()
    notify_all(alert)
    body = statuses(alert, "failed", code=131000)
    assert post(body, secret="somebody's").status_code == 403
    assert Client().post(PATH, body, "application/json").status_code == 403
    settings.APP_SECRETS = settings.APP_SECRETS | {"WHATSAPP_APP_SECRET": ""}
    assert post(body, secret="x").status_code == 403
    assert (
        Client()
        .post(
            PATH,
            body,
            "application/json",
            headers={"X-Hub-Signature-256": f"sha256={hmac.new(b'', body, hashlib.sha256).hexdigest()}"},
        )
        .status_code
        == 403
    )
    assert Notice.objects.get().state == NoticeState.ACCEPTED


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b'{"entry": 7}', b'{"entry": [{"changes": [{}]}]}', b"{" * 5000])
def test_what_is_no_webhook_breaks_nothing(sim: Running, body: bytes) -> None:
    assert post(body).status_code in (200, 400)


def test_what_people_write_is_taken_and_not_heard(sim: Running) -> None:
    value = {"messages": [{"from": "1", "id": "wamid.2", "type": "text", "text": {"body": "I am safe"}}]}
    hook = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "W", "changes": [{"field": "messages", "value": value}]}],
    }
    assert post(json.dumps(hook).encode()).status_code == 200


def test_the_platform_asks_whether_the_address_is_ours() -> None:
    token = settings.APP_SECRETS["WHATSAPP_VERIFY_TOKEN"]
    asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
    assert Client().get(PATH, asked).content == b"1158201444"
    assert Client().get(PATH, asked | {"hub.verify_token": "guess"}).status_code == 403


def test_the_daily_limit_is_said_before_it_hurts(sim: Running, settings: Any) -> None:
    phone()
    phone("+99955512346")
    assert not look(drafted(), clock.now()).by_way[1].too_many
    settings.DAILY_PEOPLE = {"whatsapp": 1}
    (_, way) = look(drafted(), clock.now()).by_way
    assert (way.name, way.most, way.too_many) == ("WhatsApp", 1, True)
