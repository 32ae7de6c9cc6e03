"""X, through its API v2."""

from platforms.contract import Handle, PlatformSpec, Prices
from platforms.limits import Rate
from platforms.measure import x_weight

_RATES = "docs.x.com, rate limits"

X = PlatformSpec(
    slug="x",
    name="X",
    base_url="https://api.x.com",
    web_url="https://x.com",
    also_at=("twitter.com",),
    # help.x.com, username rules.
    handle=Handle(longest=15),
    text_limit=280,
    measure=x_weight,
    unit="weighted characters",
    layout="x",
    rates=(Rate("account", 100, 900, _RATES), Rate("app", 10_000, 86_400, _RATES)),
    secrets=("consumer_key", "consumer_secret", "access_token", "access_token_secret"),
    app_secrets=("consumer_key", "consumer_secret"),
    source="docs.x.com, counting characters; twitter-text configuration v3",
    checked_on="2026-11-01",
    needs_id=True,
    threads=True,
    # Pay per use since February 2026; a ministry may ask for free access ("Public Utility Apps").
    prices=Prices(0.015, 0.20, "docs.x.com, pricing"),
    # docs.x.com, pricing: "User: Read" costs $0.010 for each one returned, and `verify` returns one.
    verify_is_charged=True,
    # Editing is for paying accounts only, and gives a new id: what is wrong is taken away, what is new is a reply.
    withdraws=True,
    removals=(Rate("account", 50, 900, _RATES),),
    # docs.x.com, pricing: "Post: Read" costs $0.005 for each one returned; a reply with a link, which answers would hold, $0.20.
    listens=True,
    mentions=True,
    reads_are_charged=True,
    setup="an app with OAuth 1.0a, “Read and write”, and the callback address `PUBLIC_URL/connect/callback/x/`",
)
