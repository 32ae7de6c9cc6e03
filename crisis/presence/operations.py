"""Keeping what is measured: snapshots, the newest of each figure, the totals of a day."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q

from crisis.broadcast.models import Delivery
from crisis.presence.models import FIGURES, TRUST, AccountSnapshot, DayTotal, Latest, Source
from crisis.registry.atlas import public_accounts
from crisis.registry.models import Account, Mode
from crisis.registry.queries import willing

ASK_EVERY = timedelta(hours=20)  # once a day; the hour moves a little, so that no platform sees all of us at one hour
AGAIN_AFTER = timedelta(hours=1)  # where it could not be asked
_WEEKS = (timedelta(days=7), timedelta(days=28))  # over how long the publications of a week are counted


def due(platforms: Collection[str], now: datetime, *, mode: Mode, limit: int) -> list[Account]:
    """Return connected accounts that nobody has asked about since yesterday, the longest ago first; no person's without consent.

    Args:
        platforms: slugs that can be asked.
        now: the time.
        mode: LIVE; in a demo the shadows are asked, and what they say is noted of the accounts whose shadows they are.
        limit: at most so many.
    """
    rows = Account.objects.filter(is_home=True, mode=mode, platform__in=platforms, paused_at=None).exclude(address="")
    rows = rows.filter(credential__isnull=False).select_related("credential", "shadow_of__latest", "latest")
    rows = rows.filter(willing(now.date()))
    last = "latest__asked_at" if mode == Mode.LIVE else "shadow_of__latest__asked_at"
    waiting = rows.filter(Q(**{f"{last}__isnull": True}) | Q(**{f"{last}__lte": now - ASK_EVERY}))
    return list(waiting.order_by(F(last).asc(nulls_first=True), "pk")[:limit])


def take(account: Account, now: datetime) -> bool:
    """Take a live account for asking about it; False if somebody else has."""
    Latest.objects.get_or_create(account=account)
    free = Q(asked_at__isnull=True) | Q(asked_at__lte=now - ASK_EVERY)
    return bool(Latest.objects.filter(free, account=account).update(asked_at=now))


def put_off(account: Account, now: datetime) -> None:
    """Let an account that could not be asked be due again in an hour."""
    Latest.objects.filter(account=account).update(asked_at=now - ASK_EVERY + AGAIN_AFTER)


def record_count(
    *, account: Account, followers: int | None, publications: int | None, source: Source, now: datetime
) -> None:
    """Keep what a platform says of an account, with what follows from it and from what we have published there.

    Args:
        account: a live one.
        followers, publications: as the platform says; None where it does not.
        source: PLATFORM, or DEMO.
        now: the time.
    """
    on = now.date()
    figures: dict[str, Any] = {"followers": followers, "publications": publications}
    figures |= _pace(account, publications, source, on)
    record(account=account, on=on, source=source, figures=figures, now=now)


def _pace(account: Account, publications: int | None, source: Source, on: date) -> dict[str, Any]:
    """Return how often is published, and when was last: from how the number of publications rose, and from our own deliveries."""
    told: dict[str, Any] = {}
    ours = Delivery.objects.filter(account=account, kind=Delivery.Kind.PUBLISH, posted_at__isnull=False)
    if last := ours.aggregate(last=Max("posted_at"))["last"]:
        told["last_post_on"] = last.date()
    if publications is None:
        return told
    before = AccountSnapshot.objects.filter(account=account, source=source, on__lt=on, publications__isnull=False)
    shortest, longest = _WEEKS
    then = before.filter(on__gte=on - longest, on__lte=on - shortest).order_by("on").first()
    if then is not None and then.publications is not None:
        told["posts_per_week"] = round(max(0, publications - then.publications) * 7 / (on - then.on).days, 1)
    previous = before.order_by("-on").values_list("publications", flat=True).first()
    if previous is not None and publications > previous:
        told["last_post_on"] = on
    return told


@dataclass(frozen=True, slots=True)
class Said:
    """What a source says of one account for one day: figures by their names in FIGURES; what is None, or absent, is not known."""

    account: Account
    on: date
    figures: Mapping[str, Any]

    @property
    def known(self) -> dict[str, Any]:
        """What it does know."""
        return {name: value for name, value in self.figures.items() if name in FIGURES and value is not None}


def record(*, account: Account, on: date, source: Source, figures: Mapping[str, Any], now: datetime) -> None:
    """Keep what a source says of a live account for a day; see `record_all`."""
    record_all([Said(account, on, figures)], source=source, now=now)


@transaction.atomic
def record_all(told: Iterable[Said], *, source: Source, now: datetime) -> None:
    """Keep what a source says of live accounts; what it said earlier of the same day is written over, and nothing taken away.

    However much it is, the database is asked a few times only, and held as briefly.

    Args:
        told: in the order in which it counts: of the same account and day the later one.
        source: who says it.
        now: the time.
    """
    days: dict[tuple[int, date], dict[str, Any]] = {}
    for each in told:
        if each.known:
            days.setdefault((each.account.pk, each.on), {}).update(each.known)
    if not days:
        return
    accounts = sorted({account for account, _ in days})
    Latest.objects.bulk_create([Latest(account_id=pk) for pk in accounts], ignore_conflicts=True)
    # Their locks keep apart whoever writes of the same accounts, in one order for all.
    latest = {
        each.account_id: each for each in Latest.objects.select_for_update().filter(account__in=accounts).order_by("pk")
    }
    first, last = min(on for _, on in days), max(on for _, on in days)
    standing = AccountSnapshot.objects.filter(account__in=accounts, source=source, on__gte=first, on__lte=last)
    before = {(each.account_id, each.on): {name: getattr(each, name) for name in FIGURES} for each in standing}
    AccountSnapshot.objects.bulk_create(
        [
            AccountSnapshot(account_id=account, on=on, source=source, at=now, **(before.get((account, on), {}) | known))
            for (account, on), known in days.items()
        ],
        update_conflicts=True, unique_fields=["account", "on", "source"], update_fields=[*FIGURES, "at"], batch_size=500,
    )  # fmt: skip
    for (account, on), known in days.items():
        _bring_forward(latest[account], on, source, known)
    Latest.objects.bulk_update(latest.values(), [*FIGURES, "origins"], batch_size=200)


def _bring_forward(latest: Latest, on: date, source: Source, known: Mapping[str, Any]) -> None:
    """Let what is newer than what stands, or as new and better known, take its place."""
    for name, value in known.items():
        standing = latest.origin(name)
        if standing is None or (on, TRUST[source]) >= (standing[0], TRUST[standing[1]]):
            setattr(latest, name, value)
            latest.origins[name] = [on.isoformat(), source.value]


def total(on: date) -> None:
    """Add up what all public accounts reach on a day, each by its newest figure; doing it again counts anew."""
    sums: dict[str, list[Any]] = {"": [0, 0, 0, False]}
    for account in public_accounts().select_related("latest"):
        latest: Latest | None = getattr(account, "latest", None)
        origin = latest.origin("followers") if latest else None
        for platform in ("", account.platform):
            one = sums.setdefault(platform, [0, 0, 0, False])
            one[1] += 1
            if latest is not None and origin is not None and latest.followers is not None:
                one[0] += latest.followers
                one[2] += 1
                one[3] |= origin[1] == Source.DEMO
    put_totals(
        DayTotal(on=on, platform=platform, followers=followers, accounts=accounts, measured=measured, demo=demo)
        for platform, (followers, accounts, measured, demo) in sums.items()
        if measured
    )


def put_totals(totals: Iterable[DayTotal]) -> None:
    """Keep totals; one that stands for the same day and platform is written over."""
    DayTotal.objects.bulk_create(
        totals, update_conflicts=True, unique_fields=["platform", "on"],
        update_fields=["followers", "accounts", "measured", "demo"],
    )  # fmt: skip
