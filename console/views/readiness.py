"""How ready each post is: drills, real accounts, real publications, numbers, languages; sorted by any of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from console.access import allowed
from crisis import clock
from crisis.checkins.operations import mode_of
from crisis.checkins.timeliness import by_post
from crisis.health.readiness import Light, Readiness, readiness
from crisis.registry.queries import home_ministry
from crisis.staff.rights import Right

_NEVER = datetime.min.replace(tzinfo=UTC)
# By what it may be sorted, and what its column is called: what is worst stands first.
_KEYS: dict[str, tuple[Any, Callable[[Readiness], Any]]] = {
    "light": (gettext_lazy("Ready?"), lambda row: [Light.RED, Light.AMBER, Light.GREEN].index(row.light)),
    "post": (gettext_lazy("Post"), lambda row: row.post.name),
    "drilled": (gettext_lazy("Last drill"), lambda row: row.drilled_at or _NEVER),
    "verified": (gettext_lazy("Real account verified"), lambda row: row.verified_at or _NEVER),
    "published": (gettext_lazy("Last real publication"), lambda row: row.published_at or _NEVER),
    "numbers": (gettext_lazy("Numbers checked"), lambda row: row.checked - (row.numbers or 1)),
    "languages": (gettext_lazy("Languages"), lambda row: -len(row.missing_languages)),
}
QUESTIONS_OF = timedelta(days=90)


@allowed(Right.ALERTS)
def readiness_view(request: HttpRequest) -> HttpResponse:
    """List the posts, each with a word for how ready it is, and why."""
    chosen = request.GET.get("sort", "")
    chosen = chosen if chosen in _KEYS else "light"
    now = clock.now()
    rows = readiness(home_ministry(), now)
    answers = {each.post_id: each.figures for each in by_post(mode_of(None), now - QUESTIONS_OF)}
    counted = {light: sum(row.light == light for row in rows) for light in Light}
    context = {
        "rows": sorted(rows, key=_KEYS[chosen][1]),
        "columns": [(name, title) for name, (title, _) in _KEYS.items()],
        "answers": answers,
        "sort": chosen,
        "counted": counted,
    }
    return render(request, "console/readiness.html", context)
