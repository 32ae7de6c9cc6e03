"""The journal's rows."""

from typing import Any, NoReturn

from django.db import models


class AppendOnly(Exception):
    """Somebody tried to change or remove what was journalled."""


class EntryQuerySet(models.QuerySet["Entry"]):
    """Rows that may be added and read."""

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnly("Journal entries are never removed.")


class Entry(models.Model):
    """One thing that somebody or something did.

    Attributes:
        actor: who, as "officer:ID" or the name of a process ("sweep", "bot", "import").
        action: what, as "room.verb" ("alerts.approve").
        subject: on what, as "kind:ID" ("alert:12").
        data: ids, numbers, states and keyed digests that explain it. Never personal data, never a secret.
        position, previous, digest: filled by the sealer; `position` counts sealed entries without a gap.
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    data = models.JSONField(default=dict)
    position = models.BigIntegerField(null=True, unique=True, editable=False)
    previous = models.CharField(max_length=64, blank=True, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        """Indexes for the two questions that are asked: what happened to this, and what is not sealed yet."""

        indexes = [models.Index(fields=["subject", "id"])]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new entry.

        Raises:
            AppendOnly: it stands already.
        """
        if not self._state.adding:
            raise AppendOnly("Journal entries are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly("Journal entries are never removed.")


class Head(models.Model):
    """The one row that the sealer holds while it seals."""

    position = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"sealed up to {self.position}"
