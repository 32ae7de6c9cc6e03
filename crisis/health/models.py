"""Pulses, canaries, and the tallies of finished runs."""

from django.db import models

from crisis.broadcast.models import NoticeRun
from crisis.registry.models import Account


class Pulse(models.Model):
    """When something that must go on by itself last came to its end: one row each, written over."""

    name = models.CharField(max_length=40, unique=True)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.beaten_at:%Y-%m-%d %H:%M:%S}"


class Canary(models.Model):
    """One way out of the house that is tried now and then, so that its failure is known before an alert needs it.

    Attributes:
        name: stable: "telegram:operations", or "account:12".
        account: whose access is tried; none for the operations chat.
        due_at: when it is tried next.
        ok_at: when it last went well.
        failed_since, failures: since when, and how often in a row, it has failed.
        code, sentence: the last failure's stable code, and what staff read of it.
    """

    name = models.CharField(max_length=60, unique=True)
    platform = models.CharField(max_length=20)
    account = models.OneToOneField(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="canary")
    due_at = models.DateTimeField(db_index=True)
    ok_at = models.DateTimeField(null=True, blank=True)
    failed_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=200, blank=True)

    class Meta:
        """One verbose name that can be read."""

        verbose_name_plural = "canaries"

    def __str__(self) -> str:
        return str(self.account) if self.account else f"{self.platform} operations chat"

    @property
    def rings(self) -> bool:
        """Whether a person must act: access is lost, or it failed twice in a row."""
        return self.failures >= 2 or (self.failures == 1 and self.code == "bad_credentials")


class RunTally(models.Model):
    """The last count of a run in which nothing moves any more: whoever watches need not read its million rows again.

    Attributes:
        counts: [[state, reason, number], ...].
        resent_unknown: how many were sent once more after an unknown outcome.
        last_accepted_at: of its notices.
    """

    run = models.OneToOneField(NoticeRun, on_delete=models.CASCADE, related_name="tally")
    counts = models.JSONField()
    resent_unknown = models.PositiveIntegerField()
    last_accepted_at = models.DateTimeField(null=True)
    tallied_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"tally of run {self.run_id}"
