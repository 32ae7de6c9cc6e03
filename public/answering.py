"""The page of a one-time link that is one person's own: an answer from there is verified, and recorded as any other of theirs."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.audience import links
from crisis.audience.models import Link
from crisis.checkins.asking import first_asking, rollcalls_of
from crisis.checkins.inbox import clean
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import RollcallClosed, record
from crisis.registry.models import Installation
from crisis.registry.queries import home_ministry, installation, numbers
from crisis.wording.catalogue import words
from public import checkin_words, slips
from public.checkin import headline
from public.fields import Typed, is_too_big, typed
from public.visitor import language_of, languages, private

LONGEST_TEXT = 1000
TOLD_FOR = timedelta(minutes=10)
_SAFETY = {
    "safe": Safety.SAFE,
    "needs_help": Safety.NEEDS_HELP,
    "some": Safety.UNCLEAR,
    "not_there": Safety.NOT_THERE,
}


@csrf_exempt  # the token is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the buttons, or take the answer; opening the link records nothing, as scanners open every link."""
    now = clock.now()
    link = links.opened(token, Link.Purpose.CHECK_IN, now)
    offered = languages(home_ministry())
    language = language_of(request, list(offered))
    if link is not None and link.citizen.language in offered and "l" not in request.GET:
        language = link.citizen.language
    with override(language):
        if link is None:
            context = {"language": language, "w": checkin_words.own(), "ministry": home_ministry().name(language)}
            return private(render(request, "public/own_check_in.html", context, status=404))
        if request.method == "POST" and not is_too_big(request):
            return private(_take(request, token, link, language, now))
        return private(_page(request, token, link, language, Typed(), now))


def _take(request: HttpRequest, token: str, link: Link, language: str, now: datetime) -> HttpResponse:
    form = typed(request, ("slip", "said", "really", "event", "text"))
    mistakes = checkin_words.mistakes()
    said = form.choice("said", list(_SAFETY))
    helps = said == "needs_help"
    text = form.text("text", LONGEST_TEXT, cut=helps)
    asking = rollcalls_of(link.citizen, now)
    rollcall = next((each for each in asking if str(each.pk) == form.values["event"]), None)
    number = slips.taken(form.values["slip"], _form(token), now)
    if not number:
        form.errors["text"] = mistakes["stale"]
    elif not said:
        form.errors["text"] = mistakes["said"]
    elif rollcall is None and not helps:
        form.errors["event" if len(asking) > 1 else "text"] = mistakes["said"] if asking else mistakes["ended"]
    elif said == "some" and not text:
        form.errors["text"] = mistakes["some"]
    if not form.errors:
        if rollcall is None or (helps and form.values["really"]):
            # A cry for help waits for no choice, and one in earnest joins no drill.
            rollcall = first_asking(link.citizen, now)
        try:
            record(
                rollcall=rollcall, citizen=link.citizen, contact=link.contact, safety=_SAFETY[said], source=CheckIn.Source.WEB,
                ref=f"{number}.{said}", now=now, text=clean(text),
            )  # fmt: skip
        except RollcallClosed:
            form.errors["text"] = mistakes["ended"]
        else:
            response = redirect("public:own_check_in", token=token)
            response["Location"] += "?done=1"
            response.status_code = 303
            return response
    return _page(request, token, link, language, form, now)


def _form(token: str) -> str:
    return f"own-{token[:12]}"


def _page(request: HttpRequest, token: str, link: Link, language: str, form: Typed, now: datetime) -> HttpResponse:
    citizen = link.citizen
    asking = rollcalls_of(citizen, now)
    given = _given(link, now) if "done" in request.GET and not form.errors else None
    done = checkin_words.recorded(given.safety) if given is not None else ""
    texts = checkin_words.own()
    order = ("safe", "needs_help", "some", "not_there") if asking else ("needs_help",)
    drill = bool(asking) and all(rollcall.alert.exercise for rollcall in asking)
    context: dict[str, Any] = {
        "language": language,
        "w": texts | {"wrong": checkin_words.form()["wrong"]},
        "known": True,
        "done": done,
        "helps": given is not None and given.safety == Safety.NEEDS_HELP,
        "slip": slips.give(_form(token), now),
        "events": [_event(rollcall, language) for rollcall in asking],
        "choices": [(value, texts[value]) for value in order],
        "counts": checkin_words.counts_for(citizen.people) if citizen.people > 1 else "",
        "drill": drill and installation().kind == Installation.Kind.LIVE,
        "really": checkin_words.form()["really"],
        "exercise": words(language)["exercise_line"] if drill else "",
        "v": form.values,
        "errors": form.errors,
        "number_label": checkin_words.emergency("").rstrip(),
        "number": numbers(given.post if given else None, citizen.ministry).best,
        "ministry": citizen.ministry.name(language),
    }
    return render(request, "public/own_check_in.html", context, status=400 if form.errors else 200)


def _event(rollcall: Rollcall, language: str) -> dict[str, object]:
    alert = rollcall.alert
    return {"pk": rollcall.pk, "number": str(rollcall.pk), "headline": f"{headline(alert, language)} ({alert.code})"}


def _given(link: Link, now: datetime) -> CheckIn | None:
    """Return the answer of this person that counts, if it was given a moment ago."""
    rows = CheckIn.objects.filter(citizen=link.citizen, current=True, at__gt=now - TOLD_FOR).select_related("post")
    return rows.order_by("-pk").first()
