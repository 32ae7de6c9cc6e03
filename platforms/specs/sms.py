"""SMS to citizens, through the ministry's own gateway."""

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import sms_segments

SMS = PlatformSpec(
    slug="sms",
    name="SMS",
    base_url="",
    web_url="",
    # ITU-T E.164: at most 15 digits, and the + before them.
    handle=Handle(longest=16),
    # Our own judgement: phones join more than that, but each is paid for, and the last one of many is often the one lost.
    text_limit=6,
    measure=sms_segments,
    unit="messages",
    layout="sms",
    rates=(
        Rate("app", 10, 1, "our own judgement; SMS_RATE says what the gateway's contract allows"),
        Rate("recipient", 1, 5, "our own judgement: parts of two messages to one phone do not mix"),
    ),
    secrets=("token",),
    app_secrets=("token",),
    source="docs/sms-gateway.md; 3GPP TS 23.038, TS 23.040",
    checked_on="2026-11-25",
    setup="`SMS_URL`, a gateway that speaks `docs/sms-gateway.md` (or a small bridge to one that does not)",
    private=True,
    tells_delivery=True,
    own_server=True,
    keyed=True,
)
