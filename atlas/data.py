"""What the atlas knows, for other programs: CSV, JSON and GeoJSON with one page that says what each field means; the sitemap."""

import csv
import io
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.http import require_safe

from atlas import words
from atlas.pages import common
from atlas.visitor import kept, language_of, page
from crisis import clock, sheets
from crisis.registry.atlas import Listed, listed, open_posts, public_accounts
from crisis.registry.models import Account, Ministry
from crisis.registry.profiles import page_of
from crisis.registry.queries import home_ministry

HOLDS_S = 3600  # the registry changes by the day
LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"  # CC0 1.0, as what the posts' list was made from
FIELDS = {
    "post": "the post's own code, which stays; blank for an account of the whole ministry",
    "name": "the post's name, in English",
    "kind": "embassy, consulate_general, consulate, honorary_consulate, permanent_representation, or another office",
    "city": "where the post is",
    "country": "where the post is: ISO 3166-1, two letters (and XK)",
    "lat": "degrees north, WGS 84; blank where unknown",
    "lon": "degrees east, WGS 84; blank where unknown",
    "exact": "true: the point is the building; false: the middle of the town",
    "state": "open, closing (it will close), or unverified (nobody has checked that it is open)",
    "serves": "the countries of its consular jurisdiction, whole or in part",
    "website": "of the post",
    "page": "its page in this atlas",
    "holder": "who speaks through the account",
    "holder_kind": "post, department (the whole ministry), project, person (who has agreed in writing), or region (or community)",
    "platform": "in small letters: x, facebook, telegram, ...; blank for a post without an account",
    "handle": "the account's name there, without a first @",
    "url": "the account's own page; blank where none is known",
    "languages": "what the account speaks, in its order",
    "purpose": "what the account is for; blank where nobody has said it",
    "verified_on": "the day on which a person last checked that it is the holder's; blank: not yet",
}


@require_safe
def about(request: HttpRequest) -> HttpResponseBase:
    """Say what there is, under which licence, and what each field means."""
    language, ministry = language_of(request), home_ministry()
    with override(language):
        return page(request, "data", common(ministry, language) | {"fields": FIELDS.items(), "licence": LICENCE})


@require_safe
def as_json(request: HttpRequest) -> HttpResponseBase:
    """Give the posts with their accounts, and the accounts of the whole ministry."""
    ministry, posts, whole = _known()
    told = {
        "ministry": ministry.names,
        "licence": LICENCE,
        "posts": [_post(each) | {"accounts": [_account(one, ministry) for one in each.accounts]} for each in posts],
        "accounts": [_account(one, ministry) for one in whole],
    }
    return _open(request, JsonResponse(told))


@require_safe
def as_geojson(request: HttpRequest) -> HttpResponseBase:
    """Give the posts whose place is known as a FeatureCollection (RFC 7946)."""
    ministry, posts, _ = _known()
    features = [
        {
            "type": "Feature",
            "id": each.post.code,
            "geometry": {"type": "Point", "coordinates": [each.post.lon, each.post.lat]},
            "properties": _post(each) | {"accounts": [_account(one, ministry) for one in each.accounts]},
        }
        for each in posts
        if each.post.lat is not None and each.post.lon is not None
    ]
    told = {"type": "FeatureCollection", "licence": LICENCE, "features": features}
    return _open(request, JsonResponse(told, content_type="application/geo+json"))


@require_safe
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """Give a line for each account; a post without one has a line too, so that no post is lost."""
    ministry, posts, whole = _known()
    lines = [
        _post(each) | (_account(one, ministry) if one else {}) for each in posts for one in each.accounts or (None,)
    ]
    lines += [_account(one, ministry) for one in whole]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(FIELDS)
    writer.writerows([_cell(line.get(name)) for name in FIELDS] for line in lines)
    return _open(request, HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8; header=present"))


@require_safe
def sitemap(request: HttpRequest) -> HttpResponseBase:
    """List every page for search engines (sitemaps.org 0.9)."""
    _, posts, _ = _known()
    countries = sorted({code for each in posts for code in (each.post.country, *each.countries)})
    slugs = sorted(set(public_accounts().values_list("platform", flat=True)))
    paths = [
        reverse("atlas:front"),
        reverse("atlas:data"),
        reverse("atlas:coverage"),
        reverse("atlas:fakes"),
        reverse("atlas:statistics"),
        reverse("atlas:ranking"),
        reverse("atlas:readiness"),
    ]
    paths += [reverse("atlas:country", args=[code]) for code in countries]
    paths += [reverse("atlas:platform", args=[slug]) for slug in slugs]
    paths += [reverse("atlas:holders", args=[kind]) for kind in words.holders()]
    paths += [reverse("atlas:post", args=[each.post.code]) for each in posts]
    text = render_to_string("atlas/sitemap.xml", {"addresses": [settings.PUBLIC_URL + path for path in paths]})
    return _open(request, HttpResponse(text, content_type="application/xml; charset=utf-8"))


def _known() -> tuple[Ministry, list[Listed], Iterable[Account]]:
    ministry, on = home_ministry(), clock.now().date()
    whole = public_accounts().filter(holder__ministry=ministry).exclude(holder__kind="post")
    return ministry, listed(open_posts(ministry, on=on), on=on), whole


def _post(each: Listed) -> dict[str, object]:
    own = each.post
    return {
        "post": own.code,
        "name": own.name,
        "kind": own.kind,
        "city": own.city,
        "country": own.country,
        "lat": own.lat,
        "lon": own.lon,
        "exact": own.exact,
        "state": own.state,
        "serves": list(each.countries),
        "website": each.website,
        "page": settings.PUBLIC_URL + reverse("atlas:post", args=[own.code]),
    }


def _account(one: Account, ministry: Ministry) -> dict[str, object]:
    return {
        "holder": one.holder.name,
        "holder_kind": one.holder.kind,
        "platform": one.platform,
        "handle": one.address.removeprefix("@"),
        "url": page_of(one),
        "languages": list(one.languages or ministry.languages),
        "purpose": one.purpose,
        "verified_on": one.verified_on,
    }


def _cell(value: object) -> str:
    """Return a cell; text that a spreadsheet would take for a formula stands behind an apostrophe."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(value)
    text = "|".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return sheets.plain(text)


def _open(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    response["Access-Control-Allow-Origin"] = "*"  # nothing in it is anybody's own, and no cookie counts
    return kept(request, response, seconds=HOLDS_S)
