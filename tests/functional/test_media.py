"""What people send that is no text: a place is noted once, the rest reaches a person, with the file where staff can open it."""

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from cryptography.fernet import Fernet
from django.test import Client

from bot import fetching
from bot.main import build
from config.run_bot import shared_rate
from crisis import clock
from crisis.audience.models import Stay
from crisis.checkins import attachments
from crisis.checkins.enclosures import Attachment, Content
from crisis.checkins.models import Case, CheckIn
from crisis.encryption import UnreadableSecret
from crisis.journal.models import Entry
from crisis.registry import rotation
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import issued, notify_all
from tests.functional.phones import Person, buttons, text

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 8
OGG = b"OggS\x00\x02" + b"OpusHead" * 40
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 200


def sends(me: Person, what: str, content: bytes = b"", **more: Any) -> list[dict[str, Any]]:
    return me.does("send", what=what, content=base64.b64encode(content).decode(), **more)


def fetch() -> int:
    """Do once what the bot's process does beside its inbox."""

    async def once() -> int:
        application, files = build(shared_rate()), fetching.request()
        async with application:
            try:
                return await fetching.fetch(application.bot, files)
            finally:
                await files.shutdown()

    return async_to_sync(once)()


def started(person: Callable[..., Person], language: str = "en") -> Person:
    me = person(language)
    me.does("text", text="/start")
    me.does("location", latitude=35.68, longitude=139.77)
    return me


# --- what reaches a person -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "content", "media_type"),
    [
        ("photo", JPEG, "image/jpeg"), ("voice", OGG, "audio/ogg"), ("video", MP4, "video/mp4"),
        ("video_note", MP4, "video/mp4"), ("animation", MP4, "video/mp4"),
    ],
)  # fmt: skip
def test_on_a_quiet_day_a_file_opens_a_case_in_which_staff_open_it(
    person: Callable[..., Person], clerk: Officer, client: Client, what: str, content: bytes, media_type: str
) -> None:
    me = started(person)
    told = sends(me, what, content, caption="look")
    assert "Our staff will read this" in text(told)
    assert "Our staff can open it" in text(told)
    assert "+32 2 501 40 00" in text(told)
    assert buttons(told[0]) == ["h:now"]
    case = Case.objects.get()
    assert (case.kind, case.checkins.get().text) == ("unclear", f"[{what}] look")
    client.force_login(clerk)
    assert "being fetched" in client.get("/console/cases/").content.decode()

    assert fetch() == 1
    found = Attachment.objects.get()
    assert (found.state, found.media_type, found.size, found.remote_id) == ("kept", media_type, len(content), "")
    assert content not in bytes(Content.objects.get().sealed)
    address = f"/console/attachments/{found.pk}/"
    assert address in client.get("/console/cases/").content.decode()
    answer = client.get(address)
    assert answer.content == content
    assert answer["Content-Type"] == media_type
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith(f'inline; filename="case-{case.pk}-{found.pk}.')
    assert answer["Cache-Control"] == "no-store, private"
    assert "sandbox" in answer["Content-Security-Policy"]
    opened = Entry.objects.get(action="checkins.open_attachment")
    assert (opened.actor, opened.subject, opened.data) == (clerk.actor, f"attachment:{found.pk}", {"case": case.pk})


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
@pytest.mark.parametrize("what", ["sticker", "contact", "poll", "dice"])
def test_whatever_else_is_sent_reaches_a_person_and_gets_a_way_on(
    person: Callable[..., Person], language: str, what: str
) -> None:
    me = started(person, language)
    told = sends(me, what, b"RIFF....WEBP")
    assert "+32 2 501 40 00" in text(told)
    assert buttons(told[0]) == ["h:now"]
    assert Case.objects.get().kind == "unclear"
    assert Case.objects.get().checkins.get().text.startswith(f"[{what}]")
    assert not Attachment.objects.exists()


def test_of_a_contact_staff_see_who_it_is(person: Callable[..., Person]) -> None:
    sends(started(person), "contact")
    assert CheckIn.objects.get().text == "[contact] Bo +32470000000"


def test_a_file_joins_the_call_for_help(person: Callable[..., Person]) -> None:
    me = started(person)
    notify_all(issued())
    me.does("press", button=1)
    told = sends(me, "voice", OGG)
    assert "added this to your call for help" in text(told)
    assert CheckIn.objects.get(current=True).safety == "needs_help"
    case = Case.objects.get()
    assert case.attachments.get().checkin == case.checkins.latest("id")


def test_somebody_safe_who_sends_a_recording_is_listened_to_and_stays_safe(person: Callable[..., Person]) -> None:
    me = started(person)
    alert = issued()
    notify_all(alert)
    me.does("press", button=0)
    assert "noted this too" in text(sends(me, "sticker", b"RIFF"))
    assert not Case.objects.exists()
    sends(me, "voice", OGG)
    assert CheckIn.objects.get(current=True).safety == "safe"
    assert (Case.objects.get().kind, Case.objects.get().rollcall) == ("unclear", alert.rollcall)


def test_pictures_that_are_sent_together_are_answered_once(person: Callable[..., Person]) -> None:
    me = started(person)
    told = [sends(me, "photo", JPEG, album="77") for _ in range(3)]
    assert [len(each) for each in told] == [1, 0, 0]
    assert Case.objects.get().attachments.count() == 3


# --- places --------------------------------------------------------------------------------------------------------------------


def test_a_venue_and_a_live_location_are_places_and_a_live_one_counts_once(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    assert "Tokyo" in text(sends(me, "venue", latitude=35.6812, longitude=139.7671))
    sends(me, "live_location", latitude=34.6937, longitude=135.5023)
    assert me.stay is not None
    assert (me.stay.lat, me.stay.lon) == (34.69, 135.5)
    before, stays = len(me.messages()), Stay.objects.count()
    for step in range(3):
        assert me.does("walk", message_id=9, latitude=34.7 + step, longitude=135.5) == []
    assert (len(me.messages()), Stay.objects.count()) == (before, stays)
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("language", "added"),
    [("nl", "positie toegevoegd"), ("fr", "ajouté votre position"), ("de", "Ihre Position"), ("en", "your position")],
)
def test_of_somebody_in_need_the_place_joins_the_case_and_is_not_repeated(
    person: Callable[..., Person], language: str, added: str
) -> None:
    me = started(person, language)
    notify_all(issued())
    told = me.does("press", button=1)
    assert told[0]["reply_keyboard"][0][0]["request_location"]
    told = sends(me, "venue", latitude=35.712345, longitude=139.776543)
    assert added in text(told)
    assert "35.71" not in text(told)
    said = Case.objects.get().checkins.latest("id")
    assert said.text.startswith("📍 35.71, 139.78")
    assert said.text.endswith("Town hall")
    assert me.stay is not None
    assert me.stay.lat == 35.71
    told = sends(me, "live_location", latitude=-50.0, longitude=-120.0)
    assert added in text(told)
    assert "(no country)" in Case.objects.get().checkins.latest("id").text
    assert me.stay.country == "JP", "what was known stays"


# --- what cannot be opened -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "more", "problem"),
    [
        ("document", {}, "files of this kind are only named"),
        ("audio", {}, "files of this kind are only named"),
        ("video", {"file_size": 5_000_001}, "it is larger than 5 MB"),
    ],
)
def test_what_is_only_named_is_never_fetched_and_the_sender_hears_so(
    person: Callable[..., Person], clerk: Officer, client: Client, what: str, more: dict[str, Any], problem: str
) -> None:
    me = started(person)
    told = sends(me, what, b"%PDF-1.7", **more)
    assert "cannot open files of this kind" in text(told)
    assert fetch() == 0
    found = Attachment.objects.get()
    assert (found.state, found.problem) == ("named", problem)
    client.force_login(clerk)
    assert problem in client.get("/console/cases/").content.decode()
    assert client.get(f"/console/attachments/{found.pk}/").status_code == 404


def test_a_file_is_what_its_bytes_are_whatever_its_sender_calls_it(person: Callable[..., Person]) -> None:
    me = started(person)
    sends(me, "document", b"<html><script>alert(1)</script>", mime_type="image/jpeg")
    sends(me, "document", OGG, mime_type="image/jpeg")
    before = len(me.messages())
    assert fetch() == 2
    page, sound = Attachment.objects.order_by("pk")
    assert (page.state, page.problem) == ("named", "it is no JPEG, Ogg or MP4")
    assert (sound.state, sound.media_type) == ("kept", "audio/ogg")
    assert "could not open what you sent" in text(me.messages()[before:])


@pytest.mark.parametrize("method", ["getFile", "downloadFile"])
@pytest.mark.parametrize("fault", ["error_json", "cut_within", "garbage_2xx", "rate_limit"])
def test_a_fetch_that_fails_is_tried_again(
    person: Callable[..., Person], sim: Running, at: Callable[[datetime], None], method: str, fault: str
) -> None:
    me = started(person)
    sends(me, "voice", OGG)
    sim.control("POST", "faults", {"platform": "telegram", "fault": fault, "method": method, "times": 1})
    begin = clock.now()
    assert fetch() == 1
    found = Attachment.objects.get()
    if fault == "garbage_2xx" and method == "downloadFile":
        assert (found.state, found.problem) == ("named", "it is no JPEG, Ogg or MP4")
        return
    assert found.state == "waiting"
    assert fetch() == 0, "not at once"
    at(begin + timedelta(minutes=2))
    assert fetch() == 1
    assert Attachment.objects.get().state == "kept"


def test_a_fetch_that_fails_for_good_leaves_the_case_and_the_sender_hears_so_once(
    person: Callable[..., Person], sim: Running, at: Callable[[datetime], None], clerk: Officer, client: Client
) -> None:
    me = started(person)
    sends(me, "voice", OGG)
    sim.control("POST", "faults", {"platform": "telegram", "fault": "error_json", "method": "downloadFile"})
    begin, before = clock.now(), len(me.messages())
    for tries in range(attachments.MAX_TRIES + 2):
        at(begin + timedelta(minutes=2 * tries))
        fetch()
    sim.control("DELETE", "faults")
    assert text(me.messages()[before:]).count("could not open what you sent") == 1
    found = Attachment.objects.get()
    assert (found.state, found.tries, found.remote_id) == ("named", attachments.MAX_TRIES, "")
    client.force_login(clerk)
    page = client.get("/console/cases/").content.decode()
    assert "a voice message, not to be opened here: it could not be fetched" in page
    assert Case.objects.get().state == "open"


def test_a_bot_that_dies_while_it_fetches_loses_nothing(
    person: Callable[..., Person], at: Callable[[datetime], None]
) -> None:
    sends(started(person), "voice", OGG)
    begin = clock.now()
    assert len(attachments.claim(now=begin)) == 1
    assert attachments.claim(now=begin) == [], "nobody else fetches it meanwhile"
    at(begin + attachments.LEASE + timedelta(seconds=1))
    assert fetch() == 1
    assert Attachment.objects.get().state == "kept"


def test_larger_than_was_said_is_not_read_on(person: Callable[..., Person], at: Callable[[datetime], None]) -> None:
    sends(started(person), "voice", OGG + bytes(attachments.MAX_BYTES), file_size=900)
    assert fetch() == 1
    assert Attachment.objects.get().state == "named"
    assert not Content.objects.exists()


def test_a_flood_of_files_fills_no_disk(person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MOST", 2)
    me = started(person)
    for _ in range(4):
        sends(me, "photo", JPEG)
    states = Attachment.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["waiting", "waiting", "named", "named"]
    assert Case.objects.count() == 1


# --- who sees it, and for how long ---------------------------------------------------------------------------------------------


def test_only_whoever_works_on_cases_opens_a_file(
    person: Callable[..., Person], signed_in: Callable[[str], Client]
) -> None:
    sends(started(person), "photo", JPEG)
    fetch()
    address = f"/console/attachments/{Attachment.objects.get().pk}/"
    assert Client().get(address).status_code == 302
    assert signed_in("approver").get(address).status_code == 403
    assert address not in signed_in("approver").get("/console/cases/").content.decode()
    assert signed_in("clerk").post(address).status_code == 405
    assert not Entry.objects.filter(action="checkins.open_attachment").exists()
    assert signed_in("clerk").get(address).status_code == 200
    assert signed_in("clerk").get("/console/attachments/999999/").status_code == 404


def test_it_lives_no_longer_than_its_case(person: Callable[..., Person]) -> None:
    sends(started(person), "photo", JPEG)
    sends(started(person), "voice", OGG)
    fetch()
    first, second = Case.objects.order_by("pk")
    assert attachments.purge(cases=[first.pk]) == 1
    assert [found.case for found in Attachment.objects.all()] == [second]
    assert Content.objects.count() == 1
    assert CheckIn.objects.filter(case=first).exists(), "the words are not this function's"
    second.delete()
    assert not Content.objects.exists()


def test_a_rotation_of_keys_touches_the_small_key_only(
    person: Callable[..., Person], clerk: Officer, settings: Any
) -> None:
    sends(started(person), "photo", JPEG)
    fetch()
    before = bytes(Content.objects.get().sealed)
    old, new = settings.TOCSIN_KEYS, Fernet.generate_key().decode()
    settings.TOCSIN_KEYS = [new, *old]
    rotation.rotate(clock.now())
    settings.TOCSIN_KEYS = [new]
    found = Attachment.objects.get()
    assert bytes(Content.objects.get().sealed) == before
    assert attachments.opened(attachment=found, by=clerk, now=clock.now()) == JPEG
    settings.TOCSIN_KEYS = old
    with pytest.raises(UnreadableSecret):
        attachments.opened(attachment=found, by=clerk, now=clock.now())


def test_the_token_stands_in_no_log(
    person: Callable[..., Person], sim: Running, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    sends(started(person), "photo", JPEG)
    sim.control("POST", "faults", {"platform": "telegram", "fault": "cut_within", "method": "downloadFile", "times": 1})
    with caplog.at_level("DEBUG"):
        fetch()
    assert any(record.name == "bot.fetching" for record in caplog.records)
    assert settings.TELEGRAM_BOT_TOKEN not in caplog.text
