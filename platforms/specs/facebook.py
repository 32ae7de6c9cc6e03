"""Facebook pages, through the Graph API."""

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import characters

FACEBOOK = PlatformSpec(
    slug="facebook",
    name="Facebook",
    base_url="https://graph.facebook.com",
    web_url="https://www.facebook.com",
    also_at=("fb.com",),
    # facebook.com/help, usernames: letters, numbers and full stops.
    handle=Handle(longest=50, joint="."),
    # Facebook publishes no figure; 63,206 is folklore. Ours is what people still read.
    text_limit=5000,
    measure=characters,
    unit="characters",
    layout="facebook",
    # 4,800 calls for each engaged user in 24 hours: small posts have few, so we stay far below.
    rates=(Rate("account", 20, 60, "developers.facebook.com, rate limiting: 4,800 x engaged users in 24 h"),),
    secrets=("page_token", "app_secret"),
    app_secrets=("app_id", "app_secret"),
    source="developers.facebook.com, Pages API posts (Graph API v25.0)",
    checked_on="2026-11-01",
    needs_id=True,
    by_person=True,
    amends=True,
    withdraws=True,
    listens=True,
    answers=True,
    writes_back=True,
    setup="an app with Facebook Login, the valid redirect address `PUBLIC_URL/connect/callback/facebook/`, and the permissions "
    "`pages_show_list`, `pages_manage_posts`, `pages_read_engagement`; to hear comments and private messages (docs/strangers.md) "
    "`pages_read_user_content`, `pages_manage_engagement`, `pages_messaging` too, and `FACEBOOK_VERIFY_TOKEN`",
)
