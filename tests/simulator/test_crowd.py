"""The crowd of simulated citizens."""

import time
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

KEYBOARD = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("More", url="https://e.org"), InlineKeyboardButton("Safe", callback_data="safe")],
        [InlineKeyboardButton("Help", callback_data="help")],
    ]
)


def crowd(control: Any, *presses: int | None, **rest: Any) -> None:
    people = [
        {"chat_id": 100 + at, "started": True, "press": press, "delay_s": [0, 0.1]} for at, press in enumerate(presses)
    ]
    control("PUT", "people", [person | rest for person in people])


def pressed(control: Any, number: int, seconds: float = 3) -> list[tuple[int, str]]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = [
            (chat_id, press["data"])
            for chat_id in range(100, 110)
            for press in control("GET", f"chats/{chat_id}")["presses"]
        ]
        if len(found) >= number:
            break
        time.sleep(0.02)
    return found


def everybody(control: Any, bot: Any, *presses: int | None, **rest: Any) -> None:
    crowd(control, *presses, *[None] * (10 - len(presses)), **rest)
    for at in range(len(presses)):
        bot("send_message", 100 + at, "K7/1 Are you safe?", reply_markup=KEYBOARD)


def test_everybody_presses_their_own_button_once(bot: Any, control: Any) -> None:
    everybody(control, bot, 0, 1, None, 7)
    assert pressed(control, 2) == [(100, "safe"), (101, "help")]
    time.sleep(0.2)
    assert pressed(control, 2) == [(100, "safe"), (101, "help")]
    assert sorted(update.callback_query.data for update in bot("get_updates")) == ["help", "safe"]
    assert control("GET", "health")["waiting_presses"] == 0


def test_the_answer_to_a_press_is_not_pressed(bot: Any, control: Any) -> None:
    everybody(control, bot, 0)
    pressed(control, 1)
    bot("send_message", 100, "Thank you. Where are you?", reply_markup=KEYBOARD)
    time.sleep(0.3)
    assert pressed(control, 2, 0.1) == [(100, "safe")]


def test_after_the_quiet_time_the_next_alert_is_pressed_again(bot: Any, control: Any) -> None:
    everybody(control, bot, 0, quiet_s=0.2)
    pressed(control, 1)
    time.sleep(0.3)
    bot("send_message", 100, "K8/1 Are you safe?", reply_markup=KEYBOARD)
    assert pressed(control, 2) == [(100, "safe"), (100, "safe")]


def test_only_messages_with_the_wanted_words_are_pressed(bot: Any, control: Any) -> None:
    everybody(control, bot, 0, press_only_containing="K8/")
    bot("send_message", 100, "K8/1 Are you safe?", reply_markup=KEYBOARD)
    assert pressed(control, 1) == [(100, "safe")]
    assert control.chat(100)["presses"][0]["message_id"] == 2


def test_a_second_question_is_answered_at_once_by_who_knows_a_question_by_its_button(bot: Any, control: Any) -> None:
    def buttons(data: str) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup.from_button(InlineKeyboardButton("Safe", callback_data=data))

    crowd(control, 0, *[None] * 9, press_only_data="c:", quiet_s=0)
    for data in ("c:1:safe", "h:now", "c:2:safe"):
        bot("send_message", 100, "Are you safe?", reply_markup=buttons(data))
    assert pressed(control, 2) == [(100, "c:1:safe"), (100, "c:2:safe")]
    time.sleep(0.2)
    assert len(pressed(control, 2)) == 2, "a call for help that the bot offers in an answer is none of theirs"


def test_nobody_presses_a_button_that_is_gone(bot: Any, control: Any) -> None:
    crowd(control, 0, *[None] * 9, delay_s=[0.5, 0.5])
    sent = bot("send_message", 100, "K7/1", reply_markup=KEYBOARD)
    bot("edit_message_reply_markup", 100, sent.message_id)
    time.sleep(0.7)
    assert pressed(control, 1, 0.1) == []


def test_the_delay_lies_between_the_two_and_follows_the_seed(simulator: Any, bot: Any, control: Any) -> None:
    delays = []
    for seed in (1, 1, 2):
        control("POST", "reset")
        control("PUT", "bots", [{"token": "123456:AAtest-token", "username": "tocsin_bot"}])
        crowd(control, 0, delay_s=[100, 200], seed=seed)
        bot("send_message", 100, "K7/1", reply_markup=KEYBOARD)
        message = simulator.world.store.row("SELECT sent_at FROM messages")
        delays.append(round(simulator.world.crowd._intents[0].due - message["sent_at"], 3))
    assert delays[0] == delays[1] != delays[2]
    assert all(100 <= delay <= 200 for delay in delays)


def test_a_message_without_buttons_to_press_is_left_alone(bot: Any, control: Any) -> None:
    crowd(control, 0, *[None] * 9)
    bot(
        "send_message",
        100,
        "K7/1",
        reply_markup=InlineKeyboardMarkup.from_button(InlineKeyboardButton("More", url="https://e.org")),
    )
    bot("send_message", 100, "K7/1")
    time.sleep(0.3)
    assert pressed(control, 1, 0.1) == []
