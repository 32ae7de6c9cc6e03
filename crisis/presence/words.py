"""What is said of how a post stands; each function speaks the language that is active (gettext)."""

from datetime import date
from typing import Any

from babel import Locale
from babel.numbers import format_decimal
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crisis.presence.guidelines import Lack
from crisis.presence.models import Source
from crisis.presence.readiness import Answer
from crisis.registry.atlas import platform_name


def number(value: float) -> str:
    """Return a number as the active language writes it."""
    return format_decimal(value, locale=_locale())


def _locale() -> Locale:
    return Locale.parse((get_language() or "en").replace("-", "_"), sep="_")


def languages(codes: Any) -> str:
    """Return languages by their names, in their order."""
    names = _locale().languages
    return ", ".join(str(names.get(code.partition("-")[0], code)) for code in codes)


def source(value: str) -> str:
    """Return where a figure comes from."""
    return {
        Source.PLATFORM.value: _("asked of the platform"),
        Source.EXPORT.value: _("the platform’s export"),
        Source.FORM.value: _("the post’s own form"),
        Source.INBOX.value: _("our own inbox"),
        Source.DEMO.value: _("demo data"),
    }[value]


def sourced(sources: set[Source], days: list[date]) -> str:
    """Say where a figure comes from, and of which days."""
    first, last = min(days), max(days)
    when = f"{first}" if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}
    return f"{', '.join(sorted(source(each.value) for each in sources))}, {when}"


def questions() -> dict[str, str]:
    """Return what is asked of each post."""
    return {
        "reach": _("Is it followed?"),
        "fresh": _("Does it publish?"),
        "languages": _("Does it speak the languages?"),
        "access": _("Can an alert leave at once?"),
        "website": _("Does its website lead there?"),
    }


def answered(answer: Answer) -> str:
    """Explain one answer."""
    told = answer.told
    if answer.question == "languages":
        if missing := told["missing"]:
            return _("Nothing in: %(languages)s.") % {"languages": languages(missing)}
        return _("Speaks: %(languages)s.") % {"languages": languages(told["spoken"])}
    if answer.question == "access":
        return _("%(well)s of %(all)s accounts are connected, and well.") % {
            "well": told["well"],
            "all": told["accounts"],
        }
    if not told.get("accounts", 1):
        return _("It has no account.")
    if answer.question == "reach":
        if told["followers"] is None:
            return _("Not measured yet.")
        return _("%(followers)s follow it.") % {"followers": number(told["followers"])}
    if answer.question == "fresh":
        return _("Last seen to publish on %(day)s.") % {"day": told["last"]} if told["last"] else _("Not measured yet.")
    if not told["website"]:
        return _("It has no website.")
    if told["read"] is None:
        return _("Not measured yet.")
    return _("Links to %(linked)s of %(all)s accounts, read on %(day)s.") % {
        "linked": told["linked"], "all": told["accounts"], "day": told["read"].date(),
    }  # fmt: skip


def letter(name: str, on: date) -> dict[str, str]:
    """Return the words of the letter that tells a post what it lacks.

    Args:
        name: the post's.
        on: the day of the letter.
    """
    return {
        "subject": _("Your accounts and your website"),
        "dear": _("Dear colleagues of %(post)s,") % {"post": name},
        "why": _(
            "In a crisis our citizens look for you where they are every day. By our guidelines this is still missing:"
        ),
        "ask": _("Please let us know within a month what you will do, and by when. We gladly help."),
        "nothing": _("By our guidelines nothing is missing. Thank you."),
        "known": _("This is what we know on %(day)s. If something is wrong here, tell us.") % {"day": on},
    }


def lacking(lack: Lack) -> str:
    """Say what a post lacks, as a sentence of its letter."""
    what = ", ".join(lack.what)
    if lack.rule == "platform":
        return _("There is no account on %(platform)s.") % {"platform": platform_name(lack.what[0])}
    if lack.rule == "one_more":
        names = ", ".join(platform_name(slug) for slug in lack.what) or _("one that people use where you are")
        return _("There is no account on a further platform: %(platforms)s.") % {"platforms": names}
    if lack.rule == "language":
        return _("No account speaks %(language)s.") % {"language": languages(lack.what)}
    if lack.rule == "local_language":
        return _("No account speaks a language of the country: %(languages)s.") % {"languages": languages(lack.what)}
    if lack.rule == "silent":
        return _("The last publication that we know of is of %(day)s.") % {"day": lack.since}
    if lack.rule == "no_website":
        return _("We know of no website.")
    if lack.rule == "unlinked":
        return _("The website does not link to: %(accounts)s.") % {"accounts": what}
    return _("The website links to what is no longer there: %(addresses)s.") % {"addresses": what}
