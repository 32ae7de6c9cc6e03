"""Who is where: the matrix of posts and platforms, and how many posts are on each."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import override
from django.views.decorators.http import require_safe

from atlas import lines, words
from atlas.pages import common
from atlas.visitor import SHARED_S, answered, kept, language_of, text_of
from crisis import clock
from crisis.places.names import fold
from crisis.presence.comparison import Column, columns, on_websites
from crisis.presence.comparison import rows as compared
from crisis.presence.standing import of_listed
from crisis.registry.atlas import listed, open_posts, platform_name
from crisis.registry.coverage import counted
from crisis.registry.queries import home_ministry
from crisis.sharing import shared


@require_safe
def matrix(request: HttpRequest) -> HttpResponseBase:
    """Show it."""
    language = language_of(request)
    return kept(request, answered(shared(f"atlas:coverage:{language}", lambda: _matrix(language), seconds=SHARED_S)))


def _matrix(language: str) -> str:
    ministry, on = home_ministry(), clock.now().date()
    posts = listed(open_posts(ministry, on=on), on=on)
    found, sites = counted(posts, ministry), on_websites(of_listed(posts, ministry))
    with override(language):
        rows: list[dict[str, Any]] = []
        for each in posts:
            there = {account.platform for account in each.accounts}
            title = lines.title(each.post, language)
            rows.append({"code": each.post.code, "title": title, "there": [slug in there for slug in found.platforms]})
        beside = columns(found, ministry=ministry.name(language), on=on)
        context = common(ministry, language) | {
            "beside": beside if len(beside) > 1 else [],
            "compared": [_compared(key, beside, language) for key in compared(beside)],
            "s": words.comparison(),
            "sites": words.linked(sites.linking, sites.read) if sites.read else "",
            "found": found,
            "platforms": [(slug, platform_name(slug)) for slug in found.platforms],
            "sentences": [
                words.of_posts(many, found.posts, platform_name(slug)) for slug, many in found.platforms.items()
            ],
            "languages_spoken": [(lines.language_name(code, language), many) for code, many in found.languages.items()],
            "rows": sorted(rows, key=lambda row: fold(str(row["title"]))),
        }
        return text_of("coverage", context)


def _compared(key: tuple[str, str], beside: list[Column], language: str) -> dict[str, Any]:
    """Return one line of the comparison: what was counted, and each count with its share of the posts that there were then."""
    what, name = key
    title = lines.language_name(name, language) if what == "languages" else platform_name(name)
    return {
        "title": title if name else words.comparison()["website"],
        "cells": [
            "" if (share := each.share(key)) is None else f"{each.counted[key]} / {each.posts} ({share} %)"
            for each in beside
        ],
    }
