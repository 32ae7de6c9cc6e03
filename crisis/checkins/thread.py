"""What staff say: to the person of a case, to whoever asks something, to a relative; and to one another."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crisis.audience.models import Contact
from crisis.checkins.models import Case
from crisis.checkins.seeking import Enquiry
from crisis.checkins.unverified import Letter
from crisis.outbox import OutboxMessage
from crisis.staff.models import Officer


class Reply(OutboxMessage):
    """What staff write to somebody: written down before its first byte leaves, and sent by the workers.

    Attributes:
        case, letter, enquiry: what it belongs to; one of them.
        contact: by which it goes; None once that was forgotten, and of what goes through an account or to a relative.
        to_relative: of an enquiry: it goes to whoever asked, at the address that they left; else to the person whom they seek.
        text: whole, as the person reads it.
        reason: a stable code of the last refusal.
    """

    class State(models.TextChoices):
        """How far it is."""

        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Accepted")
        UNKNOWN = "unknown", _("Outcome unknown")
        FAILED = "failed", _("Not delivered")

    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="replies")
    letter = models.ForeignKey(Letter, null=True, on_delete=models.CASCADE, related_name="replies")
    enquiry = models.ForeignKey(Enquiry, null=True, on_delete=models.CASCADE, related_name="replies")
    to_relative = models.BooleanField(default=False)
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=2000)
    written_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """It belongs to one thing; what is under way is found by index."""

        verbose_name_plural = "replies"
        constraints = [
            models.CheckConstraint(
                condition=Q(case__isnull=False, letter=None, enquiry=None)
                | Q(case=None, letter__isnull=False, enquiry=None)
                | Q(case=None, letter=None, enquiry__isnull=False),
                name="reply_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(to_relative=False) | Q(enquiry__isnull=False, contact=None), name="reply_to_relative"
            ),
        ]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state__in=["queued", "sending"]), name="reply_open"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"reply {self.pk}: {self.state}"


class Note(models.Model):
    """What staff tell one another about a case: a word, or how a call went.

    Attributes:
        outcome: of a call, one of `calling.OUTCOMES`; blank for a mere note.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, blank=True)
    text = models.CharField(max_length=1000, blank=True)

    class Meta:
        """In their order."""

        ordering = ["id"]

    def __str__(self) -> str:
        return f"note {self.pk} in case {self.case_id}"
