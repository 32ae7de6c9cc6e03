"""The alert's page: plain and light, in every language, with its status and the posts that serve the place."""

from collections.abc import Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crisis import clock
from crisis.alerts.areas import reaches
from crisis.alerts.models import Alert, State
from crisis.alerts.operations import frame
from crisis.alerts.queries import public_chain, public_state
from crisis.audience import leaving
from crisis.audience.models import Contact
from crisis.broadcast import cards
from crisis.checkins.operations import is_open, rollcall_of
from crisis.registry.models import DirectoryEntry
from crisis.registry.queries import competent_posts, home_ministry, posts_with_directory
from crisis.wording.catalogue import words
from crisis.wording.slots import moment
from public.texts import TEXTS

HOLDS_S = 15  # how long a page may be kept by others, and is kept by us


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Say what this is, and show the alerts that hold now."""
    now = clock.now()
    issued = Alert.objects.filter(state=State.ISSUED, expires_at__gt=now)
    holding = issued.exclude(msg_type=Alert.MsgType.CANCEL).prefetch_related("infos")[:50]
    return render(
        request,
        "public/front.html",
        {"alerts": holding, "ministry": home_ministry(), "telegram": settings.TELEGRAM_LINK},
    )


@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is known of an alert's code; an unknown one is said to be none of ours."""
    if code != code.upper():
        return redirect("public:alert", code=code.upper())
    now = clock.now()
    state = public_state(code, now)
    if not state:
        return render(request, "public/unknown.html", {"code": code, "texts": TEXTS.values()}, status=404)
    # What a page shows is drawn once for everybody; its name in the cache holds the state of every alert in it, so that a
    # stop shows at once.
    drawn = cache.get_or_set(f"public:{code}:{state}", lambda: _draw(code, now), HOLDS_S)
    response = HttpResponse(drawn)
    response["Cache-Control"] = f"public, max-age={HOLDS_S}"
    return response


def _draw(code: str, now: datetime) -> str:
    chain = public_chain(code)
    alert = chain[0]
    found = competent_posts(reaches(alert.areas.all()), ministry=alert.ministry, on=now.date())
    emergency = DirectoryEntry.objects.filter(
        ministry=alert.ministry, post=None, purpose=DirectoryEntry.Purpose.EMERGENCY, kind=DirectoryEntry.Kind.PHONE
    ).first()
    rollcall = rollcall_of(alert)
    asked = rollcall is not None and is_open(rollcall, now)
    context = {
        "alert": alert,
        "address": frame(alert).link,
        "status": status(alert, now),
        "sections": _sections(alert, now, asked=asked),
        "posts": posts_with_directory(found),
        "emergency": emergency,
        "earlier": chain[1:],
    }
    return render_to_string("public/alert.html", context)


def status(alert: Alert, now: datetime) -> str:
    """Return the alert's status: live, exercise, cancelled, stopped or expired."""
    if alert.msg_type == Alert.MsgType.CANCEL:
        return "cancelled"
    if alert.state == State.STOPPED:
        return "stopped"
    if alert.expires_at is not None and alert.expires_at <= now:
        return "expired"
    return alert.mode


def _sections(alert: Alert, now: datetime, *, asked: bool) -> list[dict[str, object]]:
    sections = []
    for info in alert.infos.all():
        if not info.complete:
            continue
        texts = TEXTS.get(info.language, TEXTS["en"])
        fixed = words(info.language)
        sections.append(
            {
                "language": info.language,
                "name": texts["language"],
                "info": info,
                "status": texts[status(alert, now)],
                "texts": texts,
                "emergency": _labelled(fixed, texts["emergency"], "").rstrip(" "),
                "issued": _labelled(fixed, texts["issued"], _in_utc(alert.issued_at, info.language)),
                "until": _labelled(fixed, texts["until"], _in_utc(alert.expires_at, info.language)),
                "exercise": fixed["exercise_line"] if alert.exercise else "",
                "description": info.description.replace(fixed["exercise_line"], "").strip()
                if alert.exercise
                else info.description,
                "check_in": frame(alert).check_in if asked else "",
                "source": alert.ministry.name(info.language),
                "money": alert.ministry.money_line.get(info.language, ""),
            }
        )
    return sections


def _labelled(fixed: Mapping[str, str], label: str, value: str) -> str:
    return fixed["labelled"].format(label=label, value=value)


def _in_utc(at: datetime | None, language: str) -> str:
    return f"{moment(at.astimezone(UTC), language)} UTC" if at else ""


@csrf_exempt  # a mail program posts it by itself, without a page of ours (RFC 8058); the token is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """End what is written to an address: by one click of a mail program, or on a page that asks, as scanners open every link."""
    contact = leaving.contact_of_token(token)
    if contact is not None and request.method == "POST":
        leaving.leave(contact)
    left = contact is not None and contact.state == Contact.State.STOPPED
    language = contact.citizen.language if contact and contact.citizen.language in TEXTS else "en"
    texts = TEXTS[language]
    context = {
        "texts": texts,
        "language": language,
        "known": contact is not None,
        "left": left,
        "ministry": home_ministry(),
    }
    response = render(request, "public/leave.html", context, status=200 if contact else 404)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
def card(_: HttpRequest, token: str) -> HttpResponse:
    """Give an alert's card to whoever has its address, for some hours: platforms fetch it from here."""
    words = cards.opened(token, clock.now())
    if words is None:
        gone = "There is no picture at this address, or not any more.\n"
        return HttpResponse(gone, content_type="text/plain; charset=utf-8", status=404)
    response = HttpResponse(cards.jpeg(words), content_type="image/jpeg")
    response["Cache-Control"] = "public, max-age=3600"
    response["Content-Disposition"] = f'inline; filename="{words.alert.code}-{words.alert.number}.jpg"'
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def favicon(_: HttpRequest) -> HttpResponse:
    """Lead to our sign: browsers ask for it on pages that name none, to stay light."""
    return redirect(static("tocsin/bell.svg"))
