"""Celery for this house. Its settings and their reasons stand in settings/base.py."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_init
from kombu.transport.redis import Channel, QoS
from redis.exceptions import ConnectionError as RedisConnectionError

# SIGTERM on a busy prefork worker of 5.7.0 stalls for half a minute in half of the stops; SIGQUIT stops softly.
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")

_connparams: Any = Channel._connparams  # noqa: SLF001 - guarded below


def _guarded_connparams(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Report a transport that is closed as a lost connection, which the worker survives.

    Without this, a worker of Celery 5.7.0 exits ('NoneType' object has no attribute 'hostname') when Redis goes away while a
    late-acknowledged task runs and a slot is free. A test says when it is no longer needed.
    """
    if self.connection is None or self.connection.client is None:
        raise RedisConnectionError("The connection to the broker is closed.")
    return _connparams(self, *args, **kwargs)


setattr(Channel, "_connparams", _guarded_connparams)  # noqa: B010 - see above; a plain assignment is no method to mypy

_acknowledge: Any = QoS.ack


def _counted_ack(self: Any, delivery_tag: str) -> None:
    """Acknowledge a message, and count it no longer as at hand even if Redis does not hear of it.

    Without this, a worker of kombu 5.7.0 that cannot acknowledge in time, because Redis is frozen for some seconds, never takes
    a message again once it can: each one counts against what may be at hand (`prefetch_multiplier`). Redis gives the message
    to somebody again after its visibility time-out, and the ledger knows what was done. A test says when it is no longer needed.
    """
    try:
        _acknowledge(self, delivery_tag)
    finally:
        self._quick_ack(delivery_tag)


setattr(QoS, "ack", _counted_ack)  # noqa: B010 - as above

app = Celery("tocsin")
app.config_from_object("django.conf:settings", namespace="CELERY")
MODULES = (
    "broadcast", "notices", "sweep", "rounds", "renewals", "replies", "retention", "passes", "lists", "invitations",
    "ladder", "casework", "presence", "listening", "links", "duty",
    "staff_letters", "statistics", "websites",
)  # fmt: skip
for module in MODULES:
    app.autodiscover_tasks(["tasks"], related_name=module)


@worker_init.connect  # type: ignore[untyped-decorator]
@beat_init.connect  # type: ignore[untyped-decorator]
def _check(**_: object) -> None:
    from django.core.exceptions import ImproperlyConfigured

    from config.boot import check_house

    try:
        check_house()
    except ImproperlyConfigured as error:
        # Celery logs what a signal's receiver raises, and goes on; only an exit stops it.
        raise SystemExit(f"{error}") from None


@worker_init.connect  # type: ignore[untyped-decorator]
def _share(sender: Any = None, **_: object) -> None:
    """Load what notices need before the processes are forked, and keep the collector off it: they share that memory then."""
    from tasks import hands, notices

    if "prefork" not in str(getattr(sender, "pool_cls", "")):
        hands.MOST = getattr(sender, "concurrency", None) or hands.MOST
        gc.freeze()
        return

    notices.load()
    gc.collect()
    gc.freeze()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _warm(**_: object) -> None:
    """Load what the first chunk needs before it comes: half a second that the most exposed citizens do not wait."""
    from tasks import notices

    notices.warm()
