"""Correcting what is out: what stands of a chain is edited, answered or taken away, account by account, each with its state."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from crisis.alerts.models import Alert
from crisis.broadcast.models import CHANGES, MOVING, Delivery, DeliveryState, Wording
from crisis.broadcast.release import lasting_obstacle
from crisis.language import written
from crisis.registry.models import Account
from platforms import catalog
from platforms.contract import Receipt
from platforms.errors import (
    AlreadyPosted,
    ContentRejected,
    PlatformError,
    PublicationGone,
    Unsupported,
)

Kind = Delivery.Kind
MAX_CRASHES = 3

# What stands on a platform, may stand there, or may yet: a worker was settling it when the alert was replaced.
_STANDING = Q(
    state__in=[DeliveryState.POSTED, DeliveryState.SENDING, DeliveryState.UNCONFIRMED, DeliveryState.QUEUED]
) | Q(state=DeliveryState.HELD, attempt__gt=0)


def standing(code: str) -> dict[int, list[Delivery]]:
    """Return what stands, or may stand, of a chain of alerts: by account, in the order of its parts.

    Args:
        code: the chain's public code.
    """
    rows = Delivery.objects.filter(_STANDING, alert__code=code).exclude(kind=Kind.WITHDRAW)
    # Until an edit is known to have been made, what it edits stands for the place.
    rows = rows.exclude(~Q(state=DeliveryState.POSTED), kind=Kind.AMEND)
    found: dict[int, list[Delivery]] = {}
    for row in rows.select_related("account__holder", "account__shadow_of", "wording").order_by(
        "alert__number", "part", "id"
    ):
        found.setdefault(row.account_id, []).append(row)
    return found


@dataclass(slots=True)
class Plan:
    """What one account does about what stands there.

    Attributes:
        alert: the one that corrects.
        account: the one that publishes.
        rows: what stands there, in order.
        texts: what shall stand there instead; empty where the alert has no text for the account.
        retracts: what stands is wrong and goes away where it cannot be edited; else it is answered.
    """

    alert: Alert
    account: Account
    rows: Sequence[Delivery]
    texts: Sequence[Wording]
    retracts: bool
    now: datetime
    made: list[Delivery] = field(default_factory=list)

    def deliveries(self) -> list[Delivery]:
        """Return the deliveries that do it."""
        made = self._deliveries()
        with written():
            obstacle = lasting_obstacle(self.account)
        if obstacle:
            for row in made:
                row.state, row.reason, row.not_before = DeliveryState.HELD, "correct_by_hand", None
                row.detail = row.detail or f"{obstacle[1]} Correct it by hand, or send it once that is mended."
        return made

    def _deliveries(self) -> list[Delivery]:
        spec = catalog.spec(self.account.platform)
        if spec is not None and spec.by_hand:
            return self._tasks()
        if (why := self._by_hand()) or spec is None:
            for place, row in enumerate(self.rows, start=1):
                self._hold(place, row, why)
            return self.made
        if not spec.amends:
            away = self.retracts and spec.withdraws
            self._publish(self.texts, start=1, reply=not away)
            # What is said first leaves first: the truth, then the wrong words go.
            for place, row in enumerate(self.rows if away else [], start=1):
                self._add(Kind.WITHDRAW, place, row, None)
            return self.made
        amended = min(len(self.rows), len(self.texts))
        for place, (row, text) in enumerate(zip(self.rows, self.texts, strict=False), start=1):
            self._add(Kind.AMEND, place, row, text)
        for place, row in enumerate(self.rows[amended:], start=amended + 1):
            self._add(Kind.WITHDRAW, place, row, None)
        self._publish(self.texts[amended:], start=amended + 1, reply=False)
        return self.made

    def _tasks(self) -> list[Delivery]:
        """Return what a person does where only a person publishes: change, take away, publish what is more."""
        words = "Put these words in its place; where nothing can be changed there, take it away and publish them."
        for place, row in enumerate(self.rows, start=1):
            if place <= len(self.texts):
                self._task(Kind.AMEND, place, row, self.texts[place - 1], words)
            elif self.texts or self.retracts:
                self._task(Kind.WITHDRAW, place, row, None, "Take it away there.")
            else:
                self._hold(place, row, self._by_hand())
        for place, text in enumerate(self.texts[len(self.rows) :], start=len(self.rows) + 1):
            self._task(Kind.PUBLISH, place, self.rows[-1], text, "Publish this after it.")
        return self.made

    def _task(self, kind: Delivery.Kind, part: int, row: Delivery, text: Wording | None, words: str) -> None:
        detail = f"{words} It stands at {row.url}" if row.url else words
        held = {"state": DeliveryState.HELD, "reason": "correct_by_hand", "detail": detail[:400]}
        self.made.append(self._row(kind, part, row, text, **held))

    def _by_hand(self) -> str:
        if not self.texts:
            return "No text of this correction is complete in a language of this account."
        if catalog.spec(self.account.platform) is None or any(_posted_by_hand(row) for row in self.rows):
            return "It was published by hand: correct it by hand too."
        return ""

    def _publish(self, texts: Sequence[Wording], *, start: int, reply: bool) -> None:
        out = next((row for row in self.rows if row.state == DeliveryState.POSTED), self.rows[0])
        for place, text in enumerate(texts, start=start):
            self._add(Kind.REPLY if reply else Kind.PUBLISH, place, out, text)

    def _add(self, kind: Delivery.Kind, part: int, corrects: Delivery, text: Wording | None) -> None:
        self.made.append(self._row(kind, part, corrects, text, not_before=self.now))

    def _hold(self, part: int, row: Delivery, why: str) -> None:
        text = self.texts[min(part, len(self.texts)) - 1] if self.texts else None
        detail = f"{why} It stands at {row.url}" if row.url else why
        held = {"state": DeliveryState.HELD, "reason": "correct_by_hand", "detail": detail[:400]}
        self.made.append(self._row(Kind.AMEND, part, row, text, **held))

    def _row(self, kind: Delivery.Kind, part: int, corrects: Delivery, text: Wording | None, **fields: Any) -> Delivery:
        return Delivery(
            alert=self.alert, account=self.account, kind=kind, part=part, corrects=corrects, wording=text,
            mode=self.alert.mode, account_mode=self.account.mode, account_home=self.account.is_home, queued_at=self.now,
            **fields,
        )  # fmt: skip


def _posted_by_hand(row: Delivery) -> bool:
    return row.state == DeliveryState.POSTED and not row.remote_id


def done(delivery: Delivery) -> DeliveryState:
    """Return the state of a delivery that did what it should."""
    return DeliveryState.WITHDRAWN if delivery.kind == Kind.WITHDRAW else DeliveryState.POSTED


def another_way(delivery: Delivery, outcome: PlatformError, now: datetime) -> dict[str, Any] | None:
    """Return the fields of a correction that cannot be made there: what cannot be edited or answered is published anew.

    Args:
        delivery: a correction.
        outcome: why it was not made.
        now: the time.

    Returns:
        None where the outcome is one that any delivery may have; a person acts where there is no other way.
    """
    gone = isinstance(outcome, PublicationGone | Unsupported)
    if delivery.kind == Kind.WITHDRAW:
        return {"state": DeliveryState.HELD} if gone or isinstance(outcome, ContentRejected) else None
    # An answer to what somebody has deleted is refused as a text would be.
    unanswerable = delivery.kind == Kind.REPLY and delivery.part == 1 and isinstance(outcome, ContentRejected)
    if not (delivery.kind == Kind.AMEND and gone) and not unanswerable:
        return None
    if not _may_be_published(delivery):
        return {"state": DeliveryState.HELD}
    return {"state": DeliveryState.QUEUED, "kind": Kind.PUBLISH, "not_before": now, "reason": "published_anew"}


def _may_be_published(delivery: Delivery) -> bool:
    """Tell whether a correction has a text, and its account has no publication of this part yet."""
    same = Delivery.objects.filter(
        alert=delivery.alert_id, account=delivery.account_id, kind=Kind.PUBLISH, part=delivery.part
    )
    return delivery.wording_id is not None and not same.exists()


def say_it_anyway(*, delivery: Delivery, now: datetime) -> bool:
    """Publish an update whose earlier text never left: it has something to say of its own."""
    if delivery.alert.msg_type != Alert.MsgType.UPDATE or not _may_be_published(delivery):
        return False
    queued = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.QUEUED)
    return bool(queued.update(kind=Kind.PUBLISH, corrects=None, not_before=now, reason="", detail=""))


def note(delivery: Delivery, outcome: Receipt | PlatformError, state: str) -> None:
    """Say of the earlier publication what has become of it.

    Args:
        delivery: what was done.
        outcome: what came of it.
        state: the delivery's state now.
    """
    if isinstance(outcome, PublicationGone):
        _became(delivery, DeliveryState.WITHDRAWN, "gone_there")
    elif isinstance(outcome, Receipt | AlreadyPosted) and delivery.kind in CHANGES:
        amended = state == DeliveryState.POSTED
        _became(delivery, DeliveryState.AMENDED if amended else DeliveryState.WITHDRAWN, "")


def note_by_hand(delivery: Delivery) -> None:
    """Say of the earlier publication that a person has corrected it by hand."""
    if delivery.kind in CHANGES:
        gone = delivery.kind == Kind.WITHDRAW
        _became(delivery, DeliveryState.WITHDRAWN if gone else DeliveryState.AMENDED, "by_hand")


def _became(delivery: Delivery, state: DeliveryState, reason: str) -> None:
    if delivery.corrects_id is None:
        return
    same = Q(pk=delivery.corrects_id) | Q(corrects=delivery.corrects_id, kind=Kind.AMEND, state=DeliveryState.POSTED)
    earlier = Delivery.objects.filter(same).exclude(alert=delivery.alert_id)
    earlier.exclude(state__in=[DeliveryState.AMENDED, DeliveryState.WITHDRAWN]).update(
        state=state, reason=reason, not_before=None
    )


def repeat(lost: QuerySet[Delivery], now: datetime) -> int:
    """Queue again the changes whose worker died with them; the third time a person looks.

    Args:
        lost: deliveries whose lease ran out.
        now: the time.

    Returns:
        How many there were.
    """
    changes = lost.filter(kind__in=CHANGES)
    common: dict[str, Any] = {"reason": "lease_lost", "lease_until": None, "crashes": F("crashes") + 1}
    tired = changes.filter(crashes__gte=MAX_CRASHES - 1).update(state=DeliveryState.HELD, not_before=None, **common)
    return tired + changes.update(state=DeliveryState.QUEUED, not_before=now, **common)


@dataclass(frozen=True, slots=True)
class Corrected:
    """How a correction goes, in earlier publications and what was done about them.

    Attributes:
        edited, taken_away, answered: done, by what was done; `published` what was said anew.
        by_hand: a person must act, or has not yet said that it is done.
        waiting: may still change by itself.
        failed: ended without being corrected.
        nothing: had never left, so that there was nothing to correct.
        seconds: from the click until 95 % of what could be corrected was; None while it is not.
    """

    edited: int
    taken_away: int
    answered: int
    published: int
    by_hand: int
    waiting: int
    failed: int
    nothing: int
    seconds: float | None

    @property
    def done(self) -> int:
        """How many are done."""
        return self.edited + self.taken_away + self.answered + self.published

    @property
    def total(self) -> int:
        """How many there are, those with nothing to correct left out."""
        return self.done + self.by_hand + self.waiting + self.failed


def corrected(alert: Alert) -> Corrected | None:
    """Count how the corrections of an alert go; None for one that corrects nothing."""
    if alert.references_id is None or alert.issued_at is None:
        return None
    rows = list(Delivery.objects.filter(alert=alert, corrects__isnull=False).values_list("kind", "state", "posted_at"))
    by: dict[str, int] = {}
    moments = []
    for kind, state, at in rows:
        by[_what(kind, state)] = by.get(_what(kind, state), 0) + 1
        if state in (DeliveryState.POSTED, DeliveryState.WITHDRAWN) and at is not None:
            moments.append((at - alert.issued_at).total_seconds())
    total = len(rows) - by.get("nothing", 0)
    enough = -(-total * 95 // 100)
    seconds = sorted(moments)[enough - 1] if total and len(moments) >= enough else None
    names = ("edited", "taken_away", "answered", "published", "by_hand", "waiting", "failed", "nothing")
    return Corrected(**{name: by.get(name, 0) for name in names}, seconds=seconds)


def _what(kind: str, state: str) -> str:
    if state in MOVING:
        return "waiting"
    if state in (DeliveryState.HELD, DeliveryState.UNCONFIRMED):
        return "by_hand"
    if state == DeliveryState.SKIPPED:
        return "nothing"
    if state in (DeliveryState.POSTED, DeliveryState.AMENDED, DeliveryState.WITHDRAWN):
        return {Kind.AMEND: "edited", Kind.WITHDRAW: "taken_away", Kind.REPLY: "answered"}.get(Kind(kind), "published")
    return "failed"
