"""The page of a letter that asks whether somebody still stays there: answered once, and nothing else is seen or changed by it."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from crisis import clock
from crisis.audience import links, subscribing
from crisis.audience.letters import place_of
from crisis.audience.models import Contact, Link
from crisis.audience.operations import NowhereError
from crisis.audience.queries import current_stay
from public import subscribe_words
from public.by_link import by_link
from public.fields import Typed, is_too_big, typed
from public.subscribing import last_day
from public.town import LONGEST, Meant, town

NAMES = ("where", "place", "country", "until")


@by_link(Link.Purpose.STAY)
def stay(request: HttpRequest, link: Link, _: Contact, language: str) -> HttpResponse:
    """Show where somebody is counted, or take the answer; afterwards only that it is saved."""
    if request.method == "POST" and link.used_at is None and not is_too_big(request):
        return _answer(request, link, language, clock.now())
    current = current_stay(link.citizen)
    form = Typed({"until": subscribe_words.day(current.until_on if current else None)})
    return _page(request, link, language, form, Meant())


def _answer(request: HttpRequest, link: Link, language: str, now: datetime) -> HttpResponse:
    form = typed(request, NAMES)
    until = last_day(form, now)
    meant = town(form, language, now) if form.values["where"].strip() else Meant()
    if not form.errors:
        try:
            subscribing.go(citizen=link.citizen, to=meant.place, country=meant.country, until_on=until, now=now)
        except NowhereError:
            form.errors["where"] = subscribe_words.mistakes()["where"]
    if form.errors:
        return _page(request, link, language, form, meant)
    links.use(link, now)
    response = redirect(request.path)
    response.status_code = 303
    return response


def _page(request: HttpRequest, link: Link, language: str, form: Typed, meant: Meant) -> HttpResponse:
    current = current_stay(link.citizen)
    context = {
        "language": language,
        "w": subscribe_words.form() | subscribe_words.managing() | subscribe_words.confirming(),
        "v": form.values,
        "errors": form.errors,
        "meant": meant,
        "longest": LONGEST,
        "where": place_of(current, language) if current else "",
        "used": link.used_at is not None,
        "ministry": link.citizen.ministry.name(language),
    }
    return render(request, "public/stay.html", context, status=400 if form.errors else 200)
