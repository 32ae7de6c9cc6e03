"""People whose time here is over: who they are, and forgetting them, many at once."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from crisis.audience.models import Citizen, Contact, EmergencyContact, Link, Member, Stay

_MINE = {"citizen": OuterRef("pk")}


def brought_and_expired(now: datetime) -> QuerySet[Citizen]:
    """Return who came with a list whose time is over, and never linked a chat nor opened a link of their own."""
    own_chat = Contact.objects.filter(**_MINE, kind=Contact.Kind.TELEGRAM)
    own_link = Link.objects.filter(**_MINE, used_at__isnull=False)
    return Citizen.objects.filter(~Exists(own_chat), ~Exists(own_link), came_with__expires_on__lt=now.date())


def gone_since(moment: datetime) -> QuerySet[Citizen]:
    """Return whom no way reaches any more, since before a moment."""
    gone = Contact.objects.filter(state=Contact.State.GONE, gone_at__lt=moment)
    standing = Contact.objects.filter(**_MINE).exclude(state=Contact.State.GONE, gone_at__lt=moment)
    return Citizen.objects.filter(~Exists(standing), pk__in=gone.values("citizen"))


def note_gone(now: datetime) -> None:
    """Note since when contacts do not work any more; of those that work again, forget it."""
    Contact.objects.filter(state=Contact.State.GONE, gone_at=None).update(gone_at=now)
    Contact.objects.exclude(state=Contact.State.GONE).exclude(gone_at=None).update(gone_at=None)


def forget(ids: Collection[int]) -> None:
    """Remove all that names people, or says where they are or how they are reached; what they answered stays, without a name."""
    for model in (Link, Stay, Member, EmergencyContact, Contact):
        model.objects.filter(citizen__in=ids).delete()
    Citizen.objects.filter(pk__in=ids).update(name="", folded_name="", came_with=None)
