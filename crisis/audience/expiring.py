"""People whose time here is over: who they are."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from crisis.audience.contacts import TAKEN_AWAY
from crisis.audience.models import Citizen, Contact, Link

_MINE = {"citizen": OuterRef("pk")}


def brought_and_expired(now: datetime) -> QuerySet[Citizen]:
    """Return who came with a list whose time is over, as is that of any other on which they stand, and have come no nearer.

    Whoever has linked a chat or opened a link of their own is ours by themselves.
    """
    own_chat = Contact.objects.filter(**_MINE, kind=Contact.Kind.TELEGRAM)
    own_link = Link.objects.filter(**_MINE, used_at__isnull=False)
    # The last day ends in the Americas half a day after it has ended in Greenwich.
    over = (now - timedelta(hours=12)).date()
    kept = Citizen.also_on.through.objects.filter(citizen=OuterRef("pk"), importedfile__expires_on__gte=over)
    return Citizen.objects.filter(~Exists(own_chat), ~Exists(own_link), ~Exists(kept), came_with__expires_on__lt=over)


def gone_since(moment: datetime) -> QuerySet[Citizen]:
    """Return whom no way reaches any more, since before a moment; not who was forgotten before."""
    gone = Contact.objects.filter(state=Contact.State.GONE, gone_at__lt=moment).exclude(state_why=TAKEN_AWAY)
    standing = Contact.objects.filter(**_MINE).exclude(state=Contact.State.GONE, gone_at__lt=moment)
    return Citizen.objects.filter(~Exists(standing), pk__in=gone.values("citizen"))


def note_gone(now: datetime) -> None:
    """Note since when contacts do not work any more; of those that work again, forget it."""
    Contact.objects.filter(state=Contact.State.GONE, gone_at=None).update(gone_at=now)
    Contact.objects.exclude(state=Contact.State.GONE).exclude(gone_at=None).update(gone_at=None)
