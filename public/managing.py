"""The page of a one-time link on which somebody sees and changes what is known of them, stops it, or has it deleted."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from crisis import clock
from crisis.audience import erasing, leaving, subscribing
from crisis.audience.models import Contact, Link
from crisis.audience.operations import NowhereError, resume
from crisis.audience.queries import current_stay
from crisis.places.names import country_name
from crisis.privacy.erasing import erase
from crisis.registry.queries import home_ministry
from public import subscribe_words
from public.by_link import by_link
from public.fields import MOST_PEOPLE, Typed, is_too_big, typed
from public.subscribing import last_day
from public.town import LONGEST, Meant, town
from public.visitor import languages

NAMES = ("do", "speak", "where", "place", "country", "until", "people", "first", "sure")


@by_link(Link.Purpose.MANAGE)
def manage(request: HttpRequest, _: Link, contact: Contact, language: str) -> HttpResponse:
    """Show what is known, or do what was asked."""
    offered = languages(home_ministry())
    if request.method == "POST" and not is_too_big(request):
        return _do(request, contact, language, offered, clock.now())
    return _page(request, contact, language, offered, _known(contact), Meant())


def _do(request: HttpRequest, contact: Contact, language: str, offered: dict[str, str], now: datetime) -> HttpResponse:
    form = typed(request, NAMES)
    citizen = contact.citizen
    match form.values["do"]:
        case "stop":
            leaving.leave(contact)
        case "resume":
            resume(contact=contact)
            erasing.keep(citizen=citizen)
        case "delete":
            if not form.values["sure"]:
                form = Typed(_known(contact).values, {"sure": subscribe_words.mistakes()["sure"]})
                return _page(request, contact, language, offered, form, Meant())
            became = erase(citizen=citizen, now=now)
            context = {
                "language": language,
                "w": subscribe_words.managing(),
                "became": became.value,
                "ministry": home_ministry().name(language),
            }
            return render(request, "public/deleted.html", context)
        case _:
            until = last_day(form, now)
            people = form.number("people", least=1, most=MOST_PEOPLE, empty=citizen.people)
            meant = town(form, language, now) if form.values["where"].strip() else Meant()
            if not form.errors:
                try:
                    subscribing.go(citizen=citizen, to=meant.place, country=meant.country, until_on=until, now=now)
                except NowhereError:
                    form.errors["where"] = subscribe_words.mistakes()["where"]
            if form.errors:
                return _page(request, contact, language, offered, form, meant)
            speak = form.choice("speak", list(offered)) or language
            subscribing.change(citizen=citizen, language=speak, people=people)
            if kind := form.choice("first", [each.kind for each in citizen.contacts.all()]):
                subscribing.prefer(citizen=citizen, kind=kind)
    response = redirect(f"{request.path}?saved=1")
    response.status_code = 303
    return response


def _known(contact: Contact) -> Typed:
    citizen = contact.citizen
    stay = current_stay(citizen)
    first = citizen.contacts.order_by("rank", "pk").first()
    return Typed(
        {
            "speak": citizen.language,
            "people": str(citizen.people),
            "until": subscribe_words.day(stay.until_on if stay else None),
            "first": first.kind if first else "",
        }
    )


def _page(
    request: HttpRequest, contact: Contact, language: str, offered: dict[str, str], form: Typed, meant: Meant
) -> HttpResponse:
    citizen = contact.citizen
    stay = current_stay(citizen)
    texts = subscribe_words.form() | subscribe_words.managing()
    names = subscribe_words.ways()
    usable = citizen.contacts.exclude(state=Contact.State.PENDING).order_by("rank", "pk")
    where = ", ".join(filter(None, (stay.place_name, country_name(stay.country, language)))) if stay else ""
    context: dict[str, Any] = {
        "language": language,
        "languages": offered,
        "w": texts,
        "v": form.values,
        "errors": form.errors,
        "meant": meant,
        "longest": LONGEST,
        "where": where,
        "ways": [(each.kind, names[each.kind]) for each in usable],
        "stopped": contact.state == Contact.State.STOPPED,
        "saved": "saved" in request.GET and not form.errors,
        "ministry": citizen.ministry.name(language),
    }
    return render(request, "public/manage.html", context, status=400 if form.errors else 200)
