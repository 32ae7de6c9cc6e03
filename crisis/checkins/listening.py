"""Which publications of an alert are listened to, how often, and how far they are read."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import F, Q, Sum

from crisis.alerts.queries import current
from crisis.broadcast.models import Delivery
from crisis.checkins.letters import STANDS
from crisis.checkins.unverified import Listening

# A quiet page is allowed few questions (platforms/specs): often at first, when people ask, and then ever more rarely.
EVERY = ((timedelta(hours=1), timedelta(minutes=2)), (timedelta(hours=24), timedelta(minutes=10)))
LATER = timedelta(hours=1)
LONGEST = timedelta(days=6)  # X looks back seven; after that nobody comments on it who cannot be asked to call
OVERLAP = timedelta(minutes=2)  # what a platform shows late; what is read twice is kept once
MOST = 100  # of one round
_ENROL_AT_ONCE = 500


def enrol(platforms: Collection[str], now: datetime) -> int:
    """Begin to listen to what was published for alerts that hold, once each; a thread is heard at its first part.

    Args:
        platforms: those whose publications can be listened to.
        now: the time.
    """
    standing = Delivery.objects.filter(
        account__platform__in=platforms,
        account__paused_at=None,
        part=1,
        state__in=STANDS,
        alert__in=current(now),
        listening=None,
    ).exclude(remote_id="")
    rows = standing.filter(posted_at__gt=now - LONGEST).values_list("pk", "posted_at")[:_ENROL_AT_ONCE]
    new = [Listening(delivery_id=pk, since=at - OVERLAP, next_at=now) for pk, at in rows if at is not None]
    return len(Listening.objects.bulk_create(new, ignore_conflicts=True))


def due(now: datetime, platforms: Collection[str]) -> list[Listening]:
    """Return what is to be read now, the longest waiting first."""
    rows = Listening.objects.filter(next_at__lte=now, delivery__account__platform__in=platforms)
    rows = rows.filter(delivery__account__paused_at=None)
    related = rows.select_related("delivery__account__holder", "delivery__account__credential", "delivery__alert")
    return list(related.order_by("next_at")[:MOST])


def take(listening: Listening, now: datetime) -> bool:
    """Make one reading ours; False if somebody else reads it. Should we die with it, it is due again at its usual time."""
    mine = Listening.objects.filter(pk=listening.pk, next_at=listening.next_at)
    # The last reading too is repeated until it has succeeded: what was written at the end is heard.
    return bool(mine.update(next_at=_next(listening, now) or now + LATER))


def put_off(listening: Listening, until: datetime) -> None:
    """Read it later: the platform, or we, want quiet."""
    Listening.objects.filter(Q(next_at__lt=until), pk=listening.pk).update(next_at=until)


def reads_today(platform: str, now: datetime) -> int:
    """Return how many comments a platform has handed out today, by UTC's day, by which some charge."""
    rows = Listening.objects.filter(delivery__account__platform=platform, reads_on=now.date())
    return int(rows.aggregate(n=Sum("reads"))["n"] or 0)


def note_reads(listening: Listening, number: int, now: datetime) -> None:
    """Add to what was handed out today."""
    mine = Listening.objects.filter(pk=listening.pk)
    if not mine.filter(reads_on=now.date()).update(reads=F("reads") + number):
        mine.update(reads=number, reads_on=now.date())


def is_newest(listening: Listening) -> bool:
    """Tell whether nothing newer is listened to on an account: with it goes what names the account elsewhere."""
    same = Listening.objects.filter(delivery__account=listening.delivery.account_id).exclude(next_at=None)
    return not same.filter(delivery__gt=listening.delivery_id).exists()


def named_since(listening: Listening) -> datetime:
    """Return since when what names the account elsewhere is to be read."""
    return listening.named_since or (listening.delivery.posted_at or listening.since) - OVERLAP


def note_named(listening: Listening, newest: datetime, now: datetime) -> None:
    """Write down how far it is read; see `note`."""
    since = max(named_since(listening), min(newest, now) - OVERLAP)
    Listening.objects.filter(pk=listening.pk).update(named_since=since)


def note(listening: Listening, newest: datetime | None, now: datetime) -> None:
    """Write down how far it is read.

    Args:
        listening: which.
        newest: when the newest comment was written, if there was any.
        now: the time.
    """
    if newest is not None:
        since = max(listening.since, min(newest, now) - OVERLAP)
        Listening.objects.filter(pk=listening.pk).update(since=since)
    if _next(listening, now) is None:
        end(listening)


def end(listening: Listening) -> None:
    """Listen there no more: it is gone."""
    Listening.objects.filter(pk=listening.pk).update(next_at=None)


def _next(listening: Listening, now: datetime) -> datetime | None:
    """Return when it is read again; None where it is old, or its alert no longer holds and was read a last time."""
    alert = listening.delivery.alert
    over = alert.expires_at is None or alert.expires_at <= now or alert.stopped_at is not None
    age = now - (listening.delivery.posted_at or now)
    if over or age > LONGEST:
        return None
    return now + next((pause for young, pause in EVERY if age <= young), LATER)
