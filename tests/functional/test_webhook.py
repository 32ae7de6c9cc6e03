"""The webhook and the inbox: stored under its number before it is acknowledged, and nothing hostile gets further."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory

from bot.webhook import HEADER, receive
from config.door import Door
from crisis import clock
from crisis.checkins import inbox
from crisis.checkins.models import InboxUpdate
from tests.functional.factories import NOW

SECRET = "webhook-secret-of-the-tests"


DOOR = Door({"/telegram/webhook": receive})


def post(body: bytes | str, secret: str | None = SECRET, *, path: str = "/telegram/webhook") -> Any:
    headers = {HEADER: secret} if secret is not None else {}
    request = RequestFactory().post(path, body, content_type="application/json", headers=headers)
    return DOOR.get_response(request)


UPDATE = {"update_id": 7, "message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "hi"}}


def test_an_update_is_stored_and_acknowledged() -> None:
    assert post(json.dumps(UPDATE)).status_code == 200
    row = InboxUpdate.objects.get()
    assert (row.source, row.ref, row.state, row.payload["message"]["text"]) == ("telegram", "7", "new", "hi")


def test_only_its_address_passes_by_what_pages_need() -> None:
    assert "Content-Security-Policy" not in post(json.dumps(UPDATE))
    beside = post(json.dumps(UPDATE), path="/telegram/webhook/")
    assert beside.status_code == 404
    assert "Content-Security-Policy" in beside
    assert InboxUpdate.objects.count() == 1


def test_a_mistake_of_ours_is_an_answer_too(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(inbox, "take_telegram", breaks)
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    assert post(json.dumps(UPDATE)).status_code == 500, "and Telegram sends it again"


def test_the_address_answers_alike_without_the_door() -> None:
    """As a server of the tests, or one's own, may run it."""
    client = Client(enforce_csrf_checks=True)
    for secret, status in ((SECRET, 200), ("wrong", 403)):
        told = client.post(
            "/telegram/webhook", json.dumps(UPDATE), content_type="application/json", headers={HEADER: secret}
        )
        assert told.status_code == status


def test_ten_times_the_same_is_one_row() -> None:
    assert {post(json.dumps(UPDATE)).status_code for _ in range(10)} == {200}
    assert InboxUpdate.objects.count() == 1


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "ümläut"])
def test_without_our_secret_nothing_is_stored(secret: str | None) -> None:
    assert post(json.dumps(UPDATE), secret).status_code == 403
    assert not InboxUpdate.objects.exists()


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "{}", '"text"', "{", "[" * 100_000, '{"update_id": "7"}', '{"update_id": -1}', '{"update_id": true}',
     '{"update_id": 1e400}', '{"update_id": 99999999999999999999}', b"\xff\xfe\x00"],
)  # fmt: skip
def test_garbage_is_refused_and_never_breaks_us(body: bytes | str) -> None:
    response = post(body)
    assert response.status_code in (400, 413)
    assert not InboxUpdate.objects.exists()


def test_what_is_too_large_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    assert post(json.dumps(UPDATE | {"padding": "x" * 200_000})).status_code == 413
    (told,) = [record for record in caplog.records if record.name == "bot.webhook"]
    assert "refused" in told.getMessage()
    assert told.__dict__["bytes"] > 200_000
    assert post("x" * 2_000_000).status_code in (400, 413)


def test_only_post() -> None:
    assert Client().get("/telegram/webhook").status_code == 405


def test_a_text_that_no_database_takes_is_made_storable() -> None:
    hostile = '{"update_id": 8, "message": {"text": "a\\u0000b\\ud800", "n": NaN, "deep": ' + "[" * 60 + "]" * 60 + "}}"
    assert post(hostile).status_code == 200
    payload = InboxUpdate.objects.get().payload
    assert payload["message"]["text"] == "a\ufffdb?"
    assert payload["message"]["n"] is None


# --- the inbox ---------------------------------------------------------------------------------------------------------------


def test_updates_come_in_the_order_in_which_they_were_stored() -> None:
    inbox.store_telegram([{"update_id": number} for number in (30, 10, 20)], now=NOW)
    assert [received.ref for received in inbox.claim(now=NOW)] == ["30", "10", "20"]


def test_an_update_belongs_to_one_handler_until_its_lease_ends() -> None:
    inbox.store_telegram([UPDATE], now=NOW)
    assert len(inbox.claim(now=NOW)) == 1
    assert inbox.claim(now=NOW) == []
    (again,) = inbox.claim(now=NOW + inbox.LEASE + timedelta(seconds=1))
    assert again.try_number == 2
    assert inbox.waiting() == 1
    inbox.done(received=again, now=NOW)
    assert inbox.claim(now=NOW + timedelta(days=1)) == []
    assert inbox.waiting() == 0


def test_what_stands_already_is_left_as_it_is() -> None:
    inbox.store_telegram([UPDATE], now=NOW)
    inbox.done(received=inbox.claim(now=NOW)[0], now=NOW)
    inbox.store_telegram([UPDATE, {"update_id": 8}], now=clock.now())
    assert dict(InboxUpdate.objects.values_list("ref", "state")) == {"7": "handled", "8": "new"}


def test_one_that_is_no_update_refuses_the_batch_whole() -> None:
    with pytest.raises(inbox.NotAnUpdate):
        inbox.store_telegram([UPDATE, {"no": "number"}], now=NOW)
    assert not InboxUpdate.objects.exists()


def from_chat(number: int, chat: int, said: str = "hi") -> dict[str, Any]:
    message = {"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}, "text": said}
    return {"update_id": number, "message": message}


def pressed(number: int, chat: int) -> dict[str, Any]:
    return {"update_id": number, "callback_query": {"id": "1", "from": {"id": chat}, "data": "h:now"}}


def test_a_newer_update_of_a_chat_waits_for_the_older_one() -> None:
    inbox.store_telegram([from_chat(1, 5), pressed(2, 5), from_chat(3, 6)], now=NOW)
    first, other = inbox.claim(now=NOW)
    assert (first.ref, other.ref) == ("1", "3")
    assert inbox.claim(now=NOW) == []
    inbox.put_off(received=first, until=NOW + timedelta(seconds=10), problem="RetryAfter")
    assert inbox.claim(now=NOW + timedelta(seconds=9)) == [], "what waits for the platform is not overtaken"
    (first,) = inbox.claim(now=NOW + timedelta(seconds=11))
    assert (first.ref, first.try_number) == ("1", 1)
    inbox.done(received=first, now=NOW)
    assert [received.ref for received in inbox.claim(now=NOW)] == ["2"]


def test_an_update_that_breaks_again_and_again_does_not_silence_its_chat() -> None:
    inbox.store_telegram([from_chat(1, 5), from_chat(2, 5)], now=NOW)
    for seconds in (0, 10):
        (broken,) = inbox.claim(now=NOW + timedelta(seconds=seconds))
        assert broken.ref == "1"
        inbox.failed(received=broken, problem="ZeroDivisionError", now=NOW + timedelta(seconds=seconds))
    assert [received.ref for received in inbox.claim(now=NOW + timedelta(seconds=11))] == ["2"]


def test_who_lost_an_update_to_another_handler_changes_nothing_any_more() -> None:
    inbox.store_telegram([from_chat(1, 5)], now=NOW)
    (slow,) = inbox.claim(now=NOW)
    later = NOW + inbox.LEASE + timedelta(seconds=1)
    (quick,) = inbox.claim(now=later)
    inbox.put_off(received=slow, until=later + timedelta(hours=1), problem="RetryAfter")
    assert InboxUpdate.objects.get().lease_until == later + inbox.LEASE
    inbox.done(received=quick, now=later)
    last = replace(slow, try_number=inbox.MAX_TRIES)
    for lost in (slow, last):
        assert not inbox.failed(received=lost, problem="TimeoutError", now=later), "nobody is told that it was given up"
    assert (inbox.waiting(), InboxUpdate.objects.get().state) == (0, "handled"), (
        "it is not handled again without its words"
    )


def test_claiming_many_costs_no_more_than_claiming_one(django_assert_num_queries: Any) -> None:
    for many in (1, 40):
        inbox.store_telegram([from_chat(100 * many + chat, chat) for chat in range(1, many + 1)], now=NOW)
        with django_assert_num_queries(4):  # savepoint, look and lock, update, release
            claimed = inbox.claim(now=NOW)
        assert [one.try_number for one in claimed] == [1] * many
        for one in claimed:
            inbox.done(received=one, now=NOW)


def test_what_is_handed_back_need_not_wait_for_its_lease() -> None:
    inbox.store_telegram([from_chat(1, 5), from_chat(2, 6)], now=NOW)
    first, second = inbox.claim(now=NOW)
    inbox.done(received=first, now=NOW)
    for received in (first, second):
        inbox.hand_back(received=received)
    (again,) = inbox.claim(now=NOW)
    assert (again.ref, again.try_number) == ("2", 1)


def test_what_was_handled_is_forgotten_except_that_it_was() -> None:
    inbox.store_telegram([from_chat(1, 5, "I am hiding at 35.681236, 139.767125")], now=NOW)
    inbox.done(received=inbox.claim(now=NOW)[0], now=NOW)
    row = InboxUpdate.objects.get()
    assert (row.payload, row.chat) == ({}, "")
    assert (row.ref, row.received_at, row.handled_at) == ("1", NOW, NOW)
    assert inbox.store_telegram([from_chat(1, 5)], now=NOW) == 1
    assert inbox.claim(now=NOW) == [], "known by its number all the same"


def test_what_could_not_be_handled_is_forgotten_after_a_week() -> None:
    inbox.store_telegram([from_chat(1, 5)], now=NOW)
    InboxUpdate.objects.update(state=InboxUpdate.State.FAILED, problem="ZeroDivisionError")
    assert inbox.forget_failed(now=NOW + inbox.KEEP_FAILED - timedelta(minutes=1)) == 0
    assert inbox.forget_failed(now=NOW + inbox.KEEP_FAILED + timedelta(minutes=1)) == 1
    row = InboxUpdate.objects.get()
    assert (row.payload, row.chat, row.problem) == ({}, "", "ZeroDivisionError")
    assert inbox.forget_failed(now=NOW + timedelta(days=30)) == 0
