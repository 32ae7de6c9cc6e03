"""What people say in a group is not for us, and every old button is answered; each refusal leaves a line in the log."""

from collections.abc import Callable
from typing import Any

import pytest

from bot import conversation
from bot.speaker import Speaker
from crisis import clock
from crisis.audience.models import Contact
from crisis.checkins import inbox
from crisis.registry.models import Ministry
from simulator.testing import Running
from tests.functional.factories import NOW, citizen
from tests.functional.phones import Person, text, work

GROUP = -1001234567890
SAID = {
    "nl": "Schrijf me in een privéchat",
    "fr": "Écrivez-moi en privé",
    "de-AT": "Schreiben Sie mir privat",
    "en": "Write to me in a private chat",
}


def refusals(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.__dict__ for record in caplog.records if "refused" in record.getMessage()]


def command_in_group(sim: Running, language: str | None) -> str:
    """Say something in a group with our bot, and return what the bot answers there."""
    group = {"platform": "telegram", "address": "@families", "name": "Families", "kind": "supergroup"}
    (account,) = sim.control("PUT", "accounts", [group])
    sender = {"id": 77, "is_bot": False, "first_name": "Emma"} | ({"language_code": language} if language else {})
    message = {
        "message_id": 1, "date": int(NOW.timestamp()), "from": sender, "text": "/safe",
        "chat": {"id": int(account["platform_id"]), "type": "supergroup", "title": "Families"},
        "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
    }  # fmt: skip
    inbox.store_telegram([{"update_id": 4_000_000, "message": message}], now=clock.now())
    work()
    (found,) = sim.control("GET", "publications?platform=telegram&account=@families")
    return str(found["text"])


@pytest.mark.parametrize(("language", "said"), [*SAID.items(), ("ja", SAID["nl"]), (None, SAID["nl"])])
def test_a_group_is_answered_in_the_senders_language_else_in_the_ministrys_first(
    person: Callable[..., Person], sim: Running, language: str | None, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert said in command_in_group(sim, language)
    (told,) = refusals(caplog)
    assert (told["update"], told["why"]) == (4_000_000, "a command in a group")


def test_a_ministry_without_english_answers_a_group_in_its_own_language() -> None:
    Ministry.objects.filter(code="BE").update(languages=["fr", "nl"])
    assert SAID["fr"] in conversation.in_group("en")


@pytest.mark.parametrize("data", ["c:999999:safe", "l:xx", "p:999999999", "whatever"])
def test_an_old_button_is_answered_kindly_and_logged_without_what_it_held(
    person: Callable[..., Person], caplog: pytest.LogCaptureFixture, data: str
) -> None:
    me = person("en")
    me.does("text", text="/start")
    inbox.store_telegram([pressed(me, data)], now=clock.now())
    before = len(me.messages())
    work()
    assert "no longer valid" in text(me.messages()[before:])
    (told,) = refusals(caplog)
    assert told["contact"] == Contact.objects.get(address=str(me.chat)).pk
    assert data not in {str(value) for value in told.values()}


def pressed(me: Person, data: str) -> dict[str, Any]:
    sender = {"id": me.chat, "is_bot": False, "first_name": "Emma"}
    message = {"message_id": 1, "date": int(NOW.timestamp()), "chat": {"id": me.chat, "type": "private"}}
    query = {"id": "1", "from": sender, "message": message, "chat_instance": "1", "data": data}
    return {"update_id": 4_000_001, "callback_query": query}


def test_an_answer_that_comes_too_late_leaves_a_line(caplog: pytest.LogCaptureFixture) -> None:
    from crisis.alerts.models import Alert, Rollcall
    from tests.functional.factories import issued

    contact, alert = citizen("Tokyo"), issued()
    Alert.objects.filter(pk=alert.pk).update(stopped_at=NOW, state="stopped")
    rollcall = Rollcall.objects.get(alert=alert)
    conversation.answered(Speaker(int(contact.address), "Emma", "fr"), rollcall.pk, "safe", "telegram:1", clock.now())
    (told,) = refusals(caplog)
    assert (told["rollcall"], told["contact"], told["why"]) == (rollcall.pk, contact.pk, "ended")
