"""Asking how a broadcast goes: counted in the ledger, never in Celery."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crisis.alerts.models import Alert, State
from crisis.audience.models import Contact
from crisis.broadcast.models import (
    ALERT,
    Delivery,
    DeliveryState,
    Notice,
    NoticeRun,
    NoticeState,
    Wording,
    notice_texts,
)
from crisis.broadcast.pace import WINDOW, Forecast, pace
from crisis.broadcast.release import ALERT_OPEN, busy_for
from crisis.registry.models import Post
from platforms import catalog, errors

ASKED_BY_BOT = "asked_by_bot"  # the reason of a notice that nobody sent: the bot has shown the alert itself

# A stable code to the sentence that staff read. What the ledger itself says stands beside the platforms' errors.
_SENTENCES = {
    cls.code: cls.sentence
    for cls in vars(errors).values()
    if isinstance(cls, type) and issubclass(cls, errors.PlatformError) and cls is not errors.PlatformError
}
_SENTENCES |= {
    "receipt_failed": gettext_noop("It was taken, but the phone or mailbox never got it."),
    "no_language": gettext_noop("None of its languages is complete in this alert."),
    "no_card": gettext_noop(
        "Nothing is shown there without a picture, and none could be drawn in its languages: publish by hand."
    ),
    "paused": gettext_noop("The account is paused."),
    "not_connected": gettext_noop("The account is not connected."),
    "duplicate": gettext_noop(
        "The platform says that it holds this text already, but it is not found: look and decide."
    ),
    "superseded": gettext_noop("A later alert of its chain has taken its place."),
    "nothing_to_correct": gettext_noop("What it would correct never left."),
    "correct_by_hand": gettext_noop("Correct it by hand where it stands, then say so."),
    "not_by_hand": gettext_noop("It was not done by hand."),
    "published_anew": gettext_noop("It could not be edited there: it is published anew."),
    "gone_there": gettext_noop("Somebody had taken it away there."),
    "lease_lost": gettext_noop("A worker stopped while sending: the account is read back."),
    "stopped": gettext_noop("Stopped before it left."),
    "expired": gettext_noop("The alert expired before it left."),
    "proven_absent": gettext_noop("It was proven not to stand there; it is sent again."),
    "tried_again": gettext_noop("Somebody has seen to it: it is tried again."),
    "read_back": gettext_noop("Found there by reading the account back."),
    "throttled": gettext_noop("It waits for its turn within the platform's limits."),
    "unreadable_secret": gettext_noop(
        "Its stored credential fits none of TOCSIN_KEYS: connect the account anew, or bring the old key back."
    ),
    "breaker": gettext_noop("It failed several times in a row and is left alone for a while; then it is tried again."),
    "way_refused": gettext_noop("Its way took nothing for minutes: the person is told by their next one."),
    "left": gettext_noop("The person has stopped the bot since the alert was approved."),
    ASKED_BY_BOT: gettext_noop("The person came to the alert later, and was told and asked by the bot."),
    "waits": gettext_noop("It waits for the part before it."),
    ALERT_OPEN: gettext_noop("It waits: an alert is open for this post."),
    "house_paused": gettext_noop(
        "Nothing leaves after a restore from backup, until an administrator runs manage.py restored --resume."
    ),
    "restored": gettext_noop("A backup was restored: it may have left since. What can be read back is."),
    "our_mistake": gettext_noop("A mistake of ours kept it from leaving, again and again: tell the administrator."),
}


# What a person can do about it, while the alert still goes out.
_REMEDIES = {
    "paused": gettext_noop("Release it, then send it there from here."),
    "not_connected": gettext_noop("Connect it, then send it there from here."),
}


def remedy(reason: str) -> str:
    """Return what to do about a reason while the alert still goes out, or blank."""
    return _(_REMEDIES[reason]) if reason in _REMEDIES else ""


def waits_at(alert: Alert, posts: Iterable[Post], now: datetime) -> list[Post]:
    """Return the posts, of those that a routine notice is for, where it waits because an alert is open."""
    busy = busy_for(Alert.objects.filter(pk=alert.pk), now)
    return [post for post in posts if post.pk in busy]


def sentence(reason: str) -> str:
    """Return what a reason means, for staff."""
    return _(_SENTENCES[reason]) if reason in _SENTENCES else reason.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Way:
    """How far the notices of one way are: its name for people, how many there will be, and how many are in each state."""

    name: str
    expected: int
    notices: dict[str, int]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a broadcast is.

    Attributes:
        deliveries, notices: how many in each state.
        readbacks: deliveries of unknown outcome whose account will be read back once more by itself.
        by_platform: deliveries in each state, by platform.
        accounts, accounts_posted: how many accounts were meant, and have everything published.
        first_posted_at, last_posted_at, first_accepted_at, last_accepted_at: of what has left.
        expected_notices: what was approved, and whoever the bot has told since.
        mismatch: another number of notices than approved was written.
        posted_lately, accepted_lately: how many have left within `pace.WINDOW`.
        notices_unknown: those with an unknown outcome that will be sent once more; what was is final, and all once it has ended.
        by_hand: deliveries that wait for a person who publishes, changes or takes away by hand; they are held.
        ended: it was stopped, or has expired; nothing more of it is written, or sent again.
        by_way: the notices of each way; empty where there is one only.
    """

    deliveries: dict[str, int]
    notices: dict[str, int]
    readbacks: int
    by_platform: dict[str, dict[str, int]]
    accounts: int
    accounts_posted: int
    first_posted_at: datetime | None
    last_posted_at: datetime | None
    first_accepted_at: datetime | None
    last_accepted_at: datetime | None
    expected_notices: int
    mismatch: bool
    posted_lately: int
    accepted_lately: int
    notices_unknown: int
    by_hand: int
    ended: bool
    by_way: list[Way]

    @property
    def deliveries_open(self) -> int:
        """How many deliveries may still change by themselves."""
        moving = sum(self.deliveries.get(state, 0) for state in (DeliveryState.QUEUED, DeliveryState.SENDING))
        return moving + self.readbacks

    @property
    def notices_open(self) -> int:
        """How many notices may still change by themselves, those not yet written included."""
        whole = self.mismatch or self.ended
        unwritten = 0 if whole else max(0, self.expected_notices - sum(self.notices.values()))
        return unwritten + sum(self.notices.get(state, 0) for state in (NoticeState.QUEUED, NoticeState.SENDING))

    @property
    def done(self) -> bool:
        """Whether nothing moves by itself any more."""
        return not self.deliveries_open and not self.notices_open and not self.notices_unknown

    def forecast(self, now: datetime) -> Forecast:
        """Tell how fast it goes and when it should end, counted as of `now`."""
        return Forecast(
            deliveries=pace(
                lately=self.posted_lately, first_at=self.first_posted_at, left=self.deliveries_open, now=now
            ),
            notices=pace(lately=self.accepted_lately, first_at=self.first_accepted_at, left=self.notices_open, now=now),
        )


# What was to be done there is done, whatever became of it since.
_DONE = (DeliveryState.POSTED, DeliveryState.AMENDED, DeliveryState.WITHDRAWN)


def progress(alert: Alert, now: datetime | None = None) -> Progress:
    """Count how far an alert's broadcast is.

    Args:
        alert: issued, or it has no broadcast.
        now: the time, for what has left lately, and for whether it has expired; without it neither is counted.
    """
    expired = now is not None and alert.expires_at is not None and alert.expires_at <= now
    ended = alert.state in (State.STOPPED, State.SUPERSEDED) or expired
    since = now - WINDOW if now else None
    deliveries = Delivery.objects.filter(alert=alert)
    by_platform: dict[str, dict[str, int]] = {}
    # In one statement: a delivery that moves between two counts would be in neither.
    reading = Q(state=DeliveryState.UNCONFIRMED, not_before__isnull=False)
    counted = deliveries.values_list("account__platform", "state").annotate(
        n=Count("id"),
        reading=Count("id", filter=reading),
        hand=Count("id", filter=Q(state=DeliveryState.HELD, reason__in=("by_hand", "correct_by_hand"))),
    )
    readbacks = hands = 0
    for platform, state, number, read, hand in counted.order_by("account__platform"):
        by_platform.setdefault(platform, {})[state] = number
        readbacks += read
        hands += hand
    totals: dict[str, int] = {}
    for states in by_platform.values():
        for state, number in states.items():
            totals[state] = totals.get(state, 0) + number
    runs = {run.pk: run for run in NoticeRun.objects.filter(alert=alert, purpose=ALERT).order_by("pk")}
    notices = Notice.objects.filter(run__in=list(runs))
    posted = deliveries.aggregate(
        first=Min("posted_at"), last=Max("posted_at"), lately=Count("id", filter=_after("posted_at", since))
    )
    # One pass: a run may have a million rows. What the bot has said itself is no notice that left, and says nothing of the pace.
    sent = ~Q(reason=ASKED_BY_BOT)
    told = list(
        notices.values_list("run_id", "state")
        .annotate(
            n=Count("id"),
            first=Min("accepted_at", filter=sent),
            last=Max("accepted_at", filter=sent),
            lately=Count("id", filter=_after("accepted_at", since) & sent),
            unknown=Count("id", filter=Q(state=NoticeState.UNCONFIRMED, resent_unknown=False)),
        )
        .order_by()
    )
    whole = deliveries.values("account").annotate(all=Count("id"), out=Count("id", filter=Q(state__in=_DONE)))
    return Progress(
        deliveries=totals,
        notices=_added(told),
        by_way=_by_way(runs, told),
        readbacks=readbacks,
        by_platform=by_platform,
        accounts=whole.count(),
        accounts_posted=whole.filter(all=F("out")).count(),
        first_posted_at=posted["first"],
        last_posted_at=posted["last"],
        first_accepted_at=min((row[3] for row in told if row[3]), default=None),
        last_accepted_at=max((row[4] for row in told if row[4]), default=None),
        expected_notices=sum(run.expected for run in runs.values()),
        mismatch=any(run.state == NoticeRun.State.MISMATCH for run in runs.values()),
        posted_lately=posted["lately"],
        accepted_lately=sum(row[5] for row in told),
        by_hand=hands,
        notices_unknown=0 if ended else sum(row[6] for row in told),
        ended=ended,
    )


def _added(told: Iterable[tuple[Any, ...]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for _run, state, number, *_rest in told:
        found[state] = found.get(state, 0) + number
    return found


def _by_way(runs: Mapping[int, NoticeRun], told: Sequence[tuple[Any, ...]]) -> list[Way]:
    """Return each way's share, where there is more than one."""
    if len(runs) < 2:
        return []
    return [
        Way(run.get_kind_display(), run.expected, {state: n for of, state, n, *_ in told if of == pk})
        for pk, run in runs.items()
    ]


def _after(field: str, since: datetime | None) -> Q:
    return Q(**{f"{field}__gt": since}) if since else Q(pk=None)


LOOKED_AT = 100  # publications, the latest, for the greatest number among them


def last_known_id(delivery: Delivery) -> str:
    """Return the greatest number that a delivery's account has given yet, as far as the ledger knows.

    Asked before the first byte leaves, whatever is known stands before it there: no clock is needed to tell.
    """
    spec = catalog.spec(delivery.account.platform)
    if spec is None or not spec.numbered:
        return ""
    known = Delivery.objects.filter(account=delivery.account_id, posted_at__isnull=False).order_by("-posted_at")
    ids = known.values_list("remote_id", flat=True)[:LOOKED_AT]
    return str(max((int(each) for each in ids if each.isdecimal()), default=""))


def notice_wordings(
    alert: Alert, kind: str = Contact.Kind.TELEGRAM, purpose: str = NoticeRun.Purpose.ALERT
) -> list[Wording]:
    """Return what citizens are told by an alert one way, by language; or reminded of, or their emergency contacts asked.

    A retraction's words were frozen with the alert it takes back.
    """
    texts = notice_texts(kind)
    own = Wording.objects.filter(alert=alert, platform=texts, form=purpose).order_by("id")
    if purpose != ALERT or alert.references_id is None or own.exists():
        return list(own)
    return list(Wording.objects.filter(alert=alert.references_id, platform=texts, form="retraction").order_by("id"))


_LAST = Delivery.Kind.WITHDRAW  # what is said stands before what is taken away


def deliveries_of(alert: Alert) -> list[Delivery]:
    """Return an alert's deliveries with their accounts and texts, those that need a person first."""
    order = {DeliveryState.UNCONFIRMED: 0, DeliveryState.HELD: 0, DeliveryState.FAILED: 1}
    rows = Delivery.objects.filter(alert=alert).select_related("account__holder__post", "account__shadow_of", "wording")
    return sorted(
        rows,
        key=lambda d: (
            order.get(DeliveryState(d.state), 2),
            d.account.holder.name,
            d.account.platform,
            d.kind == _LAST,
            d.part,
        ),
    )
