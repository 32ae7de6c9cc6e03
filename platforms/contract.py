"""What an adapter is. Pure values: no clock, no settings, no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol, runtime_checkable

from platforms.limits import Rate


@dataclass(frozen=True, slots=True)
class Handle:
    """How an account is called there.

    Attributes:
        longest: characters, without an "@".
        joint: what may stand between two words of it.
        at: it is written with an "@" in front.
    """

    longest: int
    joint: str = "_"
    at: bool = False


@dataclass(frozen=True, slots=True)
class Prices:
    """What a platform charges for, in US dollars each: a publication without a link, and one with."""

    plain: float
    with_link: float
    source: str

    def of(self, text: str) -> float:
        """Return what publishing a text costs."""
        return self.with_link if "https://" in text or "http://" in text else self.plain


@dataclass(frozen=True, slots=True)
class PlatformSpec:
    """What is true of a platform, without its SDK.

    Attributes:
        slug, name: for the registry and for people.
        base_url: its interface, as its adapter takes it.
        web_url: where people see what was published.
        handle: how its accounts are called.
        text_limit: the longest text, in the unit that `measure` counts; `unit` names it.
        layout: which layout of the texts it uses.
        rates: what it allows.
        needs_id: its adapter needs the account's number beside its address.
        secrets: the names of what its adapter needs in `Target.secrets`.
        by_person: access is a person's: one consent may speak for several accounts, and ends for all of them.
        removals: what it allows of taking away, where it counts that apart.
        app_secrets: the names of what belongs to our app there, not to one account; each is a setting, by `setting`.
        amends, withdraws: what stands there can be edited in its place; can be taken away.
        numbered: an account's publications are numbered one by one, so that a read-back can begin at the last known one.
        threads: a publication may answer the one before, and readers see them together.
        prices: what it charges; None where publishing is free.
        verify_is_charged: asking whom a token speaks for costs credit: it is not done only to see whether it works.
        claimed: it has no consent screen: an account is connected by a code that its editor posts in it.
        setup: what our app needs there before the first account can be connected, for the administrator.
        source, checked_on: where the figures come from, and the day they were read.
    """

    slug: str
    name: str
    base_url: str
    web_url: str
    handle: Handle
    text_limit: int
    measure: Callable[[str], int]
    unit: str
    layout: str
    rates: tuple[Rate, ...]
    secrets: tuple[str, ...]
    source: str
    checked_on: str
    app_secrets: tuple[str, ...] = ()
    needs_id: bool = False
    by_person: bool = False
    removals: tuple[Rate, ...] = ()
    amends: bool = False
    withdraws: bool = False
    numbered: bool = False
    threads: bool = False
    prices: Prices | None = None
    verify_is_charged: bool = False
    claimed: bool = False
    setup: str = ""

    def setting(self, secret: str) -> str:
        """Return the setting that holds a secret of our app: X_CONSUMER_KEY."""
        return f"{self.slug}_{secret}".upper()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a platform's interface is and how long we wait for it.

    Attributes:
        base_url: takes the place of the platform's own host.
        web_url: where people see publications.
        loopback_only: refuse every host that is not this machine.
        connect_s, read_s: seconds.
        proxy: an http(s) proxy, or blank; the environment's is never used.
    """

    base_url: str
    web_url: str
    loopback_only: bool
    connect_s: float = 3.0
    read_s: float = 10.0
    proxy: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Whose account, or which person's chat.

    Attributes:
        address: as people know it, or the chat's number.
        platform_id: the platform's number for the account, where it is needed.
        secrets: by name, as `PlatformSpec.secrets` lists them; never shown.
        operations_chat: a private chat of ours, into which what stands in a channel may be shown for a moment; blank if there
            is none.
    """

    address: str
    platform_id: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    operations_chat: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a private message: its words, and at most 64 bytes that come back when it is pressed."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What leaves.

    Attributes:
        text: whole; an adapter never cuts it.
        marker: stands in the text; what `find` looks for.
        link: the alert's page, for platforms that show a card for it.
        language: of the text, the first one where it has several.
        reply_to: the remote id of the part before, or of what this corrects, on platforms with threads.
        after_id: the greatest remote id known on that account before this one; where a read-back begins.
        buttons: rows of buttons, for private messages.
    """

    text: str
    marker: str
    link: str = ""
    language: str = ""
    reply_to: str = ""
    after_id: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's word that it stands there: its id, and the address where people see it (blank if there is none)."""

    remote_id: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a token speaks for."""

    platform_id: str
    address: str


class Adapter(Protocol):
    """One platform. Constructed once a process; safe to call from many threads."""

    spec: ClassVar[PlatformSpec]

    def __init__(self, endpoint: Endpoint) -> None:
        """Remember where the platform is.

        Raises:
            AdapterMisconfigured: the endpoint may not be used.
        """

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Publish on a timeline.

        Raises:
            PlatformError: exactly one, whose class tells what became of it.
        """

    def close(self) -> None:
        """Give connections and threads back; nothing may be asked of it afterwards."""


@runtime_checkable
class Notifies(Protocol):
    """Writes to single people, many at once, on the event loop of the caller."""

    async def notify(self, out: Outgoing, target: Target) -> Receipt:
        """Write to one person; raises exactly one PlatformError where there is no receipt."""


@runtime_checkable
class Finds(Protocol):
    """Can read an account back."""

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:
        """Return the publication whose text holds the marker and that is not older than `since`, or None.

        Raises:
            Unsupported: this account, or this one publication, can never be read back: a person must look.
            PlatformError: the account could not be read; nothing is proven.
        """


@runtime_checkable
class Amends(Protocol):
    """Can put another text in the place of a publication of ours: doing it twice is doing it once."""

    def amend(self, remote_id: str, out: Outgoing, target: Target) -> Receipt:
        """Put `out.text` in the place of a publication, which keeps its id, its address and its time.

        Raises:
            PublicationGone: it is no longer there.
            Unsupported: this one cannot be changed.
            Unfinished: whether it was changed is unknown; to repeat it is harmless.
            PlatformError: any other refusal; it stands as it was.
        """


@runtime_checkable
class Withdraws(Protocol):
    """Can take a publication of ours away: doing it twice is doing it once."""

    def withdraw(self, remote_id: str, target: Target) -> None:
        """Take a publication away; one that is gone already counts as withdrawn.

        Raises:
            Unsupported: this one cannot be taken away.
            Unfinished: whether it is gone is unknown; to repeat it is harmless.
            PlatformError: any other refusal; it still stands.
        """


@runtime_checkable
class Verifies(Protocol):
    """Can tell whom a token speaks for."""

    def verify(self, target: Target) -> Identity:
        """Return whom the token speaks for; raises PlatformError where it speaks for nobody."""


@runtime_checkable
class Probes(Protocol):
    """Can prove the whole way to a private chat of ours, and leave nothing there."""

    def probe(self, out: Outgoing, target: Target) -> None:
        """Write without a sound, and take it away again; raises PlatformError where it could not be written."""


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
class Revokes(Protocol):
    """Can end an access at the platform itself."""

    def revoke(self, target: Target) -> None:
        """Make the access worthless; raises PlatformError where that is not certain."""
