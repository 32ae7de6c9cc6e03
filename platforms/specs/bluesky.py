"""Bluesky, and every other server of the AT Protocol: an account is a domain name."""

from datetime import timedelta

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import bluesky

_RATES = "docs.bsky.app, rate limits: points, of which a publication costs 3, a change 2, a deletion 1"

BLUESKY = PlatformSpec(
    slug="bluesky",
    name="Bluesky",
    # Finds out where an account is; the account's own server takes its place.
    base_url="https://bsky.social",
    web_url="https://bsky.app",
    page_path="profile/{}",
    # atproto.com, handle: a domain name, at most 253 characters; the registry keeps no address that is nearly so long.
    handle=Handle(longest=150, joint="."),
    text_limit=300,
    measure=bluesky,
    unit="graphemes, or tens of bytes where those are more",
    layout="x",
    rates=(
        Rate("account", 1_666, 3_600, f"{_RATES}; 5,000 an hour"),
        Rate("account", 11_666, 86_400, f"{_RATES}; 35,000 a day"),
    ),
    secrets=("access_token", "refresh_token", "dpop_key", "pds", "issuer"),
    app_secrets=("client_id", "client_key"),
    source="atproto.com, specifications; bluesky-social/atproto, lexicons app.bsky.feed.post and com.atproto.repo",
    checked_on="2026-11-25",
    needs_id=True,
    amends=True,
    withdraws=True,
    threads=True,
    picture="may",
    federated=True,
    listens=True,
    answers=True,
    # atproto.com, OAuth: an access token of a confidential client holds for an hour or less; half of that is left for a renewal
    # that fails to be repeated.
    renew_before=timedelta(minutes=30),
    appears_within=timedelta(),  # a publication is looked up by its name
    setup="nothing to register: `BLUESKY_CLIENT_ID` is the address `PUBLIC_URL/connect/client-metadata/bluesky.json`, which "
    "servers read, and `BLUESKY_CLIENT_KEY` is a long random text of your own (`openssl rand -hex 32`), from which its "
    "signing key is made",
)
