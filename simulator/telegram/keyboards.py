"""The keyboards that a message carries, checked as Telegram checks them."""

from typing import Any
from urllib.parse import urlsplit

from simulator.telegram.refusal import bad_request

# Bot API, InlineKeyboardButton: callback_data "1-64 bytes".
MAX_CALLBACK_BYTES = 64
# python-telegram-bot's constants, InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER.
MAX_BUTTONS = 100
KINDS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "copy_text",
)
Markup = dict[str, Any]


def read_markup(value: object) -> Markup | None:
    """Return the reply markup of a request, with plain buttons written as objects; None when there is none.

    Args:
        value: what `reply_markup` holds, decoded.

    Raises:
        Refusal: a button that Telegram refuses, in its words.
    """
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in value:
        rows = [[_inline_button(button) for button in row] for row in _rows(value["inline_keyboard"])]
        if sum(map(len, rows)) > MAX_BUTTONS:
            raise bad_request("reply markup is too long")
        return {"inline_keyboard": [row for row in rows if row]}
    if "keyboard" in value:
        return {**value, "keyboard": [[_plain_button(button) for button in row] for row in _rows(value["keyboard"])]}
    return value


def inline(markup: Markup | None) -> Markup | None:
    """Return `markup` when it is an inline keyboard with buttons: the only kind that stays with a message."""
    return markup if markup and markup.get("inline_keyboard") else None


def _rows(rows: object) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse keyboard: an array of arrays of buttons is expected")
    return rows


def _inline_button(button: object) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not str(button.get("text") or "").strip():
        raise bad_request("can't parse inline keyboard button: text of the button must be non-empty")
    kinds = [kind for kind in KINDS if button.get(kind)]
    if len(kinds) != 1:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if kinds == ["callback_data"] and len(str(button["callback_data"]).encode()) > MAX_CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if kinds == ["url"]:
        address = urlsplit(str(button["url"]))
        if address.scheme not in ("http", "https", "tg", "tel") or not (address.netloc or address.path):
            raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    return button


def _plain_button(button: object) -> dict[str, Any]:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict) or not str(button.get("text") or "").strip():
        raise bad_request("can't parse keyboard button: text of the button must be non-empty")
    return button
