"""The first page: what this is, which alerts hold, whom to call; and its copy, for when the database cannot be reached."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import override
from django.views.decorators.http import require_safe

from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.outward.queries import said
from crisis.registry.models import Ministry
from crisis.registry.queries import home_ministry, numbers
from public import copies, words
from public.pages import patiently
from public.texts import TEXTS
from public.visitor import chosen, language_of, languages

COPY = "front"
MOST = 50  # alerts that are listed


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show it in the reader's language; without the database, as it was a moment ago, in every language, the reader's first."""
    now = clock.now()
    try:
        with patiently():
            ministry, alerts = home_ministry(), _holding(now)
            offered = languages(ministry)
            language = language_of(request, list(offered))
            response = HttpResponse(_draw(ministry, alerts, [language], languages=offered))
            keep(now, ministry, alerts)
    except Error:
        copied = copies.shown(COPY, now)
        # Rendered without the request: whoever is signed in stands in the database.
        page = copied[language_of(request, list(copied))] if copied else _plain(chosen(request))
        response = HttpResponse(page, status=200 if copied else 503)
        response["X-Tocsin-Copy" if copied else "Retry-After"] = "1" if copied else "60"
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def swept(now: datetime) -> None:
    """Keep the copy true."""
    keep(now, home_ministry(), _holding(now))


def keep(now: datetime, ministry: Ministry, alerts: Sequence[Alert]) -> None:
    """Write the copy if it shows anything else than what holds now."""
    notices = [said("page_front_notice", language=language) for language in languages(ministry)]
    of_us = (ministry.pk, ministry.names, ministry.money_line, numbers(None, ministry).best)
    shown = (*of_us, notices, [(alert.pk, alert.mode) for alert in alerts])
    state = hashlib.sha256(repr(shown).encode()).hexdigest()
    if not copies.still_holds(COPY, state, now):
        spoken = list(languages(ministry))
        drawn = {
            first: _draw(ministry, alerts, sorted(spoken, key=lambda each: each != first), copied=True)
            for first in spoken
        }
        copies.write(COPY, copies.Copy(state, "", drawn, drawn), now)


def _holding(now: datetime) -> list[Alert]:
    issued = Alert.objects.filter(state=State.ISSUED, expires_at__gt=now)
    return list(issued.exclude(msg_type=Alert.MsgType.CANCEL).prefetch_related("infos")[:MOST])


def _draw(
    ministry: Ministry,
    alerts: Sequence[Alert],
    spoken: Sequence[str],
    *,
    languages: dict[str, str] | None = None,
    copied: bool = False,
) -> str:
    context = {
        "ministry": ministry.name(spoken[0]),
        "language": spoken[0],
        "languages": {} if copied else languages,
        "number": numbers(None, ministry).best,
        "telegram": settings.TELEGRAM_LINK,
        "copied": copied,
        "sections": [_section(ministry, alerts, language, copied=copied) for language in spoken],
    }
    return render_to_string("public/front.html", context)


def _section(ministry: Ministry, alerts: Sequence[Alert], language: str, *, copied: bool) -> dict[str, object]:
    with override(language):
        told, notice = words.front(), said("page_front_notice")
    listed = []
    for alert in alerts:
        infos = {info.language: info for info in alert.infos.all() if info.complete}
        info = infos.get(language) or next(iter(infos.values()), None)
        listed.append({"code": alert.code, "marker": alert.marker, "info": info})
    copy = TEXTS[language]["copy"].format(at=copies.AS_OF) if copied else ""
    return {
        "language": language,
        "w": told,
        "alerts": listed,
        "notice": notice,
        "copy": copy,
        "money": ministry.money_line.get(language, ""),
    }


def _plain(first: str) -> str:
    sections = []
    for language in sorted(TEXTS, key=lambda each: each != first):
        with override(language):
            sections.append({"language": language, "w": words.front(), "blind": True})
    return render_to_string("public/front.html", {"language": first, "copied": True, "sections": sections})
