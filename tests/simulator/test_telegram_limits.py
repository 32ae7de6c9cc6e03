"""What the Bot API refuses: lengths in its own unit, buttons, floods."""

import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import BadRequest, RetryAfter

from simulator.limits import FixedWindow, RollingWindow
from simulator.telegram.entities import read_formatted, utf16
from simulator.telegram.refusal import Refusal


@pytest.mark.parametrize("text", ["a" * 4096, "é" * 4096, "😀" * 2048, "  " + "a" * 4096 + "\n"])
def test_a_text_of_4096_units_passes(bot: Any, text: str) -> None:
    assert bot("send_message", 77, text).text == text.strip()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 4097, "Message is too long"),
        ("😀" * 2049, "Message is too long"),
        ("é" * 16385, "Text is too long"),
        ("   \n", "Message text is empty"),
    ],
)
def test_what_is_longer_or_empty_is_refused(bot: Any, text: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        bot("send_message", 77, text)


def test_markup_does_not_count(bot: Any) -> None:
    sent = bot("send_message", 77, "<b>" + "a" * 4096 + "</b>", parse_mode="HTML")
    assert (len(sent.text), sent.entities[0].type, sent.entities[0].length) == (4096, "bold", 4096)


def test_a_caption_has_a_limit_of_its_own(bot: Any, picture: bytes) -> None:
    assert len(bot("send_photo", 77, picture, caption="a" * 1024).caption) == 1024
    with pytest.raises(BadRequest, match="Message caption is too long"):
        bot("send_photo", 77, picture, caption="a" * 1025)


def button(**rest: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Safe", **rest}]]}


@pytest.mark.parametrize("data", ["a", "a" * 64, "é" * 32])
def test_callback_data_of_64_bytes_passes(call_bot: Any, data: str) -> None:
    assert call_bot("sendMessage", chat_id=77, text="?", reply_markup=button(callback_data=data))["ok"] is True


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        (button(callback_data="a" * 65), "Bad Request: BUTTON_DATA_INVALID"),
        (button(callback_data="é" * 33), "Bad Request: BUTTON_DATA_INVALID"),
        (button(callback_data=""), "Text buttons are unallowed in the inline keyboard"),
        (button(), "Text buttons are unallowed in the inline keyboard"),
        (button(url="javascript:alert(1)"), "Wrong HTTP URL"),
        ({"inline_keyboard": [[{"text": " ", "callback_data": "x"}]]}, "text of the button must be non-empty"),
        ({"inline_keyboard": "x"}, "array of arrays"),
        ({"inline_keyboard": [[{"text": "x", "callback_data": "x"}] * 101]}, "reply markup is too long"),
        ({"keyboard": [[{}]]}, "text of the button must be non-empty"),
        ("{", "can't parse"),
        ("[]", "object expected"),
    ],
)
def test_a_wrong_keyboard_is_refused(call_bot: Any, markup: Any, words: str) -> None:
    answer = call_bot("sendMessage", chat_id=77, text="?", reply_markup=markup)
    assert answer["status"] == 400
    assert words in answer["description"]


@pytest.mark.parametrize(
    ("method", "values"),
    [
        ("sendMessage", {"text": "x", "reply_parameters": "[1]"}),
        ("sendMessage", {"text": "x", "reply_parameters": "{"}),
        ("sendMessage", {"text": "x", "link_preview_options": 5}),
        ("setMyCommands", {"commands": ["help"]}),
        ("setMyCommands", {"commands": [], "scope": "everywhere"}),
        ("getUpdates", {"allowed_updates": "{"}),
    ],
)
def test_parameters_of_the_wrong_shape_are_refused(call_bot: Any, method: str, values: dict[str, Any]) -> None:
    answer = call_bot(method, chat_id=77, **values)
    assert (answer["status"], answer["description"][:12]) == (400, "Bad Request:")


def test_entities_are_taken_as_they_are_given(call_bot: Any) -> None:
    given = [{"type": "bold", "offset": 2, "length": 99}, {"type": "italic"}, "nonsense"]
    result = call_bot("sendMessage", chat_id=77, text="  ab", entities=given)["result"]
    assert (result["text"], result["entities"]) == ("ab", [{"type": "bold", "offset": 0, "length": 2}])


def test_too_many_messages_in_one_second_are_held_off(
    bot: Any, call_bot: Any, control: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without it PTB warns, from its own constructor, that retry_after will be a timedelta one day.
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    assert control("GET", "limits")["telegram_per_second"] == 30
    # Fewer, so that a busy machine gets them through within the second.
    control("PUT", "limits", {"telegram_per_second": 8})
    answers = [call_bot("sendMessage", chat_id=77, text=f"{number}") for number in range(9)]
    assert [answer["status"] for answer in answers] == [200] * 8 + [429]
    assert answers[-1]["description"] == "Too Many Requests: retry after 1"
    assert answers[-1]["parameters"] == {"retry_after": 1}
    assert answers[-1]["headers"]["Retry-After"] == "1"
    with pytest.raises(RetryAfter) as raised:
        bot("send_message", "@mfa_alerts", "x")
    assert raised.value.retry_after == timedelta(seconds=1)
    time.sleep(1)
    assert call_bot("sendMessage", chat_id=77, text="again")["ok"] is True
    control("PUT", "limits", {"telegram_per_second": None})
    assert all(call_bot("sendMessage", chat_id=77, text=f"{number}")["ok"] for number in range(40))


def test_a_group_takes_twenty_a_minute_and_a_channel_any_number(call_bot: Any, control: Any) -> None:
    control("PUT", "limits", {"telegram_per_second": None})
    control("PUT", "accounts", [{"platform": "telegram", "address": "@crisis_room", "kind": "supergroup"}])
    group = [call_bot("sendMessage", chat_id="@crisis_room", text=f"{number}") for number in range(21)]
    assert [answer["status"] for answer in group] == [200] * 20 + [429]
    assert 50 <= group[-1]["parameters"]["retry_after"] <= 60
    channel = [call_bot("sendMessage", chat_id="@mfa_alerts", text=f"{number}") for number in range(25)]
    assert all(answer["ok"] for answer in channel)


def test_half_a_surrogate_pair_is_refused(raw: Any) -> None:
    body = b'{"chat_id": 77, "text": "\\ud83d"}'
    answer = raw(
        "POST", "/telegram/bot123456:AAtest-token/sendMessage", data=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, "UTF-8" in answer.json()["description"]) == (400, True)


@pytest.mark.parametrize(
    ("text", "mode", "plain", "kinds"),
    [
        ("<b>a</b> &lt;<i>b<u>c</u></i>", "HTML", "a <bc", ["bold", "italic", "underline"]),
        ('<a href="https://e.org">link</a>', "html", "link", ["text_link"]),
        ("<code>/start</code>", "HTML", "/start", ["code"]),
        ("*a* _b_ __c__ ~d~ ||e|| `f`", "MarkdownV2", "a b c d e f",
         ["bold", "italic", "underline", "strikethrough", "spoiler", "code"]),
        ("1\\. a \\*b\\*", "MarkdownV2", "1. a *b*", []),
        ("[link](https://e.org/a\\_b)", "MarkdownV2", "link", ["text_link"]),
        ("```\ncode\n```", "MarkdownV2", "code", ["pre"]),
        ("*a* _b_ (c).", "Markdown", "a b (c).", ["bold", "italic"]),
        ("see https://e.org/a, @tocsin_bot #K7 /safe", "", "see https://e.org/a, @tocsin_bot #K7 /safe",
         ["url", "mention", "hashtag", "bot_command"]),
    ],
)  # fmt: skip
def test_formatting_is_read_into_entities(text: str, mode: str, plain: str, kinds: list[str]) -> None:
    read, entities = read_formatted(text, mode, None)
    assert (read, [entity["type"] for entity in entities]) == (plain, kinds)


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("<b>a", "HTML", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<blink>a</blink>", "HTML", 'Unsupported start tag "blink" at byte offset 0'),
        ("a < b", "HTML", "Unsupported start tag"),
        ("<b><i>a</b></i>", "HTML", 'expected "</i>", found "</b>"'),
        ("a</b>", "HTML", "Unexpected end tag"),
        ("1. a", "MarkdownV2", "Character '.' is reserved"),
        ("*a", "MarkdownV2", "Can't find end of Bold entity"),
        ("`a", "Markdown", "Can't find end of Code entity"),
        ("[a] b", "MarkdownV2", "Can't find end of TextLink entity"),
        ("*a _b* c_", "MarkdownV2", "Can't find end of"),
        ("a", "BBCode", "unsupported parse_mode"),
    ],
)
def test_broken_formatting_is_refused(text: str, mode: str, words: str) -> None:
    with pytest.raises(Refusal) as raised:
        read_formatted(text, mode, None)
    assert words in raised.value.description


@given(st.text())
def test_entities_lie_within_the_text(text: str) -> None:
    plain, entities = read_formatted(text, "", None)
    encoded = plain.encode("utf-16-le", "surrogatepass")
    for entity in entities:
        piece = encoded[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
        assert piece in plain
        assert entity["offset"] + entity["length"] <= utf16(plain)


def test_a_rolling_window_opens_again_as_its_events_age() -> None:
    window = RollingWindow(1)
    assert [window.wait("a", 2, moment) for moment in (10.0, 10.5, 10.9, 11.0, 11.2)] == [0, 0, 1, 0, 1]
    assert window.wait("b", 2, 10.9) == 0
    assert window.wait("a", None, 11.2) == 0
    assert window.wait("c", 0, 11.2) == 1


def test_a_fixed_window_begins_with_the_first_request() -> None:
    window = FixedWindow(900)
    assert window.take("a", 2, 100.0) == (2, 1, 1000, True)
    assert window.take("a", 2, 500.0) == (2, 0, 1000, True)
    assert window.take("a", 2, 999.0) == (2, 0, 1000, False)
    assert window.take("a", 2, 1000.0) == (2, 1, 1900, True)
    assert window.take("a", None, 1000.0)[3] is True
