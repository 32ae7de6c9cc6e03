"""Households of citizens who answer the bot, for tests."""

from collections.abc import Callable
from typing import Any

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Citizen, Member
from crisis.checkins import inbox
from crisis.checkins.counting import Row
from crisis.checkins.models import CheckIn, InboxUpdate
from tests.functional.factories import NOW, issued, notify_all
from tests.functional.phones import Person, buttons, work

NUMBER = "+32 2 501 40 00"
NAMES = ("Luc Peeters", "Zoé Peeters", "Grand-père")


def household(person: Callable[..., Person], language: str = "en", *, people: int = 4, named: bool = True) -> Person:
    me = person(language)
    me.does("text", text="/start")
    me.does("location", latitude=35.68, longitude=139.77)
    Citizen.objects.filter(pk=me.contact.citizen_id).update(people=people)
    if named:
        for name in NAMES[: people - 1]:
            Member.objects.create(citizen_id=me.contact.citizen_id, name=name, told_at=NOW)
    return me


def asked(**kwargs: Any) -> Alert:
    alert = issued(**kwargs)
    notify_all(alert)
    return alert


def current(me: Person) -> CheckIn:
    return CheckIn.objects.get(citizen=me.contact.citizen, current=True, rollcall__isnull=False)


def parts(me: Person) -> tuple[str, int, str, int]:
    answer = current(me)
    return answer.safety, answer.people, answer.others_are, answer.others


def press(me: Person, end: str) -> list[dict[str, Any]]:
    """Press the newest button whose data ends so."""
    for message in reversed(me.messages()):
        for data in buttons(message):
            if data.endswith(end):
                return me.does("press", message_id=message["message_id"], data=data)
    raise AssertionError(f"no button ends with {end}")


def forged(me: Person, data: str) -> list[dict[str, Any]]:
    """Press a button that stands under none of the messages, and return what is said to it."""
    before = len(me.messages())
    chat = {"id": me.chat, "type": "private"}
    query = {
        "id": "1", "from": {"id": me.chat, "is_bot": False, "first_name": "Emma"}, "chat_instance": "1", "data": data,
        "message": {"message_id": 1, "date": 1, "chat": chat},
    }  # fmt: skip
    inbox.store_telegram([{"update_id": 900_000_000, "callback_query": query}], now=clock.now())
    work()
    assert InboxUpdate.objects.get(ref="900000000").state == "handled"
    return me.messages()[before:]


def adds_up(row: Row) -> bool:
    return sum(row.answers.values()) + row.no_answer + row.undelivered == row.registered
