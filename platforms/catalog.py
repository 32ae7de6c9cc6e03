"""Which platforms there are: each one's spec at once, its adapter (and so its SDK) only when it is first asked for."""

from importlib import import_module
from typing import Any, NamedTuple

from platforms.contract import Adapter, Connects, Endpoint, PlatformSpec, Revokes
from platforms.specs.facebook import FACEBOOK
from platforms.specs.telegram import TELEGRAM
from platforms.specs.x import X


class _Entry(NamedTuple):
    """A platform's spec, and where its adapter and its consent are, as "module:class"."""

    spec: PlatformSpec
    adapter: str
    consent: str


_PLATFORMS = {
    each.spec.slug: each
    for each in (
        _Entry(TELEGRAM, "platforms.telegram:TelegramAdapter", "platforms.telegram_consent:TelegramConsent"),
        _Entry(X, "platforms.x:XAdapter", "platforms.x_consent:XConsent"),
        _Entry(FACEBOOK, "platforms.facebook:FacebookAdapter", "platforms.facebook_consent:FacebookConsent"),
    )
}


def slugs() -> list[str]:
    """Return every platform that has an adapter."""
    return list(_PLATFORMS)


def specs() -> list[PlatformSpec]:
    """Return the spec of every platform that has an adapter."""
    return [each.spec for each in _PLATFORMS.values()]


def spec(slug: str) -> PlatformSpec | None:
    """Return a platform's spec, or None if it has no adapter."""
    found = _PLATFORMS.get(slug)
    return found.spec if found else None


def adapter(slug: str, endpoint: Endpoint) -> Adapter:
    """Make a platform's adapter; its SDK is imported now.

    Raises:
        KeyError: there is none.
        AdapterMisconfigured: the endpoint may not be used.
    """
    return adapter_class(slug)(endpoint)


def adapter_class(slug: str) -> type[Adapter]:
    """Return a platform's adapter, to see what it can do without making one; its SDK is imported now.

    Raises:
        KeyError: there is none.
    """
    found: type[Adapter] = _class(_PLATFORMS[slug].adapter)
    return found


def consent(slug: str, endpoint: Endpoint) -> Connects | Revokes:
    """Make what asks for access to accounts of a platform, and ends it; no SDK is imported for it.

    Raises:
        KeyError: there is none.
        AdapterMisconfigured: the endpoint may not be used.
    """
    made: Connects | Revokes = _class(_PLATFORMS[slug].consent)(endpoint)
    return made


def consent_class(slug: str) -> type[Connects | Revokes]:
    """Return what asks for access, to see what it can do without making one.

    Raises:
        KeyError: there is none.
    """
    found: type[Connects | Revokes] = _class(_PLATFORMS[slug].consent)
    return found


def _class(where: str) -> Any:
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)
