"""Retracting: one person, one step, exactly the words that were approved with the alert."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.alerts import cap
from crisis.alerts.lifecycle import NotPossible, Step, after
from crisis.alerts.models import Alert
from crisis.alerts.operations import Changed, retraction
from crisis.broadcast import corrections, retelling, signals
from crisis.broadcast.issue import BroadcastPlan, close_rollcall, replace_earlier
from crisis.broadcast.models import ALERT, CARD, MAYBE_TOLD, NOTICES, Delivery, Notice, NoticeRun, Wording
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require


@dataclass(frozen=True, slots=True)
class Retractable:
    """What a retraction would do.

    Attributes:
        accounts: on so many something stands, or may stand.
        people: so many citizens were told, or may have been.
        texts: what would be said, frozen when the alert was approved.
    """

    accounts: int
    people: int
    texts: list[Wording]


def retractable(alert: Alert) -> Retractable:
    """Tell what retracting an alert would do, for the person who is asked to confirm it.

    Raises:
        NotPossible: it is not out, or is itself what takes another back.
    """
    _check(alert)
    texts = Wording.objects.filter(alert=alert, form="retraction").exclude(platform=CARD).order_by("platform", "id")
    told = (
        Notice.objects.filter(run__alert__code=alert.code, state__in=MAYBE_TOLD)
        .values("contact__citizen")
        .distinct()
        .count()
    )
    return Retractable(len(corrections.standing(alert.code)), told, list(texts))


def _check(alert: Alert) -> None:
    after(alert.state, Step.SUPERSEDE)
    if alert.msg_type == Alert.MsgType.CANCEL:
        raise NotPossible(_("This is what takes an alert back; other words need an update, and two people."))


@transaction.atomic
def retract(*, alert: Alert, by: Officer, now: datetime) -> BroadcastPlan:
    """Let nothing more of an alert leave, and correct what is out, everywhere, with the words that were approved for it.

    Args:
        alert: the newest of its chain, issued or stopped, expired or not.
        by: one person is enough.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        NotPossible, Changed: it is not out, or somebody else has replaced it meanwhile; nothing is done.
    """
    require(by, Right.STOP)
    _check(alert)
    if Alert.objects.filter(references=alert, issued_at__isnull=False).exists():
        raise Changed(_("A later alert has taken this one's place: retract that one."))
    replace_earlier(alert)
    cancel = retraction(earlier=alert, by=by, now=now)
    assert cancel.expires_at is not None  # noqa: S101 - just set
    cancel.snapshot = cap.snapshot(cancel, sent_at=now, expires_at=cancel.expires_at)
    cancel.save(update_fields=["snapshot"])
    close_rollcall(cancel, now)
    texts = _frozen(alert)
    made = [
        row
        for rows in corrections.standing(alert.code).values()
        for row in corrections.Plan(
            cancel, rows[0].account, rows, _for(rows, texts), retracts=True, now=now
        ).deliveries()
    ]
    Delivery.objects.bulk_create(made)
    notices = 0
    for earlier in alert.notice_runs.filter(purpose=ALERT).order_by("pk"):
        run = NoticeRun.objects.create(alert=cancel, kind=earlier.kind, corrects=earlier, expected=0, people=0)
        run.expected = retelling.expected(run)
        run.save(update_fields=["expected"])
        notices += run.expected
    append(
        actor=by.actor, action="broadcast.retract", subject=f"alert:{alert.pk}", now=now, mode=alert.mode,
        corrections=len(made), notices=notices,
    )  # fmt: skip
    transaction.on_commit(partial(signals.issued.send_robust, sender=Alert, alert_id=cancel.pk), robust=True)
    return BroadcastPlan(cancel, len(made), notices)


_Texts = dict[str, dict[tuple[str, ...], list[Wording]]]


def _frozen(alert: Alert) -> _Texts:
    """Return the words that take an alert back, by platform and by the languages of whom they are for."""
    found: _Texts = defaultdict(dict)
    frozen = Wording.objects.filter(alert=alert, form="retraction").exclude(platform__in=[*NOTICES, CARD])
    for wording in frozen.order_by("part"):
        found[wording.platform].setdefault(tuple(wording.speaks.split(",")), []).append(wording)
    return found


def _for(rows: Sequence[Delivery], texts: _Texts) -> list[Wording]:
    """Return the words for what stands somewhere: in the languages in which it was said last, else whichever there are."""
    by_languages = texts.get(rows[0].account.platform, {})
    said = [tuple(row.wording.speaks.split(",")) for row in reversed(rows) if row.wording]
    exact = next((by_languages[each] for each in said if each in by_languages), None)
    alike = (t for each in said for speaks, t in by_languages.items() if set(speaks) == set(each))
    return exact or next(alike, None) or max(by_languages.items(), key=lambda pair: len(pair[0]), default=((), []))[1]
