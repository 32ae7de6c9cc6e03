"""Replies as Telegram's keyboards."""

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot import texts
from bot.replies import Reply

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


def markup(reply: Reply) -> Markup | None:
    """Return the keyboard of a reply, in the language that is active."""
    if reply.buttons:
        rows = [[InlineKeyboardButton(press.label, callback_data=press.data) for press in row] for row in reply.buttons]
        return InlineKeyboardMarkup(rows)
    if reply.asks_place:
        button = KeyboardButton(texts.share_location(), request_location=True)
        return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)
    return None
