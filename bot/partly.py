"""Of a household, some are safe: who they are, and how the others are; each step is recorded before the next is asked."""

import logging
from collections.abc import Callable
from datetime import datetime

from bot import sayings, texts
from bot.answers import (
    answer_buttons,
    answer_name,
    asked_further,
    closed,
    event,
    help_button,
    number_line,
    recorded,
)
from bot.replies import Buttons, Press, Reply
from bot.speaker import Speaker, speaking
from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact, Member
from crisis.broadcast.latecomers import told_by_bot
from crisis.checkins import households
from crisis.checkins.asking import in_earnest
from crisis.checkins.buttons import ANSWERS, SOME
from crisis.checkins.households import SELF, Others
from crisis.checkins.models import CheckIn, Rest, Safety
from crisis.checkins.operations import RollcallClosed, record

log = logging.getLogger(__name__)
_Step = Callable[[Contact, Rollcall], list[Reply]]

A_ROW = 5  # numbers beside one another: each still wide enough for a thumb
AT_ONCE = 20  # numbers in one message; of more, a range is chosen first
_RESTS = {"help": Rest.NEEDS_HELP, "no_word": Rest.NO_WORD, "not_there": Rest.NOT_THERE}


def answered(contact: Contact, rollcall: Rollcall, answer: str, ref: str, now: datetime) -> list[Reply]:
    """Record a button under an alert.

    Args:
        contact: who.
        rollcall: the question.
        answer: one of `buttons.ANSWERS`, or SOME. "I am safe" of a household is for the person alone.
        ref: the update's number.
        now: the time.
    """
    people = contact.citizen.people
    if people > 1 and answer == SOME:
        return _some(contact, rollcall, ref, now)
    if people > 1 and answer == "safe":
        return _only_i(contact, rollcall, ref, now)
    if answer == SOME:
        return [Reply(sayings.only_you(), answer_buttons(rollcall, contact.citizen))]
    return recorded(contact, rollcall, ANSWERS[answer], ref, now)


def ticked(speaker: Speaker, rollcall_id: int, who: int, ref: str, now: datetime, *, safe: bool) -> list[Reply]:
    """Tick one of the household as safe, or untick."""

    def tick(contact: Contact, rollcall: Rollcall) -> list[Reply]:
        if not households.named(contact.citizen):
            return [_who(contact, rollcall)]
        households.tick(rollcall=rollcall, citizen=contact.citizen, who=who, safe=safe)
        return [_who(contact, rollcall, in_place=True)]

    return _about(speaker, rollcall_id, ref, now, tick)


def done(speaker: Speaker, rollcall_id: int, ref: str, now: datetime) -> list[Reply]:
    """Take those who are ticked as safe, and ask how the others are."""

    def take(contact: Contact, rollcall: Rollcall) -> list[Reply]:
        citizen = contact.citizen
        members = households.named(citizen)
        safe = households.ticked(rollcall, citizen) & {SELF, *(member.pk for member in members)}
        if not members or not safe:
            if not safe and (standing := households.standing(rollcall, citizen)) is not None and _is_told(standing):
                return [_others(contact, standing)]
            return [_who(contact, rollcall, first=sayings.nobody_ticked() if members else "")]
        others = households.left_out(citizen, safe, members)
        if others is None:
            # Every single one is ticked.
            households.begin(rollcall=rollcall, citizen=citizen)
            return recorded(contact, rollcall, Safety.SAFE, ref, now)
        return _left_out(contact, rollcall, others, ref, now, in_place=True)

    return _about(speaker, rollcall_id, ref, now, take)


def counted(speaker: Speaker, rollcall_id: int, safe: int, ref: str, now: datetime) -> list[Reply]:
    """Take how many are safe, and ask how the others are."""

    def take(contact: Contact, rollcall: Rollcall) -> list[Reply]:
        others = contact.citizen.people - safe
        if safe < 1 or others < 1:
            return [_who(contact, rollcall)]
        return _left_out(contact, rollcall, Others(others, Rest.NO_WORD), ref, now)

    return _about(speaker, rollcall_id, ref, now, take)


def chose_range(speaker: Speaker, rollcall_id: int, low: int, high: int, ref: str, now: datetime) -> list[Reply]:
    """Show the numbers of a range."""

    def show(contact: Contact, rollcall: Rollcall) -> list[Reply]:
        most = contact.citizen.people - 1
        if not 1 <= low <= high <= most:
            return [_who(contact, rollcall)]
        text = sayings.how_many_safe(event(rollcall.alert), contact.citizen.people)
        return [Reply(text, _numbers(rollcall, low, high), in_place=True)]

    return _about(speaker, rollcall_id, ref, now, show)


def told_of_others(speaker: Speaker, rollcall_id: int, are: str, ref: str, now: datetime) -> list[Reply]:
    """Record how the others are."""

    def take(contact: Contact, rollcall: Rollcall) -> list[Reply]:
        citizen = contact.citizen
        standing = households.standing(rollcall, citizen)
        if standing is None or (are not in _RESTS and are != "safe"):
            log.warning("refused", extra={"button": "others", "contact": contact.pk, "why": "nobody is left out"})
            return [Reply(texts.old_button(), answer_buttons(rollcall, citizen))]
        if standing.others >= citizen.people:
            # Fewer than before: it is asked anew who is safe.
            return [_who(contact, rollcall)]
        if are == "safe":
            households.begin(rollcall=rollcall, citizen=citizen)
            return recorded(contact, rollcall, Safety.SAFE, ref, now)
        try:
            checkin = _recorded(contact, rollcall, Others.of(standing, _RESTS[are]), ref, now)
        except RollcallClosed:
            return [closed(contact, rollcall)]
        households.begin(rollcall=rollcall, citizen=citizen)
        return [_confirmed(contact, checkin), *asked_further(rollcall, citizen)]

    return _about(speaker, rollcall_id, ref, now, take)


# --- the steps -----------------------------------------------------------------------------------------------------------------


def _about(speaker: Speaker, rollcall_id: int, ref: str, now: datetime, action: _Step) -> list[Reply]:
    def reply(contact: Contact) -> list[Reply]:
        rollcall = Rollcall.objects.select_related("alert__ministry").filter(pk=rollcall_id).first()
        if rollcall is None or contact.citizen.people < 2:
            log.warning("refused", extra={"button": "some", "contact": contact.pk, "why": "no longer valid"})
            return [Reply(texts.old_button(), help_button())]
        known = CheckIn.objects.filter(source=CheckIn.Source.BOT, ref=ref).first()
        if known is not None:
            # A crash came between what was recorded and what was said.
            if known.others:
                return [_again(contact, known)]
            return recorded(contact, known.rollcall, Safety(known.safety), ref, now)
        return action(contact, rollcall)

    return speaking(reply, speaker, now)


def _some(contact: Contact, rollcall: Rollcall, ref: str, now: datetime) -> list[Reply]:
    # Somebody is safe, and somebody is not: more is not known, and no more is counted until it is said.
    try:
        checkin = _recorded(contact, rollcall, Others(contact.citizen.people - 1, Rest.NO_WORD), ref, now)
    except RollcallClosed:
        return [closed(contact, rollcall)]
    households.begin(rollcall=rollcall, citizen=contact.citizen)
    return [_again(contact, checkin)]


def _only_i(contact: Contact, rollcall: Rollcall, ref: str, now: datetime) -> list[Reply]:
    members = tuple(member.pk for member in households.named(contact.citizen))
    return _left_out(contact, rollcall, Others(contact.citizen.people - 1, Rest.NO_WORD, members), ref, now)


def _left_out(
    contact: Contact, rollcall: Rollcall, others: Others, ref: str, now: datetime, *, in_place: bool = False
) -> list[Reply]:
    try:
        checkin = _recorded(contact, rollcall, others, ref, now)
    except RollcallClosed:
        return [closed(contact, rollcall)]
    return [_others(contact, checkin, in_place=in_place)]


def _recorded(contact: Contact, rollcall: Rollcall, others: Others, ref: str, now: datetime) -> CheckIn:
    done = record(
        rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=Safety.SAFE, source=CheckIn.Source.BOT, ref=ref,
        now=now, others=others,
    ).checkin  # fmt: skip
    if done.rollcall is not None:
        told_by_bot(contact=contact, alert=done.rollcall.alert, now=now, whole=False)
    return done


def _is_told(checkin: CheckIn) -> bool:
    """Tell whether it was said which of a named household are left out."""
    return checkin.others_self or checkin.others_named.exists()


def _again(contact: Contact, checkin: CheckIn) -> Reply:
    """Return what follows an answer that stands."""
    rollcall = checkin.rollcall
    if rollcall is None or not checkin.current or not checkin.others:
        lines = [_name(contact.citizen, checkin), *number_line(checkin.post, contact.citizen)]
        return Reply("\n\n".join(lines), answer_buttons(rollcall, contact.citizen) if rollcall else help_button())
    if checkin.others_are != Rest.NO_WORD:
        return _confirmed(contact, checkin)
    said = _is_told(checkin) or checkin.people > 1
    return _others(contact, checkin) if said else _who(contact, rollcall)


def _name(citizen: Citizen, checkin: CheckIn) -> str:
    newer = CheckIn.objects.filter(rollcall=checkin.rollcall, citizen=citizen, current=True).first() or checkin
    about = event(checkin.rollcall.alert) if checkin.rollcall else ""
    return texts.newer_stands(about, answer_name(newer))


def _who(contact: Contact, rollcall: Rollcall, *, first: str = "", in_place: bool = False) -> Reply:
    """Ask who is safe: by name where all are named, else how many."""
    citizen = contact.citizen
    members = households.named(citizen)
    if not members:
        text = sayings.how_many_safe(event(rollcall.alert), citizen.people)
        return Reply(text, _numbers(rollcall, 1, citizen.people - 1))
    safe = households.ticked(rollcall, citizen)
    rows = (*_ticks(rollcall, members, safe), (Press(sayings.done(), f"s:{rollcall.pk}:done"),))
    text = sayings.who_is_safe(event(rollcall.alert))
    return Reply(
        f"{first}\n\n{text}" if first else text, rows, toast=sayings.noted() if in_place else "", in_place=in_place
    )


def _ticks(rollcall: Rollcall, members: list[Member], safe: set[int]) -> Buttons:
    everybody = [(SELF, sayings.me()), *((member.pk, member.name) for member in members)]
    # What comes back says what is meant, not "the other way round": the same press twice, or once more after a crash, is one.
    return tuple(
        (Press(f"{'☑' if pk in safe else '☐'} {name[:40]}", f"s:{rollcall.pk}:{'-' if pk in safe else '+'}:{pk}"),)
        for pk, name in everybody
    )


def _numbers(rollcall: Rollcall, low: int, high: int) -> Buttons:
    """Return the numbers of a range, or, where they are too many for one message, the ranges to choose from."""
    many = high - low + 1
    if many <= AT_ONCE:
        row = [Press(str(number), f"s:{rollcall.pk}:n:{number}") for number in range(low, high + 1)]
    else:
        size = max(AT_ONCE, -(-many // AT_ONCE))
        starts = range(low, high + 1, size)
        ends = [min(start + size - 1, high) for start in starts]
        row = [Press(f"{a}–{b}", f"s:{rollcall.pk}:r:{a}:{b}") for a, b in zip(starts, ends, strict=True)]
    return tuple(tuple(row[at : at + A_ROW]) for at in range(0, len(row), A_ROW))


def _others(contact: Contact, checkin: CheckIn, *, in_place: bool = False) -> Reply:
    rollcall = checkin.rollcall
    if rollcall is None or not checkin.current:
        return _again(contact, checkin)
    names = sayings.others_buttons()
    rows = tuple((Press(label, f"o:{rollcall.pk}:{are}"),) for are, label in names.items())
    first = sayings.some_are_safe(checkin.people, event(rollcall.alert))
    lines = [first, sayings.how_are_others(checkin.others), *number_line(checkin.post, contact.citizen)]
    return Reply("\n\n".join(lines), rows, toast=first.partition("\n")[0], in_place=in_place)


def _confirmed(contact: Contact, checkin: CheckIn) -> Reply:
    rollcall = checkin.rollcall
    if rollcall is not None and not checkin.current:
        return _again(contact, checkin)
    lines = [sayings.others_recorded(checkin.others_are)]
    toast = lines[0]
    if rollcall is not None:
        lines.insert(0, sayings.some_are_safe(checkin.people, event(rollcall.alert)))
    number = number_line(checkin.post, contact.citizen)
    if checkin.others_are == Rest.NEEDS_HELP and rollcall is not None and not in_earnest([rollcall]):
        return Reply("\n\n".join([*lines, texts.only_exercise(), *number]), help_button(), toast=toast)
    if checkin.others_are == Rest.NEEDS_HELP:
        lines.append(sayings.what_and_where())
    lines += number
    if rollcall is not None:
        lines.append(texts.may_correct())
    return Reply("\n\n".join(lines), toast=toast, asks_place=checkin.others_are == Rest.NEEDS_HELP)
