"""One message to one person: written down before its first byte leaves, taken by one worker, settled once."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from platforms.errors import PlatformError, Unconfirmed


class OutboxMessage(models.Model):
    """A message that is one of its kind, unlike the notices of a run; each room has a table for its own.

    Each move is one conditional UPDATE: whoever changes no row has lost the message to somebody else. What a worker died with
    is UNKNOWN and never sent again by itself, unless a room's own rule, in its `free`, says so.

    Attributes:
        state: how far it is: the states below, and those that a room has beside them.
        not_before: when it may be tried.
        lease_until: whoever sends it has until then, and is known by it; afterwards nobody knows what became of it.
    """

    QUEUED: ClassVar[str] = "queued"
    SENDING: ClassVar[str] = "sending"
    SENT: ClassVar[str] = "sent"
    UNKNOWN: ClassVar[str] = "unknown"
    FAILED: ClassVar[str] = "failed"

    state = models.CharField(max_length=8)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Each room has its own table."""

        abstract = True

    @classmethod
    def free(cls, now: datetime) -> models.QuerySet[Self]:
        """Return what may be taken now, if its room finds no obstacle."""
        return cls._default_manager.filter(state=cls.QUEUED).exclude(not_before__gt=now)

    @classmethod
    def take(cls, pk: int, *conditions: Q, now: datetime, lease: timedelta, **also: Any) -> bool:
        """Take one for sending, in one statement.

        Args:
            pk: which one.
            conditions: what else must hold.
            now: the time.
            lease: for how long it is taken; longer than the longest send.
            also: what is written down beside it.

        Returns:
            Whether it is ours.
        """
        mine = cls.free(now).filter(*conditions, pk=pk)
        return bool(mine.update(state=cls.SENDING, lease_until=now + lease, **also))

    def settle(self, state: str, **also: Any) -> bool:
        """Write down what became of it; False if it is not ours any more: then nothing is changed.

        Args:
            state: what it is now.
            also: what else is written down.
        """
        cls = type(self)
        mine = cls._default_manager.filter(pk=self.pk, state=cls.SENDING, lease_until=self.lease_until)
        return bool(mine.update(state=state, lease_until=None, **also))

    def settle_after(self, error: PlatformError | None, *, again_at: datetime | None, **also: Any) -> str:
        """Write down what became of it after a try.

        Args:
            error: why it was not taken; None once it is.
            again_at: when it may be tried again; None: never.
            also: what else is written down.

        Returns:
            The state; blank if it is not ours any more: then nothing is changed.
        """
        if error is None:
            state = self.SENT
        elif again_at is not None:
            state = self.QUEUED
        else:
            state = self.UNKNOWN if isinstance(error, Unconfirmed) else self.FAILED
        return state if self.settle(state, **({"not_before": again_at} if again_at else {}), **also) else ""

    @classmethod
    def lose(cls, now: datetime, **also: Any) -> int:
        """Own up that nobody knows what became of those whose senders died, and return how many they are."""
        lost = cls._default_manager.filter(state=cls.SENDING, lease_until__lt=now)
        return lost.update(state=cls.UNKNOWN, lease_until=None, **also)

    @classmethod
    def call_unknown(cls, **also: Any) -> int:
        """Own up, after a restore from backup, that nobody knows which were sent, and return how many they are."""
        waiting = cls._default_manager.filter(state__in=[cls.QUEUED, cls.SENDING])
        return waiting.update(state=cls.UNKNOWN, lease_until=None, **also)
