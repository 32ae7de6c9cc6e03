"""Asking how the house is: pulses, canaries, and whether the accounts of an alert are fit for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.plans import BY_HAND
from crisis.broadcast.preflight import Preflight
from crisis.health.models import Canary, Pulse


def beaten_at(name: str) -> datetime | None:
    """Return when a pulse was last felt, or None if it never was."""
    return Pulse.objects.filter(name=name).values_list("beaten_at", flat=True).first()


def canaries() -> QuerySet[Canary]:
    """Return every canary."""
    return Canary.objects.select_related("account__shadow_of").order_by("name")


def ringing() -> QuerySet[Canary]:
    """Return the canaries for which a person must act; the same rule as `Canary.rings`."""
    return canaries().filter(Q(failures__gte=2) | Q(failures=1, code="bad_credentials"))


def due(now: datetime, *, limit: int) -> list[Canary]:
    """Return the canaries that should be tried now, the longest waiting first.

    The operations chat, which every citizen's notice depends on, never waits behind hundreds of accounts.
    """
    rows = Canary.objects.filter(due_at__lte=now).select_related("account__holder", "account__credential")
    chat = ExpressionWrapper(Q(account=None), output_field=BooleanField())
    return list(rows.annotate(chat=chat).order_by("-chat", "due_at", "pk")[:limit])


# Credits that were used up this lately are taken for used up still.
QUOTA_LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fitness:
    """How fit the accounts of an alert are, before anybody approves it.

    Attributes:
        accounts, posts: how many are meant.
        dead: whose access the platform no longer accepts, or that a person must look at.
        out_of_credit: whose quota or credit was used up lately.
        too_long: how many texts do not fit even in their shortest form.
        languages: how many required languages are not complete.
        ready: how many publish by themselves.
        by_hand: how many accounts a person publishes on.
        held: on how many nothing can stand as it is: none of their languages is complete, say.
        skipped: how many are paused or not connected.
        posts_without: how many posts have no account of their own.
    """

    accounts: int
    posts: int
    dead: list[str]
    out_of_credit: list[str]
    too_long: int
    languages: int
    ready: int
    by_hand: int
    held: int
    skipped: int
    posts_without: int

    @property
    def sentence(self) -> str:
        """All of it in a line; what is well is left out."""
        said = (
            (len(self.dead), ngettext("%(n)d access dead", "%(n)d accesses dead", len(self.dead))),
            (len(self.out_of_credit), _("%(n)d out of credit")),
            (self.too_long, ngettext("%(n)d text too long", "%(n)d texts too long", self.too_long)),
            (
                self.languages,
                ngettext("%(n)d required language missing", "%(n)d required languages missing", self.languages),
            ),
            (self.by_hand, _("%(n)d to publish by hand")),
            (self.held, _("%(n)d held")),
            (self.skipped, _("%(n)d paused or not connected")),
            (
                self.posts_without,
                ngettext(
                    "%(n)d post with no account of its own",
                    "%(n)d posts with no account of their own",
                    self.posts_without,
                ),
            ),
        )
        accounts = ngettext("%(n)d account", "%(n)d accounts", self.accounts) % {"n": self.accounts}
        posts = ngettext("%(n)d post", "%(n)d posts", self.posts) % {"n": self.posts}
        parts = [words % {"n": number} for number, words in said if number]
        what = ", ".join(parts) or _("all fit")
        if self.ready == self.accounts:
            return _("Of %(accounts)s for %(posts)s: %(what)s.") % {"accounts": accounts, "posts": posts, "what": what}
        # So many publish by themselves, and stand in the sentence that is agreed to.
        return _("%(n)d of %(accounts)s, for %(posts)s: %(what)s.") % {
            "n": self.ready, "accounts": accounts, "posts": posts, "what": what,
        }  # fmt: skip


def fitness(found: Preflight, now: datetime) -> Fitness:
    """Tell how fit the accounts are that an alert would use.

    Args:
        found: the alert's preflight.
        now: the time.
    """
    used = [plan.used.pk for plan in found.plans if not plan.skipped]
    dead = ringing().filter(account__in=used)
    dry = Delivery.objects.filter(
        account__in=used, state=DeliveryState.HELD, reason="quota_used", queued_at__gt=now - QUOTA_LATELY
    )
    return Fitness(
        accounts=len(found.plans),
        posts=len(found.posts),
        dead=[str(canary.account) for canary in dead],
        out_of_credit=sorted({str(row.account) for row in dry.select_related("account__shadow_of")}),
        too_long=len(found.too_long),
        languages=len(found.ticks.get("missing_languages", [])),
        ready=len(found.publishing),
        by_hand=sum(1 for plan in found.plans if plan.held and plan.reason == BY_HAND),
        held=sum(1 for plan in found.plans if plan.held and plan.reason != BY_HAND),
        skipped=sum(1 for plan in found.plans if plan.skipped and not plan.held),
        posts_without=len(found.ticks.get("posts_without_account", [])),
    )
