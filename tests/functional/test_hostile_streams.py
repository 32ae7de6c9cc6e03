"""Streams of hostile updates through the webhook and the real application: never a crash, never a wrong record."""

import copy
import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.limiter import Rate
from bot.main import build
from bot.webhook import HEADER
from bot.worker import drain
from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact
from crisis.checkins import inbox
from crisis.checkins.counting import board
from crisis.checkins.enclosures import Attachment
from crisis.checkins.models import Case, CheckIn, InboxUpdate
from tests.functional.factories import issued, notify_all
from tests.functional.phones import Person

_numbers = itertools.count(40_000_000, 1000)

VICTIM, BYSTANDER = 8_300_000_000, 8_300_000_001  # the first two phones of a test
GROUP, CHANNEL, NOBODY = -1_001_234, -1_005_678, 8_999_999_999
CHATS = [VICTIM, GROUP, CHANNEL, NOBODY, 0, -1, 2**52, 2**63, 2**70]

leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=30),
    st.sampled_from(["\x00", "\ud800", "x" * 5000, "/start", "/safe", "SOS", "c:1:safe", "h:now", "", "٣", "🏳️‍🌈" * 50]),
)  # fmt: skip
nested = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
deep = st.integers(1, 60).map(lambda depth: json.loads("[" * depth + "1" + "]" * depth))
anything = nested | deep


def message(chat: int, **content: Any) -> dict[str, Any]:
    kind = "private" if chat > 0 else "supergroup" if chat == GROUP else "channel"
    return {
        "message_id": 5, "date": 1_700_000_000, "chat": {"id": chat, "type": kind, "first_name": "Emma"},
        "from": {"id": chat, "is_bot": False, "first_name": "Emma", "language_code": "en"}, **content,
    }  # fmt: skip


def query(chat: int, data: str) -> dict[str, Any]:
    asked = message(chat, text="Are you there?")
    return {"id": "9", "from": asked["from"], "chat_instance": "1", "message": asked, "data": data}


FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 9, "duration": 3, "width": 9, "height": 9, "length": 9}
CONTENTS: list[dict[str, Any]] = [
    {"text": "hello"}, {"text": "we are all safe"}, {"text": "help, the roof has fallen"}, {"text": "Osaka"},
    {"text": "/start a_ABC123_1", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]},
    {"text": "/safe", "entities": [{"type": "bot_command", "offset": 0, "length": 5}]},
    {"location": {"latitude": 35.7, "longitude": 139.7}},
    {"location": {"latitude": 35.7, "longitude": 139.7, "live_period": 900}},
    {"venue": {"location": {"latitude": 1.0, "longitude": 1.0}, "title": "a", "address": "b"}},
    {"photo": [FILE]}, {"voice": FILE}, {"video": FILE}, {"video_note": FILE}, {"document": FILE}, {"audio": FILE},
    {"contact": {"phone_number": "1", "first_name": "a"}}, {"dice": {"emoji": "🎲", "value": 1}},
    {"sticker": {**FILE, "type": "regular", "is_animated": False, "is_video": False}},
    {"new_chat_title": "x"}, {},
]  # fmt: skip
ENDS = ["safe", "all", "some", "help", "not_there", "perhaps"]
STEPS = ["+:0", "-:0", "+:1", "done", "n:1", "n:2", "n:9", "r:1:2", "r:2:1", "x"]


@st.composite
def valid(draw: st.DrawFn) -> dict[str, Any]:
    """Return an update as Telegram could send it, of any chat."""
    chat, pk = draw(st.sampled_from(CHATS)), draw(st.sampled_from(["ROLLCALL", "ROLLCALL", "1", "99999999"]))
    data = st.sampled_from(
        [f"c:{pk}:{end}" for end in ENDS] + [f"s:{pk}:{step}" for step in STEPS]
        + [f"o:{pk}:{are}" for are in ("help", "no_word", "not_there", "safe", "?")] + ["h:now", "l:fr", "p:1850147", "::"]
    )  # fmt: skip
    kind = draw(st.sampled_from(["message", "callback_query", "edited_message", "channel_post", "my_chat_member"]))
    if kind == "callback_query":
        return {kind: query(chat, draw(data))}
    if kind == "my_chat_member":
        member = {
            "user": {"id": 1, "is_bot": True, "first_name": "b"},
            "status": draw(st.sampled_from(["kicked", "member"])),
        }
        change = {"old_chat_member": member, "new_chat_member": {**member, "until_date": 0}}
        return {kind: {**message(chat), **change}}
    return {kind: message(chat, **draw(st.sampled_from(CONTENTS)))}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in inside for place in ((*path, key), *places(item, (*path, key)))]


@st.composite
def hostile(draw: st.DrawFn) -> dict[str, Any]:
    """Return an update that may be wrong in up to four places: another type, nothing, something more, somebody else."""
    update = copy.deepcopy(draw(valid()))
    for _ in range(draw(st.integers(0, 4))):
        if not (found := places(update)):
            break
        *way, last = draw(st.sampled_from(found))
        holder = update
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["other", "none", "more", "chat"])):
            case "other":
                holder[last] = draw(anything)
            case "none" if isinstance(holder, dict):
                del holder[last]
            case "more" if isinstance(holder, dict):
                holder[draw(st.text(max_size=12))] = draw(anything)
            case "chat" if last == "id":
                # Never the bystander as who speaks: whatever is recorded for them is wrong.
                holder[last] = draw(st.sampled_from(CHATS))
            case _:
                pass
    return update


@st.composite
def streams(draw: st.DrawFn) -> list[tuple[int, dict[str, Any]]]:
    """Return updates with their numbers: out of order, some of them again, some numbers twice for different things."""
    found = [(draw(st.integers(0, 900)), draw(hostile())) for _ in range(draw(st.integers(1, 5)))]
    again = draw(st.lists(st.sampled_from(found), max_size=3))
    return draw(st.permutations([*found, *again]))


def speaks(update: dict[str, Any]) -> str:
    """Return whose answer an update can be at most, told without our own code; blank if nobody's."""
    for part in (update.get("message"), update.get("callback_query")):
        if isinstance(part, dict):
            inner = part.get("message") if "data" in part else part
            chat = inner.get("chat") if isinstance(inner, dict) else None
            who = part.get("from")
            if isinstance(chat, dict) and isinstance(who, dict) and chat.get("id") == who.get("id"):
                return str(chat.get("id"))
    return ""


def posted(client: Client, body: str) -> int:
    answer = client.post(
        "/telegram/webhook", body, content_type="application/json", headers={HEADER: "webhook-secret-of-the-tests"}
    )
    return answer.status_code


async def _drained() -> None:
    # Answers leave at once: how fast they may is another test's.
    application = build(Rate(permit=lambda: 0.0, reserve=lambda _: 0.0, halt=lambda _: None))
    async with application:
        while await drain(application):
            pass


@pytest.fixture
def asked(person: Callable[..., Person]) -> Rollcall:
    victim, bystander = person("en"), person("fr")
    assert (victim.chat, bystander.chat) == (VICTIM, BYSTANDER)
    for me in (victim, bystander):
        me.does("text", text="/start")
        me.does("location", latitude=35.68, longitude=139.77)
    Citizen.objects.filter(contacts__address=str(VICTIM)).update(people=3)
    alert = issued()
    notify_all(alert)
    return alert.rollcall


@settings(
    max_examples=20, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(stream=streams())
def test_a_hostile_stream_crashes_nothing_and_records_nothing_wrong(
    asked: Rollcall, at: Callable[[datetime], None], stream: list[tuple[int, dict[str, Any]]]
) -> None:
    CheckIn.objects.all().delete()
    Case.objects.all().delete()
    InboxUpdate.objects.all().delete()
    client, first, begin = Client(), next(_numbers), datetime.now(clock.now().tzinfo)  # noqa: TID251
    at(begin)
    whose: dict[str, str] = {}
    for number, update in stream:
        body = json.dumps({"update_id": first + number, **update}).replace("ROLLCALL", str(asked.pk))
        status = posted(client, body)
        assert status in (200, 400, 413)
        if status == 200:
            whose.setdefault(f"telegram:{first + number}", speaks(update))
    last = first + 999
    good = json.dumps({"update_id": last, "callback_query": query(VICTIM, f"c:{asked.pk}:all")})
    assert posted(client, good) == 200

    # Of one chat each waits until the one before has had its first tries.
    for tries in range(inbox.MAX_TRIES + 1 + len(stream)):
        at(begin + timedelta(minutes=tries))
        if inbox.waiting():
            async_to_sync(_drained)()
        if tries == inbox.PATIENCE:
            assert InboxUpdate.objects.get(ref=str(last)).state == "handled", (
                "nothing hostile holds up what is behind it"
            )
    assert inbox.waiting() == 0
    assert not InboxUpdate.objects.filter(state="failed", problem="").exists()

    answer = CheckIn.objects.get(current=True, rollcall=asked, citizen__contacts__address=str(VICTIM))
    assert (answer.safety, answer.ref) == ("safe", f"telegram:{last}")
    for record in CheckIn.objects.exclude(pk=answer.pk).select_related("contact"):
        assert record.contact is not None
        assert record.contact.address == whose[record.ref] != ""
    bystander = Contact.objects.select_related("citizen").get(address=str(BYSTANDER))
    assert (bystander.state, bystander.citizen.language) == ("active", "fr")
    assert not CheckIn.objects.filter(citizen=bystander.citizen).exists()
    assert not Attachment.objects.filter(checkin__citizen=bystander.citizen).exists()
    assert not Contact.objects.filter(address__startswith="-").exists()
    total = board(asked).total
    assert sum(total.answers.values()) + total.no_answer + total.undelivered == total.registered
