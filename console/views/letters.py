"""The inbox: what people ask, on our accounts and directly; taken, answered by the way it came, made a case, or ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from console.access import allowed, officer, reach, whole_number
from console.acting import acting
from crisis import clock
from crisis.checkins import letters, responding
from crisis.checkins.casebook import may_open
from crisis.checkins.models import Case
from crisis.checkins.operations import mode_of
from crisis.checkins.questions import together_of
from crisis.checkins.reach import cases
from crisis.checkins.reach import letters as in_reach
from crisis.checkins.replying import Ready
from crisis.checkins.responding import AnswerWay
from crisis.checkins.thread import Reply
from crisis.checkins.timeliness import by_post
from crisis.checkins.unverified import Letter
from crisis.encryption import UnreadableSecret
from crisis.privacy.looking import looked
from crisis.registry.models import Mode, Post
from crisis.staff.models import Officer
from crisis.staff.rights import Right

PER_PAGE = 25
FIGURES_OF = timedelta(weeks=6)
SOON = timedelta(hours=6)  # a way that closes within it is said in red


@dataclass(frozen=True, slots=True)
class Item:
    """A question as it is shown.

    Attributes:
        author: who wrote it, by the platform's own name, where that means anything.
        more: what else the author wrote that is answered with it.
        way: how it can be answered; None of one that is done.
        soon: that way closes soon.
        shown: it joined no case that is restricted: those words are read in the case only.
    """

    letter: Letter
    author: str
    more: list[Letter]
    replies: list[Reply]
    way: AnswerWay | None
    soon: bool
    language: str
    ready: list[Ready]
    cases: list[Case]
    shown: bool


@allowed(Right.SEE)
def letters_view(request: HttpRequest) -> HttpResponse:
    """List the questions, and how soon they are answered; the filter stands in the address."""
    now, seen = clock.now(), reach(request)
    post = whole_number(request.GET.get("post", ""))
    chosen = {"state": request.GET.get("state", "") or "open", "mode": request.GET.get("mode", "")}
    page = Paginator(
        letters.found(state=chosen["state"], mode=chosen["mode"], post=post, reach=seen), PER_PAGE
    ).get_page(request.GET.get("page"))
    items = _items(list(page), now, officer(request))
    shown = [letter.pk for item in items for letter in (item.letter, *item.more)]
    known = {item.letter.contact.citizen_id for item in items if item.letter.contact is not None}
    looked(by=officer(request), letters=shown, citizens=known, page="letters", now=now)
    mode = chosen["mode"] if chosen["mode"] in Mode.values else mode_of(None)
    figures = [
        each for each in by_post(mode, now - FIGURES_OF, seen, weekly=post is not None) if post in (None, each.post_id)
    ]
    context = {
        "items": items,
        "page": page,
        "chosen": chosen | {"post": post},
        "query": urlencode({**chosen, "post": post or ""}),
        "posts": Post.objects.filter(pk__in=in_reach(seen).values("post")).order_by("name"),
        "figures": figures,
        "figures_mode": Mode(mode),
        "weeks": FIGURES_OF.days // 7,
        "now": now,
    }
    return render(request, "console/letters.html", context)


def _items(page: list[Letter], now: datetime, by: Officer) -> list[Item]:
    prefetch_related_objects(page, "replies__by")
    waiting = [letter for letter in page if letter.state == Letter.State.OPEN]
    more, open_cases = together_of(waiting), responding.open_cases(waiting)
    ready: dict[tuple[str, int | None], list[Ready]] = {}  # many ask the same post in the same language
    items = []
    for letter in page:
        is_open, language = letter.state == Letter.State.OPEN, responding.language(letter)
        if is_open and (language, letter.post_id) not in ready:
            ready[language, letter.post_id] = responding.ready(letter)
        way = responding.way_of(letter, now, more=more[letter.pk]) if is_open else None
        items.append(
            Item(
                letter=letter,
                author=_author(letter),
                more=[each for each in more.get(letter.pk, []) if each != letter],
                replies=list(letter.replies.all()),
                way=way,
                soon=bool(way and way.open and way.closes_at and way.closes_at - now < SOON),
                language=language,
                ready=ready[language, letter.post_id] if is_open else [],
                shown=letter.case is None or may_open(by, letter.case),
                cases=open_cases.get(letter.contact.citizen_id, []) if is_open and letter.contact else [],
            )
        )
    return items


def _author(letter: Letter) -> str:
    """Return who wrote; a private writer's number means nothing to anybody but the platform."""
    if letter.contact is not None:
        return letter.contact.citizen.name
    if letter.way != Letter.Way.PUBLIC:
        return ""
    try:
        return letters.author_of(letter).partition(":")[2]
    except UnreadableSecret:
        return ""


def _found(_request: HttpRequest, pk: int) -> Letter:
    return get_object_or_404(
        Letter.objects.select_related("contact__citizen__ministry", "account__holder__ministry"), pk=pk
    )


def _back(request: HttpRequest, _pk: int) -> HttpResponse:
    """Go back to the list, with the filter that it had."""
    back = request.POST.get("back", "")
    home = redirect("console:letters")
    safe = back.startswith("?") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(f"{home.url}{back}") if safe else home


_act = acting(_found, _back, what="letter", of=in_reach)


@_act
def take_view(request: HttpRequest, letter: Letter, by: Officer, now: datetime) -> str:
    """Take a question over, from nobody or from whoever was shown."""
    letters.assign(letter=letter, by=by, now=now, held_by=whole_number(request.POST.get("held_by", "")))
    return _("You look after it.")


@_act
def answer_view(request: HttpRequest, letter: Letter, by: Officer, now: datetime) -> str:
    """Answer it by the way it came."""
    answer, text = request.POST.get("answer", ""), request.POST.get("text", "")
    responding.write(letter=letter, answer=answer, text=text, by=by, now=now)
    return _("It is being sent.")


@_act
def case_view(_request: HttpRequest, letter: Letter, by: Officer, now: datetime) -> str:
    """Make it a case of whoever asks."""
    return _("It goes on in case %(number)s.") % {"number": letters.open_case(letter=letter, by=by, now=now).pk}


@_act
def close_view(request: HttpRequest, letter: Letter, by: Officer, now: datetime) -> str:
    """End a question; with a case's number its words join that case."""
    case, chosen = None, request.POST.get("ending", "")
    if number := request.POST.get("case", "").strip():
        case = cases(reach(request)).filter(pk=whole_number(number) or 0).first()
        if case is None:
            raise ValueError(_("There is no case with this number."))
    ending = Letter.Ending(chosen) if chosen in Letter.Ending.values and chosen != "case" else Letter.Ending.NEEDLESS
    letters.close(letter=letter, note=request.POST.get("note", ""), by=by, now=now, case=case, ending=ending)
    return _("Done.")
