"""What is typed and not saved yet: kept every few seconds, so that no call and no dead battery costs a word."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crisis.alerts.models import Typed
from crisis.staff.models import Officer

KEPT_FOR = timedelta(days=7)
BESIDE = timedelta(minutes=5)  # whoever typed so lately is at it still
LONGEST = 40_000  # characters in all: some ten times what the longest alert has in every language


class TooMuch(Exception):
    """What was typed is no alert: it is too long to be kept."""


def keep(*, by: Officer, address: str, fields: Mapping[str, Sequence[str]], now: datetime) -> None:
    """Keep what a form holds; what nobody came back to for a week is gone.

    Args:
        by: who typed it.
        address: the form's.
        fields: by name.
        now: the time.

    Raises:
        TooMuch: nothing is kept.
    """
    if sum(len(name) + sum(map(len, values)) for name, values in fields.items()) > LONGEST:
        raise TooMuch(_("This is too long to be kept."))
    Typed.objects.filter(saved_at__lt=now - KEPT_FOR).delete()
    told = {"fields": {name: list(values) for name, values in fields.items()}, "saved_at": now}
    Typed.objects.update_or_create(by=by, address=address, defaults=told)


def kept(*, by: Officer, address: str) -> Typed | None:
    """Return what somebody typed into a form and has not saved, or None."""
    return Typed.objects.filter(by=by, address=address).first()


def forget(*, by: Officer, address: str) -> None:
    """Let go of it: it is saved, or not wanted any more."""
    Typed.objects.filter(by=by, address=address).delete()


def unfinished(by: Officer) -> QuerySet[Typed]:
    """Return what somebody has begun, the latest first."""
    return Typed.objects.filter(by=by).order_by("-saved_at")


def beside(*, by: Officer, address: str, now: datetime) -> list[Officer]:
    """Return who else is writing in the same form now."""
    lately = Typed.objects.filter(address=address, saved_at__gt=now - BESIDE).exclude(by=by)
    return [typed.by for typed in lately.select_related("by")]
