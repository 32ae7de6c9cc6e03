"""The next way: whom a notice did not reach by the way that they prefer is told by their next one, once for each way."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.broadcast import breakers
from crisis.broadcast.filling import locked
from crisis.broadcast.models import ALERT, Notice, NoticeRun, NoticeState
from crisis.broadcast.notice_ledger import RESEND_AFTER, Chunk
from crisis.broadcast.queries import notice_wordings
from crisis.broadcast.release import holding
from crisis.broadcast.ways import tell_delivery, turn, ways

AT_ONCE = 1_000  # notices of one look: some tens of milliseconds
WAY_REFUSED = "way_refused"  # the reason of what never left, because its way refused it for so long
_ON_ITS_WAY = (NoticeState.QUEUED, NoticeState.SENDING)


def look(now: datetime) -> list[Chunk]:
    """Write a notice by the next way to everybody of whose notices none arrived, of every alert that holds.

    What is certainly not delivered is followed at once, as waiting would help nobody. What is unknown, or stands without word
    of its delivery where the way gives it, or waits for a way that refuses us, is followed after `NEXT_WAY_AFTER`.

    Returns:
        What was written, to be rung for.
    """
    runs: dict[int, list[NoticeRun]] = defaultdict(list)
    rows = NoticeRun.objects.filter(purpose=ALERT, alert__in=holding(now)).select_related("alert")
    for run in rows.order_by("pk"):
        runs[run.alert_id].append(run)
    # Nobody has two ways where there is one run only.
    return [chunk for alert, several in runs.items() if len(several) > 1 for chunk in _follow(alert, several, now)]


def waits(alert: Alert, now: datetime) -> bool:
    """Tell whether somebody of an alert may still be written to by their next way, as things stand."""
    runs = list(NoticeRun.objects.filter(alert=alert, purpose=ALERT).select_related("alert"))
    queued = Notice.objects.filter(run__in=runs, state=NoticeState.QUEUED, not_before=None)
    unheard = now + timedelta(minutes=settings.NEXT_WAY_AFTER)  # also what will only then have waited long enough
    return len(runs) > 1 and (queued.exists() or bool(_failed(runs, unheard)))


def _patience() -> timedelta:
    return timedelta(minutes=settings.NEXT_WAY_AFTER)


def _failed(runs: Iterable[NoticeRun], now: datetime) -> list[Notice]:
    """Return notices that have not arrived, of people who have another way; each of the four by an index."""
    telling = tell_delivery()
    rows = Notice.objects.filter(run__in=list(runs), reserve=True)
    heard = rows.filter(run__in=[run for run in runs if run.kind in telling])
    tried = now - _patience()
    # Of an alert that is younger than that nobody has waited so long, whatever was refused before.
    refused = breakers.refused(tried)
    stuck = [run for run in runs if run.kind in refused and run.alert.issued_at and run.alert.issued_at <= tried]
    found: list[Notice] = []
    for some in (
        rows.filter(state=NoticeState.UNDELIVERED),
        rows.filter(state=NoticeState.UNCONFIRMED, not_before__lte=tried + RESEND_AFTER),
        heard.filter(state=NoticeState.ACCEPTED, delivered_at=None, accepted_at__lte=tried),
        rows.filter(run__in=stuck, state=NoticeState.QUEUED, not_before__isnull=False),
    ):
        found += some.select_related("contact__citizen").order_by()[: AT_ONCE - len(found)]
    return found


@transaction.atomic
def _follow(alert_id: int, several: list[NoticeRun], now: datetime) -> list[Chunk]:
    if not _failed(several, now):
        return []
    # Whoever writes notices of these runs is waited for: nothing is written twice, and the counts stay right.
    runs = {run.kind: run for run in (locked(run.pk) for run in several)}
    failed = _held(_failed(several, now))
    if not holding(now).filter(pk=alert_id).exists():
        return []
    citizens = {notice.contact.citizen_id: notice for notice in failed}
    settled = _told_otherwise(several, failed, now)
    left = _left(runs, [citizen for citizen in citizens if citizen not in settled])
    wordings = {
        kind: {wording.languages: wording for wording in notice_wordings(run.alert, kind)} for kind, run in runs.items()
    }
    rows: dict[str, list[Notice]] = defaultdict(list)
    closed, nobody_else = [], citizens.keys() - settled
    for citizen, contacts in left.items():
        after, person = citizens[citizen], citizens[citizen].contact.citizen
        contact = next((each for each in contacts if wordings[each.kind]), None)
        if contact is None:
            continue
        nobody_else.discard(citizen)
        refused = after.state == NoticeState.QUEUED
        closed += [after.pk] if refused else []
        texts = wordings[contact.kind]
        rows[contact.kind].append(
            Notice(
                run=runs[contact.kind], contact=contact, wording=texts.get(person.language) or next(iter(texts.values())),
                post_id=after.post_id, people=person.people, rank=after.rank,
                reserve=refused or after.reason == WAY_REFUSED or len(contacts) > 1,
            )
        )  # fmt: skip
    # Told twice would be worse than late: what never left does not leave once its way is mended, unless no other way is left.
    Notice.objects.filter(pk__in=closed).update(state=NoticeState.UNDELIVERED, reason=WAY_REFUSED, not_before=None)
    given_up = Notice.objects.filter(run__in=several, state=NoticeState.UNDELIVERED, reason=WAY_REFUSED)
    given_up.filter(contact__citizen__in=nobody_else).update(state=NoticeState.QUEUED, not_before=now)
    Notice.objects.filter(pk__in=[notice.pk for notice in failed]).update(reserve=False)
    return [_write(runs[kind], some) for kind, some in rows.items()]


def _held(failed: list[Notice]) -> list[Notice]:
    """Return what has not arrived, without what a worker is just claiming after all; what waits is held."""
    waiting = Notice.objects.filter(pk__in=[each.pk for each in failed], state=NoticeState.QUEUED)
    held = set(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True))
    return [each for each in failed if each.state != NoticeState.QUEUED or each.pk in held]


def _write(run: NoticeRun, rows: list[Notice]) -> Chunk:
    """Write notices of a run that is locked; what is written and what is expected grow together."""
    rows.sort(key=lambda row: row.rank)
    written = Notice.objects.bulk_create(rows)
    people = sum(row.people for row in rows)
    NoticeRun.objects.filter(pk=run.pk).update(expected=F("expected") + len(rows), people=F("people") + people)
    return run.pk, written[0].pk, written[-1].pk


def _told_otherwise(runs: list[NoticeRun], failed: list[Notice], now: datetime) -> set[int]:
    """Return the people of failed notices who have another one that arrived, or may still arrive."""
    people = {notice.contact.citizen_id for notice in failed}
    others = Notice.objects.filter(run__in=runs, contact__citizen__in=people).exclude(
        pk__in=[notice.pk for notice in failed]
    )
    unheard = Q(run__kind__in=tell_delivery(), delivered_at=None, accepted_at__lte=now - _patience())
    good = Q(state__in=_ON_ITS_WAY) | (Q(state=NoticeState.ACCEPTED) & ~unheard)
    return set(others.filter(good).values_list("contact__citizen", flat=True))


def _left(runs: dict[str, NoticeRun], citizens: list[int]) -> dict[int, list[Contact]]:
    """Return the contacts of people by which nothing of an alert was tried yet, the preferred ones first."""
    kinds = [kind for kind in ways() if kind in runs]
    tried = Notice.objects.filter(run__in=list(runs.values()), contact__citizen__in=citizens).values("contact")
    rows = Contact.objects.filter(citizen__in=citizens, kind__in=kinds, state=Contact.State.ACTIVE)
    found: dict[int, list[Contact]] = defaultdict(list)
    for contact in rows.exclude(pk__in=tried).annotate(turn=turn()).order_by("turn"):
        found[contact.citizen_id].append(contact)
    return found
