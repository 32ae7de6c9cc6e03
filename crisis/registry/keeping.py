"""How the registry is kept: who has agreed to be shown, what is proposed and reviewed, each post's yearly look, known fakes."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crisis.registry.models import Account, Holder, Post
from crisis.staff.models import Officer


class Consent(models.Model):
    """A person's written consent that their accounts are shown as ours; it always ends.

    Attributes:
        given_on, until: the first and the last day on which it holds.
        to_broadcast: they agreed that alerts go out through their accounts too.
        paper: where the signed paper is kept, in the ministry's own words.
        withdrawn_on: the day from which it no longer holds, because they took it back.
    """

    holder = models.ForeignKey(Holder, on_delete=models.CASCADE, related_name="consents")
    given_on = models.DateField()
    until = models.DateField()
    to_broadcast = models.BooleanField(default=False)
    paper = models.CharField(max_length=200)
    withdrawn_on = models.DateField(null=True, blank=True)
    noted_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        """It ends after it began; the newest first."""

        constraints = [models.CheckConstraint(condition=Q(until__gte=F("given_on")), name="consent_ends")]
        ordering = ["-given_on", "-pk"]

    def __str__(self) -> str:
        return f"consent of {self.holder}, {self.given_on} to {self.until}"


class Proposal(models.Model):
    """What somebody proposes of an account, until another person has accepted or refused it.

    Attributes:
        account: the one that changes or goes; None for a new one.
        platform, address, address_key: as in `Account`, so that what is proposed can be looked for as accounts are.
        content: what it would have: "languages", "purpose" and "broadcast", as `Account` holds them.
        accepted: what the reviewer said; None is open.
    """

    class Kind(models.TextChoices):
        """What would happen."""

        ADD = "add", _("New")
        CHANGE = "change", _("Change")
        ARCHIVE = "archive", _("Archive")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    holder = models.ForeignKey(Holder, on_delete=models.CASCADE, related_name="proposals")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="proposals")
    platform = models.CharField(max_length=20)
    address = models.CharField(max_length=160)
    address_key = models.CharField(max_length=160, editable=False)
    content = models.JSONField(default=dict, blank=True)
    why = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    decided_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    accepted = models.BooleanField(null=True, blank=True)

    class Meta:
        """One open proposal an account; nobody decides on their own."""

        constraints = [
            models.UniqueConstraint(
                fields=["platform", "address_key"], condition=Q(accepted__isnull=True), name="proposed_once"
            ),
            models.CheckConstraint(condition=Q(decided_by=None) | ~Q(decided_by=F("by")), name="reviewed_by_another"),
            models.CheckConstraint(condition=Q(kind="add") | Q(account__isnull=False), name="proposal_of_an_account"),
        ]
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.platform} {self.address}"


class PostReview(models.Model):
    """One look of a post's editor at the whole page of the post; how many follow its accounts stands in the statistics.

    Attributes:
        hours: when the post is open, as people read it.
    """

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="reviews")
    by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    hours = models.CharField(max_length=300, blank=True)

    class Meta:
        """The newest first."""

        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.post}, {self.at:%Y-%m-%d}"


class Fake(models.Model):
    """An account that passes for one of ours, and is not.

    Attributes:
        platform, address, address_key: as in `Account`.
        reported_on: when the platform was told.
        gone_on: when it was found to be gone; None: it may still be there.
        note: for staff; never shown.
    """

    platform = models.CharField(max_length=20)
    address = models.CharField(max_length=160)
    address_key = models.CharField(max_length=160, editable=False)
    reported_on = models.DateField()
    gone_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    noted_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        """Listed once; what is still there first."""

        constraints = [
            models.UniqueConstraint(fields=["platform", "address_key"], name="fake_once"),
            models.CheckConstraint(
                condition=Q(gone_on=None) | Q(gone_on__gte=F("reported_on")), name="fake_goes_after_its_report"
            ),
        ]
        ordering = [F("gone_on").desc(nulls_first=True), "-reported_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.platform} {self.address}"
