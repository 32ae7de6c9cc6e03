"""The atlas' pages: the map and the search, a country, a platform, who speaks, one post and its frame for other sites."""

from typing import Any
from urllib.parse import urlencode

import segno
from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import override
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from atlas import lines, words, world, worldmap
from atlas.visitor import SHARED_S, answered, drawn, kept, language_of, page, text_of
from crisis import clock, plots
from crisis.alerts.queries import countries_of, holding
from crisis.outward.queries import said
from crisis.places.names import country_name, country_of, fold, is_country
from crisis.places.queries import named
from crisis.presence import words as measured
from crisis.presence.history import followers_over_time
from crisis.presence.standing import of_listed
from crisis.registry.atlas import by_platform, find, listed, open_posts, platform_name, public_accounts
from crisis.registry.keeping import Fake
from crisis.registry.models import Account, Jurisdiction, Ministry, Post
from crisis.registry.queries import Reach, competent_posts, home_ministry, numbers, valid
from crisis.registry.yearly import last_review
from crisis.sharing import shared

LONGEST = 100  # characters of a search that are looked at


@require_safe
def front(request: HttpRequest) -> HttpResponseBase:
    """Show the map with the list of the same countries, or what a search (?q=) found; one finding alone is gone to at once."""
    asked, language = request.GET.get("q", "").replace("\0", "")[:LONGEST].strip(), language_of(request)
    if asked:
        return _found(request, asked, home_ministry(), language)
    return kept(request, answered(shared(f"atlas:front:{language}", lambda: _front(language), seconds=SHARED_S)))


def _front(language: str) -> str:
    ministry = home_ministry()
    counted = _counted(ministry)
    platforms = public_accounts().values_list("platform").annotate(many=Count("pk")).order_by("-many", "platform")
    with override(language):
        context = common(ministry, language) | {
            "countries": _listed(counted, language),
            "shapes": worldmap.shapes(counted, language),
            "points": worldmap.points(_places(ministry)),
            "size": (world.WIDTH, world.HEIGHT),
            "levels": words.levels(),
            "platforms": [(slug, platform_name(slug), many) for slug, many in platforms],
            "holders": words.holders().items(),
        }
        return text_of("front", context)


def _listed(counted: dict[str, int], language: str) -> list[tuple[str, str, str]]:
    """Return the countries in the order of their names: the name, the page's address, and the number, blank for none."""
    return [(*told, str(counted[code] or "")) for code, told in lines.countries(language).items() if code in counted]


def _counted(ministry: Ministry) -> dict[str, int]:
    """Return each country where we have a post, or that a post serves, with the number of accounts of the posts in it."""
    on = clock.now().date()
    posts = open_posts(ministry, on=on)
    served = Jurisdiction.objects.filter(valid("", on), kind=Jurisdiction.Kind.CONSULAR, post__in=posts)
    counted = dict.fromkeys(served.values_list("country", flat=True), 0)
    counted |= dict.fromkeys(posts.values_list("country", flat=True), 0)
    many = (
        public_accounts().filter(holder__post__in=posts).values_list("holder__post__country").annotate(many=Count("pk"))
    )
    return counted | dict(many.order_by())


def _places(ministry: Ministry) -> list[tuple[float, float]]:
    posts = open_posts(ministry, on=clock.now().date()).filter(lat__isnull=False, lon__isnull=False)
    return [(lat or 0.0, lon or 0.0) for lat, lon in posts.values_list("lat", "lon")]


def _found(request: HttpRequest, asked: str, ministry: Ministry, language: str) -> HttpResponseBase:
    every = listed(open_posts(ministry, on=clock.now().date()), on=clock.now().date())
    slugs = set(public_accounts().values_list("platform", flat=True))
    platforms = [slug for slug in sorted(slugs) if fold(asked) in (fold(slug), fold(platform_name(slug)))]
    # A sentence is searched for the country that it names; short words ("in") would be codes of countries.
    told = [country_of(asked), *(country_of(word) for word in asked.split() if len(word) > 3)]
    country = next(filter(None, told), None)
    posts = [] if platforms or country else find(asked, every)
    if not (platforms or country or posts):
        country = next((place.country for place in named(asked, limit=1)), None)
    goals = [reverse("atlas:platform", args=[slug]) for slug in platforms]
    goals += [reverse("atlas:country", args=[country])] if country else []
    goals += [reverse("atlas:post", args=[each.post.code]) for each in posts]
    if len(goals) == 1:
        return redirect(f"{goals[0]}?{urlencode({'l': language})}")
    with override(language):
        context = common(ministry, language) | {
            "asked": asked,
            "keep": f"{urlencode({'q': asked})}&",
            "platforms": [(slug, platform_name(slug)) for slug in platforms],
            "country": (country, country_name(country, language)) if country else None,
            "posts": [lines.post(each, ministry, language) for each in posts],
        }
        return page(request, "found", context)


@require_safe
def country(request: HttpRequest, code: str) -> HttpResponseBase:
    """Show which posts serve a country, with their accounts, and which alerts hold there."""
    if code != code.upper():
        asked = request.META.get("QUERY_STRING", "")
        return redirect(reverse("atlas:country", args=[code.upper()]) + (f"?{asked}" if asked else ""))
    language, ministry, now = language_of(request), home_ministry(), clock.now()
    if not is_country(code):
        return missing(request, ministry, language)
    serving = [post.pk for post in competent_posts([Reach(code)], ministry=ministry, on=now.date())]
    posts = open_posts(ministry, on=now.date()).filter(Q(country=code) | Q(pk__in=serving))
    found = listed(posts, on=now.date())
    whole = public_accounts().filter(holder__kind="department", holder__ministry=ministry)
    with override(language):
        context = common(ministry, language) | {
            "code": code,
            "name": country_name(code, language),
            "here": [lines.post(each, ministry, language) for each in found if each.post.country == code],
            "elsewhere": [lines.post(each, ministry, language) for each in found if each.post.country != code],
            "whole": lines.accounts(whole, ministry, language),
            "alerts": lines.alerts([alert for alert in holding(now) if code in countries_of(alert)], language),
        }
        return page(request, "country", context)


@require_safe
def platform(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Show who of us is on a platform."""
    language = language_of(request)
    if not public_accounts().filter(platform=slug).exists():
        return missing(request, home_ministry(), language)
    key = f"atlas:platform:{slug}:{language}"
    return kept(request, answered(shared(key, lambda: _platform(slug, language), seconds=SHARED_S)))


def _platform(slug: str, language: str) -> str:
    ministry, on = home_ministry(), clock.now().date()
    found = listed(open_posts(ministry, on=on).filter(by_platform(slug)), on=on)
    with override(language):
        posts = [lines.post(each, ministry, language) for each in found]
        for line in posts:
            line["accounts"] = [one for one in line["accounts"] if one["slug"] == slug]
        context = common(ministry, language) | {
            "heading": platform_name(slug),
            "posts": sorted(posts, key=lambda line: fold(str(line["title"]))),
            "groups": lines.by_holder(_others(public_accounts().filter(platform=slug)), ministry, language),
        }
        return text_of("listing", context)


@require_safe
def holders(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Show who speaks: the posts, the ministry as a whole, its projects, people who have agreed, regions and communities."""
    language = language_of(request)
    if kind not in words.holders():
        return missing(request, home_ministry(), language)
    key = f"atlas:holders:{kind}:{language}"
    return kept(request, answered(shared(key, lambda: _holders(kind, language), seconds=SHARED_S)))


def _holders(kind: str, language: str) -> str:
    ministry, on = home_ministry(), clock.now().date()
    posts = listed(open_posts(ministry, on=on), on=on) if kind == "post" else []
    with override(language):
        context = common(ministry, language) | {
            "heading": words.holders()[kind],
            "posts": sorted(
                (lines.post(each, ministry, language) for each in posts), key=lambda line: fold(str(line["title"]))
            ),
            "groups": lines.by_holder(_others(public_accounts().filter(holder__kind=kind)), ministry, language),
        }
        return text_of("listing", context)


def _others(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """Return those of accounts that are no post's."""
    return accounts.exclude(holder__kind="post").select_related("holder__ministry")


@require_safe
def fakes(request: HttpRequest) -> HttpResponseBase:
    """List the accounts that pass for ours, as far as we know; none is a link."""
    language, ministry = language_of(request), home_ministry()
    with override(language):
        context = common(ministry, language) | {
            "f": words.fakes(),
            "fakes": [(platform_name(each.platform), each) for each in Fake.objects.all()],
        }
        return page(request, "fakes", context)


@require_safe
def post(request: HttpRequest, code: str) -> HttpResponseBase:
    """Show one post: its accounts, whom it serves, whom to call, which alerts hold, and how to get them."""
    language, ministry = language_of(request), home_ministry()
    with override(language):
        told = _post(code, ministry, language)
        if told is None:
            return missing(request, ministry, language)
        address = settings.PUBLIC_URL + reverse("atlas:post", args=[code])
        picture: Any = segno.make(address, micro=False)
        told |= {
            "address": address,
            "picture": mark_safe(picture.svg_inline(scale=4, border=4, light="#fff")),  # noqa: S308 - drawn here
            "embed": f"{settings.PUBLIC_URL}{reverse('atlas:embed', args=[code])}?l={language}",
        }
        return page(request, "post", told)


@xframe_options_exempt
@require_safe
def embed(request: HttpRequest, code: str) -> HttpResponseBase:
    """Show a post's accounts and alerts small, in a frame on any website: no script, no cookie, nobody is followed."""
    language, ministry = language_of(request), home_ministry()
    with override(language):
        told = _post(code, ministry, language)
        if told is None:
            return missing(request, ministry, language)
        told["address"] = f"{settings.PUBLIC_URL}{reverse('atlas:post', args=[code])}?l={language}"
        return kept(request, drawn("embed", told), framed_by="*")


def _post(code: str, ministry: Ministry, language: str) -> dict[str, Any] | None:
    now = clock.now()
    found = listed(open_posts(ministry, on=now.date()).filter(code=code), on=now.date())
    if not found:
        return None
    own = found[0].post
    review = last_review(own)
    here = lines.of_post(holding(now), own, ministry, now.date())
    called = numbers(own, ministry)
    told = lines.post(found[0], ministry, language)
    lines.with_activity(told["accounts"], of_listed(found, ministry)[0])
    followed = followers_over_time(found[0].accounts, on=now.date())
    return common(ministry, language) | {
        "one": told,
        "notice": said("page_post_notice", of=own, language=language),
        "plot": plots.level(followed),
        "plot_says": f"{measured.number(followed[-1][1])} {words.fixed()['followers']}, {followed[-1][0]}"
        if followed
        else "",
        "country": (own.country, country_name(own.country, language)),
        "emergency": called.emergency.value if called.emergency else "",
        "phone": called.post.value if called.post else "",
        "hours": review.hours if review else "",
        "also_there": lines.by_holder(_others(public_accounts().filter(holder__of_post=own)), ministry, language),
        "alerts": lines.alerts(here, language),
        "doubt": {Post.State.UNVERIFIED: "unverified", Post.State.CLOSING: "closing"}.get(Post.State(own.state), ""),
    }


def common(ministry: Ministry, language: str) -> dict[str, Any]:
    """Return what every page shows."""
    return {
        "w": words.fixed(),
        "language": language,
        "ministry": ministry.name(language),
        "emergency": numbers(None, ministry).best,
        "telegram": settings.TELEGRAM_LINK,
    }


def missing(request: HttpRequest, ministry: Ministry, language: str) -> HttpResponseBase:
    """Say that there is no such page."""
    with override(language):
        return page(request, "missing", common(ministry, language), status=404)
