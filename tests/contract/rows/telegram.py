"""Telegram."""

from platforms.errors import AccountRestricted, BadCredentials, ContentRejected, PlatformConfig, Throttled
from tests.contract.rows.row import Row

BOT_TOKEN = "987654321:contract-tests-secret-token-AbCdEf"
OPERATIONS = "6900000002"  # a private chat of ours with the bot

ROW = Row(
    "@contract_channel",
    {"bot_token": BOT_TOKEN},
    OPERATIONS,
    answers={
        "400": ContentRejected,
        "403": AccountRestricted,
        "404": BadCredentials,
        "409": PlatformConfig,
        "quota": Throttled,
    },
)
