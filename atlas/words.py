"""The words of the atlas; each function speaks the language that is active (gettext)."""

from django.utils.translation import gettext as _

from crisis.registry.models import Holder


def fixed() -> dict[str, str]:
    """Return what stands on every page."""
    return {
        "title": _("All our accounts"),
        "what": _("Find our embassies and consulates, and the accounts on which they warn you in a crisis."),
        "search": _("Country, town or platform"),
        "find": _("Find"),
        "skip": _("Skip the map"),
        "map": _("World map. Each country is a link to its page; the darker, the more accounts."),
        "countries": _("By country"),
        "platforms": _("By platform"),
        "holders": _("By who speaks"),
        "accounts": _("Accounts"),
        "no_accounts": _("No account yet"),
        "posts": _("Embassies and consulates"),
        "from_elsewhere": _("Served from elsewhere"),
        "ministry": _("For the whole ministry"),
        "nobody": _("No post of ours serves this place. Call the number below."),
        "emergency": _("Emergency number, day and night"),
        "phone": _("Telephone"),
        "website": _("Website"),
        "serves": _("Serves"),
        "languages": _("Languages"),
        "checked": _("Checked on"),
        "alerts": _("Alerts that hold now"),
        "no_alerts": _("No alert holds now."),
        "subscribe": _("Receive alerts"),
        "telegram": _("Receive alerts on Telegram"),
        "otherwise": _("Or by e-mail, SMS or WhatsApp"),
        "this_page": _("This page on your phone"),
        "nothing": _("We found nothing. Try the name of a country."),
        "found": _("What we found"),
        "unverified": _("Nobody has checked yet whether this post is still open."),
        "closing": _("This post will close."),
        "missing": _("This page does not exist."),
        "fakes": _("Known fakes"),
        "hours": _("Opening hours"),
        "also_there": _("They speak there too"),
    } | reuse()


def reuse() -> dict[str, str]:
    """Return the words on using what the atlas knows elsewhere."""
    return {
        "data": _("Open data"),
        "data_what": _("All posts and accounts, for your own programs. Drills are never in them."),
        "feed": _("Alerts as a feed (Atom)"),
        "embed": _("Show it on your website"),
        "embed_how": _("Copy these lines. The frame follows nobody and needs no script."),
        "coverage": _("Who is where"),
        "statistics": _("Statistics"),
        "last_post": _("last post"),
        "followers": _("followers"),
        "demo": _("demo data"),
        "licence": _("Licence"),
        "fields": _("What each field means"),
        "post": _("Post"),
        "yes": _("yes"),
        "no": _("no"),
        "over": _("No longer holds"),
        "until": _("Holds until"),
    }


def fakes() -> dict[str, str]:
    """Return the words of the list of known fakes."""
    return {
        "heading": _("Known fakes"),
        "what": _(
            "These accounts pass for us and are not ours. Do not answer them, do not pay anything, do not pass on what they say."
        ),
        "reported": _("Reported on"),
        "gone": _("Gone on"),
        "still": _("may still be there"),
        "none": _("We know of none."),
        "ask": _("Is it ours?"),
    }


def of_posts(many: int, posts: int, platform: str) -> str:
    """Say on how many posts' side a platform is."""
    return _("%(many)s of %(all)s posts are on %(platform)s") % {"many": many, "all": posts, "platform": platform}


def statistics() -> dict[str, str]:
    """Return the words of the statistics."""
    return {
        "show": _("Show"),
        "what": _(
            "Whom our accounts reach. What nobody has measured is not ranked; each figure has its source and its day."
        ),
        "demo": _("These are demo data: they come from a simulator, not from the platforms."),
        "rank": _("Rank"),
        "place": _("Place"),
        "source": _("Source and day"),
        "nothing": _("Nothing has been measured yet."),
        "before": _("Previous page"),
        "after": _("Next page"),
        "pages": _("Pages"),
        "over_time": _("Followers over time"),
        "ready": _("Readiness to reach citizens"),
        "ready_what": _("Would people hear this post in a crisis? Each question counts once."),
        "yes": _("yes"),
        "no": _("no"),
        "unknown": _("not known"),
        "fulfilled": _("Yes"),
        "by": _("by"),
    }


def comparison() -> dict[str, str]:
    """Return the words of the comparison with earlier counts, and with other ministries."""
    return {
        "compared": _("Compared with"),
        "counted": _("Counted"),
        "today": _("Today"),
        "absent": _("not counted"),
        "shares": _("Each as a share of the posts that there were then."),
        "website": _("With a website"),
    }


def linked(many: int, of: int) -> str:
    """Say how many of the websites that were read link to every account of their post."""
    return _("%(many)s of %(all)s websites that were read link to every account of their post") % {
        "many": many,
        "all": of,
    }


def ranked_by() -> dict[str, str]:
    """Return what may be ranked."""
    return {
        "account": _("Account"),
        "post": _("Post"),
        "country": _("Country"),
        "part": _("Region"),
        "platform": _("Platform"),
    }


def ranked_of() -> dict[str, str]:
    """Return by which figure may be ranked."""
    return {
        "followers": _("Followers"),
        "posts_per_week": _("Posts a week"),
        "last_post_on": _("Last post"),
        "answer_minutes": _("Minutes until an answer"),
    }


def measured(many: int, of: int) -> str:
    """Say of how many something is known."""
    return _("%(many)s of %(all)s measured") % {"many": many, "all": of}


def some(many: int, of: int) -> str:
    """Say how many of how many."""
    return _("%(many)s of %(all)s") % {"many": many, "all": of}


def lines(first: int, last: int, of: int) -> str:
    """Say which lines of a list stand on a page."""
    return _("%(first)s to %(last)s of %(all)s") % {"first": first, "last": last, "all": of}


def first_lines(many: int, of: int) -> str:
    """Say that only the first lines of a list are shown."""
    return _("The first %(many)s of %(all)s are shown here.") % {"many": many, "all": of}


def all_lines(of: int) -> str:
    """Lead to the whole list."""
    return _("Show all %(all)s") % {"all": of}


def followed(followers: str, measured: str, accounts: str, on: str) -> str:
    """Say how many follow us, and of how many accounts that is known."""
    return _("%(followers)s followers on %(measured)s measured of %(accounts)s accounts, %(on)s") % {
        "followers": followers, "measured": measured, "accounts": accounts, "on": on,
    }  # fmt: skip


def feed(country: str) -> str:
    """Return the title of a country's feed."""
    return _("Alerts for %(country)s") % {"country": country}


def levels() -> list[tuple[str, str]]:
    """Return how the map shows countries, with its class of each shade."""
    return [
        ("c3", _("3 accounts or more")),
        ("c2", _("1 or 2 accounts")),
        ("c1", _("we serve it, and have no account there")),
        ("c0", _("no post of ours serves it")),
    ]


def holders() -> dict[str, str]:
    """Return who may speak through a public account, by kind."""
    return {
        Holder.Kind.POST.value: _("Embassies and consulates"),
        Holder.Kind.DEPARTMENT.value: _("For the whole ministry"),
        Holder.Kind.PROJECT.value: _("Projects"),
        Holder.Kind.PERSON.value: _("People who speak for us"),
        Holder.Kind.REGION.value: _("Regions and communities"),
    }


def post_kind(kind: str) -> str:
    """Return what a post is."""
    return {
        "embassy": _("Embassy"),
        "consulate_general": _("Consulate general"),
        "consulate": _("Consulate"),
        "honorary_consulate": _("Honorary consulate"),
        "permanent_representation": _("Permanent representation"),
        "diplomatic_office": _("Diplomatic office"),
        "representative_office": _("Representative office"),
    }.get(kind, _("Post"))
