"""Registers the room with Django, and hears which alerts' pages have changed."""

from datetime import datetime
from typing import Any

from django.apps import AppConfig


class PublicConfig(AppConfig):
    """See the room's own docstring."""

    name = "public"

    def ready(self) -> None:
        """Let whatever changes an alert write the copy of its page."""
        from crisis.broadcast import signals
        from public import keeping

        def changed(*, alert_id: int, **_: Any) -> None:
            keeping.changed(alert_id)

        def swept(*, now: datetime, **_: Any) -> None:
            keeping.swept(now)

        signals.issued.connect(changed, weak=False, dispatch_uid="public.issued")
        signals.stopped.connect(changed, weak=False, dispatch_uid="public.stopped")
        signals.swept.connect(swept, weak=False, dispatch_uid="public.swept")
