"""The check-in page of an alert: anybody may answer, without registration, script or cookie; nothing of others is shown."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from crisis import clock
from crisis.alerts.models import Alert, Info
from crisis.alerts.operations import frame
from crisis.alerts.queries import public_chain, public_newest, public_state
from crisis.audience.knocks import knock
from crisis.checkins.models import CheckIn
from crisis.checkins.operations import RollcallClosed
from crisis.checkins.reports import is_known, report, takes_answers
from crisis.checkins.unverified import Report
from crisis.registry.models import Installation
from crisis.registry.queries import home_ministry, installation, numbers
from crisis.sharing import shared
from crisis.wording.catalogue import words
from public import checkin_words, slips
from public.checkin_form import HONEY, LONGEST, NAMES, told
from public.crossing import own_site
from public.fields import Typed, is_too_big, typed
from public.pages import FRESH, Unknown
from public.views import in_capitals, unknown
from public.visitor import language_of, languages, place_of, private

# In an hour from one address, behind which may be a hotel, or a country's mobile phones: further answers are held back; further
# calls for help never are, but staff see that they are so many.
ANSWERS, CALLS = 100, 400
_MAY_NEED_HELP = (Report.Said.NEEDS_HELP, Report.Said.SOME)
TOLD_FOR = timedelta(hours=1)  # afterwards the page of an answer says no more than that it is recorded
BLANK_S = 15  # how old a form may be in which the state of its alert has not changed
_SLIP = "the-slip-of-this-visitor"  # in the page that is drawn once for everybody


@csrf_exempt  # cookies may be off, and none is used: see `public.slips`
@gzip_page
@own_site
@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest, code: str) -> HttpResponse:
    """Show the form, or take what was typed into it."""
    if code != code.upper():
        return in_capitals(request, "public:check_in", code)
    now = clock.now()
    offered = shared("public:languages", lambda: languages(home_ministry()), seconds=BLANK_S)
    language = language_of(request, list(offered))
    if request.method == "POST":
        if (alert := public_newest(code)) is None:
            return unknown(request, code)
        with override(language):
            return _spoken(_take(request, alert, language, now))
    try:
        # Whether anything has changed is asked once a second, as for the alert's own page; an answer is always asked about.
        drawn = shared(
            f"check-in:{code}:{language}", lambda: _as_it_is(code, language, now), seconds=FRESH.total_seconds()
        )
    except Unknown:
        return unknown(request, code)
    return _spoken(HttpResponse(drawn.replace(_SLIP, slips.give(code, now))))


def _spoken(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["Accept-Language"])
    return private(response)


def _as_it_is(code: str, language: str, now: datetime) -> str:
    if not (state := public_state(code, now)):
        raise Unknown
    with override(language):
        return shared(f"check-in:{code}:{state}:{language}", lambda: _blank(code, language, now), seconds=BLANK_S)


def _blank(code: str, language: str, now: datetime) -> str:
    context = _context(public_chain(code)[0], language, Typed({"slip": _SLIP, "people": "1"}), now)
    return render_to_string("public/check_in.html", context)


def _take(request: HttpRequest, alert: Alert, language: str, now: datetime) -> HttpResponse:
    mistakes = checkin_words.mistakes()
    if is_too_big(request):
        form = Typed({"people": "1"}, {"said": mistakes["too_big"]})
        return _again(alert, language, form, now, status=413)
    form = typed(request, NAMES)
    asks = takes_answers(alert, now) is not None
    answer = told(form, asks=asks, language=language)
    number = slips.taken(form.values["slip"], alert.code, now)
    if not number:
        form.errors = {"send": mistakes["stale"]} | form.errors
    if answer is None or not number:
        return _again(alert, language, form, now, status=400)
    helps = answer.said in _MAY_NEED_HELP
    door, most = ("call", CALLS) if helps else ("answer", ANSWERS)
    really = bool(form.values["really"])
    # The same words once more (a second tap, a line that broke) are no further try.
    known = is_known(told=answer, form=number, really=really, source=CheckIn.Source.WEB)
    crowded = not known and not knock(door=door, place=place_of(request), most=most, now=now)
    if crowded and not helps:
        form.errors = {"send": mistakes["too_many"]}
        return _again(alert, language, form, now, status=429)
    source = CheckIn.Source.WEB
    try:
        report(told=answer, alert=alert, really=really, form=number, source=source, now=now, crowded=crowded)
    except RollcallClosed:  # it ended while we read
        form.errors = {"said": mistakes["ended"]}
        return _again(alert, language, form, now, status=400)
    response = redirect(f"{reverse('public:checked_in', args=[alert.code, number])}?l={language}")
    response.status_code = 303
    return response


def _again(alert: Alert, language: str, form: Typed, now: datetime, *, status: int) -> HttpResponse:
    kept = Typed({**form.values, "slip": form.values.get("slip", "")}, form.errors)
    # The form keeps its number, so that what was sent already is known again; only one that is none of ours gets a new one.
    if not slips.taken(kept.values["slip"], alert.code, now):
        kept.values = {**kept.values, "slip": slips.give(alert.code, now)}
    context = _context(alert, language, kept, now)
    return HttpResponse(render_to_string("public/check_in.html", context), status=status)


def _context(alert: Alert, language: str, form: Typed, now: datetime) -> dict[str, Any]:
    asks = takes_answers(alert, now) is not None
    said = Report.Said.values if asks else [Report.Said.NEEDS_HELP.value]
    texts = checkin_words.form()
    order = ("needs_help", "safe", "some", "not_there")
    return {
        "alert": alert,
        "info": in_words(alert, language),
        "language": language,
        "languages": languages(alert.ministry),
        "w": texts,
        "choices": [(value, texts[value]) for value in order if value in said],
        "asks": asks,
        "rest": checkin_words.rest(),
        "drill": alert.exercise,
        "exercise": words(language)["exercise_line"] if alert.exercise else "",
        "v": form.values,
        "errors": form.errors,
        "honey": HONEY,
        "longest": LONGEST,
        "number_label": checkin_words.emergency("").rstrip(),
        "number": numbers(None, alert.ministry).best,
        "money": alert.ministry.money_line.get(language, ""),
        "ministry": alert.ministry.name(language),
        "telegram": frame(alert).check_in if asks else "",
    }


def in_words(alert: Alert, language: str) -> Info | None:
    """Return what an alert says in a language, or else in the first in which it can be told; None if in none."""
    infos: dict[str, Info] = {info.language: info for info in alert.infos.all() if info.complete}
    return infos.get(language) or next(iter(infos.values()), None)


@require_safe
def checked_in(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Say that it is recorded, and whom to call; never what was written."""
    now = clock.now()
    alert = public_newest(code)
    if alert is None:
        return unknown(request, code)
    language = language_of(request, list(languages(alert.ministry)))
    rows = Report.objects.filter(form=form, alert__code=alert.code, at__gt=now - TOLD_FOR).select_related("post")
    row = rows.order_by("-pk").first()
    helps = row is not None and row.said == Report.Said.NEEDS_HELP
    drill = row is not None and row.rollcall_id is not None and alert.exercise
    really = drill and helps and installation().kind == Installation.Kind.LIVE
    with override(language):
        context = {
            "alert": alert,
            "language": language,
            "w": checkin_words.done(row.post if row else None),
            "helps": helps,
            "unreachable": row is not None and helps and not row.address,
            "drill": drill,
            "really": really,
            "exercise": words(language)["exercise_line"] if drill else "",
            "number_label": checkin_words.emergency("").rstrip(),
            "number": numbers(row.post if row else None, alert.ministry).best,
            "ministry": alert.ministry.name(language),
            "telegram": settings.TELEGRAM_LINK,
        }
        return _spoken(render(request, "public/checked_in.html", context))
