"""The words of the pages that speak one language; each function speaks the one that is active (gettext)."""

from django.utils.translation import gettext as _

from crisis.alerts.verifying import Standing
from crisis.outward.queries import said
from public import checkin_words


def foot() -> dict[str, str]:
    """Name what stands at the foot of every page."""
    return {"verify": _("Is it ours?"), "privacy": _("Privacy"), "accessibility": _("Accessibility")}


def front() -> dict[str, str]:
    """Return what stands on the first page."""
    return {
        "title": _("Consular alerts"),
        "none": _("No alert holds now."),
        "number": checkin_words.emergency("").rstrip(),
        "telegram": _("Receive alerts on Telegram"),
        "otherwise": _("Or by e-mail, SMS or WhatsApp"),
        "manage": _("See, change or stop your alerts"),
        "seek": _("I look for somebody"),
        "atlas": _("All our accounts"),
        "blind": _("We cannot show our alerts now. Please try again in a minute."),
        "danger": _("If your life is in danger, call the local emergency services first."),
    }


def crossed() -> dict[str, str]:
    """Return the words of the page that refuses what another website sends."""
    return {
        "title": _("This came from another website"),
        "why": _(
            "We took nothing of it: another website must not write to us in your name. Please fill in our own page."
        ),
        "open": _("Open our page"),
    }


def privacy() -> dict[str, str]:
    """Return the headings of the page on privacy."""
    return {"what": _("What, and until when"), "rights": _("What you can do")}


def own_code() -> dict[str, str]:
    """Return the words of the page that shows a household its code."""
    return {
        "title": _("Your code"),
        "show": _("Show it at the entrance. Do not pass this message on: the code works only once."),
    }


def verify() -> dict[str, str]:
    """Return the words of the page that tells what is ours."""
    return {
        "title": _("Is it ours?"),
        "language": _("Language"),
        "how": _(
            "Type the code that stands in a message (for example 3T6GQY), or the name or the address of an account (for "
            "example @belgium). We tell you whether it is ours. We do not keep who asks."
        ),
        "label": _("Code, name or address"),
        "ask": _("Ask"),
        "ours": _("Yes, this is ours."),
        "page": _("Read it on its own page:"),
        "not_ours": _("No. We have no message and no account like this."),
        "not_ours_then": said("page_not_ours"),
        "fakes": _("Known fakes"),
        "many": _("You have asked very often. Please wait a minute and ask again."),
        "blind": _("We cannot look it up now. Until you know more: do not act on it, and do not pay anything."),
    }


def standing(how: Standing) -> str:
    """Tell whether what a message says holds."""
    return {
        Standing.HOLDS: _("It holds now."),
        Standing.OVER: _("It no longer holds."),
        Standing.TAKEN_BACK: _("What it said before no longer holds: that was taken back or is over."),
        Standing.REPLACED: _("A later message of ours has taken its place. Read what holds now."),
    }[how]


def account(address: str, platform: str, holder: str) -> str:
    """Say whose an account is."""
    return _("Yes, %(address)s on %(platform)s is ours: %(holder)s.") % {
        "address": address,
        "platform": platform,
        "holder": holder,
    }
