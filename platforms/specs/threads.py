"""Threads, through its own Graph API."""

from datetime import timedelta

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import threads_units

THREADS = PlatformSpec(
    slug="threads",
    name="Threads",
    base_url="https://graph.threads.net",
    web_url="https://www.threads.net",
    page_path="@{}",
    also_at=("threads.com",),
    # Its names are Instagram's. help.instagram.com, usernames: letters, numbers, full stops and underscores.
    handle=Handle(longest=30),
    text_limit=500,
    measure=threads_units,
    unit="characters, an emoji as its UTF-8 bytes",
    layout="x",
    rates=(
        Rate("account", 250, 86_400, "developers.facebook.com, Threads API, rate limits: 250 publications in 24 h"),
    ),
    removals=(Rate("account", 100, 86_400, "developers.facebook.com, Threads API, delete posts: 100 a day"),),
    secrets=("access_token",),
    app_secrets=("app_id", "app_secret"),
    source="developers.facebook.com, Threads API (v1.0): publishing, replies, delete posts, long-lived tokens",
    checked_on="2026-11-25",
    needs_id=True,
    withdraws=True,
    threads=True,
    picture="may",
    # Younger than a day it is refused, not renewed within 60 days it is dead.
    renew_before=timedelta(days=30),
    setup="an app with the use case *Access the Threads API*, the redirect address `PUBLIC_URL/connect/callback/threads/`, and "
    "the permissions `threads_basic`, `threads_content_publish`, `threads_delete`, `threads_manage_replies`; an access ends "
    "after 60 days unless it is renewed; `PUBLIC_URL` can be reached by Meta, which fetches the cards there",
)
