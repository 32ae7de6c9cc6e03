"""What Telegram's answers mean that are no success."""

from typing import Any

from telegram.error import InvalidToken, NetworkError, TelegramError

from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformError,
    PublicationGone,
    RecipientGone,
    RecipientMoved,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unreachable,
    Unsupported,
)
from platforms.telegram_request import NeverLeft
from platforms.wire import Answer

# Descriptions of 400. Source: tdlib/telegram-bot-api, Client.cpp.
_GONE = ("chat not found", "peer_id_invalid", "user is deactivated", "chat_id is empty")
_NOT_THERE = ("message to edit not found", "message to delete not found", "message to forward not found")
_NOT_TO_BE_CHANGED = ("message can't be edited", "message can't be deleted")
_FLOOD_S = 60.0  # a 429 without a time; the server's own longest announced wait for a flood


def network_error(error: TelegramError) -> PlatformError:
    """Tell what an error without an answer means."""
    if isinstance(error, InvalidToken):
        return BadCredentials("the bot token has no valid form")
    if isinstance(error, NetworkError) and isinstance(error.__cause__, NeverLeft):
        return Unreachable(str(error.__cause__))
    return Unconfirmed(str(error.__cause__ or type(error).__name__))


def refusal(answer: Answer, *, private: bool) -> PlatformError:
    """Tell what an answer means that is no message. Source: core.telegram.org/bots/api; tdlib/telegram-bot-api.

    Args:
        answer: as it came.
        private: it is about one person's chat, not about a channel of ours.
    """
    content = answer.json()
    told: dict[str, Any] = content if isinstance(content, dict) else {}
    words = str(told.get("description") or answer.words)
    given = told.get("parameters")
    parameters: dict[str, Any] = given if isinstance(given, dict) else {}
    code = str(answer.status)
    if "migrate_to_chat_id" in parameters:
        return RecipientMoved(str(parameters["migrate_to_chat_id"]))
    match answer.status:
        case 400:
            return _bad_request(words, private=private)
        case 413:
            return ContentRejected(words, platform_code=code)
        case 401 | 404:
            return BadCredentials(words, platform_code=code)
        case 403:
            return (RecipientGone if private else AccountRestricted)(words, platform_code=code)
        case 409:
            return PlatformConfig(words, platform_code=code)
        case 429:
            wait = parameters.get("retry_after")
            seconds = float(wait) if isinstance(wait, int | float) else _FLOOD_S
            return Throttled(words, scope="app" if private else "recipient", retry_after=seconds, platform_code=code)
        case status if status >= 500 or status < 300:
            return Unconfirmed(words, platform_code=code)
        case _:
            return UnexpectedResponse(words, platform_code=code)


def _bad_request(words: str, *, private: bool) -> PlatformError:
    said = words.lower()
    kind: type[PlatformError] = ContentRejected
    if any(gone in said for gone in _GONE):
        kind = RecipientGone if private else AccountRestricted
    elif any(missing in said for missing in _NOT_THERE):
        kind = PublicationGone
    elif any(fixed in said for fixed in _NOT_TO_BE_CHANGED):
        kind = Unsupported
    return kind(words, platform_code="400")
