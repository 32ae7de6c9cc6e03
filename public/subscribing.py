"""The pages on which people subscribe by themselves, say that an address is theirs, and ask for the link to manage it."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crisis import clock
from crisis.audience import budget, confirming, links, subscribing
from crisis.audience.addresses import AddressError, normal
from crisis.audience.knocks import knock
from crisis.audience.models import Contact, Link
from crisis.audience.operations import NowhereError
from crisis.audience.subscribing import Wish
from crisis.broadcast.ways import ways
from crisis.registry.queries import home_ministry
from public import checkin_words, slips, subscribe_words
from public.crossing import own_site
from public.fields import MOST_PEOPLE, Typed, is_too_big, typed
from public.town import LONGEST, Meant, town
from public.visitor import language_of, languages, place_of, private

NAMES = ("slip", "way", "address", "speak", "where", "place", "country", "until", "people", "website")
ASKED = 30  # in an hour from one address: behind it may be a whole hotel
_DAYS_AHEAD = 5 * 366  # a later last day is a slip of the finger


def offered_ways() -> list[str]:
    """Return the ways that can be asked for on the web: those that this house has, but Telegram, which has its own door."""
    return [kind for kind in ways() if kind != Contact.Kind.TELEGRAM]


def named_ways() -> list[tuple[str, str]]:
    """Return the ways that can be asked for, each with its name in the language that is active."""
    names = subscribe_words.ways()
    return [(kind, names[kind]) for kind in offered_ways()]


def _spoken(request: HttpRequest) -> tuple[str, dict[str, str]]:
    offered = languages(home_ministry())
    return language_of(request, list(offered)), offered


def last_day(form: Typed, now: datetime) -> date | None:
    """Return the last day of a stay that was typed; None for whoever lives there. What is wrong stands at its field."""
    text = form.values.get("until", "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    # Today is later in the east, and earlier in the west: one day either way is not held against anybody.
    if not -1 <= (day - now.date()).days <= _DAYS_AHEAD:
        form.errors["until"] = subscribe_words.mistakes()["until"]
        return None
    return day


def _address(form: Typed, kind: str) -> str:
    try:
        return normal(kind, form.values.get("address", "")[:200])
    except AddressError:
        name = "mail" if kind == Contact.Kind.EMAIL else "phone"
        form.errors["address"] = subscribe_words.mistakes()[name]
        return ""


def _may_ask(request: HttpRequest, form: Typed, name: str, now: datetime) -> bool:
    """Tell whether a form is fresh, a person's, and not one of too many; else what is wrong stands in it."""
    mistakes = subscribe_words.mistakes()
    if form.values.get("website"):
        form.errors["website"] = mistakes["honey"]
    if not slips.taken(form.values["slip"], name, now):
        form.errors["send"] = mistakes["stale"]
    if not form.errors and not budget.room(form.values["way"], now):
        form.errors["way"] = mistakes["spent"]
    if not form.errors and not knock(door=name, place=place_of(request), most=ASKED, now=now):
        form.errors["send"] = mistakes["too_many"]
    return not form.errors


def _too_big(request: HttpRequest) -> dict[str, str]:
    """Say of a form that was sent that it is more than we take; it was not read."""
    return {"send": checkin_words.mistakes()["too_big"]} if request.method == "POST" else {}


def _is_new(form: Typed, name: str, now: datetime) -> bool:
    """Tell whether a form is sent for the first time: a second tap is no second request."""
    return knock(door="form", place=slips.taken(form.values["slip"], name, now), most=1, now=now)


@csrf_exempt  # cookies may be off, and none is used: see `public.slips`
@own_site
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Ask what somebody wants, and send the link that confirms it; nothing tells whether the address is known."""
    now = clock.now()
    language, offered = _spoken(request)
    with override(language):
        if request.method != "POST" or is_too_big(request):
            blank = Typed({"speak": language, "people": "1"}, _too_big(request))
            return _subscribe_page(request, language, offered, blank, Meant(), now)
        form = typed(request, NAMES)
        kind = form.choice("way", offered_ways())
        if not kind:
            form.errors["way"] = subscribe_words.mistakes()["way"]
        address = _address(form, kind) if kind else ""
        meant = town(form, language, now)
        until = last_day(form, now)
        people = form.number("people", least=1, most=MOST_PEOPLE, empty=1)
        if meant.place is not None and _may_ask(request, form, "subscribe", now):
            speak = form.choice("speak", list(offered)) or language
            wish = Wish(
                kind=kind, address=address, language=speak, place=meant.place, country=meant.country, until_on=until,
                people=people,
            )  # fmt: skip
            try:
                if _is_new(form, "subscribe", now):
                    subscribing.ask(wish=wish, now=now)
            except NowhereError:
                form.errors["where"] = subscribe_words.mistakes()["where"]
            else:
                return _sent(language)
        return _subscribe_page(request, language, offered, form, meant, now)


def _subscribe_page(
    request: HttpRequest, language: str, offered: dict[str, str], form: Typed, meant: Meant, now: datetime
) -> HttpResponse:
    ministry = home_ministry()
    context = {
        "language": language,
        "languages": offered,
        "w": subscribe_words.form(),
        "ways": named_ways(),
        "v": form.values,
        "slip": slips.give("subscribe", now),
        "errors": form.errors,
        "meant": meant,
        "longest": LONGEST,
        "telegram": settings.TELEGRAM_LINK,
        "ministry": ministry.name(language),
        "money": ministry.money_line.get(language, ""),
    }
    status = 400 if form.errors else 200
    return private(render(request, "public/subscribe.html", context, status=status))


def _sent(language: str) -> HttpResponse:
    response = HttpResponse(status=303)
    response["Location"] = f"{reverse('public:sent')}?l={language}"
    return private(response)


@require_http_methods(["GET", "HEAD"])
def sent(request: HttpRequest) -> HttpResponse:
    """Say that a link is on its way, if the address is one that may get it: the same words for everybody."""
    language, _ = _spoken(request)
    with override(language):
        context = {"language": language, "w": subscribe_words.sent(), "ministry": home_ministry().name(language)}
        return private(render(request, "public/sent.html", context))


@csrf_exempt  # the token is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button, as scanners open every link; pressing it says that the address is theirs."""
    now = clock.now()
    link = links.opened(token, Link.Purpose.CONFIRM, now)
    contact = link.contact if link else None
    language, offered = _spoken(request)
    if contact is not None and contact.citizen.language in offered:
        language = contact.citizen.language
    # Once it has done its work it opens nothing more: whoever finds it later in a mailbox is sent a fresh one.
    used = link is not None and link.used_at is not None
    if request.method == "POST" and contact is not None:
        contact = confirming.confirm(token=token, now=now)
    done = contact is not None and contact.state == Contact.State.ACTIVE
    manage_link = f"{reverse('public:find')}?l={language}"
    if request.method == "POST" and contact is not None and not used:
        fresh = links.make(citizen=contact.citizen, contact=contact, purpose=Link.Purpose.MANAGE, now=now)
        manage_link = reverse("public:manage", args=[fresh])
    with override(language):
        context: dict[str, Any] = {
            "language": language,
            "w": subscribe_words.confirming(),
            "known": contact is not None,
            "done": done,
            "manage": manage_link,
            "ministry": home_ministry().name(language),
        }
        return private(render(request, "public/confirm.html", context, status=200 if contact else 404))


@csrf_exempt  # cookies may be off, and none is used: see `public.slips`
@own_site
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and send it the link to manage what is known; nothing tells whether it is known."""
    now = clock.now()
    language, offered = _spoken(request)
    with override(language):
        form = Typed(errors=_too_big(request))
        if request.method == "POST" and not is_too_big(request):
            form = typed(request, ("slip", "way", "address", "website"))
            kind = form.choice("way", offered_ways())
            if not kind:
                form.errors["way"] = subscribe_words.mistakes()["way"]
            address = _address(form, kind) if kind else ""
            if not form.errors and _may_ask(request, form, "manage", now):
                if _is_new(form, "manage", now):
                    subscribing.find(kind=kind, address=address, now=now)
                return _sent(language)
        context = {
            "language": language,
            "languages": offered,
            "w": subscribe_words.form() | subscribe_words.managing(),
            "ways": named_ways(),
            "v": form.values,
            "slip": slips.give("manage", now),
            "errors": form.errors,
            "ministry": home_ministry().name(language),
        }
        return private(render(request, "public/find.html", context, status=400 if form.errors else 200))
