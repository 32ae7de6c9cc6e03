"""What this database is for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crisis.registry.models import Ministry


class Installation(models.Model):
    """What this database is for, decided once: demo or live, and for which ministry.

    Attributes:
        paused_at, paused_why: while it is set nothing at all leaves; why is a stable code.
        restored_at: when a backup was put back last; what happened shortly before may have happened twice.
    """

    class Kind(models.TextChoices):
        """A demo never becomes live, nor the other way round."""

        DEMO = "demo", _("Demo")
        LIVE = "live", _("Live")

    kind = models.CharField(max_length=4, choices=Kind.choices)
    home = models.ForeignKey(Ministry, on_delete=models.PROTECT)
    installed_at = models.DateTimeField()
    singleton = models.BooleanField(default=True, unique=True, editable=False)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_why = models.CharField(max_length=40, blank=True)
    restored_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.home}"
