"""What people write on WhatsApp is taken as an SMS is, and answered freely within the platform's 24 hours."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from crisis import clock
from crisis.audience.models import Contact, Stay
from crisis.checkins.models import Case, CheckIn, InboxUpdate
from crisis.wording.catalogue import words
from simulator.testing import Running
from tasks import replies
from tests.functional.factories import issued, notify_all
from tests.functional.test_whatsapp import PHONE, phone, post

FROM = PHONE.removeprefix("+")


def said(text: str = "1", **more: Any) -> dict[str, Any]:
    """One message as the platform tells it."""
    return {
        "from": FROM, "id": f"wamid.{text}", "timestamp": str(int(clock.now().timestamp())), "type": "text",
        "text": {"body": text},
    } | more  # fmt: skip


def of_kind(kind: str, part: Any, **more: Any) -> dict[str, Any]:
    message = said(**({"id": f"wamid.{kind}"} | more)) | {"type": kind, kind: part}
    if kind != "text":
        message.pop("text")
    return message


def hook(*messages: Any) -> bytes:
    value = {"messaging_product": "whatsapp", "metadata": {}, "contacts": [{"wa_id": FROM}], "messages": list(messages)}
    changes = [{"field": "messages", "value": value}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "W", "changes": changes}]}).encode()


def written(*messages: Any) -> int:
    return int(post(hook(*messages)).status_code)


def asked(**person: Any) -> Contact:
    contact = phone(**person)
    notify_all(issued())
    return contact


def answers() -> list[tuple[str, str, bool]]:
    return list(CheckIn.objects.order_by("pk").values_list("safety", "source", "current"))


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """The bells that are rung, kept instead of handed to a broker."""
    found: list[tuple[str, tuple[Any, ...]]] = []

    def send(name: str, arguments: list[tuple[Any, ...]], *, queue: str) -> int:
        assert queue == "slow"
        found.extend((name, each) for each in arguments)
        return len(arguments)

    monkeypatch.setattr("tasks.bells._send", send)
    return found


def letters(sim: Running) -> list[dict[str, Any]]:
    return [each for each in sim.control("GET", "letters?way=whatsapp") if each["body"].get("type") == "text"]


def wrote_to_the_platform(sim: Running, number: str = FROM, at: float | None = None) -> None:
    """The platform counts its 24 hours from here."""
    sim.control("POST", "strangers", {"platform": "whatsapp", "author": number, "text": "x", "at": at or time.time()})


@pytest.mark.parametrize(
    ("message", "safety"),
    [
        (said("1"), "safe"),
        (said("2 hulp"), "needs_help"),
        (said("we are all fine"), "safe"),
        (of_kind("button", {"payload": "1", "text": "Safe"}), "safe"),
        (of_kind("button", {"payload": "Ik heb hulp nodig", "text": "Ik heb hulp nodig"}), "needs_help"),
        (of_kind("interactive", {"type": "button_reply", "button_reply": {"id": "3", "title": "Not there"}}), "not_there"),
        (of_kind("interactive", {"type": "list_reply", "list_reply": {"id": "x", "title": "SOS"}}), "needs_help"),
    ],
    ids=lambda each: str(each)[:40],
)  # fmt: skip
def test_a_text_or_a_button_is_read_as_an_sms_is(sim: Running, message: dict[str, Any], safety: str) -> None:
    contact = asked()
    message["timestamp"] = str(int(clock.now().timestamp()))
    assert written(message) == 200
    assert answers() == [(safety, "whatsapp", True)]
    assert CheckIn.objects.get().contact == contact


def test_ten_times_the_same_one_is_one_and_an_older_one_replaces_nothing(sim: Running) -> None:
    asked()
    now = int(clock.now().timestamp())
    for _ in range(10):
        assert written(said("2", timestamp=str(now))) == 200
    assert written(said("1", timestamp=str(now - 30)), said("1", timestamp=str(now - 30))) == 200
    assert answers() == [("needs_help", "whatsapp", True), ("safe", "whatsapp", False)]


@pytest.mark.parametrize(
    "kind", ["image", "audio", "video", "document", "sticker", "contacts", "unsupported", "hologram"]
)
def test_what_no_rule_reads_goes_to_a_person_even_where_its_caption_says_safe(sim: Running, kind: str) -> None:
    asked()
    assert written(of_kind(kind, {"id": "1", "caption": "we are all safe"})) == 200
    checkin = CheckIn.objects.get()
    assert (checkin.safety, checkin.text.startswith("[")) == ("unclear", True)
    assert Case.objects.get().kind == "unclear"


def test_a_place_is_where_the_person_is_now(
    sim: Running, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    contact = asked()
    place = of_kind("location", {"latitude": 48.8566, "longitude": 2.3522})
    with django_capture_on_commit_callbacks(execute=True):
        assert [written(place) for _ in range(2)] == [200, 200]
    stay = Stay.objects.get(citizen=contact.citizen, ended_at=None)
    assert (stay.country, Stay.objects.filter(citizen=contact.citizen).count()) == ("FR", 2)
    assert CheckIn.objects.count() == 0
    assert [each[1][1] for each in rung] == ["place"]


def test_a_place_reaches_whoever_looks_after_an_open_case(sim: Running) -> None:
    asked()
    written(said("2"))
    written(of_kind("location", {"latitude": 48.8566, "longitude": 2.3522}))
    assert CheckIn.objects.filter(case=Case.objects.get()).count() == 2
    assert "Paris" in CheckIn.objects.order_by("-pk")[0].text


def test_stop_ends_it(sim: Running) -> None:
    contact = asked()
    written(said("STOP"))
    contact.refresh_from_db()
    assert contact.state == Contact.State.STOPPED


@pytest.mark.parametrize(
    "broken",
    [
        7, None, "x", [], {}, {"from": FROM}, said(id=7), said(id=""), said(id="x" * 301), said(timestamp="now"),
        said(timestamp=-1), said(timestamp=True), said(timestamp=str(10**12)), said(type=7), of_kind("system", {"body": "moved"}),
        of_kind("reaction", {"emoji": ""}),
    ],
    ids=lambda each: str(each)[:40],
)  # fmt: skip
def test_a_broken_message_hides_no_other(sim: Running, broken: Any) -> None:
    asked()
    assert written(broken, said("1")) == 200
    assert answers() == [("safe", "whatsapp", True)]


@pytest.mark.parametrize(
    "hostile",
    [said("\0"), said("\ud800 help"), said("x" * 100_000), of_kind("location", {"latitude": "1", "longitude": None}),
     of_kind("location", {"latitude": 1e999, "longitude": 0}), of_kind("location", {"latitude": 91, "longitude": 0}),
     of_kind("text", ["1"]), of_kind("text", {"body": {"a": 1}}), of_kind("button", None), of_kind("interactive", 7)],
    ids=lambda each: str(each)[:50],
)  # fmt: skip
def test_hostile_messages_break_nothing_and_are_never_taken_for_safe(sim: Running, hostile: dict[str, Any]) -> None:
    asked()
    assert written(hostile) == 200
    assert "safe" not in {safety for safety, _, _ in answers()}


def test_what_is_not_signed_is_not_heard(sim: Running) -> None:
    asked()
    assert post(hook(said("1")), secret="somebody's").status_code == 403
    assert answers() == []


def test_the_confirmation_goes_back_freely_and_once(
    sim: Running, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    asked(language="de")
    with django_capture_on_commit_callbacks(execute=True):
        written(said("2"))
    ((name, bell),) = rung
    assert name == "tasks.replies.confirm"
    wrote_to_the_platform(sim)
    replies.confirm(*bell)
    replies.confirm(*bell)
    (letter,) = letters(sim)
    assert letter["recipient"] == PHONE
    assert words("de")["sms_needs_help"].split("{")[0] in letter["text"]
    assert not [word for word in ("Emma", "Tokyo", "Tokio") if word in letter["text"]]


def test_an_answer_of_which_nobody_knows_is_not_sent_again(
    sim: Running, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    asked()
    with django_capture_on_commit_callbacks(execute=True):
        written(said("1"))
    wrote_to_the_platform(sim)
    sim.control("POST", "faults", {"platform": "whatsapp", "fault": "cut_after", "times": 1, "method": "create"})
    replies.confirm(*rung[0][1])
    assert len(letters(sim)) == 1


def test_after_24_hours_the_platform_takes_no_free_words(
    sim: Running, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    asked()
    with django_capture_on_commit_callbacks(execute=True):
        written(said("1"))
    wrote_to_the_platform(sim, at=time.time() - 25 * 3600)
    replies.confirm(*rung[0][1])
    assert letters(sim) == []
    assert answers() == [("safe", "whatsapp", True)]


def test_somebody_whom_we_do_not_know_is_told_once_and_nothing_of_them_is_kept(
    sim: Running, rung: list[Any], django_capture_on_commit_callbacks: Any, caplog: pytest.LogCaptureFixture,
    at: Callable[[datetime], None],
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    stranger = "32470000001"
    for number in range(5):
        with django_capture_on_commit_callbacks(execute=True):
            assert written(said("help", **{"from": stranger, "id": f"wamid.{number}"})) == 200
    ((name, bell),) = rung
    assert name == "tasks.replies.welcome"
    assert stranger not in str(bell)
    assert CheckIn.objects.count() == Contact.objects.count() == 0
    assert not [row for row in InboxUpdate.objects.values() if stranger in str(row)]
    wrote_to_the_platform(sim, stranger)
    replies.welcome(*bell)
    replies.welcome(*bell)
    (letter,) = letters(sim)
    assert letter["recipient"] == f"+{stranger}"
    assert f"{settings.PUBLIC_URL}/" in letter["text"]
    assert stranger not in caplog.text + str([vars(record) for record in caplog.records])
    at(clock.now() + timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        written(said("help", **{"from": stranger, "id": "wamid.tomorrow"}))
    assert len(rung) == 2


@pytest.mark.parametrize("sender", ["BE.1234", "", "0", "x" * 200, "+"])
def test_a_sender_without_a_number_is_passed_over(sim: Running, rung: list[Any], sender: str) -> None:
    assert written(said("1", **{"from": sender})) == 200
    assert rung == []
