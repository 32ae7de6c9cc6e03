"""Who comes to an alert after it was issued: the bot tells and asks them itself, and the ledger must know of it."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from crisis.alerts.models import Alert, State
from crisis.audience.models import Citizen, Contact, Stay
from crisis.audience.queries import current_stay
from crisis.broadcast.models import ALERT, MAYBE_TOLD, AreaCell, Notice, NoticeRun, NoticeState
from crisis.broadcast.queries import ASKED_BY_BOT, notice_wordings
from crisis.broadcast.ways import is_first
from crisis.registry.models import Post
from crisis.registry.queries import post_for

UNKNOWN_RANK = 20_000  # km, half around the Earth: of whoever has never said where they are


@transaction.atomic
def told_by_bot(*, contact: Contact, alert: Alert, now: datetime, whole: bool = True) -> bool:
    """Note that the bot shows somebody an alert: who has no notice gets one that is done, so that the board asks after them.

    Whoever takes the alert back tells them too. A later alert cannot take this one's place meanwhile: either it finds them here,
    or they are not told any more. What is being sent, or may have been, stays as it is.

    Args:
        contact: who.
        alert: which.
        now: the time.
        whole: its own text is shown, so that a notice that waits, or would still be written, need not leave any more; else only
            its name, beside an answer.

    Returns:
        Whether the alert still holds, so that it may be shown.
    """
    standing = Notice.objects.filter(run__alert=alert, run__purpose=ALERT, contact=contact)
    if standing.filter(state__in=MAYBE_TOLD, post__isnull=False).exists():
        return Alert.objects.filter(pk=alert.pk, state=State.ISSUED, expires_at__gt=now).exists()
    # The same row that a stop, an update and a retraction change first.
    held = Alert.objects.select_for_update(no_key=True).get(pk=alert.pk)
    if held.state != State.ISSUED or held.expires_at is None or held.expires_at <= now:
        return False
    run = NoticeRun.objects.select_for_update(no_key=True).filter(alert=held, kind=contact.kind, purpose=ALERT).first()
    wordings = {wording.languages: wording for wording in notice_wordings(held, contact.kind)}
    if run is None or not wordings:
        return True
    citizen, stay = contact.citizen, current_stay(contact.citizen)
    post = _post(citizen, stay, now)
    if standing.exists():
        standing.filter(post=None).update(post=post)
        untold = standing.filter(state__in=[NoticeState.UNDELIVERED, *([NoticeState.QUEUED] if whole else [])])
        untold.update(state=NoticeState.ACCEPTED, reason=ASKED_BY_BOT, accepted_at=now, not_before=None)
        return True
    expected = _is_expected(run, contact, held)
    if expected and not whole:
        return True
    cell = stay and AreaCell.objects.filter(run=run, country=stay.country, region=stay.region, cell=stay.cell).first()
    Notice.objects.create(
        run=run,
        contact=contact,
        wording=wordings.get(citizen.language) or next(iter(wordings.values())),
        post=post,
        people=citizen.people,
        rank=cell.rank if cell else UNKNOWN_RANK,
        state=NoticeState.ACCEPTED,
        reason=ASKED_BY_BOT,
        accepted_at=now,
    )
    if not expected:
        # What is written and what is expected grow together: nobody who comes late makes them differ.
        NoticeRun.objects.filter(pk=run.pk).update(expected=F("expected") + 1, people=F("people") + citizen.people)
    return True


def _post(citizen: Citizen, stay: Stay | None, now: datetime) -> Post | None:
    if stay is None:
        return None
    point, ministry = (stay.lat, stay.lon), citizen.ministry
    return post_for(country=stay.country, region=stay.region, point=point, ministry=ministry, on=now.date())


def _is_expected(run: NoticeRun, contact: Contact, alert: Alert) -> bool:
    """Tell whether a run that is still being written counts somebody already: who has moved since it was issued."""
    if run.state != NoticeRun.State.FILLING or contact.pk > run.greatest_contact:
        return False
    then = Stay.objects.filter(Q(ended_at=None) | Q(ended_at__gt=alert.issued_at), citizen=contact.citizen)
    stay = then.filter(confirmed_at__lte=alert.issued_at).order_by("-confirmed_at").first()
    if (
        stay is None
        or (alert.exercise and not contact.citizen.in_exercises)
        or not (run.every_way or is_first(contact))
    ):
        return False
    return AreaCell.objects.filter(run=run, country=stay.country, region=stay.region, cell=stay.cell).exists()
