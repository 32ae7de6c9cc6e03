"""What strangers write to a page: kept once for a person to read, and answered once, whatever dies in between."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast.models import Breaker, Delivery
from crisis.checkins import answering, letters, questions
from crisis.checkins.exposing import exposes
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.unverified import Answer, Letter, Listening
from crisis.registry.models import Account
from crisis.staff.models import Officer
from crisis.wording.catalogue import words
from simulator.testing import Running
from tasks import listening, throttle
from tasks.broadcast import deliver
from tests.functional.factories import NOW, citizen, issued, one

SLUG = "facebook"
PATH = f"/receipts/accounts/{SLUG}"
AUTHOR = "7700000000000001"
At = Callable[[datetime], None]


def published(**kwargs: Any) -> tuple[Alert, Delivery]:
    """An alert that stands on one page."""
    alert = issued(**kwargs)
    row = one(alert, SLUG)
    deliver(row.pk)
    row.refresh_from_db()
    assert row.state == "posted"
    return alert, row


def comments(sim: Running, row: Delivery, *texts: str, author: str = AUTHOR, **more: Any) -> list[str]:
    """Write beneath it, and return the numbers."""
    account = {"platform": SLUG, "account": row.account.address, "author": author, "beneath": row.remote_id}
    return [sim.control("POST", "strangers", account | {"text": text} | more)["remote_id"] for text in texts]


def said_by_us(sim: Running) -> list[dict[str, Any]]:
    return [each for each in sim.control("GET", "strangers") if each["by_account"]]


def listen_again() -> None:
    """Listen as a minute later: what is asked for an account leaves half of its permits to what is published."""
    throttle._client().flushall()
    Listening.objects.update(next_at=clock.now() - timedelta(seconds=1))
    listening.listen()


def event(text: str, page: str, **more: Any) -> dict[str, Any]:
    return {
        "sender": {"id": AUTHOR}, "recipient": {"id": page}, "timestamp": int(clock.now().timestamp() * 1000),
        "message": {"mid": f"m_{text}", "text": text},
    } | more  # fmt: skip


def hook(*events: Any) -> bytes:
    return json.dumps({"object": "page", "entry": [{"id": "1", "time": 1, "messaging": list(events)}]}).encode()


def post(body: bytes, *, secret: str = "") -> Any:
    key = secret or settings.WEBHOOK_SECRETS[SLUG]
    proof = "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    client = Client(enforce_csrf_checks=True)
    return client.post(PATH, body, "application/json", headers={"X-Hub-Signature-256": proof})


def page_of(row: Delivery) -> str:
    return row.account.platform_id


# --- comments -----------------------------------------------------------------------------------------------------------
def test_comments_reach_staff_once_and_the_pages_own_do_not(sim: Running) -> None:
    alert, row = published()
    comments(sim, row, "we are trapped under a bridge", "What a sad day")
    sim.control(
        "POST", "strangers",
        {"platform": SLUG, "account": row.account.address, "author": page_of(row), "text": "ours", "beneath": row.remote_id},
    )  # fmt: skip
    listening.listen()
    listen_again()
    assert {letter.text for letter in Letter.objects.all()} == {"we are trapped under a bridge", "What a sad day"}
    first = letters.found().first()
    assert first is not None
    assert (first.worry, first.alert, first.mode, first.way) == (2, alert, "exercise", "public")
    assert AUTHOR not in str(Letter.objects.values())
    assert CheckIn.objects.count() == 0, "nobody is counted by a comment"


def test_what_is_written_later_is_read_later_and_many_pages_of_it(sim: Running) -> None:
    _, row = published()
    for number in range(130):
        comments(sim, row, f"a comment, number {number}", author=f"9{number}")
    listening.listen()
    assert Letter.objects.count() == 130
    comments(sim, row, "one more", author="99999")
    listening.listen()
    assert Letter.objects.count() == 130, "not before its time"
    listen_again()
    assert Letter.objects.count() == 131


def test_whoever_shows_too_much_is_asked_once_in_their_language(sim: Running) -> None:
    alert, row = published()
    (number, *_) = comments(
        sim, row, "Ich heiße Anna und wir sind im Hotel, bitte helfen Sie uns", "Meine Nummer ist +49 170 1234567"
    )
    comments(sim, row, "What a sad day", author="calm")
    listening.listen()
    listening.answer()
    listen_again()
    listening.answer()
    (told,) = said_by_us(sim)
    assert told["beneath"] == number
    assert told["text"] == f"{words('de')['exercise']}. " + words("de")["stranger_public"].format(
        link=f"{settings.PUBLIC_URL}/a/{alert.code}"
    )
    assert Answer.objects.get().state == "sent"


@pytest.mark.parametrize("fault", ["cut_after", "cut_before", "error_html", "garbage_2xx", "created_garbage"])
def test_an_answer_of_which_nobody_knows_is_never_sent_again(sim: Running, at: At, fault: str) -> None:
    _, row = published()
    comments(sim, row, "call me: +32 470 12 34 56")
    listening.listen()
    sim.control("POST", "faults", {"platform": SLUG, "fault": fault, "times": 1, "method": "answer"})
    listening.answer()
    assert Answer.objects.get().state == "unconfirmed"
    at(clock.now() + timedelta(minutes=10))
    listening.answer()
    assert len(said_by_us(sim)) <= 1
    assert Answer.objects.get().state == "unconfirmed"


def test_a_worker_that_dies_with_an_answer_leaves_it_unknown(sim: Running, at: At) -> None:
    _, row = published()
    comments(sim, row, "call me: +32 470 12 34 56")
    listening.listen()
    assert answering.claim(Answer.objects.get().pk, clock.now()) is not None
    assert answering.claim(Answer.objects.get().pk, clock.now()) is None, "it is somebody else's"
    listening.answer()
    at(clock.now() + answering.LEASE + timedelta(seconds=1))
    listening.answer()
    assert Answer.objects.get().state == "unconfirmed"
    assert said_by_us(sim) == []


def test_a_limit_is_waited_for_and_then_it_is_sent_once(sim: Running, at: At) -> None:
    _, row = published()
    comments(sim, row, "call me: +32 470 12 34 56")
    listening.listen()
    sim.control("POST", "faults", {"platform": SLUG, "fault": "rate_limit", "times": 1, "method": "answer"})
    listening.answer()
    waiting = Answer.objects.get()
    assert (waiting.state, waiting.reason, said_by_us(sim)) == ("due", "throttled", [])
    assert waiting.not_before > clock.now() + timedelta(minutes=5)


def test_a_page_that_is_paused_or_left_alone_is_neither_heard_nor_answered(sim: Running) -> None:
    _, row = published()
    comments(sim, row, "call me: +32 470 12 34 56")
    listening.listen()
    Account.objects.filter(pk=row.account_id).update(paused_at=NOW)
    listening.answer()
    comments(sim, row, "another one")
    listen_again()
    assert (said_by_us(sim), Letter.objects.count()) == ([], 1)
    Account.objects.filter(pk=row.account_id).update(paused_at=None)
    breaker = Breaker.objects.create(name=f"{SLUG}:{row.account_id}", open_until=clock.now() + timedelta(minutes=5))
    Answer.objects.update(not_before=clock.now())
    listening.answer()
    listen_again()
    assert (said_by_us(sim), Letter.objects.count()) == ([], 1)
    breaker.delete()
    Answer.objects.update(not_before=clock.now())
    listening.answer()
    listen_again()
    assert (len(said_by_us(sim)), Letter.objects.count()) == (1, 2)


def test_what_is_gone_is_listened_to_no_more_and_an_ended_alert_is_not_answered(sim: Running, at: At) -> None:
    alert, row = published()
    comments(sim, row, "call me: +32 470 12 34 56")
    listening.listen()
    assert alert.expires_at is not None
    at(alert.expires_at + timedelta(seconds=1))
    listening.answer()
    assert (Answer.objects.get().state, said_by_us(sim)) == ("failed", [])
    listen_again()
    assert Listening.objects.get().next_at is None


def test_replies_on_x_are_read_only_as_far_as_they_are_paid_for_and_never_answered(sim: Running, settings: Any) -> None:
    alert = issued()
    row = one(alert, "x")
    deliver(row.pk)
    row.refresh_from_db()
    said = {"platform": "x", "account": row.account.address, "beneath": row.remote_id}
    for number in range(3):
        words_of_need = f"we are trapped, number {number}, call +32 470 12 34 56"
        sim.control("POST", "strangers", said | {"author": f"99{number}", "text": words_of_need})
    listening.listen()
    assert Letter.objects.count() == Listening.objects.count() == 0, "it costs money"
    settings.READS_DAILY = {"x": 3}
    listening.listen()
    assert [(letter.worry, letter.alert, letter.exposes) for letter in Letter.objects.all()] == [
        (2, alert, "phone")
    ] * 3
    assert Answer.objects.count() == 0
    sim.control("POST", "strangers", said | {"author": "1", "text": "one more"})
    listen_again()
    assert Letter.objects.count() == 3
    settings.READS_DAILY = {"x": 10}
    listen_again()
    assert Letter.objects.count() == 4


# --- private messages ---------------------------------------------------------------------------------------------------
def test_a_private_message_reaches_staff_once_and_is_answered_once(sim: Running) -> None:
    alert, row = published()
    sim.control(
        "POST", "strangers", {"platform": SLUG, "account": row.account.address, "author": AUTHOR, "text": "hello"}
    )
    for _ in range(10):
        assert post(hook(event("we need help", page_of(row)), event("please", page_of(row)))).status_code == 200
    assert [(letter.text, letter.alert, letter.way) for letter in Letter.objects.order_by("pk")] == [
        ("we need help", alert, "private"), ("please", alert, "private"),
    ]  # fmt: skip
    listening.answer()
    listening.answer()
    (told,) = said_by_us(sim)
    assert told["author"] == AUTHOR
    languages = row.account.languages or row.account.holder.ministry.languages
    assert told["text"].count(f"{settings.PUBLIC_URL}/a/{alert.code}") == min(3, len(languages))
    assert "+" in told["text"], "the number that helps"


def test_what_could_not_be_stored_whole_is_taken_when_it_is_told_again(sim: Running) -> None:
    _, row = published()

    def full(execute: Any, sql: str, *more: Any) -> Any:
        if sql.startswith("INSERT INTO") and Answer._meta.db_table in sql:
            raise OperationalError("the disk is full")
        return execute(sql, *more)

    with connection.execute_wrapper(full):
        assert post(hook(event("we need help", page_of(row)))).status_code == 503
    assert post(hook(event("we need help", page_of(row)))).status_code == 200
    assert Answer.objects.get().letter == Letter.objects.get()


def test_on_a_quiet_day_nothing_is_answered(sim: Running) -> None:
    page = Account.objects.exclude(platform_id="").filter(platform=SLUG, is_home=True)[0]
    assert post(hook(event("hello", page.platform_id))).status_code == 200
    assert Letter.objects.get().alert is None
    assert Answer.objects.count() == 0


def test_outside_of_its_window_the_platform_is_not_asked_twice(sim: Running) -> None:
    _, row = published()
    post(hook(event("hello", page_of(row))))  # the simulator knows of no message of theirs
    listening.answer()
    listening.answer()
    assert (Answer.objects.get().state, said_by_us(sim)) == ("failed", [])


def test_what_is_not_signed_is_not_heard_and_the_platforms_question_is_answered(sim: Running) -> None:
    _, row = published()
    body = hook(event("help", page_of(row)))
    assert post(body, secret="somebody's").status_code == 403
    assert Client().post(PATH, body, "application/json").status_code == 403
    assert Client().put(PATH, body, "application/json").status_code == 405
    assert Client().post("/receipts/accounts/nobody", body, "application/json").status_code == 404
    asked = {"hub.mode": "subscribe", "hub.verify_token": settings.VERIFY_TOKENS[SLUG], "hub.challenge": "42"}
    assert Client().get(PATH, asked).content == b"42"
    assert Client().get(PATH, asked | {"hub.verify_token": "é"}).status_code == 403
    assert Letter.objects.count() == 0


def test_without_a_secret_nothing_is_heard(settings: Any) -> None:
    settings.WEBHOOK_SECRETS, settings.VERIFY_TOKENS = {SLUG: ""}, {SLUG: ""}
    proof = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={proof}"}
    assert Client().post(PATH, b"{}", "application/json", headers=headers).status_code == 403
    assert Client().get(PATH, {"hub.verify_token": "", "hub.challenge": "1"}).status_code == 403


def test_what_has_the_wrong_form_breaks_nothing_and_hides_no_other(sim: Running) -> None:
    _, row = published()
    page = page_of(row)
    wrong: list[Any] = [
        7, None, [], {}, event("a", "nobody"), event("b", page, sender=7), event("c", page, sender={"id": "x" * 201}),
        event("d", page, timestamp="now"), event("e", page, timestamp=2**70), event("f", page, timestamp=True),
        event("g", page, message={"mid": 7, "text": "x"}), event("h", page, message={"mid": "m", "text": ["x"]}),
        event("i", page, message={"mid": "echo", "text": "ours", "is_echo": True}), event("j", page, message=7),
        event("k", page, message={"mid": "x" * 201, "text": "x"}), event("l", page, delivery={"mids": []}, message=None),
    ]  # fmt: skip
    assert (
        post(
            hook(*wrong, event("", page, message={"mid": "m_\0\ud800", "text": "\0 \ud800 " + "x" * 5000}))
        ).status_code
        == 200
    )
    (letter,) = Letter.objects.all()
    assert len(letter.text) == 2000
    for body in (b"", b"[]", b"null", b"\xff", b"[" * 5000):
        assert post(body).status_code == 400
    picture = event("", page, message={"mid": "m_picture", "attachments": [{"type": "image", "payload": {}}]})
    edited = event("", page, message=None, message_edit={"mid": "m_1", "text": "we need help", "num_edit": 1})
    pressed = event("", page, message=None, postback={"title": "I need help", "payload": "HELP"})
    assert post(hook(picture, edited, pressed, pressed)).status_code == 200
    assert {each.text for each in Letter.objects.exclude(pk=letter.pk)} == {"[image]", "we need help", "I need help"}


def test_one_author_fills_no_list_but_a_call_for_help_still_comes_through(sim: Running) -> None:
    _, row = published()
    for number in range(30):
        post(hook(event(f"spam {number}", page_of(row))))
    assert Letter.objects.count() == questions.MOST_HOURLY
    post(hook(event("we need help", page_of(row))))
    assert Letter.objects.filter(worry=2).count() == 1


# --- the console --------------------------------------------------------------------------------------------------------
def test_staff_read_take_and_close_letters(sim: Running, signed_in: Callable[[str], Client], clerk: Officer) -> None:
    _, row = published()
    post(hook(event("<b>we need help</b>", page_of(row))))
    letter = Letter.objects.get()
    browser = signed_in("clerk")
    page = browser.get("/console/letters/").content.decode()
    assert "May need help" in page
    assert "&lt;b&gt;we need help" in page
    assert AUTHOR not in page
    browser.post(f"/console/letters/{letter.pk}/take/")
    letter.refresh_from_db()
    assert letter.taken_by == clerk
    refused = browser.post(f"/console/letters/{letter.pk}/close/", {"note": ""}, follow=True).content.decode()
    assert "say what came of it" in refused
    browser.post(f"/console/letters/{letter.pk}/close/", {"note": "called back"})
    letter.refresh_from_db()
    assert (letter.state, letter.note) == ("read", "called back")
    again = browser.post(f"/console/letters/{letter.pk}/close/", {"note": "x"}, follow=True).content.decode()
    assert "Somebody else has read" in again
    assert signed_in("approver").post(f"/console/letters/{letter.pk}/take/").status_code == 403


def test_a_letters_words_join_a_case(sim: Running, signed_in: Callable[[str], Client]) -> None:
    _, row = published()
    post(hook(event("it is about Emma, she is hurt", page_of(row))))
    case = Case.objects.create(
        citizen=citizen().citizen, mode="exercise", kind="needs_help", people=1, opened_at=clock.now()
    )
    letter = Letter.objects.get()
    browser = signed_in("clerk")
    assert "no case with this number" in browser.post(
        f"/console/letters/{letter.pk}/close/", {"case": "99999999"}, follow=True
    ).content.decode()  # fmt: skip
    browser.post(f"/console/letters/{letter.pk}/close/", {"case": str(case.pk)})
    (joined,) = CheckIn.objects.filter(case=case)
    assert (joined.text, joined.current) == ("it is about Emma, she is hurt", False)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("call +32 470 12 34 56", "phone"), ("0470/12.34.56", "phone"), ("my name is Emma", "name"), ("je m’appelle Luc", "name"),
        ("Ik heet Jan", "name"), ("we are with Emma Peeters here", "name"), ("we are stuck in Kinshasa", "place"),
        ("What a sad day", ""), ("thank you for your work", ""), ("the embassy in 2024 was closed", ""), ("", ""),
    ],
)  # fmt: skip
def test_what_should_not_stand_in_public_is_seen(text: str, what: str) -> None:
    assert exposes(text) == what
