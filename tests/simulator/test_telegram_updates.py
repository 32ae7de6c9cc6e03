"""What citizens do, and how bots hear of it by polling."""

import threading
import time
from typing import Any

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import Conflict


def test_acts_become_updates_in_order(bot: Any, control: Any) -> None:
    keyboard = InlineKeyboardMarkup(
        [[InlineKeyboardButton("Link", url="https://e.org")], [InlineKeyboardButton("Yes", callback_data="y")]]
    )
    asked = bot("send_message", 77, "Safe?", reply_markup=keyboard)
    text = control.act(77, "text", text="/help me", reply_to=asked.message_id)
    location = control.act(77, "location", latitude=35.68, longitude=139.69)
    press = control.act(77, "press", button=0)
    edit = control.act(77, "edit", message_id=text["message_id"], text="never mind")
    block = control.act(77, "block")
    unblock = control.act(77, "unblock")
    updates = bot("get_updates")
    ids = [act["update_id"] for act in (text, location, press, edit, block, unblock)]
    assert [update.update_id for update in updates] == ids == sorted(ids)
    assert (updates[0].message.text, updates[0].message.entities[0].type) == ("/help me", "bot_command")
    assert updates[0].message.reply_to_message.text == "Safe?"
    assert (updates[0].effective_user.first_name, updates[0].effective_user.language_code) == ("Ana", "es")
    assert updates[1].message.location.latitude == 35.68
    assert (updates[2].callback_query.data, updates[2].callback_query.message.text) == ("y", "Safe?")
    assert updates[2].callback_query.message.reply_markup == keyboard
    assert (updates[3].edited_message.text, updates[3].edited_message.edit_date is None) == ("never mind", False)
    assert [update.my_chat_member.new_chat_member.status for update in updates[4:]] == ["kicked", "member"]
    assert updates[4].my_chat_member.old_chat_member.status == "member"


def test_a_first_start_opens_the_conversation(bot: Any, control: Any) -> None:
    control("PUT", "people", [{"chat_id": 80, "first_name": "Bo", "started": False}])
    control.act(80, "start", payload="K7Q2MD")
    (update,) = bot("get_updates")
    assert update.message.text == "/start K7Q2MD"
    assert bot("send_message", 80, "welcome").text == "welcome"


def test_a_blocked_bot_hears_so_and_a_start_ends_it(bot: Any, control: Any) -> None:
    control.act(77, "block")
    assert control.ask("POST", "people/77/act", {"kind": "text", "text": "x"}).status_code == 409
    with pytest.raises(Exception, match="bot was blocked by the user"):
        bot("send_message", 77, "x")
    control.act(77, "start")
    kinds = ["my_chat_member" if update.my_chat_member else update.message.text for update in bot("get_updates")]
    assert kinds == ["my_chat_member", "my_chat_member", "/start"]
    assert bot("send_message", 77, "x").text == "x"


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ({"kind": "press"}, 409),
        ({"kind": "press", "message_id": 5, "data": "y"}, 409),
        ({"kind": "edit", "message_id": 5, "text": "x"}, 409),
        ({"kind": "unblock"}, 409),
        ({"kind": "location", "latitude": 95, "longitude": 0}, 409),
        ({"kind": "text", "text": " "}, 409),
        ({"kind": "text", "text": "x", "reply_to": 9}, 409),
        ({"kind": "text"}, 400),
        ({"kind": "dance"}, 400),
        ({"kind": "text", "text": "x", "bot": "no_such_bot"}, 404),
    ],
)
def test_what_a_person_cannot_do_is_explained(control: Any, act: dict[str, Any], status: int) -> None:
    answer = control.ask("POST", "people/77/act", act)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_an_offset_acknowledges(bot: Any, control: Any) -> None:
    ids = [control.act(77, "text", text=f"{number}")["update_id"] for number in range(4)]
    assert [update.update_id for update in bot("get_updates", limit=2)] == ids[:2]
    assert [update.update_id for update in bot("get_updates")] == ids
    assert [update.update_id for update in bot("get_updates", offset=ids[1] + 1)] == ids[2:]
    assert [update.update_id for update in bot("get_updates", offset=-1)] == ids[3:]
    assert [update.update_id for update in bot("get_updates")] == ids[3:]


def test_only_the_wanted_kinds_come(bot: Any, control: Any) -> None:
    bot("get_updates", allowed_updates=["callback_query"])
    assert control.act(77, "text", text="unheard")["update_id"] == 0
    bot(
        "send_message",
        77,
        "?",
        reply_markup=InlineKeyboardMarkup.from_button(InlineKeyboardButton("Y", callback_data="y")),
    )
    control.act(77, "press")
    assert [bool(update.callback_query) for update in bot("get_updates")] == [True]
    bot("get_updates", allowed_updates=[])
    assert control.act(77, "text", text="heard")["update_id"] > 0


def test_a_long_poll_ends_as_soon_as_something_happens(bot: Any, control: Any) -> None:
    timer = threading.Timer(0.2, control.act, (77, "text"), {"text": "hello"})
    timer.start()
    began = time.monotonic()
    (update,) = bot("get_updates", timeout=10)
    assert (update.message.text, time.monotonic() - began < 2) == ("hello", True)
    timer.join()


def test_a_long_poll_without_news_ends_empty(call_bot: Any) -> None:
    began = time.monotonic()
    assert call_bot("getUpdates", timeout=1)["result"] == []
    assert 0.9 < time.monotonic() - began < 2


def test_a_second_poller_ends_the_first_with_a_conflict(bot: Any, control: Any) -> None:
    found: list[BaseException] = []

    def poll() -> None:
        try:
            bot("get_updates", timeout=5)
        except Conflict as conflict:
            found.append(conflict)

    first = threading.Thread(target=poll)
    first.start()
    time.sleep(0.3)
    second = threading.Timer(0.3, control.act, (77, "text"), {"text": "for the second"})
    second.start()
    assert [update.message.text for update in bot("get_updates", timeout=5)] == ["for the second"]
    first.join()
    second.join()
    assert "terminated by other getUpdates request; make sure that only one bot instance is running" in str(
        found[0]
    ).replace("getupdates", "getUpdates")


def test_a_poller_that_left_disturbs_nobody(bot: Any, raw: Any, control: Any) -> None:
    import requests

    with pytest.raises(requests.ReadTimeout):
        raw("GET", "/telegram/bot123456:AAtest-token/getUpdates?timeout=30", timeout=0.2)
    control.act(77, "text", text="still here")
    assert [update.message.text for update in bot("get_updates", timeout=5)] == ["still here"]
    time.sleep(0.05)
    assert control("GET", "requests")["requests"]["telegram"]["getUpdates"] == {"200": 1, "left": 1}


def test_two_bots_have_chats_of_their_own(bot: Any, control: Any) -> None:
    control("PUT", "bots", [{"token": "999:second-bot", "username": "second_bot"}])
    bot("send_message", 77, "from the first")
    control.act(77, "text", text="for the second", bot="second_bot")
    assert bot("get_updates") == ()
    bot.token = "999:second-bot"
    assert [update.message.message_id for update in bot("get_updates")] == [1]
    assert [each["text"] for each in control("GET", "chats/77?bot=second_bot")["messages"]] == ["for the second"]
    assert [each["text"] for each in control("GET", "chats/77")["messages"]] == ["from the first"]


def test_updates_older_than_a_day_are_forgotten(simulator: Any, bot: Any, control: Any) -> None:
    control.act(77, "text", text="old")
    simulator.world.store.write("UPDATE updates SET made_at = made_at - 90000")
    control.act(77, "text", text="new")
    assert [update.message.text for update in bot("get_updates")] == ["new"]


def test_update_ids_go_on_after_a_reset(bot: Any, control: Any) -> None:
    before = control.act(77, "text", text="one")["update_id"]
    control("POST", "reset")
    control("PUT", "bots", [{"token": "123456:AAtest-token", "username": "tocsin_bot"}])
    control("PUT", "people", [{"chat_id": 77}])
    assert control.act(77, "text", text="two")["update_id"] > before
