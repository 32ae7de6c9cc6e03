"""Instagram, through the Graph API with Facebook Login."""

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import utf16_units

INSTAGRAM = PlatformSpec(
    slug="instagram",
    name="Instagram",
    base_url="https://graph.facebook.com",
    web_url="https://www.instagram.com",
    # help.instagram.com, usernames: letters, numbers, full stops and underscores.
    handle=Handle(longest=30),
    # developers.facebook.com, IG User, media: 2,200 characters and 30 hashtags; it says nothing of emoji, so they count two.
    text_limit=2200,
    measure=utf16_units,
    unit="characters",
    layout="facebook",
    # The guide says 100 publications in 24 hours, the reference 50.
    rates=(Rate("account", 50, 86_400, "developers.facebook.com, IG User, content_publishing_limit"),),
    secrets=("page_token", "app_secret"),
    app_secrets=("app_id", "app_secret"),
    source="developers.facebook.com, Instagram Platform, content publishing and IG Media (Graph API v25.0)",
    checked_on="2026-11-25",
    needs_id=True,
    by_person=True,
    withdraws=True,
    picture="must",
    setup="an app of its own with Facebook Login (an access that ends there ends for all that a person allowed it), the valid "
    "redirect address `PUBLIC_URL/connect/callback/instagram/`, and the permissions `instagram_basic`, "
    "`instagram_content_publish`, `instagram_manage_contents`, `pages_show_list`, `pages_read_engagement`; each account is a "
    "professional one, linked to a page; `PUBLIC_URL` can be reached by Meta, which fetches the cards there",
)
