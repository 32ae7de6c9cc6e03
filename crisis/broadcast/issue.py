"""Issuing: in one transaction the alert is frozen and every delivery stands; the notices follow in slices."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.alerts import cap
from crisis.alerts.card import CardText
from crisis.alerts.models import Alert, Rollcall
from crisis.alerts.operations import approve, approves, step_to_issued, step_to_superseded
from crisis.alerts.whose import require_alert
from crisis.broadcast import corrections, retelling, signals
from crisis.broadcast.cards import shows_card
from crisis.broadcast.models import ALERT, CARD, AreaCell, Delivery, DeliveryState, NoticeRun, Wording
from crisis.broadcast.plans import AccountPlan
from crisis.broadcast.preflight import Preflight, Refused, look
from crisis.broadcast.release import lasting_obstacle
from crisis.broadcast.ways import by_every_way
from crisis.journal.operations import append
from crisis.language import STORED, spoken, written
from crisis.staff.models import Officer
from crisis.wording.render import Publication
from platforms import catalog

PART_PATIENCE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class BroadcastPlan:
    """What was decided: so many deliveries, and so many notices that will be written."""

    alert: Alert
    deliveries: int
    notices: int


@transaction.atomic
def approve_and_issue(
    *, alert: Alert, revision: int, by: Officer, now: datetime, read: Collection[str] = ()
) -> BroadcastPlan:
    """Say yes to the revision that was shown, and let it go, in one step: minutes count. What waits for its hour waits on.

    Args:
        alert, revision, by, now, read: see `alerts.operations.approve`.
    """
    approve(alert=alert, revision=revision, by=by, now=now, read=read)
    if alert.publish_at is not None and alert.publish_at > now:
        return BroadcastPlan(alert, 0, 0)
    return issue(alert=alert, by=by, now=now)


@transaction.atomic
def issue(*, alert: Alert, by: Officer, now: datetime) -> BroadcastPlan:
    """Freeze an approved alert and write every delivery.

    Args:
        alert: approved.
        by: who lets it go.
        now: the time from which its life is counted.

    Raises:
        NotAllowed: the officer may not.
        Refused: the target is empty, a text does not fit, or something that needs a tick has none; nothing is written.
        NotPossible, Changed: it is not approved, or somebody else issued it first.
    """
    require_alert(by, approves(alert), alert, now=now)
    return write(alert=alert, by=by, now=now)


def write(*, alert: Alert, by: Officer, now: datetime) -> BroadcastPlan:
    """Do what `issue` does, without asking whether the officer may: for it, and for breaking the glass."""
    expires_at = now + timedelta(hours=alert.expires_hours)
    frozen = cap.snapshot(alert, sent_at=now, expires_at=expires_at)
    step_to_issued(alert=alert, issued_at=now, expires_at=expires_at, snapshot=frozen)
    found = look(alert, now)
    unticked = found.unacknowledged(alert.acknowledged)
    if found.problems or unticked:
        raise Refused(
            " ".join(found.problems + [_("Not ticked: %(sentence)s") % {"sentence": sentence} for sentence in unticked])
        )
    if spoken() != STORED:
        with written():
            found = look(alert, now)
    if alert.references is not None:
        replace_earlier(alert.references)
    out = corrections.standing(alert.code) if alert.references_id else {}
    wordings = _write_wordings(alert, found)
    deliveries = [row for plan in found.plans for row in _deliveries(alert, plan, wordings, out, now)]
    Delivery.objects.bulk_create(deliveries)
    notices = _plan_notices(alert, found)
    _ask(alert, now)
    append(
        actor=by.actor,
        action="broadcast.issue",
        subject=f"alert:{alert.pk}",
        now=now,
        mode=alert.mode,
        posts=[post.code for post in found.posts],
        deliveries=len(deliveries),
        notices=notices,
    )
    transaction.on_commit(partial(signals.issued.send_robust, sender=Alert, alert_id=alert.pk), robust=True)
    return BroadcastPlan(alert, len(deliveries), notices)


def replace_earlier(earlier: Alert) -> None:
    """Let nothing more of an earlier alert leave: a later one of its chain takes its place, in this same transaction.

    Raises:
        NotPossible, Changed: it is not out (any more), or somebody else has replaced it meanwhile.
    """
    step_to_superseded(alert=earlier)
    # A worker that settles one of them at this moment is not waited for: it finds the alert replaced.
    queued = Delivery.objects.filter(alert=earlier, state=DeliveryState.QUEUED)
    free = Delivery.objects.filter(pk__in=queued.select_for_update(skip_locked=True).values("pk"))
    free.update(state=DeliveryState.STOPPED, reason="superseded", not_before=None)
    held = Delivery.objects.filter(alert=earlier, state=DeliveryState.HELD, attempt=0)
    held.update(state=DeliveryState.STOPPED, reason="superseded", not_before=None)


def _ask(alert: Alert, now: datetime) -> None:
    """Open the rollcall; an update takes over that of its chain, with every answer that was given."""
    standing = Rollcall.objects.filter(alert__code=alert.code).order_by("-alert__number").first()
    if alert.msg_type == Alert.MsgType.CANCEL:
        close_rollcall(alert, now)
    elif standing is not None and standing.closed_at is None:
        Rollcall.objects.filter(pk=standing.pk).update(alert=alert, remind_after=alert.remind_after)
    elif alert.asks:
        Rollcall.objects.create(alert=alert, opened_at=now, remind_after=alert.remind_after)


def close_rollcall(alert: Alert, now: datetime) -> None:
    """Take no more answers for a chain of alerts."""
    Rollcall.objects.filter(alert__code=alert.code, closed_at=None).update(closed_at=now)


_Key = tuple[str, tuple[str, ...]]


def _write_wordings(alert: Alert, found: Preflight) -> dict[_Key, list[Wording]]:
    rows: list[Wording] = []
    publishing: dict[_Key, list[Wording]] = {}
    cards = _write_cards(alert, found)
    for (platform, form, speaks), texts in found.texts.items():
        for part, text in enumerate(texts, start=1):
            said = _card(alert, found, platform, form, speaks, text)
            if said is None and _is_nothing_without_one(platform, text):
                continue
            wording = Wording(
                card=cards[form, said] if said else None,
                alert=alert,
                platform=platform,
                form=form,
                speaks=",".join(speaks),
                part=part,
                languages=",".join(text.languages),
                subject=text.subject,
                text=text.text,
                units=text.units,
            )
            rows.append(wording)
            if form == "alert":
                publishing.setdefault((platform, speaks), []).append(wording)
    Wording.objects.bulk_create(rows)
    return publishing


def _card(
    alert: Alert, found: Preflight, platform: str, form: str, speaks: tuple[str, ...], text: Publication
) -> CardText | None:
    """Return what the card says that is published with a text, or None where there is none."""
    spec = catalog.spec(platform)
    return found.card(form, text, speaks) if spec and shows_card(spec, alert.ministry) else None


def _is_nothing_without_one(platform: str, text: Publication) -> bool:
    spec = catalog.spec(platform)
    return spec is not None and spec.picture == "must" and not text.follows


def _write_cards(alert: Alert, found: Preflight) -> dict[tuple[str, CardText], Wording]:
    """Freeze what the cards say that are published, each once."""
    used: dict[tuple[str, CardText], Wording] = {}
    for (platform, form, speaks), texts in found.texts.items():
        for text in texts:
            said = _card(alert, found, platform, form, speaks, text)
            if said is not None and (form, said) not in used:
                languages = ",".join(said.languages)
                used[form, said] = Wording(
                    alert=alert, platform=CARD, form=form, speaks=languages, languages=languages, text=said.text,
                    units=len(said.text),
                )  # fmt: skip
    Wording.objects.bulk_create(used.values())
    return used


def _deliveries(
    alert: Alert,
    plan: AccountPlan,
    wordings: dict[_Key, list[Wording]],
    out: dict[int, list[Delivery]],
    now: datetime,
) -> list[Delivery]:
    if rows := out.get(plan.used.pk):
        texts = wordings.get((plan.account.platform, plan.languages), [])
        return corrections.Plan(alert, plan.used, rows, texts, retracts=False, now=now).deliveries()
    common: dict[str, Any] = {
        "alert": alert,
        "account": plan.used,
        "mode": alert.mode,
        "account_mode": plan.used.mode,
        "account_home": plan.used.is_home,
        "queued_at": now,
        "not_before": now,
    }
    if plan.held:
        held = common | {"state": DeliveryState.HELD, "reason": plan.reason, "not_before": None}
        if plan.by_hand:
            texts = wordings[plan.account.platform, plan.languages]
            return [Delivery(**held, part=text.part, wording=text) for text in texts]
        return [Delivery(**held, detail=plan.held[:400])]
    texts = wordings[plan.account.platform, plan.languages]
    with written():
        obstacle = lasting_obstacle(plan.used)
    if obstacle:
        reason, detail = obstacle
        skipped = common | {"state": DeliveryState.SKIPPED, "reason": reason, "detail": detail, "not_before": None}
        return [Delivery(**skipped, part=w.part, wording=w) for w in texts]
    # A later part is rung when the one before has left; if that ring is lost, the sweep finds it a little later.
    later = {wording.part: now + PART_PATIENCE * (wording.part - 1) for wording in texts}
    return [Delivery(**common | {"not_before": later[w.part]}, part=w.part, wording=w) for w in texts]


def _plan_notices(alert: Alert, found: Preflight) -> int:
    """Write a plan for each way that somebody is meant by, Telegram's first, and return how many notices there will be."""
    earlier = {run.kind: run for run in alert.references.notice_runs.filter(purpose=ALERT)} if alert.references else {}
    notices = 0
    # The same for all: whoever has added a way since is still told by the one that was the first then.
    greatest = max((each.greatest_contact for cell in found.cells for each in cell.by_way.values()), default=0)
    for kind in found.ways:
        meant = [(cell, cell.by_way[kind]) for cell in found.cells if kind in cell.by_way]
        reached = [(cell, each) for cell, each in meant if each.contacts]
        run = NoticeRun.objects.create(
            alert=alert,
            kind=kind,
            corrects=earlier.get(kind),
            greatest_contact=greatest,
            expected=sum(each.contacts for _, each in reached),
            people=sum(each.people for _, each in reached),
            every_way=by_every_way(alert),
        )
        AreaCell.objects.bulk_create(
            AreaCell(run=run, country=c.country, region=c.region, cell=c.cell, rank=c.rank, post=c.post)
            for c, _ in reached
        )
        if run.corrects is not None:
            run.expected = retelling.expected(run)
            run.save(update_fields=["expected"])
        notices += run.expected
    return notices
