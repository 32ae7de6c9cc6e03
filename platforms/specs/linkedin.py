"""LinkedIn pages of organisations, through the Posts API."""

from datetime import timedelta

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import little_text_units

# A version lives for at least a year from its month, then it is answered 426. Source: learn.microsoft.com, LinkedIn, versioning.
LINKEDIN_VERSION = "202610"

LINKEDIN = PlatformSpec(
    slug="linkedin",
    name="LinkedIn",
    base_url="https://api.linkedin.com",
    web_url="https://www.linkedin.com",
    page_path="company/{}",
    # linkedin.com/help, public address of a page: letters, numbers and hyphens.
    handle=Handle(longest=100, joint="-"),
    text_limit=3000,
    measure=little_text_units,
    unit="UTF-16 units, with a backslash before each reserved sign",
    layout="facebook",
    # The limits are for each app and member and UTC day, and shown in the developer portal alone: ours is what a page needs.
    rates=(
        Rate("account", 10, 60, "our own judgement; learn.microsoft.com, LinkedIn, rate limiting, gives no figure"),
    ),
    secrets=("access_token",),
    app_secrets=("client_id", "client_secret"),
    source="learn.microsoft.com, LinkedIn Posts API and little text (202610)",
    checked_on="2026-11-01",
    needs_id=True,
    by_person=True,
    amends=True,
    withdraws=True,
    picture="may",
    # An access holds for 60 days: more than the first warning (14 days) is left for a refresh that fails to be repeated.
    renew_before=timedelta(days=20),
    # Nine months after the version's own.
    current_until="2027-07-01",
    setup="an app with the product “Community Management API”, the redirect address `PUBLIC_URL/connect/callback/linkedin/`, and "
    "the permissions `w_organization_social`, `r_organization_social`, `rw_organization_admin`",
)
