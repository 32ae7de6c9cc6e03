"""E-mail to citizens, through the ministry's own mail server."""

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import characters

EMAIL = PlatformSpec(
    slug="email",
    name="E-mail",
    base_url="",
    web_url="",
    # RFC 5321, 4.5.3.1: a path of at most 256 octets, its brackets included.
    handle=Handle(longest=254),
    # No limit of the protocol: our own judgement of what is read on a phone, and no more than any relay takes.
    text_limit=20_000,
    measure=characters,
    unit="characters",
    layout="email",
    rates=(Rate("app", 20, 1, "our own judgement, for a relay of one's own; EMAIL_RATE where it takes more or less"),),
    secrets=("sender", "username", "password"),
    app_secrets=("sender", "username", "password"),
    source="RFC 5321, RFC 5322, RFC 8058; RFC 3463 (codes)",
    checked_on="2026-11-25",
    setup=(
        "`EMAIL_URL`, `smtps://HOST:465` or `smtp://HOST:587` (STARTTLS); a sender of a domain whose SPF, DKIM and DMARC agree "
        "with that server"
    ),
    private=True,
    own_server=True,
    subjects=True,
    keyed=True,
)
