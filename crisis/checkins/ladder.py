"""The ladder for the silent: a reminder, another way, the emergency contact, a person; each once, and none after an answer."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact, EmergencyContact
from crisis.broadcast.models import ALERT, Notice, NoticeRun, NoticeState
from crisis.broadcast.ways import turn, ways
from crisis.checkins.models import LadderPlace, LadderStep
from crisis.checkins.reach import require_all
from crisis.checkins.reminding import texts
from crisis.checkins.silence import asleep, goes_on, is_night, is_wanted, may_be_asked
from crisis.journal.operations import append
from crisis.registry.models import Installation
from crisis.registry.queries import installation
from crisis.staff.models import Officer
from crisis.staff.rights import Right

Step = LadderStep.Step
SLICE = 1_000  # steps of one transaction: some tenths of a second on SQLite, whose other writers wait meanwhile
# How long an answer to each step is waited for, counted from when it was accepted. A second way is tried within the hour; who is
# asked about somebody else needs time to reach them.
WAITS = {
    Step.REMINDER: timedelta(minutes=30),
    Step.OTHER_WAY: timedelta(minutes=30),
    Step.EMERGENCY: timedelta(minutes=60),
}
LOOK_AGAIN = timedelta(minutes=15)  # at what waits for the morning
STOPPED, ANSWERED = "reminding_stopped", "answered"  # why something that waited is not said any more
_Purpose = NoticeRun.Purpose


@dataclass(frozen=True, slots=True)
class _Taken:
    """A step that is taken, and what is said for it; nothing where a person calls."""

    step: Step
    citizen_id: int
    post_id: int | None
    rank: int
    notice: Notice | None = None


def open_ladders(now: datetime) -> list[int]:
    """Return the rollcalls whose ladder goes on, LIVE first."""
    rows = Rollcall.objects.filter(remind_after__isnull=False, quiet_since=None, closed_at=None).order_by("pk")
    rows = rows.select_related("alert")
    return [row.pk for row in sorted(rows, key=lambda row: row.alert.exercise) if goes_on(row, now)]


def remind(*, rollcall_id: int, after: int, now: datetime) -> int:
    """Take the first step for some of those who were told long enough ago and have not answered: a slice in one transaction.

    Args:
        rollcall_id: the question.
        after: as the slice before returned it; 0 begins.
        now: the time.

    Returns:
        Where the next slice begins; 0 if this was the last.
    """
    return _slice(rollcall_id, after, now, _unreminded, _reminders)


def climb(*, rollcall_id: int, after: int, now: datetime) -> int:
    """Take the next step for some of those whom the one before has not moved to answer; see `remind`."""
    return _slice(rollcall_id, after, now, _unmoved, _next_steps)


def place(rollcall_id: int, what: str) -> int:
    """Return behind which id a pass of a rollcall's ladder goes on; 0 is the beginning."""
    return LadderPlace.objects.filter(rollcall=rollcall_id, what=what).values_list("after", flat=True).first() or 0


def keep_place(rollcall_id: int, what: str, after: int) -> None:
    """Remember how far a pass has come, also where what it met must wait: whoever comes behind it is not forgotten for that."""
    LadderPlace.objects.update_or_create(rollcall_id=rollcall_id, what=what, defaults={"after": after})


def _slice(
    rollcall_id: int,
    after: int,
    now: datetime,
    who: Callable[[Rollcall, datetime], QuerySet[Any]],
    steps: Callable[[Rollcall, list[Any], datetime], list[_Taken]],
) -> int:
    rollcall = Rollcall.objects.select_related("alert__ministry").get(pk=rollcall_id)
    if not goes_on(rollcall, now):
        return 0
    # Looked for before anything is locked: among a million that takes seconds, in which others must write.
    rows = who(rollcall, now).filter(pk__gt=after).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:SLICE])
    if not ids:
        return 0
    with transaction.atomic():
        rollcall = _locked(rollcall_id)
        if goes_on(rollcall, now):
            # Asked again: somebody may have answered meanwhile, or another worker have taken the step.
            still = list(who(rollcall, now).filter(pk__in=ids).order_by("pk"))
            _take(rollcall, steps(rollcall, still, now), now)
    return int(ids[-1]) if len(ids) == SLICE else 0


def _unreminded(rollcall: Rollcall, now: datetime) -> QuerySet[Notice]:
    told = now - timedelta(minutes=rollcall.remind_after or 0)
    rows = Notice.objects.filter(run__in=_runs(rollcall, ALERT), state=NoticeState.ACCEPTED, accepted_at__lte=told)
    rows = rows.filter(may_be_asked(rollcall, "contact__citizen"), contact__state=Contact.State.ACTIVE)
    begun = LadderStep.objects.filter(rollcall=rollcall, citizen=OuterRef("contact__citizen"))
    night = asleep(rollcall.alert, "contact__citizen", now)
    rows = rows.exclude(Exists(begun)).select_related("contact__citizen", "run")
    return rows if night is None else rows.exclude(night)


def _reminders(_: Rollcall, told: list[Notice], now: datetime) -> list[_Taken]:
    """Return a reminder for each person, by the way that reached them: of several, the latest."""
    latest = {row.contact.citizen_id: row for row in sorted(told, key=lambda row: row.accepted_at or now)}
    return [
        _Taken(Step.REMINDER, citizen, row.post_id, row.rank, _said(row.contact, row.post_id, row.people, row.rank))
        for citizen, row in sorted(latest.items(), key=lambda pair: pair[1].pk)
    ]


def _said(contact: Contact, post_id: int | None, people: int, rank: int) -> Notice:
    return Notice(contact=contact, post_id=post_id, people=people, rank=rank)


def _unmoved(rollcall: Rollcall, now: datetime) -> QuerySet[LadderStep]:
    later = LadderStep.objects.filter(rollcall=rollcall, citizen=OuterRef("citizen"), step__gt=OuterRef("step"))
    rows = LadderStep.objects.filter(_waited(now), may_be_asked(rollcall, "citizen"), rollcall=rollcall)
    night = asleep(rollcall.alert, "citizen", now)
    rows = rows.exclude(Exists(later)).select_related("notice__contact", "citizen")
    # A list of whom to call wakes nobody.
    return rows if night is None else rows.exclude(night & ~Q(step=Step.EMERGENCY))


def _locked(rollcall_id: int) -> Rollcall:
    """Return a rollcall with its alert; whoever else takes steps of it, or stops it, waits."""
    rows = Rollcall.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("alert__ministry").get(pk=rollcall_id)


def _runs(rollcall: Rollcall, *purposes: str) -> list[NoticeRun]:
    return list(NoticeRun.objects.filter(alert=rollcall.alert_id, purpose__in=purposes))


def _waited(now: datetime) -> Q:
    """Return the condition that a step was answered by nobody for long enough, or has reached nobody."""
    due = Q(notice__state=NoticeState.UNDELIVERED)
    never = (NoticeState.UNCONFIRMED, NoticeState.STOPPED, NoticeState.EXPIRED)
    for step, wait in WAITS.items():
        old = Q(notice__state=NoticeState.ACCEPTED, notice__accepted_at__lte=now - wait)
        due |= Q(step=step) & (old | Q(Q(notice=None) | Q(notice__state__in=never), at__lte=now - wait))
    return due & ~Q(step=Step.PERSON)


def _next_steps(rollcall: Rollcall, last: list[LadderStep], now: datetime) -> list[_Taken]:
    """Return the next step of each person: the first that is possible."""
    people = [row.citizen_id for row in last]
    contacts, others = _other_ways(rollcall, people), {row.citizen_id: row for row in _askable(rollcall, people)}
    # Whoever is asked about somebody abroad is at home, as far as anybody knows.
    spared = asleep(rollcall.alert, "pk", now) is not None
    home_asleep = spared and is_night(rollcall.alert.ministry.time_zone, now)
    found = []
    for row in last:
        before, rank = row.notice, row.rank
        if row.step < Step.OTHER_WAY and contacts[row.citizen_id]:
            said = _said(contacts[row.citizen_id][0], row.post_id, row.citizen.people, rank)
            found.append(_Taken(Step.OTHER_WAY, row.citizen_id, row.post_id, rank, said))
        elif row.step < Step.EMERGENCY and before is not None and row.citizen_id in others:
            if not home_asleep:
                said = _said(before.contact, row.post_id, row.citizen.people, rank)
                said.emergency = others[row.citizen_id]
                found.append(_Taken(Step.EMERGENCY, row.citizen_id, row.post_id, rank, said))
        else:
            found.append(_Taken(Step.PERSON, row.citizen_id, row.post_id, rank))
    return found


def _other_ways(rollcall: Rollcall, people: list[int]) -> dict[int, list[Contact]]:
    """Return people's contacts by which they were not reminded, the preferred ones first."""
    found: dict[int, list[Contact]] = defaultdict(list)
    kinds = {run.kind for run in _runs(rollcall, ALERT)} & set(ways())
    asked = LadderStep.objects.filter(rollcall=rollcall, citizen__in=people, notice__isnull=False)
    rows = Contact.objects.filter(citizen__in=people, state=Contact.State.ACTIVE, kind__in=kinds)
    for contact in rows.exclude(pk__in=asked.values("notice__contact")).annotate(turn=turn()).order_by("turn"):
        found[contact.citizen_id].append(contact)
    return found


def _askable(rollcall: Rollcall, people: list[int]) -> QuerySet[EmergencyContact]:
    """Return the emergency contacts of people that may be asked.

    A drill asks nobody's but those of people that the demo has made: no real person is frightened by an exercise, and in live
    operation no such people exist.
    """
    alert = rollcall.alert
    rows = EmergencyContact.objects.filter(citizen__in=people, agreed_at__isnull=False, kind__in=ways())
    if alert.exercise or installation().kind == Installation.Kind.DEMO:
        rows = rows.filter(citizen__simulated=True)
    kinds = {kind for kind in set(rows.values_list("kind", flat=True)) if texts(alert, kind, _Purpose.EMERGENCY)}
    return rows.filter(kind__in=kinds)


def _take(rollcall: Rollcall, steps: list[_Taken], now: datetime) -> None:
    """Write steps with what is to be said for them, in one transaction: either both stand, or neither does."""
    written: dict[tuple[str, _Purpose], list[Notice]] = defaultdict(list)
    for notice in (step.notice for step in steps if step.notice is not None):
        if notice.emergency is not None:
            written[notice.emergency.kind, _Purpose.EMERGENCY].append(notice)
        else:
            written[notice.contact.kind, _Purpose.REMINDER].append(notice)
    for (kind, purpose), notices in written.items():
        _write(rollcall, kind, purpose, notices)
    LadderStep.objects.bulk_create(
        LadderStep(
            rollcall=rollcall,
            citizen_id=taken.citizen_id,
            step=taken.step,
            post_id=taken.post_id,
            rank=taken.rank,
            at=now,
            notice=taken.notice if taken.notice is not None and taken.notice.pk else None,
        )
        for taken in steps
    )


def _write(rollcall: Rollcall, kind: str, purpose: NoticeRun.Purpose, notices: list[Notice]) -> None:
    """Write notices of one way and purpose. What has no words in any language is not said: the next step follows."""
    alert = rollcall.alert
    told = texts(alert, kind, purpose)
    if not told:
        return
    filled = {"expected": 0, "people": 0, "state": NoticeRun.State.FILLED}
    run, _ = NoticeRun.objects.get_or_create(alert=alert, kind=kind, purpose=purpose, defaults=filled)
    languages = dict(
        Citizen.objects.filter(contacts__in=[n.contact_id for n in notices]).values_list("contacts__pk", "language")
    )
    for notice in notices:
        language = notice.emergency.language if notice.emergency else languages[notice.contact_id]
        notice.run, notice.wording = run, told.get(language) or next(iter(told.values()))
    Notice.objects.bulk_create(notices)
    people = sum(notice.people for notice in notices)
    NoticeRun.objects.filter(pk=run.pk).update(expected=F("expected") + len(notices), people=F("people") + people)


def withdraw(*, run_id: int, first: int, last: int, now: datetime) -> None:
    """Take back what must not be said any more of an id range, just before it is claimed, and let wait whom it would wake.

    Args:
        run_id: a run of reminders, or of questions to emergency contacts.
        first, last: notice ids.
        now: the time.
    """
    run = NoticeRun.objects.select_related("alert__ministry").get(pk=run_id)
    waiting = Notice.objects.filter(run=run, id__range=(first, last), state=NoticeState.QUEUED)
    rollcall = Rollcall.objects.select_related("alert__ministry").filter(alert=run.alert_id).first()
    if rollcall is None or not is_wanted(rollcall):
        waiting.update(state=NoticeState.STOPPED, reason=STOPPED, not_before=None)
        return
    spoken = waiting.exclude(may_be_asked(rollcall, "contact__citizen"))
    Notice.objects.filter(pk__in=list(spoken.values_list("pk", flat=True)), state=NoticeState.QUEUED).update(
        state=NoticeState.STOPPED, reason=ANSWERED, not_before=None
    )
    night = asleep(rollcall.alert, "contact__citizen", now)
    if night is None:
        return
    home = run.purpose == _Purpose.EMERGENCY and is_night(run.alert.ministry.time_zone, now)
    sleepers = list((waiting if home else waiting.filter(night)).values_list("pk", flat=True))
    Notice.objects.filter(pk__in=sleepers, state=NoticeState.QUEUED).update(not_before=now + LOOK_AGAIN)


@transaction.atomic
def stop(*, rollcall: Rollcall, by: Officer, now: datetime) -> None:
    """Remind and ask nobody further; who is being called stays on the list.

    What waits is taken back: a slice here, the rest as it is reached.

    Raises:
        NotAllowed: the officer may not, or is bound to some posts.
    """
    require_all(by, Right.CASES, rollcall)
    _locked(rollcall.pk)
    if not Rollcall.objects.filter(pk=rollcall.pk, quiet_since=None).update(quiet_since=now):
        return
    runs = _runs(rollcall, _Purpose.REMINDER, _Purpose.EMERGENCY)
    waiting = Notice.objects.filter(run__in=runs, state=NoticeState.QUEUED)
    some = list(waiting.order_by("id").values_list("pk", flat=True)[: 10 * SLICE])
    Notice.objects.filter(pk__in=some, state=NoticeState.QUEUED).update(
        state=NoticeState.STOPPED, reason=STOPPED, not_before=None
    )
    append(actor=by.actor, action="checkins.stop_reminding", subject=f"rollcall:{rollcall.pk}", now=now)


@transaction.atomic
def go_on(*, rollcall: Rollcall, by: Officer, now: datetime) -> None:
    """Remind and ask on; what was taken back is not said after all, the next step follows it.

    Raises:
        NotAllowed: the officer may not, or is bound to some posts.
    """
    require_all(by, Right.CASES, rollcall)
    if Rollcall.objects.filter(pk=rollcall.pk).exclude(quiet_since=None).update(quiet_since=None):
        append(actor=by.actor, action="checkins.go_on_reminding", subject=f"rollcall:{rollcall.pk}", now=now)
