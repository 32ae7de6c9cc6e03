"""WhatsApp to citizens, through the Cloud API: an approved template in each language, filled in with an alert's three parts."""

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import utf16_units

_LIMITS = "developers.facebook.com, WhatsApp Cloud API, throughput"

WHATSAPP = PlatformSpec(
    slug="whatsapp",
    name="WhatsApp",
    base_url="https://graph.facebook.com",
    web_url="",
    # ITU-T E.164: at most 15 digits, and the + before them.
    handle=Handle(longest=16),
    # A template's body has at most 1,024 characters; our own judgement leaves the rest to its fixed words.
    text_limit=900,
    measure=utf16_units,
    unit="UTF-16 units",
    layout="whatsapp",
    rates=(Rate("app", 80, 1, _LIMITS), Rate("recipient", 1, 6, _LIMITS)),
    secrets=("token", "number_id", "template"),
    app_secrets=("token", "number_id", "template", "app_secret", "verify_token"),
    source="developers.facebook.com, WhatsApp Cloud API (Graph API v23.0, facebook/openapi)",
    checked_on="2026-11-25",
    setup=(
        "a verified business, its number, a template approved in each language (`docs/whatsapp.md`), the webhook "
        "`/receipts/whatsapp`; `WHATSAPP_DAILY_PEOPLE` says how many people in 24 hours Meta allows"
    ),
    private=True,
    tells_delivery=True,
)
