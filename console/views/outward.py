"""Outward texts: what the bot, the automatic answers and the pages say, worded anew for all posts or one, until a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, reach, whole_number
from console.views.directory import posts_in
from crisis import clock
from crisis.alerts.operations import Changed, SamePerson
from crisis.outward.models import Rewording
from crisis.outward.operations import OutwardError, checked, end, review, write
from crisis.outward.phrases import PHRASES, Phrase, Where
from crisis.outward.queries import in_force, versions, waiting
from crisis.registry.models import Post
from crisis.registry.queries import home_ministry
from crisis.staff.rights import Right


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an address names: a text, a language, and whose people it is for."""

    phrase: Phrase
    language: str
    post: Post | None

    @property
    def page(self) -> str:
        """The address of its page."""
        path = reverse("console:outward_edit", args=[self.phrase.key, self.language])
        return f"{path}?post={self.post.pk}" if self.post else path


def _asked(request: HttpRequest, key: str, language: str) -> _Asked:
    phrase, ours = PHRASES.get(key), posts_in(reach(request))
    if phrase is None or language not in home_ministry().languages:
        raise Http404("There is no such text in this language.")
    return _Asked(phrase, language, _post(request, ours) if phrase.of_posts else None)


def _post(request: HttpRequest, ours: list[Post]) -> Post | None:
    chosen = request.POST.get("post") or request.GET.get("post")
    if not chosen:
        return None
    found = next((each for each in ours if str(each.pk) == chosen), None)
    if found is None:
        raise Http404("It is not there, or another post's.")
    return found


@allowed(Right.OUTWARD)
def every(request: HttpRequest) -> HttpResponse:
    """List the texts, each with its state in every language: for everybody, or for one post's people."""
    now, languages, ours = clock.now(), home_ministry().languages, posts_in(reach(request))
    post = _post(request, ours)
    used = {(row.key, row.language): row for row in in_force(now).filter(post=post).select_related("reviewed_by")}
    waits = {(row.key, row.language): row for row in waiting(now).filter(post=post)}
    groups = [
        (
            where.value,
            [
                (each, [(code, used.get((each.key, code)), waits.get((each.key, code))) for code in languages])
                for each in PHRASES.values()
                if each.where is where and (post is None or each.of_posts)
            ],
        )
        for where in Where
    ]
    shown = [row for row in (*in_force(now), *waiting(now)) if row.post_id in {each.pk for each in ours}]
    context = {
        "groups": groups, "languages": languages, "posts": ours, "post": post, "zone": home_ministry().time_zone,
        "own": sorted({each.name for each in ours if any(row.post_id == each.pk for row in shown)}),
    }  # fmt: skip
    return render(request, "console/outward.html", context)


@allowed(Right.OUTWARD)
def edit(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """Show a text as it is said now, and take in other words, which then wait for a review."""
    asked = _asked(request, key, language)
    problem = ""
    if request.method == "POST":
        after = whole_number(request.POST.get("after", ""))
        try:
            write(
                key=key, language=language, post=asked.post, text=request.POST.get("text", ""),
                until=_until(request.POST.get("until", "")), after=-1 if after is None else after, by=officer(request),
                now=clock.now(),
            )  # fmt: skip
        except (OutwardError, Changed) as error:
            note_refusal(request, error, key=key, language=language)
            problem = str(error)
        else:
            messages.success(request, _("Stored. Another person, a native speaker, reviews it now."))
            return redirect(asked.page)
    context = _context(request, asked) | {"problem": problem}
    return render(request, "console/outward_edit.html", context, status=422 if problem else 200)


def _context(request: HttpRequest, asked: _Asked) -> dict[str, Any]:
    now, rows = clock.now(), versions(asked.phrase.key, asked.language, asked.post)
    last, used = rows.first(), in_force(now).filter(pk__in=rows).first()
    shipped = asked.phrase.shipped(asked.language)
    general = in_force(now).filter(pk__in=versions(asked.phrase.key, asked.language, None)).first()
    instead = general.text if asked.post and general else shipped
    waits = waiting(now).filter(pk__in=rows).first()
    newest = waits or used
    typed = request.POST.get("text", newest.text if newest else instead)
    return {
        "asked": asked, "phrase": asked.phrase, "language": asked.language, "post": asked.post, "shipped": shipped,
        "used": used, "instead": instead, "waits": waits, "versions": rows[:20], "now": now,
        "zone": home_ministry().time_zone, "mine": waits is not None and waits.written_by_id == officer(request).pk,
        "after": request.POST.get("after", last.number if last else 0), "typed": typed,
        "until": request.POST.get("until", ""), "keep": sorted(asked.phrase.must_keep(asked.language)),
        "may": asked.post is not None or reach(request).everything,
        "preview": _filled(asked, typed), "said": _filled(asked, used.text if used else instead),
    }  # fmt: skip


def _filled(asked: _Asked, text: str) -> str:
    try:
        return asked.phrase.filled(text)
    except (ValueError, LookupError, AttributeError):
        return text


@require_POST
@allowed(Right.OUTWARD)
def preview(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """Show words as a citizen would read them, and what is wrong with them; nothing is stored."""
    asked, text, problem = _asked(request, key, language), request.POST.get("text", ""), ""
    try:
        text = checked(asked.phrase, language, text)
    except OutwardError as error:
        problem = str(error)
    context = {"preview": _filled(asked, text), "problem": problem, "language": language, "phrase": asked.phrase}
    return render(request, "console/_outward_preview.html", context)


@require_POST
@allowed(Right.OUTWARD_REVIEW)
def review_view(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """Say, as a native speaker, that the words are right."""
    asked = _asked(request, key, language)
    try:
        if not request.POST.get("agreed"):
            raise Changed(_("Tick the sentence to say that you have read every word."))
        review(rewording=_row(request, asked), by=officer(request), now=clock.now())
    except (Changed, SamePerson) as error:
        return _refused(request, error, asked)
    messages.success(request, _("Reviewed. It is said everywhere within a minute."))
    return redirect(asked.page)


@require_POST
@allowed(Right.OUTWARD_REVIEW)
def end_view(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """Say the shipped words again, or let what waits wait no longer; as a review, it changes what everybody is told at once."""
    asked = _asked(request, key, language)
    try:
        end(rewording=_row(request, asked), by=officer(request), now=clock.now())
    except Changed as error:
        return _refused(request, error, asked)
    messages.success(request, _("Ended. Within a minute the words before it are said again."))
    return redirect(asked.page)


def _row(request: HttpRequest, asked: _Asked) -> Rewording:
    number = whole_number(request.POST.get("number", ""))
    row = versions(asked.phrase.key, asked.language, asked.post).filter(number=number or 0).first()
    if row is None:
        raise Changed(_("There is no such version: look at what stands there now."))
    return row


def _refused(request: HttpRequest, error: Exception, asked: _Asked) -> HttpResponseRedirect:
    note_refusal(request, error, key=asked.phrase.key, language=asked.language)
    messages.error(request, str(error))
    return HttpResponseRedirect(asked.page)


def _until(text: str) -> datetime | None:
    """Return a time as typed by the ministry's clock.

    Raises:
        OutwardError: it is none.
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(home_ministry().time_zone)) if text else None
    except ValueError as error:
        raise OutwardError(_("Give the time as 2026-12-31T08:00.")) from error
