"""How access to an account is asked for, renewed and ended. Pure values, as in the contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from platforms.contract import Endpoint, Identity, Target


@dataclass(frozen=True, slots=True)
class Consent:
    """Where an editor allows it, and what must be at hand when the platform sends the browser back.

    Attributes:
        url: the platform's own consent screen.
        kept: stays with the browser's session; part of it is secret.
    """

    url: str
    kept: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """One account for which a consent speaks.

    Attributes:
        identity: whom the platform says it is.
        secrets: what an adapter needs to publish there; never shown.
        scopes: what was allowed, in the platform's own words.
        expires_at: when the access ends by itself; None: not before somebody ends it.
        also: numbers under which the account may be registered too.
        grantor: the platform's number for the person who allowed it, where one consent speaks for several accounts.
    """

    identity: Identity
    secrets: Mapping[str, str] = field(repr=False)
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    also: tuple[str, ...] = ()
    grantor: str = ""


@runtime_checkable
class Connects(Protocol):
    """A platform's own consent screen: how access to an account is asked for. It publishes nothing and needs no SDK."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Remember where the platform is.

        Raises:
            AdapterMisconfigured: the endpoint may not be used.
        """

    def consent(self, *, callback: str, app: Mapping[str, str], account: str = "") -> Consent:
        """Begin; the browser goes to the consent's address, and comes back to `callback`.

        Args:
            callback: an address of ours that is registered with our app on the platform.
            app: the secrets of our app.
            account: whose access is asked for, where a platform lets us suggest it; who answers decides.

        Raises:
            PlatformError: the platform does not let us ask.
        """

    def exchange(self, *, query: Mapping[str, str], kept: Mapping[str, str], app: Mapping[str, str]) -> list[Granted]:
        """Return every account for which the consent speaks.

        Args:
            query: what the browser brought back.
            kept: of the consent that this very browser began.
            app: the secrets of our app.

        Raises:
            ConsentDeclined: the editor did not allow it, or not all of it.
            ConsentMismatch: it is no answer to this consent, or too old.
            PlatformError: the platform did not hand the access out.
        """


@runtime_checkable
class Describes(Protocol):
    """Our app there is an address of ours, at which the platform reads who we are."""

    def describe(self, *, callback: str, app: Mapping[str, str]) -> dict[str, Any]:
        """Return what stands at that address, as JSON; nothing secret is in it.

        Args:
            callback: the address of ours to which editors are sent back.
            app: the secrets of our app.
        """


@runtime_checkable
class Renews(Protocol):
    """Can have an access that ends by itself made longer."""

    def renew(self, target: Target) -> Granted:
        """Return the access anew, with every secret that must be stored from now on; the old one may be worthless at once.

        Raises:
            BadCredentials: it cannot be renewed any more: an editor must allow it again.
            PlatformError: it was not renewed; it holds as long as it did.
        """


@runtime_checkable
class Revokes(Protocol):
    """Can end an access at the platform itself."""

    def revoke(self, target: Target) -> None:
        """Make the access worthless; raises PlatformError where that is not certain."""
