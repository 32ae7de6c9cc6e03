"""The nights in which something was removed."""

from django.db import models


class Purge(models.Model):
    """One night's removing: how many of what.

    Attributes:
        night: the day, in UTC.
        counts: rows by the names of data/retention.toml.
        taken_until: a worker that died with it gives it back then.
        finished_at: when nothing was left that was due; the journal has an entry then.
    """

    night = models.DateField(unique=True)
    counts = models.JSONField(default=dict)
    taken_until = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"purge of {self.night:%Y-%m-%d}"
