"""Mastodon: many servers, each with its own accounts."""

from datetime import timedelta

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import mastodon_units

_RATES = "mastodon/mastodon, config/initializers/rack_attack.rb and lib/rate_limiter (4.5)"

MASTODON = PlatformSpec(
    slug="mastodon",
    name="Mastodon",
    # The server of Mastodon's own makers; an account's own server takes its place.
    base_url="https://mastodon.social",
    web_url="https://mastodon.social",
    # mastodon/mastodon, Account::USERNAME_LENGTH_LIMIT; the server's name stands behind it.
    handle=Handle(longest=30, at=True, server=True),
    # The usual limit: a server may set another. What is too long for one is refused there, and shown.
    text_limit=500,
    measure=mastodon_units,
    unit="characters, a link 23",
    layout="x",
    # Pictures are counted apart there, 30 in 30 minutes: a refused upload waits, and holds up no publication without one.
    rates=(Rate("account", 300, 10_800, f"{_RATES}: publications"),),
    removals=(Rate("account", 30, 1_800, f"{_RATES}: deletions"),),
    # An app is registered on each account's server when the account is connected, so it belongs to the account.
    secrets=("access_token", "client_id", "client_secret"),
    source="docs.joinmastodon.org, methods/statuses; mastodon/mastodon (4.5)",
    checked_on="2026-11-25",
    needs_id=True,
    threads=True,
    amends=True,
    withdraws=True,
    picture="may",
    federated=True,
    listens=True,
    answers=True,
    appears_within=timedelta(),  # a second try under the first one's key makes no second status
    setup="nothing: our app registers itself on an account's own server, whenever one is connected. The registry names the "
    "server on which the account's pages are (`@press@social.ministry.example`), even if a shorter address leads to it too",
)
