"""Ready to reach citizens? Five questions to each post, each answered yes, no, or by nobody yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db.models import Q

from crisis.health.queries import ringing
from crisis.presence.guidelines import Guidelines
from crisis.presence.standing import Standing
from crisis.registry.models import Account, Ministry
from platforms import catalog

Question = Literal["reach", "fresh", "languages", "access", "website"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and its answer.

    Attributes:
        question: which.
        yes: None: nobody has measured it.
        told: numbers, days and codes for the sentence that explains it.
    """

    question: Question
    yes: bool | None
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Readiness:
    """One post: its answers, how many are yes, and its place; None where nothing of it was measured."""

    standing: Standing
    answers: tuple[Answer, ...]
    place: int | None = None

    @property
    def yes(self) -> int:
        """How many questions are answered with yes."""
        return sum(answer.yes is True for answer in self.answers)

    @property
    def measured(self) -> bool:
        """Whether anything that must be measured was: without that nobody is ranked."""
        return any(
            answer.yes is not None for answer in self.answers if answer.question in ("reach", "fresh", "website")
        )


def readiness(
    standings: Iterable[Standing], ministry: Ministry, rules: Guidelines, *, now: datetime, access: bool
) -> list[Readiness]:
    """Return posts, the readiest first, then those of which nothing was measured.

    Args:
        standings: the posts.
        ministry: theirs.
        rules: from when a post is in reach, and from when it is silent.
        now: the time.
        access: also whether alerts can leave through the accounts, which is for staff.
    """
    every = list(standings)
    broken = _broken([account for each in every for account in each.accounts], now) if access else None
    rows = [Readiness(each, tuple(_answers(each, ministry, rules, now.date(), broken))) for each in every]
    ranked = sorted(
        (row for row in rows if row.measured),
        key=lambda row: (-row.yes, -(row.standing.followers or 0), row.standing.post.code),
    )
    placed: list[Readiness] = []
    for number, row in enumerate(ranked, start=1):
        same = placed and placed[-1].yes == row.yes
        placed.append(Readiness(row.standing, row.answers, placed[-1].place if same else number))
    return placed + sorted((row for row in rows if not row.measured), key=lambda row: row.standing.post.code)


def _answers(
    each: Standing, ministry: Ministry, rules: Guidelines, on: date, broken: set[int] | None
) -> Iterable[Answer]:
    followers, last = each.followers, each.last_post_on
    none = not each.accounts  # whoever has no account reaches nobody: that needs no measuring
    in_reach = None if followers is None and not none else (followers or 0) >= rules.followers
    yield Answer("reach", in_reach, {"followers": followers, "accounts": len(each.accounts)})
    fresh = None if last is None else on - last <= timedelta(days=rules.days_silent)
    yield Answer("fresh", False if none else fresh, {"last": last})
    missing = [code for code in ministry.required_languages if code not in each.languages]
    yield Answer("languages", not missing and not none, {"missing": missing, "spoken": sorted(each.languages)})
    if broken is not None:
        usable = [account for account in each.accounts if catalog.spec(account.platform) is not None]
        well = [account for account in usable if account.pk not in broken]
        yield Answer("access", bool(usable) and len(well) == len(usable), {"well": len(well), "accounts": len(usable)})
    linked = None if each.visit is None else not each.unlinked and not none
    told = {"linked": len(each.accounts) - len(each.unlinked), "accounts": len(each.accounts), "read": each.read_at}
    yield Answer("website", linked if each.website else False, told | {"website": each.website})


def _broken(accounts: list[Account], now: datetime) -> set[int]:
    """Return the accounts through which no alert would leave: paused, not connected, at its end, or ringing.

    In a demo alerts leave through the shadows only: there an account is as well as its shadow.
    """
    whose = "shadow_of" if settings.LOOPBACK_ONLY else "pk"
    keys = [account.pk for account in accounts]
    rows = Account.objects.filter(**{f"{whose}__in": keys})
    lost = Q(credential__isnull=True) | Q(credential__expires_at__lte=now)
    by_hand = [spec.slug for spec in catalog.specs() if spec.by_hand]
    stopped = rows.filter(Q(paused_at__isnull=False) | (lost & ~Q(platform__in=by_hand)) | Q(canary__in=ringing()))
    return set(stopped.values_list(whose, flat=True))
