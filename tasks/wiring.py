"""From the registry to an adapter and its target: the one place where credentials are opened, for one call."""

from functools import cache

from django.conf import settings
from django.db import connection

from crisis.encryption import open_sealed
from crisis.registry.endpoints import app_secrets, endpoint
from crisis.registry.models import Account
from platforms import catalog
from platforms.access import Connects, Revokes
from platforms.contract import Adapter, Endpoint, Messenger, Notifies, Target


@cache  # none is thrown away: its connections would stay open
def _adapter(slug: str, where: Endpoint) -> Adapter:
    return catalog.adapter(slug, where)


def adapter(slug: str) -> Adapter:
    """Return this process's adapter for a platform.

    Raises:
        KeyError: there is none.
        AdapterMisconfigured: the settings name a host that may not be used.
    """
    return _adapter(slug, endpoint(slug))


def consent(slug: str) -> Connects | Revokes | None:
    """Make what asks for access on a platform, renews it and ends it; None where there is no such thing.

    Raises:
        KeyError: there is none.
    """
    return catalog.consent(slug, endpoint(slug))


@cache
def _messenger(slug: str, where: Endpoint) -> Messenger:
    return catalog.messenger(slug, where)


def messenger(kind: str) -> Notifies:
    """Return this process's adapter for a way to citizens; see `adapter`."""
    if kind in {spec.slug for spec in catalog.private()}:
        return _messenger(kind, endpoint(kind))
    found = adapter(kind)
    if not isinstance(found, Notifies):
        raise TypeError(f"{kind} does not write to citizens")
    return found


def lend_connection() -> None:
    """Give this thread's database connection back to the pool, if there is one, while a platform is being waited for.

    Hundreds of threads share some connections: held through a slow answer, sixteen slow accounts would stop all others.
    """
    if "pool" in connection.settings_dict.get("OPTIONS", {}) and not connection.in_atomic_block:
        connection.close()


def target(account: Account) -> Target:
    """Open an account's credential for one call."""
    secrets = {**app_secrets(account.platform), **account.credential.secrets}
    return Target(
        address=account.address,
        platform_id=account.platform_id,
        secrets=secrets,
        operations_chat=settings.TELEGRAM_OPERATIONS_CHAT if account.platform == "telegram" else "",
    )


def citizen(address: str, *, kind: str = "telegram", sealed: str = "") -> Target:
    """Return the target for one citizen; the one place where a sealed address is opened, for one call.

    Args:
        address: the chat's number, where it stands clear.
        kind: the way.
        sealed: the address, encrypted, where it does not.

    Raises:
        UnreadableSecret: it fits none of the keys.
    """
    return Target(address=open_sealed(sealed) if sealed else address, secrets=app_secrets(kind))
