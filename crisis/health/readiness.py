"""How ready each post is for an alert: what was shown lately, never what is only configured. A drill alone is no proof."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crisis.broadcast.models import Delivery, DeliveryState
from crisis.health.models import Canary
from crisis.health.operations import OPERATIONS
from crisis.registry.models import Account, Credential, DirectoryEntry, Ministry, Mode, Post

VERIFIED_WITHIN = timedelta(hours=24)
PUBLISHED_WITHIN = timedelta(days=90)
DRILLED_WITHIN = timedelta(days=180)
_OUT = (DeliveryState.POSTED, DeliveryState.AMENDED, DeliveryState.WITHDRAWN)


class Light(StrEnum):
    """How ready, said in words too."""

    GREEN = gettext_noop("ready")
    AMBER = gettext_noop("partly ready")
    RED = gettext_noop("not ready")


_WORST = {Light.RED: 0, Light.AMBER: 1, Light.GREEN: 2}


@dataclass(frozen=True, slots=True)
class Readiness:
    """One post.

    Attributes:
        accounts: how many real accounts of its own alerts may go to.
        drilled_at, verified_at, published_at: when one of them last published in a drill (its shadow), was last shown to let us
            in, and last published in earnest; None: never.
        numbers, checked: how many phone numbers the directory has for it, and for how many of them no check is due.
        missing_languages: required, and spoken by none of its accounts.
        light: green only where a real account was verified and has published lately; `because` says what is lacking.
    """

    post: Post
    accounts: int
    drilled_at: datetime | None
    verified_at: datetime | None
    published_at: datetime | None
    numbers: int
    checked: int
    missing_languages: tuple[str, ...]
    light: Light
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read once for all posts.

    Attributes:
        published: when each account last published anything that is known to stand there.
        connected: the accounts that have a credential.
        telegram: when the operations chat last let us in; None if it does not now.
    """

    ministry: Ministry
    now: datetime
    published: dict[int, datetime]
    connected: set[int]
    telegram: datetime | None

    def lately(self, at: datetime | None, within: timedelta) -> bool:
        """Tell whether something was no longer ago."""
        return at is not None and at >= self.now - within


def readiness(ministry: Ministry, now: datetime) -> list[Readiness]:
    """Return how ready every open post of a ministry is, the least ready first.

    Args:
        ministry: whose.
        now: the time.
    """
    gone = [Post.State.CLOSED, Post.State.PLANNED]
    posts = list(Post.objects.filter(ministry=ministry).exclude(state__in=gone).prefetch_related("directory"))
    accounts = Account.objects.filter(holder__post__in=posts, mode=Mode.LIVE, is_home=True)
    accounts = accounts.exclude(broadcast=Account.Broadcast.NEVER).select_related("holder", "shadow", "canary")
    by_post: dict[int, list[Account]] = {}
    for account in accounts:
        by_post.setdefault(account.holder.post_id or 0, []).append(account)
    published = Delivery.objects.order_by().filter(state__in=_OUT, posted_at__isnull=False)
    known = _Known(
        ministry,
        now,
        published=dict(published.values_list("account").annotate(last=Max("posted_at"))),
        connected=set(Credential.objects.filter(account__in=accounts).values_list("account", flat=True)),
        telegram=_ok_at(Canary.objects.filter(name=OPERATIONS).first()),
    )
    found = [_of(post, by_post.get(post.pk, []), known) for post in posts]
    return sorted(found, key=lambda each: (_WORST[each.light], each.post.name))


def _of(post: Post, accounts: list[Account], known: _Known) -> Readiness:
    drilled = _latest(known.published.get(account.shadow.pk) for account in accounts if hasattr(account, "shadow"))
    spoke = _latest(known.published.get(account.pk) for account in accounts)
    verified = _latest(_verified_at(account, known) for account in accounts)
    phones = [entry for entry in post.directory.all() if entry.kind == DirectoryEntry.Kind.PHONE]
    checked = sum(not entry.is_stale(known.now.date()) for entry in phones)
    spoken = {language for account in accounts for language in account.languages or known.ministry.languages}
    missing = tuple(each for each in known.ministry.required_languages if each not in spoken)
    red, amber = [], []
    if not accounts:
        red.append(_("no account of its own"))
    elif not known.lately(verified, VERIFIED_WITHIN):
        red.append(_("no real account verified within 24 hours"))
    if not phones:
        red.append(_("no phone number"))
    elif checked < len(phones):
        amber.append(_("a number whose check is due"))
    if accounts and not known.lately(spoke, PUBLISHED_WITHIN):
        amber.append(_("no real publication within 90 days"))
    if not known.lately(drilled, DRILLED_WITHIN):
        amber.append(_("no drill within 180 days"))
    if accounts and missing:
        amber.append(_("nobody speaks %(languages)s") % {"languages": ", ".join(missing)})
    light = Light.RED if red else Light.AMBER if amber else Light.GREEN
    return Readiness(
        post, len(accounts), drilled, verified, spoke, len(phones), checked, missing, light, tuple(red + amber)
    )


def _verified_at(account: Account, known: _Known) -> datetime | None:
    """Return when an account was last shown to let us in, if it still does.

    All accounts on Telegram share the bot's token, which the operations chat proves.
    """
    if account.paused_at is not None or account.pk not in known.connected:
        return None
    return known.telegram if account.platform == "telegram" else _ok_at(getattr(account, "canary", None))


def _ok_at(canary: Canary | None) -> datetime | None:
    return canary.ok_at if canary is not None and not canary.failures else None


def _latest(times: Iterable[datetime | None]) -> datetime | None:
    return max((each for each in times if each is not None), default=None)
