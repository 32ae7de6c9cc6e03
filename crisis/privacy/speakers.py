"""People who speak for us (ambassadors, delegates): what is kept of them, and why, ends with their last consent."""

from datetime import datetime

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, ProtectedError, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from crisis import clock
from crisis.journal.models import Entry
from crisis.presence.models import AccountSnapshot, Latest
from crisis.registry.keeping import Consent
from crisis.registry.models import Account, Credential, Holder, Invitation, Mode
from crisis.registry.operations import ARCHIVED, both, retire
from crisis.retention import kept

_GONE = "taken away:"  # before the number of somebody by whose account publications are counted


def consents(now: datetime) -> QuerySet[Consent]:
    """Return the consents that ended so long ago that nobody need prove them any more."""
    until = (now - kept("speakers")).date()
    return Consent.objects.filter(Q(until__lt=until) | Q(withdrawn_on__lt=until))


def people(now: datetime) -> QuerySet[Holder]:
    """Return the people of whom no consent is left, nor was any noted since they were added, if that is long ago too."""
    added = Entry.objects.filter(
        action="registry.add_holder", subject=Concat(Value("holder:"), Cast(OuterRef("pk"), CharField())),
        at__gte=now - kept("speakers"),
    )  # fmt: skip
    rows = Holder.objects.filter(kind=Holder.Kind.PERSON, consents=None).exclude(name__startswith=_GONE)
    return rows.exclude(Exists(added))


@transaction.atomic
def forget(rows: QuerySet[Holder]) -> None:
    """Remove people with their accounts; what publications or letters are counted by stays, and no longer says whose it was."""
    for holder in rows:
        for account in holder.accounts.filter(mode=Mode.LIVE):
            _forget_account(account)
        holder.proposals.all().delete()
        if holder.accounts.exists():
            Holder.objects.filter(pk=holder.pk).update(name=f"{_GONE}{holder.pk}", of_post=None)
        else:
            holder.delete()


def _forget_account(account: Account) -> None:
    """Remove an account with its shadow; where something is counted by either, empty them."""
    try:
        with transaction.atomic():
            account.delete()
    except ProtectedError:
        retire(account=account, why=ARCHIVED, actor="purge", now=clock.now())
        ends = both(account)
        for model in (Credential, Invitation, AccountSnapshot, Latest):
            model._default_manager.filter(account__in=ends).delete()  # noqa: SLF001 - Django's name for it
        ends.update(address="", address_key="", platform_id="", purpose="")
