"""Weibo, through its interface 2."""

from platforms.contract import Handle, PlatformSpec
from platforms.limits import Rate
from platforms.measure import weibo_units

_RATES = "open.weibo.com/wiki/Rate-limiting"

WEIBO = PlatformSpec(
    slug="weibo",
    name="Weibo",
    base_url="https://api.weibo.com",
    web_url="https://weibo.com",
    page_path="n/{}",
    # The page on which one registers: 4 to 30 letters, digits, "_", "-", a Chinese character as two.
    handle=Handle(longest=30),
    # The margin is in the measure, and in a layout that says only what it must. A smaller limit would not be safer: the shortest
    # forms need up to 137, and to hold a text for sure is worse than to have it refused perhaps.
    text_limit=140,
    measure=weibo_units,
    unit="Chinese characters, two Latin letters as one, a link 10",
    layout="weibo",
    rates=(
        Rate("account", 30, 3_600, f"{_RATES}: publishing"),
        Rate("account", 50, 86_400, f"{_RATES}: 100 of everything, of which half is kept for taking away"),
        Rate("app", 15_000, 3_600, f"{_RATES}: by the address of a server"),
    ),
    removals=(Rate("account", 50, 86_400, f"{_RATES}: the other half"),),
    # Weibo wants to know from where a post comes. The address is no secret, but it is our app's: it stands on the app's list.
    secrets=("access_token", "public_ip"),
    app_secrets=("app_key", "app_secret", "public_ip"),
    source="open.weibo.com/wiki: 2/statuses/share, Error_code, Rate-limiting",
    checked_on="2026-11-25",
    needs_id=True,
    withdraws=True,
    picture="may",
    # What it has taken may not be seen for a minute. Source: open.weibo.com/wiki/Error_code, 20032.
    setup="an app that Weibo has reviewed, with the redirect address `PUBLIC_URL/connect/callback/weibo/`, the domain of "
    "`PUBLIC_URL` as its safe domain (every post must link to it) and, on its list of servers, `WEIBO_PUBLIC_IP`: the address "
    "from which this server is seen; an access ends by itself and cannot be renewed: its editor connects the account again",
)
