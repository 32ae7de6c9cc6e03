"""From the registry to an adapter and its target: the one place where credentials are opened, for one call."""

from functools import lru_cache

from django.conf import settings
from django.db import connection

from crisis.registry.endpoints import app_secrets, endpoint
from crisis.registry.models import Account
from platforms import catalog
from platforms.contract import Adapter, Endpoint, Target


@lru_cache(maxsize=32)
def _adapter(slug: str, where: Endpoint) -> Adapter:
    return catalog.adapter(slug, where)


def adapter(slug: str) -> Adapter:
    """Return this process's adapter for a platform.

    Raises:
        KeyError: there is none.
        AdapterMisconfigured: the settings name a host that may not be used.
    """
    return _adapter(slug, endpoint(slug))


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


def citizen(address: str) -> Target:
    """Return the target for one citizen's Telegram chat."""
    return Target(address=address, secrets=app_secrets("telegram"))
