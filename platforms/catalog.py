"""Which platforms there are: each one's spec at once, its adapter (and so its SDK) only when it is first asked for."""

from importlib import import_module
from typing import Any

from platforms.contract import Adapter, Connects, Endpoint, PlatformSpec, Revokes
from platforms.specs.facebook import FACEBOOK
from platforms.specs.telegram import TELEGRAM
from platforms.specs.x import X

_ADAPTERS: dict[str, tuple[PlatformSpec, str]] = {
    TELEGRAM.slug: (TELEGRAM, "platforms.telegram:TelegramAdapter"),
    X.slug: (X, "platforms.x:XAdapter"),
    FACEBOOK.slug: (FACEBOOK, "platforms.facebook:FacebookAdapter"),
}

_CONSENTS = {
    TELEGRAM.slug: "platforms.telegram_consent:TelegramConsent",
    X.slug: "platforms.x_consent:XConsent",
    FACEBOOK.slug: "platforms.facebook_consent:FacebookConsent",
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
    made: Adapter = _class(_ADAPTERS[slug][1])(endpoint)
    return made


def consent(slug: str, endpoint: Endpoint) -> Connects | Revokes:
    """Make what asks for access to accounts of a platform, and ends it; no SDK is imported for it.

    Raises:
        KeyError: there is none.
        AdapterMisconfigured: the endpoint may not be used.
    """
    made: Connects | Revokes = _class(_CONSENTS[slug])(endpoint)
    return made


def _class(where: str) -> Any:
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)
