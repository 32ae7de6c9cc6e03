"""From the registry to an adapter and its target: the one place where credentials are opened, for one call."""

from functools import lru_cache

from django.conf import settings
from django.db import connection

from crisis.registry.models import Account
from platforms import catalog
from platforms.contract import Adapter, Endpoint, Target


@lru_cache(maxsize=32)
def _adapter(slug: str, endpoint: Endpoint) -> Adapter:
    return catalog.adapter(slug, endpoint)


def adapter(slug: str) -> Adapter:
    """Return this process's adapter for a platform.

    Raises:
        KeyError: there is none.
        AdapterMisconfigured: the settings name a host that may not be used.
    """
    endpoint = Endpoint(
        base_url=settings.PLATFORM_URLS[slug],
        web_url=settings.PLATFORM_WEB[slug],
        loopback_only=settings.LOOPBACK_ONLY,
        connect_s=settings.HTTP_CONNECT_S,
        read_s=settings.TELEGRAM_READ_S if slug == "telegram" else settings.HTTP_READ_S,
        proxy=settings.OUTBOUND_PROXY,
    )
    return _adapter(slug, endpoint)


def lend_connection() -> None:
    """Give this thread's database connection back to the pool, if there is one, while a platform is being waited for.

    Hundreds of threads share some connections: held through a slow answer, sixteen slow accounts would stop all others.
    """
    if "pool" in connection.settings_dict.get("OPTIONS", {}) and not connection.in_atomic_block:
        connection.close()


def app_secrets(slug: str) -> dict[str, str]:
    """Return what belongs to our app on a platform, not to one account."""
    return {
        "telegram": {"bot_token": settings.TELEGRAM_BOT_TOKEN},
        "x": {"consumer_key": settings.X_CONSUMER_KEY, "consumer_secret": settings.X_CONSUMER_SECRET},
        "facebook": {"app_secret": settings.FACEBOOK_APP_SECRET},
    }[slug]


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
