"""A post's page, looked at once a year by its editor in one form; and whose look is due."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from console.access import allowed, note_refusal, officer, reach, whole_number
from console.factor import asked_for
from crisis import clock
from crisis.presence.models import Source
from crisis.presence.operations import Said, record_all
from crisis.registry.addresses import page
from crisis.registry.models import Account, Post
from crisis.registry.operations import RegistryError
from crisis.registry.queries import home_ministry
from crisis.registry.yearly import (
    LONGEST_HOURS,
    PURPOSES,
    Look,
    accounts_of,
    all_dues,
    dues,
    in_reach,
    last_review,
    note_look,
    phones_of,
)
from crisis.staff.rights import Right

MOST_LINKS = 20  # new accounts in one form
MOST_FOLLOWERS = 1_000_000_000


@allowed(Right.PROPOSE)
def due_view(request: HttpRequest) -> HttpResponse:
    """List the posts that one keeps with the day of their next look, what is overdue first."""
    today = clock.now().date()
    rows = [(due, due.overdue(today)) for due in all_dues(home_ministry(), reach=reach(request), on=today)]
    return render(request, "console/due.html", {"rows": rows, "overdue": sum(late for _due, late in rows)})


@allowed(Right.PROPOSE, of=in_reach)
def look_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form of one post, filled in with what we know, and take it."""
    post = get_object_or_404(Post.objects.select_related("ministry"), pk=pk, ministry=home_ministry())
    accounts = accounts_of(post)
    if request.method == "POST":
        try:
            look, followers = _read(request, accounts)
            # Another number is what citizens are told at once, whichever page it is written on.
            if look.changed_phones and (asks := asked_for(request, Right.DIRECTORY)):
                return asks
            _keep(request, post, look, followers)
        except RegistryError as error:
            note_refusal(request, error, post=pk)
            messages.error(request, str(error))
        else:
            messages.success(request, _("Thank you. What is new or gone is proposed, and another person reviews it."))
            return redirect("console:due")
    return render(request, "console/look.html", _shown(request, post, accounts))


def _keep(request: HttpRequest, post: Post, look: Look, followers: dict[Account, int]) -> None:
    now = clock.now()
    with transaction.atomic():
        note_look(post=post, look=look, by=officer(request), now=now)
        record_all(
            [Said(account, now.date(), {"followers": many}) for account, many in followers.items()],
            source=Source.FORM, now=now,
        )  # fmt: skip


def _read(request: HttpRequest, accounts: list[Account]) -> tuple[Look, dict[Account, int]]:
    """Return what was found, and how many follow the accounts of which that was filled in."""
    typed = request.POST
    links = tuple(line.strip() for line in typed.get("new", "").splitlines() if line.strip())
    if len(links) > MOST_LINKS:
        raise RegistryError(_("Give at most %(most)s new accounts at once.") % {"most": MOST_LINKS})
    followers: dict[Account, int] = {}
    for account in accounts:
        if text := "".join(typed.get(f"followers_{account.pk}", "").split()):
            many = whole_number(text)
            if many is None or many > MOST_FOLLOWERS:
                raise RegistryError(_("%(text)s is no number of followers.") % {"text": text[:20]})
            followers[account] = many
    ours = typed.getlist("ours")
    # An account that came into the registry since the form was shown is not in it, and is left as it is.
    shown = {each.pk: typed[f"languages_{each.pk}"] for each in accounts if f"languages_{each.pk}" in typed}
    look = Look(
        accounts={pk: languages if str(pk) in ours else None for pk, languages in shown.items()},
        new=links,
        hours=typed.get("hours", ""),
        phones={each: (typed.get(f"was_{each}", ""), typed.get(f"phone_{each}", "")) for each in PURPOSES},
    )
    return look, followers


def _shown(request: HttpRequest, post: Post, accounts: list[Account]) -> dict[str, Any]:
    """Return the form: as it was typed, where it was refused, else as the registry has it."""
    typed = request.POST if request.method == "POST" else None
    last, phones = last_review(post), phones_of(post)
    kept = typed.getlist("ours") if typed is not None else None

    def said(name: str, ours: str) -> str:
        return typed.get(name, "") if typed is not None else ours

    return {
        "post": post,
        "due": dues([post])[0],
        "accounts": [
            {
                "account": each,
                "page": page(each.platform, each.address),
                "ours": kept is None or str(each.pk) in kept,
                "languages": said(f"languages_{each.pk}", ", ".join(each.languages)),
                "followers": said(f"followers_{each.pk}", ""),
            }
            for each in accounts
        ],
        "new": said("new", ""),
        "hours": said("hours", last.hours if last else ""),
        "longest": LONGEST_HOURS,
        "phones": [
            (
                purpose.value, purpose.label, said(f"was_{purpose}", phones[purpose]),
                said(f"phone_{purpose}", phones[purpose]),
            )
            for purpose in PURPOSES
        ],
    }  # fmt: skip
