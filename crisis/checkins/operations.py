"""Recording answers, exactly once each, and opening cases."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Q, QuerySet

from crisis.alerts.models import Alert, Rollcall
from crisis.audience.models import Citizen, Contact
from crisis.audience.queries import current_stay
from crisis.broadcast.models import Notice
from crisis.checkins.households import Others, settle
from crisis.checkins.models import Case, CheckIn, Rest, Safety
from crisis.checkins.questions import ask, is_question
from crisis.checkins.rollup import note_answers
from crisis.journal.operations import append
from crisis.registry.models import Installation, Mode, Post
from crisis.registry.queries import installation, post_for

_NUMBERS_COUNT_UP = timedelta(days=6)
_NEED_A_PERSON = (Safety.NEEDS_HELP, Safety.UNCLEAR)


class RollcallClosed(Exception):
    """The rollcall takes no more answers; only a call for help is still taken."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded: the check-in, whether it is new, and the case it opened or joined."""

    checkin: CheckIn
    is_new: bool


def is_open(rollcall: Rollcall, now: datetime) -> bool:
    """Tell whether a rollcall still takes answers."""
    alert = rollcall.alert
    holds = alert.stopped_at is None and alert.expires_at is not None and now < alert.expires_at
    return rollcall.closed_at is None and holds


def post_of(citizen: Citizen, rollcall: Rollcall | None, now: datetime) -> Post | None:
    """Return the post that serves a person: the one that the alert's notice named, else the one of the person's place."""
    if rollcall is not None:
        notices = Notice.objects.filter(run__alert=rollcall.alert, contact__citizen=citizen, post__isnull=False)
        if (notice := notices.select_related("post").first()) is not None:
            return notice.post
    stay = current_stay(citizen)
    if stay is None:
        return None
    return post_for(
        country=stay.country, region=stay.region, point=(stay.lat, stay.lon), ministry=citizen.ministry, on=now.date()
    )


@transaction.atomic
def record(
    *,
    rollcall: Rollcall | None,
    citizen: Citizen,
    contact: Contact | None,
    safety: Safety,
    source: CheckIn.Source,
    ref: str,
    now: datetime,
    text: str = "",
    others: Others | None = None,
) -> Recorded:
    """Record an answer. Every way in comes here.

    Args:
        rollcall: the question it answers; None for a call for help on any other day.
        citizen: who answers, for as many people as the citizen answers for.
        contact: through which contact it came, if any.
        safety: the answer.
        source: which way it came.
        ref: its number there; the same one again records nothing new, and an older one never replaces a newer answer.
        now: the time.
        text: what was written, if anything was.
        others: whom of the household the answer leaves out; only beside SAFE. They are never counted safe.

    Raises:
        RollcallClosed: the rollcall is over, and it is no call for help. Nothing is recorded.
        ValueError: there are as many others as there are people, or more; or the answer is not SAFE.
    """
    if others is not None and not (safety == Safety.SAFE and 0 < others.people < citizen.people):
        raise ValueError("Others stand beside at least one who is safe.")
    if (known := _known(source, ref)) is not None:
        return Recorded(known, is_new=False)
    if rollcall is not None and not is_open(rollcall, now):
        if safety != Safety.NEEDS_HELP and (others is None or others.are != Rest.NEEDS_HELP):
            raise RollcallClosed
        rollcall = None
    # Two answers of one person at the same moment wait for one another here; the same one twice, sent by two taps, is one.
    Citizen.objects.select_for_update().get(pk=citizen.pk)
    if (known := _known(source, ref)) is not None:
        return Recorded(known, is_new=False)
    new = _new(
        rollcall=rollcall, citizen=citizen, contact=contact, safety=safety, source=source, ref=ref, now=now, text=text,
        others=others,
    )  # fmt: skip
    return Recorded(new, is_new=True)


def _new(
    *,
    rollcall: Rollcall | None,
    citizen: Citizen,
    contact: Contact | None,
    safety: Safety,
    source: CheckIn.Source,
    ref: str,
    now: datetime,
    text: str,
    others: Others | None = None,
) -> CheckIn:
    """Write down an answer that nobody knows yet, of a citizen who is locked."""
    post = post_of(citizen, rollcall, now)
    newest, earlier = _take_place(rollcall, citizen, source, ref, now)
    checkin = CheckIn.objects.create(
        rollcall=rollcall,
        citizen=citizen,
        contact=contact,
        post=post,
        safety=safety,
        people=citizen.people - (others.people if others else 0),
        others=others.people if others else 0,
        others_are=others.are if others else "",
        others_self=bool(others and others.self_too),
        source=source,
        ref=ref,
        text=text[:1000],
        at=now,
        current=newest,
    )
    if others is not None:
        checkin.others_named.set(others.named)
    if rollcall is not None and newest:
        note_answers([checkin], earlier=earlier)
    if (kind := _kind(checkin)) is not None:
        checkin.case = _case(checkin, now, kind=kind)
        checkin.save(update_fields=["case"])
    else:
        settle(checkin=checkin, now=now)
    append(
        actor=source,
        action="checkins.record",
        subject=f"checkin:{checkin.pk}",
        now=now,
        safety=safety,
        rollcall=rollcall.pk if rollcall else None,
        case=checkin.case_id,
        **({"others": others.people, "others_are": others.are.value} if others else {}),
    )
    return checkin


def _take_place(
    rollcall: Rollcall | None, citizen: Citizen, source: CheckIn.Source, ref: str, now: datetime
) -> tuple[bool, list[CheckIn]]:
    """Let an answer count in place of the one that stands, unless that was given later; return whether it does, and of which."""
    if rollcall is None:
        return True, []
    counting = CheckIn.objects.filter(rollcall=rollcall, citizen=citizen, current=True)
    earlier = list(counting)
    newest = not any(_said_after(answer, source, ref, now) for answer in earlier)
    if newest and earlier:
        counting.update(current=False)
    return newest, earlier


def _known(source: CheckIn.Source, ref: str) -> CheckIn | None:
    rows = CheckIn.objects.filter(source=source, ref=ref).select_related("case", "post", "rollcall__alert")
    return rows.first()


def open_case(citizen: Citizen) -> Case | None:
    """Return the open case to which belongs what a person says now: a call for help before the unclear, the newest first.

    In live operation what a person says freely never goes to an exercise.
    """
    return _cases_of(citizen).first()


def _cases_of(citizen: Citizen) -> QuerySet[Case]:
    return open_cases().filter(citizen=citizen).select_related("rollcall", "post").order_by("kind", "-id")


def open_cases() -> QuerySet[Case]:
    """Return the open cases that are in earnest: in live operation no exercise's is."""
    drills_count = Exists(Installation.objects.filter(kind=Installation.Kind.DEMO))
    return Case.objects.filter(Q(mode=Mode.LIVE) | drills_count, state=Case.State.OPEN)


@transaction.atomic
def hear(
    *,
    citizen: Citizen,
    contact: Contact | None,
    asking: Rollcall | None,
    text: str,
    worrying: bool,
    source: CheckIn.Source,
    ref: str,
    now: datetime,
) -> CheckIn:
    """Keep what somebody says in own words, beside the answer that stands: words change no answer, and close no case.

    It joins the open case, if there is one; else the answer to the alert that asks. Only somebody who has not answered becomes
    UNCLEAR by it, for a person to read; what asks something beside an answer is kept as a question too.

    Args:
        citizen: who.
        contact: through which contact it came, if any.
        asking: the open rollcall that asks this person, if any.
        text: what was said.
        worrying: it may be a call for help: then a person looks, whatever the answer is.
        source: which way it came.
        ref: its number there; the same one again keeps nothing new.
        now: the time.
    """
    if (known := _known(source, ref)) is not None:
        return known
    Citizen.objects.select_for_update().get(pk=citizen.pk)
    if (known := _known(source, ref)) is not None:
        return known
    case = _cases_of(citizen).select_for_update(of=("self",)).first()  # as in `_case`
    rollcall = case.rollcall if case else asking
    answers = CheckIn.objects.filter(citizen=citizen, rollcall=rollcall, current=True)
    answer = (answers.filter(case=case) if rollcall is None else answers).order_by("-id").first()
    if case is None and (answer is None or rollcall is None):
        return _new(
            rollcall=rollcall, citizen=citizen, contact=contact, safety=Safety.UNCLEAR, source=source, ref=ref, now=now,
            text=text,
        )  # fmt: skip
    checkin = CheckIn.objects.create(
        rollcall=rollcall,
        citizen=citizen,
        contact=contact,
        post=case.post if case else post_of(citizen, rollcall, now),
        case=case,
        safety=answer.safety if answer else case.kind if case else Safety.UNCLEAR,
        people=citizen.people,
        source=source,
        ref=ref,
        text=text[:1000],
        at=now,
        current=False,
    )
    if case is None and (worrying or checkin.safety in _NEED_A_PERSON):
        checkin.case = _case(checkin, now, kind=Safety.UNCLEAR)
        checkin.save(update_fields=["case"])
    elif case is None and contact is not None and is_question(text, sentences=False):
        ask(
            contact=contact, text=text, source=source, ref=ref, post=checkin.post, mode=mode_of(rollcall), now=now,
            alert=rollcall.alert if rollcall else None,
        )  # fmt: skip
    append(
        actor=source,
        action="checkins.hear",
        subject=f"checkin:{checkin.pk}",
        now=now,
        safety=checkin.safety,
        rollcall=rollcall.pk if rollcall else None,
        case=checkin.case_id,
    )
    return checkin


def _said_after(answer: CheckIn, source: CheckIn.Source, ref: str, now: datetime) -> bool:
    """Tell whether an answer that stands was given after one that comes in only now: both have numbers of the same row.

    Telegram's update_id counts up, and begins anew only after a week without any update
    (https://core.telegram.org/bots/api#update).
    """
    row, _, number = ref.rpartition(":")
    standing_row, _, standing = answer.ref.rpartition(":")
    comparable = answer.source == source and standing_row == row and now - answer.at < _NUMBERS_COUNT_UP
    return comparable and number.isdecimal() and standing.isdecimal() and int(standing) > int(number)


def mode_of(rollcall: Rollcall | None) -> Mode:
    """Return the mode of what answers a rollcall, or of a call for help on any other day."""
    if rollcall is not None:
        return Mode(rollcall.alert.mode)
    return Mode.EXERCISE if installation().kind == Installation.Kind.DEMO else Mode.LIVE


def _kind(checkin: CheckIn) -> Safety | None:
    """Return as what somebody must look after an answer; None if nobody must."""
    if checkin.others_are == Rest.NEEDS_HELP:
        return Safety.NEEDS_HELP
    if checkin.others_are == Rest.NO_WORD:
        return Safety.UNCLEAR
    safety = Safety(checkin.safety)
    return safety if safety in _NEED_A_PERSON else None


def _case(checkin: CheckIn, now: datetime, *, kind: Safety) -> Case:
    """Return the person's open case, or open one; a call for help outweighs what was only unclear."""
    # Whoever closes it at this moment is waited for, or waits: nothing joins a case that nobody looks after any more.
    standing = Case.objects.filter(citizen=checkin.citizen, rollcall=checkin.rollcall, state=Case.State.OPEN)
    case = standing.select_for_update().first()
    if case is None:
        case = Case.objects.create(
            rollcall=checkin.rollcall,
            citizen=checkin.citizen,
            post=checkin.post,
            mode=mode_of(checkin.rollcall),
            kind=kind,
            people=checkin.about,
            opened_at=now,
        )
        append(actor=checkin.source, action="checkins.open_case", subject=f"case:{case.pk}", now=now, kind=case.kind)
        return case
    before = (case.kind, case.people)
    if kind == Safety.NEEDS_HELP:
        case.kind = Safety.NEEDS_HELP
    if checkin.current and case.kind == kind:
        # The latest answer says about how many it is; words beside an answer do not.
        case.people = checkin.about
    if (case.kind, case.people) != before:
        case.save(update_fields=["kind", "people"])
    return case


def rollcall_of(alert: Alert) -> Rollcall | None:
    """Return the rollcall of an alert's chain, which the newest alert of it holds, or None if it asks nothing."""
    chain = Rollcall.objects.filter(alert__code=alert.code).select_related("alert__ministry")
    return chain.order_by("-alert__number").first()
