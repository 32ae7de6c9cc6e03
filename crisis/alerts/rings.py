"""Whom the house has rung: for an approval that waits, or because one person issued alone; each by every way of theirs."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crisis.alerts.models import Alert
from crisis.outbox import OutboxMessage
from crisis.staff.models import Officer
from crisis.staff.roster import Way


class Ring(models.Model):
    """One person who is rung, or has come by themselves.

    Attributes:
        asked_at: when the alert was submitted that time; of an alarm, when it was issued.
        turn: the place among the rings of that time, from 1; 0: came without being rung.
        seen_at: when the person opened the alert's page.
    """

    class Purpose(models.TextChoices):
        """Why."""

        APPROVE = "approve", _("An approval waits")
        ALARM = "alarm", _("One person has issued alone")

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="rings")
    purpose = models.CharField(max_length=7, choices=Purpose.choices)
    asked_at = models.DateTimeField()
    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="+")
    turn = models.PositiveSmallIntegerField()
    rung_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A person once a turn."""

        constraints = [
            models.UniqueConstraint(fields=["alert", "purpose", "asked_at", "officer", "turn"], name="ring_once")
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.purpose} {self.alert_id}: officer {self.officer_id}, turn {self.turn}"


class RingMessage(OutboxMessage):
    """What is written for a ring by one way.

    Attributes:
        attempt: how often it was claimed.
        code: why it was not taken, as an error's stable code.
    """

    class State(models.TextChoices):
        """What is known of it."""

        QUEUED = "queued", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("not sent")
        DROPPED = "dropped", _("no longer needed")

    UNKNOWN = "failed"  # after its last try; see `free`

    ring = models.ForeignKey(Ring, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=10, choices=Way.Kind.choices)
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=40, blank=True)

    class Meta:
        """One a way; what is due is found by index."""

        constraints = [models.UniqueConstraint(fields=["ring", "kind"], name="ring_message_once")]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state__in=["queued", "sending"]), name="ring_message_due")
        ]
        ordering = ["id"]

    @classmethod
    def free(cls, now: datetime) -> models.QuerySet["RingMessage"]:
        """Return what may be sent now: what waits, and what a dead worker has left. Twice is better than never."""
        left = Q(state=cls.QUEUED) | Q(state=cls.SENDING, lease_until__lte=now)
        return cls.objects.filter(left, not_before__lte=now)

    def __str__(self) -> str:
        return f"{self.kind} for ring {self.ring_id}: {self.state}"
