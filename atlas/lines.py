"""What the pages say of one account and of one post, in the reader's language."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from babel import Locale
from django.conf import settings
from django.urls import reverse

from atlas import words
from crisis.alerts.areas import reaches
from crisis.alerts.models import Alert
from crisis.places.names import countries as known
from crisis.places.names import country_name, fold, town_name
from crisis.presence import words as said
from crisis.presence.models import Latest
from crisis.presence.standing import Standing
from crisis.registry.atlas import Listed, platform_name
from crisis.registry.competences import competence_of
from crisis.registry.models import Account, Ministry, Post
from crisis.registry.profiles import page_of
from crisis.registry.queries import competent_posts


def account(one: Account, ministry: Ministry, language: str) -> dict[str, Any]:
    """Return what is said of an account."""
    return {
        "key": one.pk,
        "slug": one.platform,
        "platform": platform_name(one.platform),
        "address": one.address,
        "url": page_of(one),
        "languages": [language_name(code, language) for code in one.languages or ministry.languages],
        "purpose": one.purpose,
        "verified_on": one.verified_on,
    }


def accounts(many: Iterable[Account], ministry: Ministry, language: str) -> list[dict[str, Any]]:
    """Return what is said of accounts, in the order of their platforms' names."""
    return sorted((account(one, ministry, language) for one in many), key=lambda line: fold(str(line["platform"])))


def by_holder(many: Iterable[Account], ministry: Ministry, language: str) -> list[dict[str, Any]]:
    """Return accounts by who speaks through them, with what a region or community is competent for."""
    found: dict[int, dict[str, Any]] = {}
    for one in many:
        what = competence_of(one.holder)
        line = found.setdefault(
            one.holder_id, {"name": one.holder.name, "competent": what.said(language) if what else "", "accounts": []}
        )
        line["accounts"].append(one)
    for line in found.values():
        line["accounts"] = accounts(line["accounts"], ministry, language)
    return sorted(found.values(), key=lambda line: fold(str(line["name"])))


def post(each: Listed, ministry: Ministry, language: str) -> dict[str, Any]:
    """Return what a list says of a post."""
    return {
        "post": each.post,
        "title": title(each.post, language),
        "accounts": accounts(each.accounts, ministry, language),
        "website": each.website,
        "serves": [{"code": code, "name": country_name(code, language)} for code in each.countries],
    }


def title(of: Post, language: str) -> str:
    """Return what a post is called: what it is, its town and its country."""
    place = (town_name(of.city, of.country, language), country_name(of.country, language))
    return f"{words.post_kind(of.kind)}: {', '.join(filter(None, place))}"


def with_activity(account_lines: Iterable[dict[str, Any]], standing: Standing) -> None:
    """Add to what is said of a post's accounts when each was last seen to publish, and how many follow it."""
    known = {one.pk: one.latest for one in standing.accounts if hasattr(one, "latest")}
    for line in account_lines:
        latest = known.get(line["key"])
        if latest is not None and latest.followers is not None:
            line |= {"followers": said.number(latest.followers), "followers_from": _from(latest, "followers")}
        if latest is not None and latest.last_post_on is not None:
            line |= {"last_post_on": latest.last_post_on, "last_post_from": _from(latest, "last_post_on")}


def _from(latest: Latest, figure: str) -> str:
    on, source = latest.origin(figure) or (None, None)
    return said.sourced({source}, [on]) if on and source else ""


def alerts(many: Iterable[Alert], language: str) -> list[dict[str, str]]:
    """Return what is said of alerts: their code, their page, and the headline in the reader's language, else in their first."""
    lines = []
    for alert in many:
        told = {info.language: info.headline for info in alert.infos.all() if info.complete}
        spoken = language if language in told else next(iter(told), "")
        link = settings.PUBLIC_URL + reverse("public:alert", args=[alert.code])
        lines.append(
            {"marker": alert.marker, "link": link, "headline": told.get(spoken, alert.marker), "language": spoken}
        )
    return lines


def of_post(many: Iterable[Alert], one: Post, ministry: Ministry, on: date) -> list[Alert]:
    """Return those alerts in whose area a post is competent."""
    return [alert for alert in many if one in competent_posts(reaches(alert.areas.all()), ministry=ministry, on=on)]


@cache
def language_name(code: str, language: str) -> str:
    """Return what a language is called in a language, or its code."""
    return str(Locale.parse(language).languages.get(code.partition("-")[0], code))


@cache
def countries(language: str) -> dict[str, tuple[str, str]]:
    """Return every country's name and the address of its page, by its code, in the order of the names."""
    names = sorted(known(language).items(), key=lambda each: fold(each[1]))
    return {code: (name, f"{reverse('atlas:country', args=[code])}?l={language}") for code, name in names}
