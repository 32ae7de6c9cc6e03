"""The Bot API's methods, through python-telegram-bot and through plain HTTP."""

import json
from typing import Any

import pytest
import telegram
from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup
from telegram.error import BadRequest, Forbidden, InvalidToken

TOKEN = "123456:AAtest-token"


def test_a_bot_says_who_it_is(bot: Any) -> None:
    me = bot("get_me")
    assert (me.id, me.username, me.is_bot) == (123456, "tocsin_bot", True)


@pytest.mark.parametrize("way", ["query", "form", "json", "multipart"])
def test_parameters_come_in_any_of_four_ways(raw: Any, way: str) -> None:
    path, values = f"/telegram/bot{TOKEN}/SENDmessage", {"chat_id": "77", "text": "é & ü"}
    markup = {"inline_keyboard": [[{"text": "Safe", "callback_data": "safe"}]]}
    if way == "query":
        answer = raw("GET", path, params=values | {"reply_markup": json.dumps(markup)})
    elif way == "form":
        answer = raw("POST", path, data=values | {"reply_markup": json.dumps(markup)})
    elif way == "json":
        answer = raw("POST", path, json=values | {"chat_id": 77, "reply_markup": markup})
    else:
        answer = raw(
            "POST", path, files={n: (None, v) for n, v in (values | {"reply_markup": json.dumps(markup)}).items()}
        )
    result = answer.json()["result"]
    assert result["text"] == "é & ü"
    assert result["reply_markup"] == markup


def test_an_unknown_token_is_unauthorized(raw: Any, bot: Any) -> None:
    answer = raw("POST", "/telegram/bot123456:another-token/getMe")
    assert (answer.status_code, answer.json()) == (401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
    bot.token = "123456:another-token"
    with pytest.raises(InvalidToken):
        bot("get_me")


@pytest.mark.parametrize(
    "path", ["/telegram/botnonsense/getMe", "/telegram/bot/getMe", f"/telegram/bot{TOKEN}/noSuchMethod"]
)
def test_a_malformed_token_or_method_is_not_found(raw: Any, path: str) -> None:
    answer = raw("POST", path)
    assert (answer.status_code, answer.json()["error_code"]) == (404, 404)


def test_a_message_reaches_a_person(bot: Any, control: Any) -> None:
    sent = bot("send_message", 77, "Are you safe? https://example.org/a/K7", disable_notification=True)
    assert (sent.message_id, sent.chat.type, sent.from_user.username) == (1, "private", "tocsin_bot")
    assert [entity.type for entity in sent.entities] == ["url"]
    shown = control.chat(77)["messages"]
    assert [(each["sender"], each["text"]) for each in shown] == [("bot", "Are you safe? https://example.org/a/K7")]


def test_a_channel_post_has_the_channel_as_its_sender(bot: Any, control: Any) -> None:
    first = bot("send_message", "@mfa_alerts", "one")
    second = bot("send_message", first.chat.id, "two")
    assert (first.message_id, second.message_id) == (1, 2)
    assert (first.from_user, first.sender_chat.username, first.chat.type) == (None, "mfa_alerts", "channel")
    assert [each["remote_id"] for each in control("GET", "publications?platform=telegram")] == ["1", "2"]


@pytest.mark.parametrize(
    ("chat_id", "error", "words"),
    [
        (999, BadRequest, "Chat not found"),
        ("@nobody_here", BadRequest, "Chat not found"),
        (-1001234567890, BadRequest, "Chat not found"),
        (78, Forbidden, "bot can't initiate conversation with a user"),
        (79, Forbidden, "user is deactivated"),
    ],
)
def test_who_cannot_be_reached_is_named_in_the_platforms_words(
    bot: Any, control: Any, chat_id: Any, error: type[Exception], words: str
) -> None:
    control("PUT", "people", [{"chat_id": 78, "started": False}, {"chat_id": 79, "started": True, "deactivated": True}])
    with pytest.raises(error, match=words):
        bot("send_message", chat_id, "x")


def test_a_bot_that_is_not_admin_may_not_post(bot: Any, control: Any) -> None:
    control("PUT", "accounts", [{"platform": "telegram", "address": "@closed", "admins": ["another_bot"]}])
    with pytest.raises(Forbidden, match="bot is not a member of the channel chat"):
        bot("send_message", "@closed", "x")


def test_a_reply_shows_what_it_answers(bot: Any) -> None:
    first = bot("send_message", 77, "one")
    reply = bot("send_message", 77, "two", reply_parameters=telegram.ReplyParameters(first.message_id))
    assert reply.reply_to_message.text == "one"
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        bot("send_message", 77, "three", reply_parameters=telegram.ReplyParameters(99))
    lonely = bot(
        "send_message", 77, "x", reply_parameters=telegram.ReplyParameters(99, allow_sending_without_reply=True)
    )
    assert lonely.reply_to_message is None


def test_reply_keyboards_are_kept_but_not_returned(bot: Any, control: Any) -> None:
    keyboard = ReplyKeyboardMarkup(
        [[KeyboardButton("Where I am", request_location=True)], ["No"]], one_time_keyboard=True
    )
    assert bot("send_message", 77, "Where?", reply_markup=keyboard).reply_markup is None
    shown = control.chat(77)["messages"][0]["reply_keyboard"]
    assert shown == [[{"request_location": True, "text": "Where I am"}], [{"text": "No"}]]


def test_a_photo_is_uploaded_once_and_sent_again_by_its_id(bot: Any, control: Any, picture: bytes) -> None:
    sent = bot("send_photo", "@mfa_alerts", picture, caption="Map K7/1")
    assert (sent.caption, sent.photo[-1].width, sent.photo[-1].height) == ("Map K7/1", 3, 2)
    again = bot("send_photo", 77, sent.photo[-1].file_id)
    assert again.photo[-1].file_id == sent.photo[-1].file_id
    assert control("GET", "counts?marker=K7/1") == {"telegram:@mfa_alerts": 1}
    assert control("GET", "publications?marker=K7")[0]["pictures"] == [sent.photo[-1].file_id]


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (b"no picture", "(?i)IMAGE_PROCESS_FAILED"),
        ("AgACunknown", "Wrong file identifier"),
        ("http://a/b.png", "Wrong file identifier"),
    ],
)
def test_what_is_no_photo_is_refused(bot: Any, photo: Any, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        bot("send_photo", 77, photo)


def test_a_text_is_edited_and_the_same_text_is_not(bot: Any, control: Any) -> None:
    sent = bot("send_message", "@mfa_alerts", "first K7/1")
    edited = bot("edit_message_text", "second K7/2", chat_id="@mfa_alerts", message_id=sent.message_id)
    assert (edited.text, edited.edit_date is not None) == ("second K7/2", True)
    with pytest.raises(BadRequest, match=r"^Message is not modified: specified new message content"):
        bot("edit_message_text", "second K7/2", chat_id="@mfa_alerts", message_id=sent.message_id)
    (shown,) = control("GET", "publications?marker=K7/2")
    assert (shown["text"], shown["original_text"], shown["edited_at"] is None) == ("second K7/2", "first K7/1", False)
    assert control("GET", "counts?marker=K7/2") == {}


def test_a_keyboard_is_taken_off_a_message(bot: Any) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Safe", callback_data="safe")]])
    sent = bot("send_message", 77, "Safe?", reply_markup=keyboard)
    assert bot("edit_message_reply_markup", 77, sent.message_id, reply_markup=None).reply_markup is None
    with pytest.raises(BadRequest, match="Message is not modified"):
        bot("edit_message_reply_markup", 77, sent.message_id, reply_markup=None)


def test_a_caption_is_edited(bot: Any, picture: bytes) -> None:
    sent = bot("send_photo", 77, picture, caption="one")
    assert bot("edit_message_caption", 77, sent.message_id, caption="two").caption == "two"
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        bot("edit_message_text", "three", chat_id=77, message_id=sent.message_id)


def test_a_message_is_deleted_once(bot: Any, control: Any) -> None:
    sent = bot("send_message", "@mfa_alerts", "gone soon")
    assert bot("delete_message", "@mfa_alerts", sent.message_id) is True
    with pytest.raises(BadRequest, match="Message to delete not found"):
        bot("delete_message", "@mfa_alerts", sent.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        bot("edit_message_text", "x", chat_id="@mfa_alerts", message_id=sent.message_id)
    (shown,) = control("GET", "publications?marker=gone")
    assert shown["deleted_at"] is not None


def test_many_messages_are_deleted_at_once_and_what_is_not_there_is_passed_over(bot: Any, control: Any) -> None:
    ids = [bot("send_message", 77, f"number {number}").message_id for number in range(3)]
    assert bot("delete_messages", 77, [*ids[:2], 4_000]) is True
    assert [each["deleted_at"] is None for each in control.chat(77)["messages"]] == [False, False, True]
    with pytest.raises(BadRequest, match="Wrong message identifiers"):
        bot("delete_messages", 77, list(range(1, 102)))


def test_a_document_is_carried_with_its_name(bot: Any, control: Any) -> None:
    sent = bot("send_document", 77, b"{}", filename="data.json", caption="yours")
    assert (sent.document.file_name, sent.document.file_size, sent.caption) == ("data.json", 2, "yours")
    assert control.chat(77)["messages"][-1]["text"] == "yours"


def test_a_persons_message_cannot_be_edited_by_the_bot(bot: Any, control: Any) -> None:
    message_id = control.act(77, "text", text="hello")["message_id"]
    with pytest.raises(BadRequest, match="Message can't be edited"):
        bot("edit_message_text", "x", chat_id=77, message_id=message_id)


def test_forwarding_proves_what_stands_in_a_channel(bot: Any) -> None:
    sent = bot("send_message", "@mfa_alerts", "K7/1 stands")
    copy = bot("forward_message", 77, "@mfa_alerts", sent.message_id)
    assert (copy.text, copy.forward_origin.chat.username) == ("K7/1 stands", "mfa_alerts")
    with pytest.raises(BadRequest, match="Message to forward not found"):
        bot("forward_message", 77, "@mfa_alerts", sent.message_id + 1)


def test_a_protected_message_cannot_be_forwarded(bot: Any) -> None:
    sent = bot("send_message", "@mfa_alerts", "secret", protect_content=True)
    with pytest.raises(BadRequest, match="can't be forwarded"):
        bot("forward_message", 77, "@mfa_alerts", sent.message_id)


def test_a_pressed_button_is_answered(bot: Any, control: Any) -> None:
    bot(
        "send_message",
        77,
        "Safe?",
        reply_markup=InlineKeyboardMarkup.from_button(InlineKeyboardButton("Yes", callback_data="y")),
    )
    control.act(77, "press", button=0)
    (update,) = bot("get_updates")
    assert bot("answer_callback_query", update.callback_query.id, "Noted", show_alert=True) is True
    (press,) = control.chat(77)["presses"]
    assert (press["data"], press["answer"], press["alert"]) == ("y", "Noted", True)


def test_an_unknown_or_old_query_is_refused(bot: Any, control: Any) -> None:
    words = "Query is too old and response timeout expired or query id is invalid"
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        bot("answer_callback_query", "123")
    bot(
        "send_message",
        77,
        "Safe?",
        reply_markup=InlineKeyboardMarkup.from_button(InlineKeyboardButton("Yes", callback_data="y")),
    )
    control.act(77, "press", data="y")
    query = bot("get_updates")[0].callback_query
    control("PUT", "limits", {"telegram_callback_seconds": 0})
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        bot("answer_callback_query", query.id)


def test_the_menu_is_kept_by_scope_and_language(bot: Any) -> None:
    bot("set_my_commands", [BotCommand("help", "Help")])
    bot(
        "set_my_commands",
        [BotCommand("hulp", "Hulp")],
        language_code="nl",
        scope=telegram.BotCommandScopeAllPrivateChats(),
    )
    assert [each.command for each in bot("get_my_commands")] == ["help"]
    dutch = bot("get_my_commands", scope=telegram.BotCommandScopeAllPrivateChats(), language_code="nl")
    assert [each.command for each in dutch] == ["hulp"]
    assert bot("delete_my_commands") is True
    assert bot("get_my_commands") == ()
    with pytest.raises(BadRequest, match=r"(?i)BOT_COMMAND_INVALID"):
        bot("set_my_commands", [BotCommand("Not allowed", "x")])


def test_a_bot_learns_about_a_chat_and_its_own_rights(bot: Any) -> None:
    chat = bot("get_chat", "@mfa_alerts")
    assert (chat.title, chat.type, str(chat.id)[:4]) == ("MFA alerts", "channel", "-100")
    assert bot("get_chat", 77).first_name == "Ana"
    member = bot("get_chat_member", "@mfa_alerts", 123456)
    assert (member.status, member.can_post_messages) == ("administrator", True)
    assert bot("get_chat_member_count", "@mfa_alerts") == 7
    assert bot("send_chat_action", 77, "typing") is True
    with pytest.raises(BadRequest, match="Chat not found"):
        bot("get_chat", "@nobody_here")


def test_a_location_is_sent(bot: Any) -> None:
    sent = bot("send_location", 77, 50.85, 4.35)
    assert (sent.location.latitude, sent.location.longitude) == (50.85, 4.35)
