"""Plain answers are recorded ahead of every reply, and no reply holds up what somebody else tells us."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from bot.limiter import Rate
from bot.main import build
from bot.presses import Ahead
from bot.worker import AT_ONCE, drain
from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact
from crisis.checkins import inbox
from crisis.checkins.models import Case, CheckIn, InboxUpdate
from crisis.journal.models import Entry
from simulator.testing import Running
from tests.functional.crowds import FIRST_CHAT, crowd
from tests.functional.factories import issued, notify_all
from tests.functional.phones import Person, work


@pytest.fixture
def asked(one_connection: None, sim: Running) -> Rollcall:
    people = [
        {"chat_id": FIRST_CHAT + n, "first_name": "Emma", "language_code": "en", "started": True}
        for n in range(AT_ONCE + 4)
    ]
    sim.control("PUT", "people", people)
    crowd(len(people))
    alert = issued()
    notify_all(alert)
    return Rollcall.objects.get(alert=alert)


def press(number: int, data: str, chat: int, **more: Any) -> dict[str, Any]:
    message = {"message_id": 5, "date": 1, "chat": {"id": chat, "type": "private"}, "text": "asked"}
    sender = {"id": chat, "is_bot": False, "first_name": "Emma"}
    query = {"id": str(number), "from": sender, "chat_instance": "1", "data": data, "message": message}
    return {"update_id": number, "callback_query": query | more}


def store(*updates: dict[str, Any]) -> None:
    inbox.store_telegram(updates, now=clock.now())


def recorded() -> list[tuple[Any, ...]]:
    fields = ("citizen", "contact", "post", "safety", "people", "source", "ref", "current", "case", "others")
    return [*CheckIn.objects.order_by("ref").values_list(*fields)]


def journalled() -> list[tuple[Any, ...]]:
    rows = Entry.objects.filter(action="checkins.record").order_by("id")
    return [(row.actor, row.subject.partition(":")[0], row.data) for row in rows]


def household(chat: int, people: int) -> None:
    Citizen.objects.filter(contacts__address=str(chat)).update(people=people)


@pytest.mark.parametrize(
    ("answer", "people"), [("safe", 1), ("all", 1), ("not_there", 1), ("all", 4), ("not_there", 4)]
)
def test_what_is_recorded_ahead_is_what_handling_would_have_recorded(asked: Rollcall, answer: str, people: int) -> None:
    household(FIRST_CHAT, people)
    household(FIRST_CHAT + 1, people)
    store(press(1, f"c:{asked.pk}:{answer}", FIRST_CHAT), press(2, f"c:{asked.pk}:{answer}", FIRST_CHAT + 1))
    assert Ahead().record(clock.now()) == 2
    ahead, entries = recorded(), journalled()
    work()
    assert (recorded(), journalled()) == (ahead, entries), "handling records nothing anew"
    assert not inbox.waiting()

    CheckIn.objects.all().delete()
    store(press(11, f"c:{asked.pk}:{answer}", FIRST_CHAT), press(12, f"c:{asked.pk}:{answer}", FIRST_CHAT + 1))
    for row in inbox.claim(now=clock.now()):
        inbox.hand_back(received=row)
    InboxUpdate.objects.filter(state="new").update(tries=0)
    handled = _handled_alone()
    assert [row[:6] + row[7:] for row in handled] == [row[:6] + row[7:] for row in ahead]
    assert journalled()[2:] == entries


def _handled_alone() -> list[tuple[Any, ...]]:
    """Handle what is open as if nothing were recorded ahead, and return what then stands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.presses.Ahead.record", lambda *_, **__: 0)
        work()
    return recorded()


@pytest.mark.parametrize(
    "data", ["c:{}:help", "c:{}:some", "c:{}:perhaps", "c:999999:safe", "c:{}:safe:x", "h:now", "s:{}:done", "c:٣:safe"]
)
def test_what_is_not_plain_is_left_to_its_handler(asked: Rollcall, data: str) -> None:
    store(press(1, data.format(asked.pk), FIRST_CHAT))
    assert Ahead().record(clock.now()) == 0
    assert not CheckIn.objects.exists()


def test_somebody_of_a_household_who_is_safe_alone_is_asked_first(asked: Rollcall) -> None:
    household(FIRST_CHAT, 3)
    store(press(1, f"c:{asked.pk}:safe", FIRST_CHAT))
    assert Ahead().record(clock.now()) == 0


def test_a_second_answer_and_one_with_an_open_case_are_left_to_their_handlers(asked: Rollcall) -> None:
    store(press(1, f"c:{asked.pk}:help", FIRST_CHAT), press(2, f"c:{asked.pk}:safe", FIRST_CHAT + 1))
    work()
    store(press(3, f"c:{asked.pk}:safe", FIRST_CHAT), press(4, f"c:{asked.pk}:not_there", FIRST_CHAT + 1))
    assert Ahead().record(clock.now()) == 0
    work()
    assert Case.objects.get().state == "open"
    assert [*CheckIn.objects.filter(current=True).order_by("ref").values_list("ref", "safety")] == [
        ("telegram:3", "safe"), ("telegram:4", "not_there"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "forged",
    [
        {"from": {"id": FIRST_CHAT + 1, "is_bot": False, "first_name": "Emma"}},
        {"message": {"message_id": 5, "date": 1, "chat": {"id": FIRST_CHAT, "type": "group"}}},
        {"message": {"message_id": 5, "date": 1, "chat": {"id": True, "type": "private"}}},
        {"id": 7},
        {"from": None},
        {"message": None},
    ],
)
def test_what_only_looks_like_a_press_records_nothing(asked: Rollcall, forged: dict[str, Any]) -> None:
    store(press(1, f"c:{asked.pk}:safe", FIRST_CHAT, **forged))
    assert Ahead().record(clock.now()) == 0
    assert not CheckIn.objects.exists()


def test_a_press_never_overtakes_what_the_same_person_said_before(asked: Rollcall) -> None:
    words = press(1, "", FIRST_CHAT)["callback_query"]["message"] | {"text": "We are trapped"}
    store({"update_id": 1, "message": words | {"from": press(1, "", FIRST_CHAT)["callback_query"]["from"]}})
    store(press(2, f"c:{asked.pk}:safe", FIRST_CHAT))
    assert Ahead().record(clock.now()) == 0


def test_an_answer_after_the_end_is_left_to_its_handler(asked: Rollcall) -> None:
    Rollcall.objects.update(closed_at=clock.now())
    store(press(1, f"c:{asked.pk}:safe", FIRST_CHAT))
    assert Ahead().record(clock.now()) == 0


def test_nobody_waits_to_be_recorded_while_others_wait_to_be_answered(asked: Rollcall) -> None:
    """All places for recording could be taken by people whose answers may not leave for an hour."""
    last = FIRST_CHAT + AT_ONCE + 3
    store(*(press(n, f"c:{asked.pk}:help", FIRST_CHAT + n) for n in range(1, AT_ONCE + 3)))
    store(press(AT_ONCE + 10, f"c:{asked.pk}:help", last))
    rate = Rate(permit=lambda: 0.0, reserve=lambda _: 3_600.0, halt=lambda _: None)

    async def until_all_are_recorded() -> int:
        application = build(rate)
        async with application:
            job = asyncio.create_task(drain(application))
            count = sync_to_async(CheckIn.objects.count, thread_sensitive=True)
            for _ in range(1_000):
                if (number := await count()) == AT_ONCE + 3 or job.done():
                    break
                await asyncio.sleep(0.05)
            job.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await job
        return number

    assert async_to_sync(until_all_are_recorded)() == AT_ONCE + 3
    assert CheckIn.objects.filter(contact__address=str(last), safety="needs_help").exists()
    states = {*InboxUpdate.objects.values_list("state", "lease_until")}
    assert states == {("new", None)}, "what is not answered is handed back"


def test_whoever_has_blocked_the_bot_or_never_spoke_to_it_is_left_to_the_handler(
    asked: Rollcall, person: Callable[..., Person]
) -> None:
    Contact.objects.filter(address=str(FIRST_CHAT)).update(state=Contact.State.GONE)
    store(press(1, f"c:{asked.pk}:safe", FIRST_CHAT), press(2, f"c:{asked.pk}:safe", 8_999_999_999))
    assert Ahead().record(clock.now()) == 0
