"""Gatherings, and the passes of the households that are called to them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact
from crisis.outbox import OutboxMessage
from crisis.registry.models import Post
from crisis.staff.models import Officer


class Gathering(models.Model):
    """One instruction for chosen households: never published, told privately, each with a code of its own.

    Attributes:
        rollcall: the question whose people were chosen from.
        texts: what they are told, by language.
        released_at, released_by: a second person let it go; nothing leaves before.
        withdrawn_at: nothing more leaves, and no code opens the door.
    """

    rollcall = models.ForeignKey(Rollcall, on_delete=models.PROTECT, related_name="gatherings")
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.SET_NULL)
    texts = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Two people."""

        constraints = [
            models.CheckConstraint(
                condition=Q(released_by=None) | ~Q(released_by=models.F("made_by")), name="gathering_needs_two_people"
            )
        ]

    def __str__(self) -> str:
        return f"gathering {self.pk} of rollcall {self.rollcall_id}"


class Pass(OutboxMessage):
    """One household's code for one gathering: what is stored of it is a digest, from which nobody makes it.

    Attributes:
        contact: by which it is told; None: nobody can write to them, and staff read from the list.
        people: how many it lets in.
        used_at, used_by: when it let them in, and who looked.
    """

    class State(models.TextChoices):
        """How far its message is."""

        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Accepted")
        UNKNOWN = "unknown", _("Outcome unknown")
        FAILED = "failed", _("Not delivered")
        NO_WAY = "no_way", _("No way to write")

    gathering = models.ForeignKey(Gathering, on_delete=models.CASCADE, related_name="passes")
    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="passes")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    people = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)  # type: ignore[assignment] # blank: at once
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(Officer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """One a household."""

        verbose_name_plural = "passes"
        constraints = [models.UniqueConstraint(fields=["gathering", "citizen"], name="pass_once")]
        indexes = [models.Index(fields=["id"], condition=Q(state__in=["queued", "sending"]), name="pass_due")]

    def __str__(self) -> str:
        return f"pass {self.pk} of {self.gathering_id}: {self.state}"
