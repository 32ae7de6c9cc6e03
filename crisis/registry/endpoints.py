"""Where each platform is, and what belongs to our app there, by the settings: the same for every process that asks one."""

from django.conf import settings

from platforms import catalog
from platforms.contract import Endpoint


def endpoint(slug: str) -> Endpoint:
    """Return where a platform is.

    Raises:
        KeyError: the settings know no such platform.
    """
    return Endpoint(
        base_url=settings.PLATFORM_URLS[slug],
        web_url=settings.PLATFORM_WEB[slug],
        loopback_only=settings.LOOPBACK_ONLY,
        connect_s=settings.HTTP_CONNECT_S,
        read_s=settings.TELEGRAM_READ_S if slug == "telegram" else settings.HTTP_READ_S,
        proxy=settings.OUTBOUND_PROXY,
    )


def is_set_up(slug: str) -> bool:
    """Tell whether the settings say where a platform is, and hold whatever belongs to our app there."""
    return bool(settings.PLATFORM_URLS.get(slug)) and all(app_secrets(slug).values())


def app_secrets(slug: str) -> dict[str, str]:
    """Return what belongs to our app on a platform, not to one account.

    Raises:
        KeyError: there is no adapter for it.
    """
    spec = catalog.spec(slug)
    if spec is None:
        raise KeyError(slug)
    return {name: settings.APP_SECRETS[spec.setting(name)] for name in spec.app_secrets}
