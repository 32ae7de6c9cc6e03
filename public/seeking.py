"""Relatives who look for somebody, and whoever was found: two forms without script or cookie; nothing of anybody is shown."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crisis import clock
from crisis.alerts.models import Alert
from crisis.alerts.queries import public_newest
from crisis.audience.addresses import recognised
from crisis.audience.knocks import knock
from crisis.checkins import enquiries, tracing
from crisis.checkins.enquiries import Sought
from crisis.checkins.models import CheckIn
from crisis.checkins.seeking import Enquiry
from crisis.registry.queries import home_ministry, numbers
from crisis.wording.catalogue import words
from public import checkin_words, seek_words, slips
from public.crossing import own_site
from public.fields import Typed, is_too_big, typed
from public.visitor import language_of, languages, place_of, private

NAMES = ("slip", "name", "birth_year", "where", "last_contact", "their", "asker", "relation", "contact", "website")
LONGEST = {"name": 200, "where": 200, "last_contact": 500, "their": 120, "asker": 200, "contact": 120}
FORM = "seek"
# In an hour from one address, behind which may be a country's phones: after a few, staff see that they are so many.
FEW, MANY = 20, 200
_OLDEST = 1900


@csrf_exempt  # cookies may be off, and none is used: see `public.slips`
@own_site
@require_http_methods(["GET", "HEAD", "POST"])
def seek(request: HttpRequest) -> HttpResponse:
    """Show the form, or take what was typed into it."""
    now, offered = clock.now(), languages(home_ministry())
    language = language_of(request, list(offered))
    alert = public_newest(request.GET.get("a", "")[:20])
    with override(language):
        if request.method != "POST":
            return private(_page(request, Typed(), language, alert, now))
        if is_too_big(request):
            form = Typed({}, {"send": checkin_words.mistakes()["too_big"]})
            return private(_page(request, form, language, alert, now, status=413))
        return private(_take(request, language, alert, now))


def _take(request: HttpRequest, language: str, alert: Alert | None, now: datetime) -> HttpResponse:
    form = typed(request, NAMES)
    told = _sought(form, language, now)
    number = slips.taken(form.values["slip"], FORM, now)
    if not number:
        form.errors["send"] = checkin_words.mistakes()["stale"]
    if told is None or not number:
        return _page(request, form, language, alert, now, status=400)
    crowded = False
    if not enquiries.is_known(told=told, form=number, source=CheckIn.Source.WEB):
        crowded = not knock(door="seek", place=place_of(request), most=FEW, now=now)
        if crowded and not knock(door="seek-many", place=place_of(request), most=MANY, now=now):
            form.errors["send"] = checkin_words.mistakes()["too_many"]
            return _page(request, form, language, alert, now, status=429)
    enquiries.take(told=told, source=CheckIn.Source.WEB, form=number, now=now, alert=alert, crowded=crowded)
    response = HttpResponse(status=303)
    response["Location"] = f"{reverse('public:sought')}?l={language}"
    return response


def _sought(form: Typed, language: str, now: datetime) -> Sought | None:
    """Return what a relative tells; None if something is wrong, which stands at its field then."""
    wrong = seek_words.mistakes()
    texts = {name: form.text(name, most) for name, most in LONGEST.items()}
    for name in ("name", "asker"):
        if not texts[name]:
            form.errors.setdefault(name, wrong[name])
    year, contact, their = _year(form, now), recognised(texts["contact"]), recognised(texts["their"])
    if year is None:
        form.errors["birth_year"] = wrong["birth_year"]
    relation = form.choice("relation", Enquiry.Relation.values)
    if not relation:
        form.errors["relation"] = wrong["relation"]
    if contact is None:
        form.errors.setdefault("contact", checkin_words.mistakes()["contact"])
    if texts["their"] and their is None:
        form.errors.setdefault("their", checkin_words.mistakes()["contact"])
    if form.values.get("website"):
        form.errors["website"] = checkin_words.mistakes()["honey"]
    if form.errors or contact is None:
        return None
    return Sought(
        name=texts["name"], asker=texts["asker"], relation=Enquiry.Relation(relation), asker_contact=contact,
        language=language, where=texts["where"], last_contact=texts["last_contact"], birth_year=year or None,
        contact=their,
    )  # fmt: skip


def _year(form: Typed, now: datetime) -> int | None:
    """Return a year of birth; 0 where none was typed, None where it is none."""
    text = form.values.get("birth_year", "").strip()
    if not text:
        return 0
    return (
        int(text)
        if text.isascii() and text.isdecimal() and len(text) == 4 and _OLDEST <= int(text) <= now.year
        else None
    )


def _page(
    request: HttpRequest, form: Typed, language: str, alert: Alert | None, now: datetime, *, status: int = 200
) -> HttpResponse:
    ministry, old = home_ministry(), form.values.get("slip", "")
    context = {
        "language": language,
        "languages": languages(ministry),
        "w": seek_words.form(),
        "relations": seek_words.relations(),
        "v": form.values,
        # The form keeps its number, so that what was sent already is known again.
        "slip": old if slips.taken(old, FORM, now) else slips.give(FORM, now),
        "errors": form.errors,
        "longest": LONGEST,
        "alert": alert,
        "exercise": words(language)["exercise_line"] if alert is not None and alert.exercise else "",
        "number_label": checkin_words.emergency("").rstrip(),
        "number": numbers(None, ministry).best,
        "ministry": ministry.name(language),
        "money": ministry.money_line.get(language, ""),
    }
    return render(request, "public/seek.html", context, status=status)


@require_safe
def sought(request: HttpRequest) -> HttpResponse:
    """Say that we have it: the same words for everybody."""
    ministry = home_ministry()
    language = language_of(request, list(languages(ministry)))
    with override(language):
        context = {
            "language": language,
            "w": seek_words.done(),
            "number_label": checkin_words.emergency("").rstrip(),
            "number": numbers(None, ministry).best,
            "ministry": ministry.name(language),
        }
        return private(render(request, "public/sought.html", context))


@csrf_exempt  # the token is the proof
@own_site
@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whoever was found what their relative may be told; nothing is taken before a button is pressed."""
    enquiry, ministry = tracing.asked(token), home_ministry()
    offered = languages(ministry)
    language = language_of(request, list(offered))
    if (
        enquiry is not None
        and enquiry.citizen is not None
        and enquiry.citizen.language in offered
        and "l" not in request.GET
    ):
        language = enquiry.citizen.language
    with override(language):
        if request.method == "POST" and enquiry is not None and not is_too_big(request):
            chosen = request.POST.get("consent", "")
            if chosen in Enquiry.Consent.values:
                try:
                    tracing.agree(enquiry=enquiry, consent=chosen, now=clock.now())
                except ValueError:  # it was settled while they read
                    enquiry = None
                else:
                    response = redirect(f"{request.path}?l={language}")
                    response.status_code = 303
                    return private(response)
        asks = seek_words.consent()
        context = {
            "language": language,
            "w": asks,
            "enquiry": enquiry,
            "relation": seek_words.relations()[enquiry.relation] if enquiry else "",
            "choices": [(value, asks[value]) for value in Enquiry.Consent.values],
            "exercise": words(language)["exercise_line"] if enquiry and enquiry.mode == "exercise" else "",
            "ministry": ministry.name(language),
            "money": ministry.money_line.get(language, ""),
        }
        return private(render(request, "public/found.html", context, status=200 if enquiry else 404))
