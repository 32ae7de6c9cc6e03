"""Writing, submitting, rejecting, approving alerts. Issuing and stopping belong to the broadcast."""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from crisis.alerts.codes import new_code, next_number
from crisis.alerts.content import Checked, Content, ContentError, check
from crisis.alerts.editions import editions_of, kind_of
from crisis.alerts.lifecycle import Step, after
from crisis.alerts.models import Alert, Approval, Info, Revision, State
from crisis.alerts.queries import unreviewed
from crisis.alerts.whose import require_alert, require_area
from crisis.audience.models import Contact
from crisis.journal.operations import append
from crisis.registry.models import Account, Installation, Mode
from crisis.registry.queries import installation
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require
from crisis.wording.catalogue import situation, situations
from crisis.wording.render import OWN_LINK, CapTexts, Frame, cap_texts
from crisis.wording.slots import missing


class Changed(Exception):
    """Somebody else changed or moved the alert meanwhile: look again before you go on."""


class SamePerson(Exception):
    """Who wrote an alert may not approve it."""


class NotRead(Exception):
    """A LIVE alert says what no native speaker has reviewed, and the approver has not ticked it by name."""


def frame(alert: Alert) -> Frame:
    """Return what stands around every text of an alert."""
    start = f"{settings.TELEGRAM_LINK}?start=a_{alert.code}_{alert.number}"
    return Frame(
        exercise=alert.exercise,
        code=alert.marker,
        link=f"{settings.PUBLIC_URL}/a/{alert.code}",
        check_in=start if alert.asks else "",
        source=alert.ministry.names,
        money=alert.ministry.money_line,
        update=alert.msg_type == Alert.MsgType.UPDATE,
        own_link=f"{settings.PUBLIC_URL}{OWN_LINK}",
        routine=alert.routine,
        replies=bool(settings.RECEIPTS_SECRETS.get(Contact.Kind.EMAIL)),
    )


def writes(slug: str) -> Right:
    """Return the right that writing about a situation needs: a post editor may write what is routine."""
    return Right.NOTICE if slug in situations() and situation(slug).routine else Right.COMPOSE


def approves(alert: Alert) -> Right:
    """Return the right that approving an alert needs."""
    return Right.REVIEW if alert.routine else Right.APPROVE


@transaction.atomic
def draft(*, content: Content, mode: Mode, by: Officer, now: datetime) -> Alert:
    """Write a new alert, the first one of a chain.

    Args:
        content: as filled in.
        mode: LIVE or EXERCISE, for good.
        by: its author.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        ContentError: something is filled in wrongly; nothing is stored.
    """
    require(by, writes(content.situation))
    house = installation()
    if house.kind == Installation.Kind.DEMO and mode == Mode.LIVE:
        raise ContentError({"mode": _("This is a demo: it has exercises only.")})
    alert = Alert(ministry=house.home, mode=mode, code=new_code(), author=by, drafted_at=now)
    return _write(alert, content, by, now)


@transaction.atomic
def follow_up(*, earlier: Alert, msg_type: str, content: Content, by: Officer, now: datetime) -> Alert:
    """Write an update or a cancellation of an alert that is out; it waits for approval as every other text does.

    Args:
        earlier: the newest issued alert of its chain.
        msg_type: CAP's Update, or Cancel.
        content: as filled in, whole.
        by: its author.
        now: the time.

    Raises:
        NotPossible: the earlier alert is not out, or a later one has taken its place.
        NotAllowed, ContentError: see `draft`.
    """
    require_alert(by, writes(content.situation), earlier, now=now)
    if earlier.routine != situation(content.situation).routine:
        raise ContentError({"situation": _("A routine notice follows a routine notice, and an alert an alert.")})
    # Whoever retracts it at this moment is waited for, or waits: each alert of a chain has a number of its own.
    earlier = Alert.objects.select_for_update(of=("self",), no_key=True).select_related("ministry").get(pk=earlier.pk)
    after(earlier.state, Step.SUPERSEDE)
    alert = Alert(
        ministry=earlier.ministry, mode=earlier.mode, code=earlier.code, number=next_number(earlier.code), msg_type=msg_type,
        references=earlier, author=by, drafted_at=now,
    )  # fmt: skip
    return _write(alert, content, by, now)


def _write(alert: Alert, content: Content, by: Officer, now: datetime) -> Alert:
    checked = check(content, alert.ministry, now, earlier=alert.references)
    require_area(by, writes(content.situation), checked.areas, ministry=alert.ministry, now=now)
    _fill(alert, checked)
    alert.save()
    _store(alert, checked, content, by, now)
    more = {"references": alert.references_id} if alert.references_id else {}
    append(
        actor=by.actor, action="alerts.draft", subject=f"alert:{alert.pk}", now=now, mode=alert.mode,
        situation=alert.situation, **more,
    )  # fmt: skip
    return alert


@transaction.atomic
def retraction(*, earlier: Alert, by: Officer, now: datetime) -> Alert:
    """Return the alert that takes an earlier one back, issued: its words were approved with the earlier one.

    Only the broadcast calls it, which publishes exactly the texts that were frozen then.

    Raises:
        NotPossible, Changed: the earlier alert is not out, or a later one has taken its place.
    """
    kind = kind_of(earlier)
    alert = Alert.objects.create(
        ministry=earlier.ministry, mode=earlier.mode, code=earlier.code, number=next_number(earlier.code),
        msg_type=Alert.MsgType.CANCEL, references=earlier, state=State.ISSUED, situation=earlier.situation,
        routine=earlier.routine, slots=earlier.slots, editions=earlier.editions, urgency=earlier.urgency,
        severity=earlier.severity, certainty=earlier.certainty, expires_hours=earlier.expires_hours, author=by,
        drafted_at=now, approved_at=now, issued_at=now, expires_at=now + timedelta(hours=earlier.expires_hours),
    )  # fmt: skip
    for area in earlier.areas.all():
        area.pk, area.alert = None, alert
        area.save()
    around = frame(earlier)
    for info in earlier.infos.all():
        if info.complete:
            told = cap_texts(kind, "retraction", info.language, earlier.slots, around)
            Info.objects.create(
                alert=alert, language=info.language, headline=told.headline, description=told.description,
                instruction=told.instruction,
            )  # fmt: skip
    return alert


@transaction.atomic
def revise(*, alert: Alert, revision: int, content: Content, by: Officer, now: datetime) -> Alert:
    """Change a draft.

    Args:
        alert: the draft.
        revision: the one that the officer was looking at.
        content: as filled in, whole.
        by: who changes it.
        now: the time.

    Raises:
        NotAllowed, ContentError: see `draft`.
        NotPossible: it is no draft any more.
        Changed: somebody else saved meanwhile; nothing is stored.
    """
    require_alert(by, writes(content.situation), alert, now=now)
    after(alert.state, Step.REVISE)
    checked = check(content, alert.ministry, now, earlier=alert.references)
    require_area(by, writes(content.situation), checked.areas, ministry=alert.ministry, now=now)
    same = Alert.objects.filter(pk=alert.pk, state=State.DRAFT, revision=revision)
    if not same.update(revision=revision + 1):
        raise Changed(_("Somebody else changed this alert meanwhile. Read it again; nothing of yours was stored."))
    alert.revision = revision + 1
    _fill(alert, checked)
    alert.acknowledged = {}
    alert.save()
    alert.areas.all().delete()
    _store(alert, checked, content, by, now)
    append(actor=by.actor, action="alerts.revise", subject=f"alert:{alert.pk}", now=now, revision=alert.revision)
    return alert


def _fill(alert: Alert, checked: Checked) -> None:
    situation = checked.situation
    alert.situation = situation.slug
    alert.slots = checked.slots
    alert.editions = editions_of(situation)
    alert.urgency, alert.severity, alert.certainty = situation.urgency, situation.severity, situation.certainty
    alert.expires_hours = checked.expires_hours
    alert.asks = situation.rollcall
    alert.remind_after = checked.remind_after
    alert.routine = situation.routine
    alert.publish_at = checked.publish_at


def _store(alert: Alert, checked: Checked, content: Content, by: Officer, now: datetime) -> None:
    for area in checked.areas:
        area.alert = alert
        area.save()
    asked = Account.objects.filter(
        pk__in=content.accounts, is_home=True, mode=Mode.LIVE, broadcast=Account.Broadcast.ASK
    )
    alert.ticked_accounts.set(asked)
    alert.infos.all().delete()
    Info.objects.bulk_create(_infos(alert, checked))
    kept: dict[str, Any] = {
        "situation": alert.situation,
        "mode": alert.mode,
        "areas": [[a.kind, a.country, a.lat, a.lon, a.radius_km, a.ring] for a in checked.areas],
        "slots": checked.slots,
        "editions": alert.editions,
        "accounts": sorted(asked.values_list("pk", flat=True)),
        "expires_hours": alert.expires_hours,
        "remind_after": alert.remind_after,
        **({"publish_at": alert.publish_at.isoformat()} if alert.publish_at else {}),
        "infos": {i.language: [i.headline, i.description, i.instruction] for i in alert.infos.all()},
    }
    Revision.objects.create(alert=alert, number=alert.revision, by=by, at=now, content=kept, digest=digest_of(kept))


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the digest of a revision's content, which an approval names."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _infos(alert: Alert, checked: Checked) -> list[Info]:
    found, around = [], frame(alert)
    for language in alert.ministry.languages:
        if language not in checked.situation.texts:
            found.append(Info(alert=alert, language=language, missing=["texts"]))
            continue
        lacking = missing(checked.situation, checked.slots, language)
        told = (
            CapTexts("", "", "") if lacking else cap_texts(checked.situation, "alert", language, checked.slots, around)
        )
        found.append(
            Info(
                alert=alert,
                language=language,
                headline=told.headline,
                description=told.description,
                instruction=told.instruction,
                missing=lacking,
            )
        )
    return found


def _step(alert: Alert, step: Step, revision: int | None, **fields: Any) -> None:
    """Take a step, if the alert still is where it was; the row itself decides, not what we read before."""
    target = after(alert.state, step)
    rows = Alert.objects.filter(pk=alert.pk, state=alert.state)
    if revision is not None:
        rows = rows.filter(revision=revision)
    if not rows.update(state=target, **fields):
        raise Changed(_("Somebody else changed this alert meanwhile. Read it again before you go on."))
    alert.state = target
    for name, value in fields.items():
        setattr(alert, name, value)


@transaction.atomic
def submit(*, alert: Alert, revision: int, acknowledged: Mapping[str, list[str]], by: Officer, now: datetime) -> None:
    """Hand an alert to whoever approves; the preflight has passed.

    Raises:
        NotAllowed: the officer may not.
        NotPossible, Changed: it is no draft any more, or another one.
    """
    require_alert(by, writes(alert.situation), alert, now=now)
    _step(alert, Step.SUBMIT, revision, submitted_at=now, acknowledged=dict(acknowledged))
    append(
        actor=by.actor,
        action="alerts.submit",
        subject=f"alert:{alert.pk}",
        now=now,
        revision=revision,
        acknowledged={kind: len(items) for kind, items in acknowledged.items()},
    )


@transaction.atomic
def recall(*, alert: Alert, by: Officer, now: datetime) -> None:
    """Take a submitted or approved alert back, to change it."""
    require_alert(by, writes(alert.situation), alert, now=now)
    _step(alert, Step.RECALL, None, submitted_at=None, approved_at=None, unissued_why="")
    append(actor=by.actor, action="alerts.recall", subject=f"alert:{alert.pk}", now=now)


@transaction.atomic
def discard(*, alert: Alert, by: Officer, now: datetime) -> None:
    """Drop a draft for good."""
    require_alert(by, writes(alert.situation), alert, now=now)
    _step(alert, Step.DISCARD, None)
    append(actor=by.actor, action="alerts.discard", subject=f"alert:{alert.pk}", now=now)


@transaction.atomic
def reject(*, alert: Alert, revision: int, note: str, by: Officer, now: datetime) -> None:
    """Say no, with a reason that the author reads.

    Raises:
        ContentError: there is no reason.
    """
    require_alert(by, approves(alert), alert, now=now)
    if not note.strip():
        raise ContentError({"note": _("Say why, so that the author can mend it.")})
    _step(alert, Step.REJECT, revision, submitted_at=None)
    _decide(alert, revision, Approval.Decision.REJECTED, note.strip()[:500], by, now)


@transaction.atomic
def approve(*, alert: Alert, revision: int, by: Officer, now: datetime, read: Collection[str] = ()) -> None:
    """Say yes to exactly the revision that was shown.

    Args:
        alert: submitted.
        revision: the one that was shown.
        by: who says yes.
        now: the time.
        read: the languages of which the approver has ticked that they read the text, which no native speaker has reviewed.

    Raises:
        NotAllowed: the officer may not approve.
        SamePerson: the officer wrote some of it; nobody, not even a superuser, approves what they wrote.
        NotRead: another text is unreviewed than those that were ticked.
        NotPossible, Changed: it waits for no approval, or it is another revision.
    """
    require_alert(by, approves(alert), alert, now=now)
    if alert.author_id == by.pk or alert.revisions.filter(by=by).exists():
        raise SamePerson(_("You wrote some of this alert: another person must approve it."))
    doubtful = unreviewed(alert)
    if not_read := [language for language in doubtful if language not in read]:
        raise NotRead(
            _("No native speaker has reviewed the text in %(languages)s: tick that you have read it.")
            % {"languages": ", ".join(not_read)}
        )
    _step(alert, Step.APPROVE, revision, approved_at=now)
    _decide(alert, revision, Approval.Decision.APPROVED, "", by, now, doubtful)


def step_to_approved_alone(*, alert: Alert, revision: int, by: Officer, now: datetime) -> None:
    """Move a submitted alert to approved although nobody has approved it; only breaking the glass calls it.

    Raises:
        NotPossible, Changed: it waits for no approval, or it is another revision.
    """
    _step(alert, Step.APPROVE, revision, approved_at=now)
    _decide(alert, revision, Approval.Decision.ALONE, "", by, now, unreviewed(alert))


def _decide(
    alert: Alert,
    revision: int,
    decision: Approval.Decision,
    note: str,
    by: Officer,
    now: datetime,
    doubtful: Collection[str] = (),
) -> None:
    digest = alert.revisions.get(number=revision).digest
    Approval.objects.create(alert=alert, revision=revision, digest=digest, by=by, at=now, decision=decision, note=note)
    append(
        actor=by.actor, action=f"alerts.{decision}", subject=f"alert:{alert.pk}", now=now, revision=revision, digest=digest,
        **({"unreviewed": doubtful} if doubtful else {}),
    )  # fmt: skip


def step_to_issued(*, alert: Alert, **fields: Any) -> None:
    """Move an approved alert to issued; only the broadcast calls it, in its first transaction.

    Raises:
        NotPossible, Changed: it is not approved, or no longer.
    """
    _step(alert, Step.ISSUE, alert.revision, **fields)


def step_to_superseded(*, alert: Alert) -> None:
    """Let a later alert of the chain take an alert's place; only the broadcast calls it."""
    _step(alert, Step.SUPERSEDE, None)


def step_to_stopped(*, alert: Alert, **fields: Any) -> None:
    """Move an issued alert to stopped; only the broadcast calls it."""
    _step(alert, Step.STOP, None, **fields)
