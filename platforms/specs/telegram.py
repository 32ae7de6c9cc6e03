"""Telegram: channels (public) and private chats (citizens), through the Bot API."""

from datetime import timedelta

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import utf16_units

_FAQ = "core.telegram.org/bots/faq"

TELEGRAM = PlatformSpec(
    slug="telegram",
    name="Telegram",
    base_url="https://api.telegram.org/bot",
    web_url="https://t.me",
    also_at=("telegram.me",),
    # telegram.org/faq, usernames.
    handle=Handle(longest=32, at=True),
    # "1-4096 characters after entities parsing"; our texts carry no markup, and offsets are UTF-16 code units.
    text_limit=4096,
    measure=utf16_units,
    unit="UTF-16 units",
    layout="telegram",
    rates=(Rate("app", 30, 1, _FAQ), Rate("recipient", 1, 1, _FAQ)),
    secrets=("bot_token",),
    app_secrets=("bot_token",),
    source="core.telegram.org/bots/api (Bot API 10.0)",
    checked_on="2026-11-01",
    amends=True,
    withdraws=True,
    numbered=True,
    claimed=True,
    appears_within=timedelta(),  # a channel's messages are looked up by their numbers, one by one
    setup="the bot of `TELEGRAM_BOT_TOKEN`; nothing more",
)
