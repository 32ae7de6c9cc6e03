"""Is it ours? The page for people, and the interface for machines: one question, one answer, nobody is asked who asks."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import override
from django.views.decorators.http import require_safe

from crisis import clock
from crisis.alerts import verify_words
from crisis.alerts.models import Alert
from crisis.alerts.operations import frame
from crisis.alerts.verifying import MOST, Verdict, judge
from crisis.registry.atlas import platform_name
from crisis.registry.competences import competence_of
from crisis.registry.models import Account, Ministry
from crisis.registry.queries import home_ministry
from crisis.wording.catalogue import words as fixed_words
from public import words
from public.checkin import in_words
from public.pace import Pace
from public.pages import status
from public.visitor import chosen

log = logging.getLogger(__name__)

# One who compares lists asks quickly; one who tries all codes needs four hundred years for each.
PACE = Pace(burst=30, every_s=2.0)


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Tell whether a code or an account is ours, in the reader's language."""
    asked, now = request.GET.get("q", ""), clock.now()
    language = chosen(request)
    told: dict[str, object] = {
        "language": language, "languages": dict(settings.LANGUAGES), "asked": asked[:MOST], "most": MOST,
    }  # fmt: skip
    code = 200
    with override(language):
        told["words"] = words.verify()
        try:
            ministry = home_ministry()
            told["ministry"] = ministry.name(language)
            if asked.strip() and PACE.wait_s(request):
                told["problem"], code = words.verify()["many"], 429
            elif asked.strip():
                told |= _for_people(judge(asked, now), ministry, language, now)
        except Error:
            log.warning("nobody can be told what is ours: the database does not answer")
            if asked.strip():
                told["problem"], code = words.verify()["blind"], 503
        response = HttpResponse(render_to_string("public/verify.html", told), status=code)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def _for_people(found: Verdict, home: Ministry, language: str, now: datetime) -> dict[str, object]:
    return {
        "found": found,
        "money": (found.alert.ministry if found.alert else home).money_line.get(language, ""),
        "alert": found.alert,
        "link": frame(found.alert).link if found.alert else "",
        "info": in_words(found.alert, language) if found.alert else None,
        "status": status(found.alert, now) if found.alert else "expired",
        "exercise": fixed_words(language)["exercise_line"] if found.alert and found.alert.exercise else "",
        "standing": words.standing(found.standing) if found.standing else "",
        "accounts": [_account(each, language) for each in found.accounts],
        "warnings": [*map(verify_words.fake, found.fakes), *map(verify_words.former, found.former)],
        "taken_for": verify_words.taken_for(found.taken_for) if found.taken_for else "",
    }


@require_safe
def api(request: HttpRequest) -> JsonResponse:
    """Tell the same as JSON to any site or program; see docs/api.md."""
    asked, now = request.GET.get("q", ""), clock.now()
    if not asked.strip():
        return _open(JsonResponse({"error": "Ask with ?q=CODE, or the name or address of an account."}, status=400))
    if wait := PACE.wait_s(request):
        response = _open(JsonResponse({"error": "You have asked very often. Wait, then ask again."}, status=429))
        response["Retry-After"] = str(int(wait) + 1)
        return response
    try:
        found = judge(asked, now)
        return _open(JsonResponse(_for_machines(found, now)))
    except Error:
        log.warning("nobody can be told what is ours: the database does not answer")
        response = _open(JsonResponse({"error": "We cannot look it up now. Do not take it for ours."}, status=503))
        response["Retry-After"] = "60"
        return response


def _for_machines(found: Verdict, now: datetime) -> dict[str, object]:
    alert = found.alert
    return {
        "asked": found.asked,
        "ours": found.is_ours,
        "alert": {
            "marker": alert.marker,
            "status": status(alert, now),
            "standing": found.standing,
            "exercise": alert.exercise,
            "type": alert.msg_type,
            "headlines": _headlines(alert),
            "issued_at": alert.issued_at.isoformat() if alert.issued_at else None,
            "expires_at": alert.expires_at.isoformat() if alert.expires_at else None,
            "link": frame(alert).link,
        }
        if alert
        else None,
        "accounts": [_named(each) for each in found.accounts],
        "former": [_named(each) for each in found.former],
        "taken_for": [_named(each) for each in found.taken_for],
        "fakes": [
            {"platform": each.platform, "name": each.address, "reported_on": each.reported_on, "gone_on": each.gone_on}
            for each in found.fakes
        ],
    }


def _open(response: JsonResponse) -> JsonResponse:
    """Let pages of any site read it: it holds nothing that is not public, and no cookie counts."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "no-store"
    return response


def _headlines(alert: Alert) -> dict[str, str]:
    return {info.language: info.headline for info in alert.infos.all() if info.complete}


def _account(account: Account, language: str) -> str:
    """Say whose an account is, and of a region or community what it is competent for."""
    said = words.account(account.shown, platform_name(account.platform), account.holder.name)
    what = competence_of(account.holder)
    return f"{said} {what.said(language)}" if what else said


def _named(account: Account) -> dict[str, str]:
    return {
        "platform": account.platform,
        "platform_name": platform_name(account.platform),
        "name": account.shown,
        "holder": account.holder.name,
    }
