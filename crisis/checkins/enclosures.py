"""What people send that no text can say, and that staff may open: rows apart from check-ins, as their content is heavy."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crisis.checkins.models import Case, CheckIn
from crisis.encryption import SealedField

_NOUNS = {
    "photo": _("a picture"),
    "voice": _("a voice message"),
    "video_note": _("a video message"),
    "audio": _("an audio file"),
}


class Attachment(models.Model):
    """Something that a person sent and no text can say: a voice message, a picture. It lives no longer than its case.

    Attributes:
        kind: what the person's app calls it ("voice").
        remote_id: the platform's name for the file, as long as it is to be fetched.
        album: of pictures that were sent together, the same for each.
        media_type: what its bytes show it to be; blank unless it is kept.
        problem: why it is not kept, for staff.
        key: of its content alone, encrypted: a rotation of keys touches this, and never the content.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Being fetched")
        KEPT = "kept", _("Kept")
        NAMED = "named", _("Only named")

    checkin = models.ForeignKey(CheckIn, on_delete=models.CASCADE, related_name="attachments")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="attachments")
    kind = models.CharField(max_length=12)
    remote_id = models.CharField(max_length=200, blank=True)
    album = models.CharField(max_length=64, blank=True)
    media_type = models.CharField(max_length=20, blank=True)
    size = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    problem = models.CharField(max_length=120, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    key = SealedField(blank=True, default="", editable=False)
    at = models.DateTimeField()

    class Meta:
        """What is to be fetched is found by index."""

        ordering = ["id"]
        indexes = [models.Index(fields=["not_before"], condition=Q(state="waiting"), name="attachment_waiting")]

    def __str__(self) -> str:
        return f"attachment {self.pk} ({self.kind})"

    @property
    def noun(self) -> str:
        """What it is, for staff: "a voice message"."""
        return str(_NOUNS.get(self.kind, self.kind))


class Content(models.Model):
    """An attachment's bytes, encrypted under its own key: apart, so that no list ever loads them."""

    attachment = models.OneToOneField(Attachment, on_delete=models.CASCADE, primary_key=True, related_name="content")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"content of attachment {self.attachment_id}"
