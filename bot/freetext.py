"""What people write or send in their own words: a town, words beside an answer, a call for help."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot import own_texts, registration, texts
from bot.answers import (
    answer_buttons,
    answer_name,
    event,
    exercise_line,
    help_button,
    moved,
    number_line,
    recorded,
)
from bot.questions import ALONE, PLACE
from bot.replies import Buttons, Press, Reply
from bot.speaker import Speaker, speaking
from crisis.alerts.models import Rollcall
from crisis.audience import operations as audience
from crisis.audience.models import Citizen, Contact
from crisis.audience.queries import current_stay
from crisis.broadcast.latecomers import told_by_bot
from crisis.checkins.asking import Standing, plain_answer, standing
from crisis.checkins.intent import Intent, is_small_talk, may_call_for_help, read, says_only_help
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import hear, mode_of, post_of
from crisis.checkins.questions import ask, is_question
from crisis.places.models import Place
from crisis.places.queries import named, search, told_apart
from crisis.places.spelling import similar


def wrote(speaker: Speaker, text: str, ref: str, now: datetime) -> list[Reply]:
    """Understand a text: words of need first; then a town; then a plain answer; then what belongs to a case; else a town again.

    Args:
        speaker: who.
        text: what.
        ref: the update's number.
        now: the time.
    """

    def reply(contact: Contact) -> list[Reply]:
        citizen = contact.citizen
        stands = standing(citizen, now)
        asking = stands.first
        # An alert and a call for help go first: until then no text is the answer to another question of ours.
        if _quiet(stands) and (taken := registration.took(contact, text, now)):
            return taken
        worrying = may_call_for_help(text)
        towns = [] if worrying or text.startswith("/") else named(text)
        if not worrying and (place := _place(contact, text, stands, towns, now)):
            return place
        if asking is None and stands.case is None and (not worrying or says_only_help(text)):
            return _help(citizen, now) if worrying else _nothing_else(contact, text, ref, now)
        if (safety := plain_answer(citizen, text, stands)) is not None:
            return recorded(contact, asking, safety, ref, now, text=text)
        _, told = heard(contact, asking, text, ref, now, worrying=worrying)
        told = replace(told, text="\n\n".join([told.text, *_seek(text, citizen)]))
        return [_with_towns(told, towns, citizen)]

    return speaking(reply, speaker, now)


def edited(speaker: Speaker, now: datetime) -> list[Reply]:
    """Say that changes are not read: whoever changes "safe" into "need help" must know that nobody has seen it."""

    def reply(contact: Contact) -> list[Reply]:
        number = number_line(post_of(contact.citizen, None, now), contact.citizen)
        return [Reply("\n\n".join([texts.edits_unread(), *number]), help_button())]

    return speaking(reply, speaker, now)


def _place(contact: Contact, text: str, stands: Standing, towns: Sequence[Place], now: datetime) -> list[Reply] | None:
    """Return the answer to a place; None if the text is none, or may be more than that.

    At once only an exact name moves somebody, and only if we asked, or if the person is known not to be in need; what is
    merely like a name is offered, and only where nobody waits for other words.
    """
    citizen, asked, quiet = contact.citizen, contact.asked.removeprefix(ALONE) == PLACE, _quiet(stands)
    if is_small_talk(text) and stands.first is not None:
        return None
    if len(towns) == 1 and not is_small_talk(text):
        stay = current_stay(citizen)
        again = stay is not None and stay.place_name == towns[0].name and stands.case is None
        if asked or quiet or again:
            return moved(contact, audience.Place(towns[0].lat, towns[0].lon, towns[0].name), now)
        return None
    if towns and (asked or quiet):
        return [Reply(texts.which_place(), (*_town_buttons(towns, citizen), *help_button()))]
    if not text.startswith("/") and (asked or (quiet and stands.first is None)):
        meant = search(text) if is_small_talk(text) else similar(text)
        if meant:
            return [Reply(texts.which_place(), (*_town_buttons(meant, citizen), *help_button()))]
    return None


def _quiet(stands: Standing) -> bool:
    """Tell whether somebody is known not to be in need: no open call for help, and safe or not there if an alert asks."""
    if stands.first is None or (stands.case is not None and stands.case.kind == Safety.NEEDS_HELP):
        return stands.case is None
    return stands.answer is not None and stands.answer.safety in (Safety.SAFE, Safety.NOT_THERE)


def heard(
    contact: Contact, asking: Rollcall | None, text: str, ref: str, now: datetime, *, worrying: bool
) -> tuple[CheckIn, Reply]:
    """Keep what somebody says, for a person to read.

    Args:
        contact: who.
        asking: the alert that asks this person, if any.
        text: what.
        ref: the update's number.
        now: the time.
        worrying: it may be a call for help.

    Returns:
        What was kept, and what is said to it.
    """
    kept = hear(
        citizen=contact.citizen, contact=contact, asking=asking, text=text, worrying=worrying, source=CheckIn.Source.BOT,
        ref=ref, now=now,
    )  # fmt: skip
    return kept, _told(contact, kept, asking, now)


def _told(contact: Contact, heard: CheckIn, asking: Rollcall | None, now: datetime) -> Reply:
    citizen = contact.citizen
    case, rollcall = heard.case, heard.rollcall
    if rollcall is not None:
        told_by_bot(contact=contact, alert=rollcall.alert, now=now, whole=False)
    number = number_line(heard.post, citizen)
    if case is None:
        given = CheckIn.objects.filter(rollcall=rollcall, citizen=citizen, current=True) if rollcall else None
        stands = answer_name((given and given.first()) or heard)
        asks = is_question(heard.text, sentences=False)
        noted = texts.staff_read() if asks else texts.noted_too()
        shown = texts.status_answer(event(rollcall.alert), stands) if rollcall else stands
        return Reply(f"{noted}\n\n{shown}", answer_buttons(rollcall, citizen) if rollcall else help_button())
    if not heard.current and case.kind == Safety.NEEDS_HELP:
        return Reply("\n\n".join([texts.added_to_call(), *exercise_line(case), *number]))
    buttons = answer_buttons(rollcall, citizen) if rollcall is not None and rollcall == asking else help_button()
    if heard.current and rollcall is not None:
        return Reply("\n".join([texts.passed_on(), event(rollcall.alert), *number]), buttons)
    first = texts.added_to_message() if not heard.current and heard.safety == Safety.UNCLEAR else texts.staff_read()
    return Reply("\n\n".join([first, *exercise_line(case), texts.help_question(), *number]), buttons)


def _help(citizen: Citizen, now: datetime) -> list[Reply]:
    number = number_line(post_of(citizen, None, now), citizen)
    return [Reply("\n\n".join([texts.help_question(), *number]), help_button())]


def _nothing_else(contact: Contact, text: str, ref: str, now: datetime) -> list[Reply]:
    """Return what is said where no alert asks and nothing is open: what asks something is kept for a person."""
    kept = is_question(text) and ask(
        contact=contact, text=text, source=CheckIn.Source.BOT, ref=ref, post=post_of(contact.citizen, None, now),
        mode=mode_of(None), now=now,
    )  # fmt: skip
    said = "\n\n".join([texts.question_kept(), *_seek(text, contact.citizen)]) if kept else own_texts.not_understood()
    if asked := registration.again(contact, now, said=said):
        return asked
    if not kept:
        return _unknown(text)
    number = number_line(post_of(contact.citizen, None, now), contact.citizen)
    return [Reply("\n\n".join([said, *number]), help_button())]


def _seek(text: str, citizen: Citizen) -> list[str]:
    """Return where relatives tell us more, if a text speaks of somebody else."""
    return [texts.seek(citizen.language)] if read(text).intent == Intent.ABOUT_OTHER else []


def _unknown(text: str) -> list[Reply]:
    return [Reply(f"{texts.no_place(text[:40])}\n\n{texts.commands_help()}", help_button())]


def _town_buttons(towns: Sequence[Place], citizen: Citizen) -> Buttons:
    labels = told_apart(towns, citizen.language)
    return tuple((Press(label, f"p:{town.pk}"),) for town, label in zip(towns, labels, strict=True))


def _with_towns(reply: Reply, towns: Sequence[Place], citizen: Citizen) -> Reply:
    if not towns:
        return reply
    buttons = (*reply.buttons, *_town_buttons(towns, citizen))
    return Reply(f"{reply.text}\n\n{texts.are_you_there()}", buttons)
