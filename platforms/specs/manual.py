"""By hand: a page on a platform of which Tocsin has no adapter, or no access; a person copies the text and publishes it."""

from platforms.contract import Handle, PlatformSpec
from platforms.measure import characters

MANUAL = PlatformSpec(
    slug="manual",
    name="By hand",
    # Never spoken to; .invalid leads nowhere, for good (RFC 6761).
    base_url="https://manual.invalid",
    web_url="https://manual.invalid",
    # A page is known by its address. The figure is for the names of its shadows on the simulator.
    handle=Handle(longest=60, joint="-", page=True),
    # No limit of ours: whoever publishes there sees that platform's own, and decides what to leave out.
    text_limit=100_000,
    measure=characters,
    unit="characters",
    layout="facebook",
    rates=(),
    secrets=(),
    source="no platform: our own judgement",
    checked_on="2026-11-25",
    by_hand=True,
    setup="nothing; the column `manual` of the list of posts holds the addresses of the pages",
)
