"""Who of the staff was sent a link with which they set a password: they were invited, or have forgotten theirs."""

from django.db import models

from crisis.staff.models import Officer


class StaffInvitation(models.Model):
    """The one link with which somebody sets their own password, once; only its digest is kept.

    Attributes:
        made_by: who invited them; they themselves: they have forgotten their password.
        digest: of the link's token; blank until a worker has made it.
        expires_at: of the link.
        sent_at: when the mail server took the letter.
        used_at: when they set their password.
    """

    officer = models.OneToOneField(Officer, on_delete=models.CASCADE, related_name="invitation")
    made_by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"invitation of officer {self.officer_id}"

    @property
    def forgotten(self) -> bool:
        """Whether it is for another password, and lets nobody in who was not before."""
        return self.made_by_id == self.officer_id
