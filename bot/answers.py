"""What the bot answers to whatever way somebody spoke: the place noted, the answer recorded, the alert with its question."""

import logging
from datetime import datetime

from django.utils.translation import get_language

from bot import further, questions, sayings, texts, unclear
from bot.questions import ALONE, PLACE
from bot.replies import Buttons, Press, Reply
from crisis.alerts.models import Alert, Info, Rollcall
from crisis.alerts.queries import public_chain
from crisis.audience import operations as audience
from crisis.audience.models import Citizen, Contact, Stay
from crisis.audience.queries import current_stay
from crisis.broadcast.latecomers import told_by_bot
from crisis.broadcast.queries import notice_wordings
from crisis.checkins.asking import in_earnest, rollcalls_of
from crisis.checkins.buttons import buttons
from crisis.checkins.further import still_asked
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import RollcallClosed, is_open, post_of, record
from crisis.places.names import country_name, town_name
from crisis.registry.models import Mode, Post
from crisis.registry.queries import numbers
from crisis.wording.catalogue import words

log = logging.getLogger(__name__)


def moved(contact: Contact, place: audience.Place, now: datetime, *, country: str = "") -> list[Reply]:
    """Note where somebody is; say who serves the place, and show what holds there; else ask what was never said of it.

    Where a place may count in several countries, the person is asked first; `country` is the answer.
    """
    citizen, before = contact.citizen, current_stay(contact.citizen)
    if not country and (question := unclear.asked(contact, place, now)):
        return question
    try:
        stay = audience.move(citizen=citizen, to=place, now=now, country=country)
    except audience.NowhereError:
        return [Reply(texts.no_country(), asks_place=True)]
    waits = _waits(contact, abroad=before is None or before.country != stay.country)
    audience.expect(contact=contact, what=waits)
    country = country_name(stay.country, citizen.language)
    town = town_name(stay.place_name, stay.country, citizen.language)
    shown = f"{town}, {country}" if town else country
    stopped = contact.state == Contact.State.STOPPED
    lines = [
        texts.status_place(shown) if stopped else texts.place_known(shown),
        "",
        *post_lines(post_of(citizen, None, now), citizen),
    ]
    replies = [Reply("\n".join(lines))]
    # An alert goes first: the question waits, and comes with /start or /me.
    if open_now := rollcalls_of(citizen, now):
        return replies + [show(rollcall.alert, contact, now) for rollcall in open_now[:3]]
    if not stopped and questions.step_of(contact):
        replies.append(questions.question(contact, now))
    return replies


def _waits(contact: Contact, *, abroad: bool) -> str:
    """Return what is asked after a place was noted: in another country until when, anew."""
    asked = contact.asked
    if contact.state == Contact.State.STOPPED:
        return ""
    if asked == PLACE or (abroad and questions.step_of(contact) and not questions.is_alone(contact)):
        return "until"
    if abroad:
        known = asked.startswith(ALONE) or Stay.objects.filter(citizen=contact.citizen).count() > 1
        return f"{ALONE}until" if known else "until"
    return "" if asked == f"{ALONE}{PLACE}" else asked


def recorded(
    contact: Contact, rollcall: Rollcall | None, safety: Safety, ref: str, now: datetime, *, text: str = ""
) -> list[Reply]:
    """Record an answer, and say what was recorded; `text` is what was written, if anything was."""
    citizen = contact.citizen
    try:
        done = record(
            rollcall=rollcall,
            citizen=citizen,
            contact=contact,
            safety=safety,
            source=CheckIn.Source.BOT,
            ref=ref,
            now=now,
            text=text,
        )
    except RollcallClosed:
        return [closed(contact, rollcall)]
    counted = done.checkin.rollcall
    if counted is not None:
        told_by_bot(contact=contact, alert=counted.alert, now=now, whole=False)
    if counted is not None and safety == Safety.NEEDS_HELP and not in_earnest([counted]):
        lines = [
            texts.recorded(safety, event(counted.alert)),
            texts.only_exercise(),
            *number_line(done.checkin.post, citizen),
        ]
        return [Reply("\n\n".join(lines), help_button())]
    about = [event(counted.alert)] if counted is not None else exercise_line(done.checkin.case)
    lines = [texts.recorded(safety, "".join(about))]
    if counted is not None and not done.checkin.current:
        newer = CheckIn.objects.get(rollcall=counted, citizen=citizen, current=True)
        lines = [texts.newer_stands(event(counted.alert), answer_name(newer))]
    if safety == Safety.NEEDS_HELP:
        lines.append(texts.say_more())
    lines += number_line(done.checkin.post, citizen)
    if counted is not None:
        lines.append(texts.may_correct())
    asks_place = safety == Safety.NEEDS_HELP and done.checkin.current
    replies = [Reply("\n\n".join(lines), toast=lines[0].partition("\n")[0], asks_place=asks_place)]
    return replies + (asked_further(counted, citizen) if counted is not None else [])


def asked_further(rollcall: Rollcall, citizen: Citizen, *, in_place: bool = False) -> list[Reply]:
    """Return the next further question of the latest round, if one is left; a drill's says so."""
    found = still_asked(rollcall, citizen)
    if found is None:
        return []
    drill = [words(get_language() or "en")["exercise_line"]] if rollcall.alert.exercise else []
    return [further.asked(*found, citizen, "\n".join([*drill, event(rollcall.alert)]), in_place=in_place)]


def answer_name(checkin: CheckIn | None) -> str:
    """Name the answer that somebody has given, in the language that is active."""
    if checkin is not None and checkin.others:
        return sayings.some_safe(checkin.people, checkin.people + checkin.others)
    return texts.answer_names()[checkin.safety if checkin else ""]


def closed(contact: Contact, rollcall: Rollcall | None) -> Reply:
    """Say that an alert takes no more answers; help is one press away."""
    rollcall_id = rollcall.pk if rollcall else None
    log.warning("refused", extra={"rollcall": rollcall_id, "contact": contact.pk, "why": "ended"})
    return Reply(texts.ended(), help_button())


def event(alert: Alert) -> str:
    """Name an alert in the language that is active."""
    language = get_language() or "en"
    infos = {info.language: info for info in Info.objects.filter(alert=alert) if info.complete}
    info = infos.get(language) or next(iter(infos.values()), None)
    return info.headline if info else alert.marker


def show(alert: Alert, contact: Contact, now: datetime) -> Reply:
    """Return an alert, or what has taken its place since, as its notice says it; with its question if it still takes answers.

    Whoever sees it is from now on among those who were told and asked.
    """
    alert = next(iter(public_chain(alert.code)), alert)
    holds = told_by_bot(contact=contact, alert=alert, now=now)
    notices = {wording.languages: wording.text for wording in notice_wordings(alert)}
    text = notices.get(contact.citizen.language) or next(iter(notices.values()), event(alert))
    rollcall = Rollcall.objects.filter(alert=alert).select_related("alert").first()
    if rollcall is None or not is_open(rollcall, now):
        return Reply(text, marker=alert.marker) if alert.stopped_at is None else Reply(texts.ended())
    asked = answer_buttons(rollcall, contact.citizen)
    return Reply(text, asked, marker=alert.marker) if holds else Reply(texts.ended())


def answer_buttons(rollcall: Rollcall, citizen: Citizen) -> Buttons:
    """Return the answers to an alert's question, for somebody alone or for a household."""
    return tuple((Press(*each),) for each in buttons(rollcall.pk, citizen.people, get_language() or "en"))


def exercise_line(case: Case | None) -> list[str]:
    """Return the line that says so where a case is an exercise's, or no line."""
    return [words(get_language() or "en")["exercise_line"]] if case is not None and case.mode == Mode.EXERCISE else []


def help_button() -> Buttons:
    """Return the one button that calls for help, which works on any day."""
    return ((Press(texts.need_help(), "h:now"),),)


def number_line(post: Post | None, citizen: Citizen) -> list[str]:
    """Return the line with the number that helps, or no line."""
    best = numbers(post, citizen.ministry).best
    return [texts.emergency(best)] if best else []


def post_lines(post: Post | None, citizen: Citizen) -> list[str]:
    """Return who serves a place, with the number."""
    if post is None:
        return [texts.no_post(), *number_line(post, citizen)]
    return [texts.served_by(post.name, numbers(post, citizen.ministry).best)]
