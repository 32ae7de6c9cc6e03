"""Which platforms there are: each one's spec at once, its adapter (and so its SDK) only when it is first asked for."""

from importlib import import_module

from platforms.contract import Adapter, Endpoint, PlatformSpec
from platforms.specs.facebook import FACEBOOK
from platforms.specs.telegram import TELEGRAM
from platforms.specs.x import X

_ADAPTERS: dict[str, tuple[PlatformSpec, str]] = {
    TELEGRAM.slug: (TELEGRAM, "platforms.telegram:TelegramAdapter"),
    X.slug: (X, "platforms.x:XAdapter"),
    FACEBOOK.slug: (FACEBOOK, "platforms.facebook:FacebookAdapter"),
}


def slugs() -> list[str]:
    """Return every platform that has an adapter."""
    return list(_ADAPTERS)


def spec(slug: str) -> PlatformSpec | None:
    """Return a platform's spec, or None if it has no adapter."""
    found = _ADAPTERS.get(slug)
    return found[0] if found else None


def adapter(slug: str, endpoint: Endpoint) -> Adapter:
    """Make a platform's adapter; its SDK is imported now.

    Raises:
        KeyError: there is none.
        AdapterMisconfigured: the endpoint may not be used.
    """
    module, _, name = _ADAPTERS[slug][1].partition(":")
    made: Adapter = getattr(import_module(module), name)(endpoint)
    return made
