"""Presence: what posts' websites link to, what each post lacks by the guidelines, and the letter that tells it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import override

from console.access import allowed
from crisis import clock
from crisis.presence import words
from crisis.presence.audit import visits
from crisis.presence.guidelines import guidelines as rules_of
from crisis.presence.guidelines import lacks
from crisis.presence.readiness import readiness
from crisis.presence.standing import of_listed, standings
from crisis.registry.atlas import listed, open_posts
from crisis.registry.models import Post
from crisis.registry.queries import home_ministry
from crisis.staff.rights import Right


@allowed(Right.ALERTS)
def websites(request: HttpRequest) -> HttpResponse:
    """Show what each website was found to link to."""
    ministry, on = home_ministry(), clock.now().date()
    known = {each.post.pk: each for each in standings(ministry, on=on)}
    rows = [{"visit": visit, "standing": known[visit.post_id]} for visit in visits(ministry, on=on)]
    read = sum(each.read_at is not None for each in known.values())
    return render(request, "console/websites.html", {"rows": rows, "read": read, "posts": len(known)})


@allowed(Right.ALERTS)
def guidelines(request: HttpRequest) -> HttpResponse:
    """Show how ready each post is to reach citizens, and what it lacks by the guidelines."""
    ministry, now = home_ministry(), clock.now()
    rules = rules_of(ministry)
    ready = readiness(standings(ministry, on=now.date()), ministry, rules, now=now, access=True)
    rows = [
        {
            "ready": row,
            "answers": [(words.questions()[one.question], one.yes, words.answered(one)) for one in row.answers],
            "lacks": [words.lacking(lack) for lack in lacks(row.standing, rules, on=now.date())],
        }
        for row in ready
    ]
    context = {"rows": rows, "fine": sum(not row["lacks"] for row in rows), "languages": settings.LANGUAGES}
    return render(request, "console/guidelines.html", context)


@allowed(Right.ALERTS)
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the letter that tells a post what it lacks, in the language that is asked for (?l=), ready to be printed."""
    ministry, on = home_ministry(), clock.now().date()
    language = request.GET.get("l", "en")
    post = get_object_or_404(open_posts(ministry, on=on), pk=pk)
    language = language if language in dict(settings.LANGUAGES) else "en"
    (standing,) = of_listed(listed(Post.objects.filter(pk=post.pk), on=on), ministry)
    found = lacks(standing, rules_of(ministry), on=on)
    with override(language):
        told = words.letter(post.name, on) | {"lacks": [words.lacking(lack) for lack in found]}
    context = {
        "post": post, "told": told, "language": language, "ministry": ministry.name(language), "on": on,
        "languages": settings.LANGUAGES,
    }  # fmt: skip
    return render(request, "console/letter.html", context)
