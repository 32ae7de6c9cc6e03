"""What an adapter is. Pure values: no clock, no settings, no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Protocol, runtime_checkable

from platforms.limits import Rate


@dataclass(frozen=True, slots=True)
class Handle:
    """How an account is called there.

    Attributes:
        longest: characters, without an "@".
        joint: what may stand between two words of it.
        at: it is written with an "@" in front.
        server: the name of its own server stands behind it: "@user@server.example"; that does not count for `longest`.
        page: it has no name that means anything here: it is known by the https address of its page.
    """

    longest: int
    joint: str = "_"
    at: bool = False
    server: bool = False
    page: bool = False


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
        web_url, page_path: where people see what was published; where an account's page stands below it, {} being its name.
        also_at: other hosts under which the same pages are found, without "www.".
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
        picture: whether a publication there has the alert's card: "never", "may" or "must".
        federated: its accounts are on many servers; an account's own takes the place of `base_url`, except in a demo.
        private: it carries what is written to single people, and has no public accounts.
        by_hand: nothing publishes there but a person, who copies the text; there is nothing to connect.
        by_administrator: it has no consent screen: what its adapter needs is given by `manage.py connect_service`.
        blind: what it takes gets no id there: nothing is read back, changed, taken away or verified, and a receipt's id is ours.
        appears_within: how long what was begun there may take to stand in the list that is read back, at most; nothing is called
            absent before. Nothing where one publication is looked up by its name, or where a second try cannot make a second one.
        renew_before: how long before an access there ends it is made longer by itself; None where none ends, or none can be.
        current_until: the day from which the version of its interface that we speak should give way to a newer one; blank
            where versions do not die.
        own_server: `base_url` is blank: the server is the ministry's own, and a setting, by `setting("url")`.
        subjects: what it carries has a subject line.
        tells_delivery: it says later that a person has what it took; what it never says so of may not have arrived.
        keyed: a second try under the same `Outgoing.key` is harmless, as the other side knows the key.
        listens: comments beneath its publications are read (`Listens`).
        mentions: what names an account elsewhere is read too (`Mentions`).
        reads_are_charged: each comment that is read costs credit: they are read only up to what a setting allows in a day.
        answers: comments beneath its publications are answered there (`Answers`).
        writes_back: people write to its accounts, and it tells us by a webhook that is signed as Meta signs.
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
    picture: Literal["never", "may", "must"] = "never"
    federated: bool = False
    private: bool = False
    by_hand: bool = False
    by_administrator: bool = False
    blind: bool = False
    appears_within: timedelta = timedelta(minutes=1)
    renew_before: timedelta | None = None
    current_until: str = ""
    own_server: bool = False
    subjects: bool = False
    also_at: tuple[str, ...] = ()
    page_path: str = "{}"
    tells_delivery: bool = False
    keyed: bool = False
    listens: bool = False
    mentions: bool = False
    reads_are_charged: bool = False
    answers: bool = False
    writes_back: bool = False

    @property
    def has_screen(self) -> bool:
        """Whether an editor allows it on a consent screen."""
        return not (self.claimed or self.by_administrator or self.by_hand)

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
class Media:
    """A picture that goes with a text: the alert's card.

    Attributes:
        content: the file, a JPEG.
        alt: what it shows, for those who do not see it.
        url: where the platform can fetch it itself, for platforms that take no upload; signed, and good for some hours.
    """

    content: bytes = field(repr=False)
    alt: str
    url: str = field(default="", repr=False)


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
        subject: one line above a private message, where there is such a thing.
        media: the picture, or None.
        staged: what `stage` returned for it; blank if it was not staged.
        key: the same for every try of one publication and of no other, for platforms that know such keys.
        first_at: when the first try began: the same at every try.
        leave_url: an address of ours at which a person ends what is written to them; blank where there is none.
        answers: it answers what this very person has just written; ways that know a window for that may use it.
        reply_token: what names the person in the address to which an answer goes; blank where none is heard.
    """

    text: str
    marker: str
    link: str = ""
    language: str = ""
    reply_to: str = ""
    after_id: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    subject: str = ""
    media: Media | None = None
    staged: str = ""
    key: str = ""
    first_at: datetime | None = None
    leave_url: str = field(default="", repr=False)
    answers: bool = False
    reply_token: str = field(default="", repr=False)


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


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom an account reaches, as its platform says.

    Attributes:
        followers: whoever sees what it publishes; None where the platform does not say.
        publications: how many stand there; None where the platform does not say.
    """

    followers: int | None = None
    publications: int | None = None


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


class Messenger(Protocol):
    """A way to single people only, without any timeline. Constructed once a process; safe on any event loop."""

    spec: ClassVar[PlatformSpec]

    def __init__(self, endpoint: Endpoint) -> None:
        """See `Adapter`."""

    async def notify(self, out: Outgoing, target: Target) -> Receipt:
        """See `Notifies`."""

    async def hang_up(self) -> None:
        """Close the connections that the caller's loop has opened."""


@runtime_checkable
class Stages(Protocol):
    """Takes a picture before the publication that shows it: an upload may take longer than a claim holds."""

    def stage(self, out: Outgoing, target: Target) -> str:
        """Upload `out.media`, which nobody sees yet; doing it twice leaves nothing public behind.

        Returns:
            What `Outgoing.staged` brings back to `publish`.

        Raises:
            PlatformError: it was not taken.
        """


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
class Counts(Protocol):
    """Can tell whom an account reaches."""

    def count(self, target: Target) -> Audience:
        """Return what the platform says of it; raises PlatformError where it says nothing."""


@runtime_checkable
class Probes(Protocol):
    """Can prove the whole way to a private chat of ours, and leave nothing there."""

    def probe(self, out: Outgoing, target: Target) -> None:
        """Write without a sound, and take it away again; raises PlatformError where it could not be written."""
