"""Accounts that no editor can connect by a link: an administrator says where they are, and gives what is needed there."""

from datetime import datetime

from django.db import transaction

from crisis.encryption import Secrets
from crisis.journal.operations import append
from crisis.registry import cells
from crisis.registry.models import Account, Installation, Mode
from crisis.registry.operations import RegistryError, connect
from platforms import catalog
from platforms.contract import PlatformSpec

ACTOR = "command"
LONGEST_SECRET = 4_000


@transaction.atomic
def give(*, account: Account, secret: str, now: datetime, address: str = "") -> None:
    """Store what an account needs that has no consent screen; a paused one stays paused until a person releases it.

    Args:
        account: one on which a person publishes, or one whose service has an address of its own with a key in it.
        secret: the service's whole address; blank where a person publishes.
        now: the time.
        address: the public name, or the page, of a shadow that has none yet.

    Raises:
        RegistryError: it cannot be given; the message says why, and never what.
    """
    spec = catalog.spec(account.platform)
    if spec is None or not (spec.by_administrator or spec.by_hand):
        raise RegistryError(f"{account} is connected by its editor: make a link in the console.")
    if not account.is_home:
        raise RegistryError("This account belongs to another ministry.")
    if account.mode == Mode.LIVE and Installation.objects.get().kind == Installation.Kind.DEMO:
        raise RegistryError("This is a demo: its live accounts are never connected, only shadows are.")
    where = account.address or _checked(account, spec, address)
    if address and where != address:
        raise RegistryError(f"{account} has an address already.")
    if spec.by_hand:
        if account.address:
            raise RegistryError(f"A person publishes on {account.shown}: there is nothing to connect.")
        Account.objects.filter(pk=account.pk).update(address=where, address_key=where.casefold())
        append(actor=ACTOR, action="registry.connect", subject=f"account:{account.pk}", now=now, secrets=[])
        return
    if "://" not in secret or any(letter.isspace() for letter in secret) or len(secret) > LONGEST_SECRET:
        raise RegistryError(
            "This is no address of a service: KIND://…, in one piece, as appriseit.com/services writes it."
        )
    (name,) = spec.secrets
    connect(
        account=account, address=where, platform_id=account.platform_id, secrets=Secrets({name: secret}), actor=ACTOR,
        now=now, on=now.date(),
    )  # fmt: skip


def _checked(account: Account, spec: PlatformSpec, address: str) -> str:
    """Return the address of a shadow that has none.

    Raises:
        RegistryError: it is none, or in use.
    """
    if not address:
        raise RegistryError(f"{account} has no address yet: say which with --address.")
    try:
        clean = cells.handle(spec.slug, address)
    except ValueError as error:
        raise RegistryError(f"{error}.") from error
    same = Account.objects.filter(platform=spec.slug, address_key=clean.casefold())
    if same.exclude(mode=account.mode).exists():
        raise RegistryError(f"{clean} is used for the other mode: real alerts and drills never share an account.")
    if same.exists():
        raise RegistryError(f"{clean} is registered already.")
    return clean
