"""The page of a link that is one person's own: an answer from there is verified, and recorded as any other of theirs."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crisis import clock
from crisis.alerts.models import Rollcall
from crisis.audience import links
from crisis.audience.models import Citizen, Contact, Link
from crisis.checkins import own_links, rounds
from crisis.checkins.asking import first_asking, rollcalls_of
from crisis.checkins.households import Others
from crisis.checkins.inbox import clean
from crisis.checkins.models import CheckIn, Rest, Safety
from crisis.checkins.operations import RollcallClosed, record
from crisis.checkins.rounds import MOST_LEAVING, Question, current_round
from crisis.journal.operations import append
from crisis.registry.models import Installation
from crisis.registry.queries import home_ministry, installation, numbers
from crisis.wording.catalogue import words
from public import checkin_words, slips
from public.checkin import in_words
from public.fields import Typed, is_too_big, typed
from public.visitor import language_of, languages, private

LONGEST_TEXT = 1000
TOLD_FOR = timedelta(minutes=10)
_SAFETY = {"safe": Safety.SAFE, "needs_help": Safety.NEEDS_HELP, "some": Safety.SAFE, "not_there": Safety.NOT_THERE}
_OTHERS = "others"  # the second step of "some": how many are safe, and how the others are
_NAMES = ("slip", "said", "really", "event", "text", "safe", "are", *Question.values)


@dataclass(frozen=True, slots=True)
class _Own:
    """Whose link it is.

    Attributes:
        citizen, contact: who, and where the link was sent.
        rollcall: what it answers; None for a link that answers whatever asks this person.
    """

    citizen: Citizen
    contact: Contact | None
    rollcall: Rollcall | None

    def asking(self, now: datetime) -> list[Rollcall]:
        return [self.rollcall] if self.rollcall is not None else rollcalls_of(self.citizen, now)


def _opened(token: str, now: datetime) -> _Own | None:
    if (found := own_links.opened(token, now)) is not None:
        return _Own(found[0].citizen, *found)
    link = links.opened(token, Link.Purpose.CHECK_IN, now)
    return _Own(link.citizen, link.contact, None) if link is not None else None


@csrf_exempt  # the token is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the buttons, or take the answer; opening the link records nothing, as scanners open every link."""
    now = clock.now()
    own, ministry = _opened(token, now), home_ministry()
    offered = languages(ministry)
    language = language_of(request, list(offered))
    if own is not None and own.citizen.language in offered and "l" not in request.GET:
        language = own.citizen.language
    with override(language):
        if own is None:
            context = {
                "language": language,
                "w": checkin_words.own(),
                "ministry": ministry.name(language),
                "number_label": checkin_words.emergency("").rstrip(),
                "number": numbers(None, ministry).best,
            }
            return private(render(request, "public/own_check_in.html", context, status=404))
        if request.method == "POST" and not is_too_big(request):
            return private(_take(request, token, own, language, now))
        form = Typed({}, {"text": checkin_words.mistakes()["too_big"]} if request.method == "POST" else {})
        return private(_page(request, token, own, language, form, now))


def _take(request: HttpRequest, token: str, own: _Own, language: str, now: datetime) -> HttpResponse:
    form = typed(request, _NAMES)
    mistakes = checkin_words.mistakes()
    household = own.citizen.people > 1
    said = form.choice("said", [*_SAFETY, _OTHERS] if household else ["safe", "needs_help", "not_there"])
    helps = said == "needs_help"
    form.text("text", LONGEST_TEXT, cut=helps)
    others = _others(form, own.citizen) if said in ("some", _OTHERS) else None
    asking = own.asking(now)
    rollcall = next((each for each in asking if str(each.pk) == form.values["event"]), None)
    number = slips.taken(form.values["slip"], _form(token), now)
    if not number:
        form.errors["text"] = mistakes["stale"]
    elif not said:
        form.errors["text"] = mistakes["said"]
    elif rollcall is None and not helps:
        form.errors["event" if len(asking) > 1 else "text"] = mistakes["said"] if asking else mistakes["ended"]
    form.number("how_many", least=0, most=MOST_LEAVING, empty=0, lenient=helps)
    if not form.errors:
        if rollcall is None or (helps and form.values["really"]):
            # A cry for help waits for no choice, and one in earnest joins no drill.
            rollcall = first_asking(own.citizen, now)
        try:
            _record(own, said, others, rollcall, _ref(number, said, form), form, now)
        except RollcallClosed:
            form.errors["text"] = mistakes["ended"]
        else:
            response = redirect("public:own_check_in", token=token)
            response["Location"] += "?done=1"
            response.status_code = 303
            return response
    return _page(request, token, own, language, form, now)


def _others(form: Typed, citizen: Citizen) -> Others | None:
    """Return whom an answer leaves out: at first everybody but one, as no more is known; None if what was typed is wrong."""
    if form.values["said"] == "some":
        return Others(citizen.people - 1, Rest.NO_WORD)
    safe = form.number("safe", least=1, most=citizen.people - 1, empty=0)
    are = form.choice("are", Rest.values)
    if not safe:
        form.errors["safe"] = checkin_words.how_many_safe(citizen.people - 1)
    if not are:
        form.errors["are"] = checkin_words.mistakes()["said"]
    return Others(citizen.people - safe, Rest(are)) if safe and are else None


@transaction.atomic
def _record(
    own: _Own, said: str, others: Others | None, rollcall: Rollcall | None, ref: str, form: Typed, now: datetime
) -> None:
    done = record(
        rollcall=rollcall, citizen=own.citizen, contact=own.contact, safety=_SAFETY.get(said, Safety.SAFE),
        source=CheckIn.Source.WEB, ref=ref, now=now, text=clean(form.text("text", LONGEST_TEXT, cut=True)), others=others,
    )  # fmt: skip
    asked = current_round(rollcall) if rollcall is not None and done.checkin.rollcall_id else None
    if asked is not None:
        # Of a call for help what is no number is left out.
        typed_in = {
            each: form.number(each, least=0, most=MOST_LEAVING, empty=-1, lenient=True) for each in asked.questions
        }
        given = {question: number for question, number in typed_in.items() if number >= 0}
        rounds.answer(asked=asked, citizen=own.citizen, given=given, actor="web", now=now)
    if own.rollcall is not None and own.contact is not None and done.is_new:
        # Whoever got the e-mail passed on could answer too: staff can see by which link it came.
        subject = f"checkin:{done.checkin.pk}"
        append(actor="web", action="checkins.answer_by_link", subject=subject, now=now, contact=own.contact.pk)


def _ref(number: str, said: str, form: Typed) -> str:
    """Return an answer's number: its form's with what it says, so that a second tap is one answer, and a changed one another."""
    words = "\0".join(form.values[name] for name in ("event", "really", "text", "safe", "are"))
    return f"{number}.{hashlib.sha256(words.encode('utf-8', 'replace')).hexdigest()[:12]}.{said}"


def _form(token: str) -> str:
    return f"own-{token[:12]}"


def _page(request: HttpRequest, token: str, own: _Own, language: str, form: Typed, now: datetime) -> HttpResponse:
    citizen, asking = own.citizen, own.asking(now)
    given = _given(own, now) if "done" in request.GET and not form.errors else None
    texts = checkin_words.own()
    order = ["safe", "needs_help", "some", "not_there"] if asking else ["needs_help"]
    if citizen.people < 2 and asking:
        order.remove("some")
    drill = bool(asking) and all(rollcall.alert.exercise for rollcall in asking)
    first_step = given is not None and given.ref.endswith(".some") and given.rollcall in asking
    asks_others = form.values.get("said") == _OTHERS or first_step
    context: dict[str, Any] = {
        "language": language,
        "w": texts | {"wrong": checkin_words.form()["wrong"]},
        "known": True,
        "done": texts["told_some"] if first_step else _done(given),
        "helps": given is not None and _needs_help(given),
        "slip": slips.give(_form(token), now),
        "events": [_event(rollcall, language) for rollcall in asking],
        "event": form.values.get("event") or (given.rollcall_id if given is not None else ""),
        "choices": [(value, texts[value]) for value in order],
        "rest": checkin_words.rest() if asks_others else {},
        "further": _further(asking, form),
        "yes_or_no": checkin_words.yes_or_no(),
        "whose": checkin_words.whose(citizen.people) if own.rollcall is not None else texts["yours"],
        "counts": checkin_words.counts_for(citizen.people) if citizen.people > 1 and own.rollcall is None else "",
        "elsewhere": reverse("public:check_in", args=[own.rollcall.alert.code]) if own.rollcall is not None else "",
        "drill": drill and installation().kind == Installation.Kind.LIVE,
        "really": checkin_words.form()["really"],
        "exercise": words(language)["exercise_line"] if drill else "",
        "v": form.values,
        "errors": form.errors,
        "number_label": checkin_words.emergency("").rstrip(),
        "number": numbers(given.post if given else None, citizen.ministry).best,
        "ministry": citizen.ministry.name(language),
    }
    return render(request, "public/own_check_in.html", context, status=400 if form.errors else 200)


def _further(asking: list[Rollcall], form: Typed) -> list[tuple[str, str, str]]:
    """Return the further questions of the only alert that asks: its name, its words, and what was typed."""
    asked = current_round(asking[0]) if len(asking) == 1 else None
    texts = checkin_words.further()
    return [(each, texts[each], form.values.get(each, "")) for each in asked.questions] if asked else []


def _event(rollcall: Rollcall, language: str) -> dict[str, object]:
    alert = rollcall.alert
    return {"pk": rollcall.pk, "number": str(rollcall.pk), "info": in_words(alert, language), "code": alert.code}


def _needs_help(given: CheckIn) -> bool:
    return Safety.NEEDS_HELP in (given.safety, given.others_are)


def _done(given: CheckIn | None) -> str:
    if given is None:
        return ""
    if given.others:
        return checkin_words.some_recorded(given.others_are)
    return checkin_words.recorded(given.safety)


def _given(own: _Own, now: datetime) -> CheckIn | None:
    """Return the answer that counts, if it was given by this link a moment ago: of others a forwarded mail tells nothing."""
    mine = CheckIn.objects.filter(source=CheckIn.Source.WEB, citizen=own.citizen, contact=own.contact)
    rows = mine.filter(current=True, at__gt=now - TOLD_FOR).select_related("post")
    return rows.select_related("rollcall").order_by("-pk").first()
