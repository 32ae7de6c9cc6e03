"""Any other service that Apprise knows: a channel of last resort, spoken to at most once, and never read back."""

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import utf16_units

APPRISE = PlatformSpec(
    slug="apprise",
    name="Other service",
    # Where a service is, its account's own address says; in a demo the simulator takes the place of all of them.
    base_url="https://apprise.invalid",
    web_url="https://apprise.invalid",
    handle=Handle(longest=40, joint="-"),
    # The least that a service of the allowed ones takes: 1,000 (`body_maxlen` of Workflows and Rocket.Chat in Apprise 2.3).
    text_limit=1_000,
    measure=utf16_units,
    unit="UTF-16 units",
    layout="facebook",
    # No service's own figure: ours, below what the allowed ones document for a webhook (Discord: 5 in 2 s).
    rates=(Rate("account", 20, 60, "our own judgement; discord.com/developers, rate limits: 5 in 2 s for a webhook"),),
    secrets=("service_url",),
    source="appriseit.com and the source of Apprise 2.3",
    checked_on="2026-11-25",
    by_administrator=True,
    blind=True,
    setup="each account's own address, as appriseit.com/services writes it, given by `manage.py connect_service`",
)
