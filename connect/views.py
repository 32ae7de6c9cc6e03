"""The editor's way: the link's page, the platform's consent screen or a code for a channel, and what came of it."""

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from connect import pending, wiring
from connect.texts import languages, texts
from crisis import clock
from crisis.registry import claims
from crisis.registry.endpoints import app_secrets
from crisis.registry.invitations import (
    InvitationGone,
    ModesMeet,
    WrongIdentity,
    complete,
    digest,
    find,
    refused,
    still_open,
)
from crisis.registry.models import Invitation
from crisis.registry.queries import home_ministry
from platforms import catalog
from platforms.access import Connects
from platforms.contract import PlatformSpec
from platforms.errors import ConsentDeclined, ConsentMismatch, PlatformConfig, PlatformError

log = logging.getLogger(__name__)

CODE, DONE, LANGUAGE = "code", "done", "connect:language"
LOOK_AGAIN_S = 5  # how often the page looks whether the code was posted


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link is for; pressed, go to the platform, or show the code. Looking alone changes nothing."""
    now = clock.now()
    invitation = find(token, now)
    if invitation is None:
        return redirect("connect:done") if _was_ours(request, token) else _gone(request)
    spec = catalog.spec(invitation.account.platform)
    if spec is None:
        return _gone(request)
    if request.method != "POST":
        return _page(request, "link", invitation, spec, **_code(request, invitation))
    if spec.claimed:
        code = claims.new_code(invitation=invitation, now=now)
        pending.keep(request, CODE, invitation=invitation.pk, digest=digest(token), code=code)
        return redirect(request.path)
    return _begin(request, invitation, spec, token)


def _code(request: HttpRequest, invitation: Invitation) -> dict[str, Any]:
    """Return the code that this browser was shown, if it still counts, and why an earlier one did not."""
    kept = pending.peek(request, CODE)
    code = str(kept.get("code", "")) if kept.get("invitation") == invitation.pk else ""
    problem, _, about = invitation.problem.partition(" ")
    counts = claims.counts(invitation, code, clock.now())
    return {"code": code if counts else "", "problem": problem, "about": about, "again": LOOK_AGAIN_S}


def _was_ours(request: HttpRequest, token: str) -> bool:
    """Tell whether it was this browser whose code has just connected an account."""
    kept = pending.peek(request, CODE)
    if kept.get("digest") != digest(token):
        return False
    used = Invitation.objects.filter(pk=int(kept["invitation"])).exclude(used_at=None).exists()
    if used:
        pending.keep(request, DONE, invitation=pending.take(request, CODE)["invitation"])
    return used


def _begin(request: HttpRequest, invitation: Invitation, spec: PlatformSpec, token: str) -> HttpResponse:
    screen = wiring.screen(spec.slug)
    if not isinstance(screen, Connects):
        return _gone(request)
    try:
        account = invitation.address.removeprefix("@")
        consent = screen.consent(callback=wiring.callback(spec.slug), app=app_secrets(spec.slug), account=account)
    except PlatformError as error:
        return _failed(request, invitation, spec, error, token)
    # Only this browser can bring the answer back.
    pending.keep(request, spec.slug, invitation=invitation.pk, token=token, kept=dict(consent.kept))
    return redirect(consent.url)


@never_cache
@require_safe
def callback(request: HttpRequest, slug: str) -> HttpResponse:
    """Take what the platform sent back: whom it named, and what was allowed."""
    begun = pending.take(request, slug)
    spec = catalog.spec(slug)
    screen = None if spec is None else wiring.screen(slug)
    if not begun or not isinstance(screen, Connects) or spec is None:
        return _page(request, "failed", None, spec, status=400, why="mismatch")
    token = str(begun["token"])
    try:
        invitation = still_open(int(begun["invitation"]), clock.now())
        granted = screen.exchange(query=request.GET.dict(), kept=begun["kept"], app=app_secrets(slug))
        complete(invitation=invitation, granted=granted, now=clock.now())
    except InvitationGone:
        return _gone(request)
    except WrongIdentity as error:
        names = {"registered": error.registered, "seen": error.seen}
        return _page(
            request, "failed", invitation, spec, status=409, why="wrong" if error.seen else "none", token=token, **names
        )
    except ModesMeet:
        return _page(request, "failed", invitation, spec, status=409, why="modes_meet", token=token)
    except PlatformError as error:
        return _failed(request, invitation, spec, error, token)
    pending.keep(request, DONE, invitation=invitation.pk)
    return redirect("connect:done")


def _failed(
    request: HttpRequest, invitation: Invitation, spec: PlatformSpec, error: PlatformError, token: str
) -> HttpResponse:
    """Say in the editor's words why a platform gave no access; the link may be used again."""
    log.warning("an account was not connected", extra={"invitation": invitation.pk, "outcome": error.code})
    refused(invitation, error.code, clock.now())
    whys = {ConsentDeclined: "declined", ConsentMismatch: "mismatch", PlatformConfig: "config"}
    why = whys.get(type(error), "down")
    status = 502 if why in ("down", "config") else 400
    return _page(request, "failed", invitation, spec, status=status, why=why, token=token)


@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """Say that it is done, to the browser in which it was done."""
    rows = Invitation.objects.select_related("account__holder__ministry", "account__shadow_of")
    kept = pending.peek(request, DONE)
    found = rows.filter(pk=int(kept.get("invitation", 0))).exclude(used_at=None).first()
    return _gone(request) if found is None else _page(request, "done", found, catalog.spec(found.account.platform))


@never_cache
@require_safe
def unknown(request: HttpRequest, other: str = "") -> HttpResponse:  # noqa: ARG001 - whatever stands in the address
    """Answer an address that no link can have."""
    return _gone(request)


def _gone(request: HttpRequest) -> HttpResponse:
    """Say that a link is not, or no longer, one of ours; which of them, nobody is told."""
    return _page(request, "gone", None, None, status=404)


def _page(
    request: HttpRequest,
    name: str,
    invitation: Invitation | None,
    spec: PlatformSpec | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    language = _language(request)
    ministry = invitation.account.holder.ministry if invitation else home_ministry()
    names = {
        "account": invitation.address if invitation else "",
        "platform": spec.name if spec else "",
        "ministry": ministry.name(language),
        "bot": settings.TELEGRAM_BOT_USERNAME,
    }
    known = {key: str(value) for key, value in more.items() if isinstance(value, str)}
    said = {key: words.format_map(_Blank(names | known)) for key, words in texts(language).items()}
    context = {
        **names,
        **more,
        "t": said,
        "language": language,
        "languages": languages().items(),
        "invitation": invitation,
    }
    context |= {"claimed": spec is not None and spec.claimed, "why": said.get(f"why_{more.get('why', '')}", "")}
    context["problem"] = said.get(f"problem_{more.get('problem', '')}", "")
    response = render(request, f"connect/{name}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


class _Blank(dict[str, str]):
    """Names that a text may have; one that does not apply is blank."""

    def __missing__(self, key: str) -> str:
        return ""


def _language(request: HttpRequest) -> str:
    """Return the language that was chosen on the page, else the browser's."""
    if (chosen := request.GET.get("l", "")) in languages():
        request.session[LANGUAGE] = chosen
        return chosen
    kept = request.session.get(LANGUAGE, "")
    return kept if kept in languages() else translation.get_language_from_request(request)
