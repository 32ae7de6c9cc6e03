"""What is measured of accounts and of websites, and what was counted on earlier days."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from crisis.registry.models import Account, Ministry, Post

# What is measured of an account. Each is a field of a snapshot; of the newest of each, Latest keeps value, day and source.
FIGURES = ("followers", "publications", "posts_per_week", "last_post_on", "answer_minutes")


# Why a website was not read, by the codes of platforms.websites.
_UNREAD = {
    "robots": _("its robots.txt asks visitors like us to stay away"),
    "unreachable": _("it could not be reached"),
    "slow": _("it was too slow, or broke off"),
    "too_large": _("the page is larger than a megabyte"),
    "not_public": _("it leads to where nothing public is"),
    "redirects": _("it leads from one address to another without an end"),
    "refused": _("it refused us"),
    "gone": _("its page is not there"),
    "not_html": _("it is no web page"),
    "busy": _("its server was being visited"),
}


class Source(models.TextChoices):
    """Where a figure comes from."""

    PLATFORM = "platform", _("asked of the platform")
    EXPORT = "export", _("the platform's export")
    FORM = "form", _("the post editor's form")
    INBOX = "inbox", _("our own inbox")
    DEMO = "demo", _("demo data")


# Of one day's figures the source that knows best counts.
TRUST = {Source.DEMO: 0, Source.FORM: 1, Source.INBOX: 2, Source.EXPORT: 3, Source.PLATFORM: 4}


class Figures(models.Model):
    """What may be known of an account on a day; None is not known, and never 0.

    Attributes:
        followers: whoever sees what it publishes.
        publications: how many stand there.
        posts_per_week: how many it publishes in a week.
        last_post_on: the day of its latest publication.
        answer_minutes: how long people usually wait there for an answer.
    """

    followers = models.PositiveBigIntegerField(null=True, blank=True)
    publications = models.PositiveBigIntegerField(null=True, blank=True)
    posts_per_week = models.FloatField(null=True, blank=True)
    last_post_on = models.DateField(null=True, blank=True)
    answer_minutes = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        """Not a table of its own."""

        abstract = True


class AccountSnapshot(Figures):
    """What one source said of one account on one day. Pages read Latest and DayTotal: nobody reads the whole history."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="snapshots")
    on = models.DateField()
    source = models.CharField(max_length=8, choices=Source.choices)
    at = models.DateTimeField()

    class Meta:
        """A source speaks once a day."""

        constraints = [models.UniqueConstraint(fields=["account", "on", "source"], name="snapshot_once")]

    def __str__(self) -> str:
        return f"{self.account_id} on {self.on}"


class Latest(Figures):
    """The newest of each figure of an account, with the day for which it holds and where it comes from: one row an account.

    Attributes:
        asked_at: when its platform was last asked, or is being asked.
        origins: {figure: [day, source]}.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="latest")
    origins = models.JSONField(default=dict)
    asked_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        """A name that can be read."""

        verbose_name_plural = "latest"

    def __str__(self) -> str:
        return f"latest of account {self.account_id}"

    def origin(self, figure: str) -> tuple[date, Source] | None:
        """Return for which day a figure holds and where it comes from; None where it is not known."""
        return origin_in(self.origins, figure)


def origin_in(origins: Mapping[str, Sequence[str]], figure: str) -> tuple[date, Source] | None:
    """Return for which day a figure holds and where it comes from, of what `Latest.origins` holds; None where it is not known."""
    if figure not in origins:
        return None
    on, source = origins[figure]
    return date.fromisoformat(on), Source(source)


class DayTotal(models.Model):
    """What all public accounts on one platform reached on one day, each by its newest figure: the points of a plot.

    Attributes:
        platform: a slug; blank for all of them together.
        accounts: how many there were.
        measured: of how many of them the followers were known.
        demo: some of it is demo data.
    """

    on = models.DateField()
    platform = models.CharField(max_length=20, blank=True)
    followers = models.PositiveBigIntegerField()
    accounts = models.PositiveIntegerField()
    measured = models.PositiveIntegerField()
    demo = models.BooleanField(default=False)

    class Meta:
        """Once a day."""

        constraints = [models.UniqueConstraint(fields=["platform", "on"], name="day_total_once")]

    def __str__(self) -> str:
        return f"{self.platform or 'all'} on {self.on}"


class WebsiteVisit(models.Model):
    """What a post's website was last found to link to.

    Attributes:
        url: that was visited; another one now stands in the registry where they differ.
        due_at: when it is visited next.
        visited_at: when it was last tried; read_at: when it was last read whole, which is when links and strange are from.
        outcome: "read", or why it could not be: a stable code; sentence says it to people.
        linked: the registered accounts that it links to.
        strange: addresses of accounts that it links to and that nobody has registered.
        dead: of all these, the addresses of pages that are no longer there.
    """

    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="website_visit")
    url = models.CharField(max_length=200)
    due_at = models.DateTimeField(db_index=True)
    visited_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    linked = models.ManyToManyField(Account, related_name="+")
    strange = models.JSONField(default=list)
    dead = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"website of {self.post_id}"

    @property
    def explained(self) -> str:
        """Say why it was not read at the last visit; blank if it was."""
        return str(_UNREAD.get(self.outcome, ""))


class CoverageCount(models.Model):
    """A coverage that was counted on a day, by us or by a study: what today's is compared with.

    Attributes:
        whose: the ministry, as people call it; one that is not registered here may be compared too.
        counted: {"posts": N, "platforms": {slug: n}, "website_links": n, "languages": {code: n}}; what was not counted is absent.
        source: who counted.
    """

    ministry = models.ForeignKey(Ministry, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    whose = models.CharField(max_length=120)
    on = models.DateField()
    counted = models.JSONField()
    source = models.CharField(max_length=300)

    class Meta:
        """One a day and source."""

        constraints = [models.UniqueConstraint(fields=["whose", "on", "source"], name="coverage_count_once")]
        ordering = ["on", "whose"]

    def __str__(self) -> str:
        return f"{self.whose} on {self.on}"
