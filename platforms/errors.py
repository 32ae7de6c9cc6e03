"""Everything that can go wrong at a platform: each class says what the engine does, its sentence says what a person does."""

from datetime import datetime
from typing import ClassVar, Literal

# What a refusal halts: this recipient, this account, every account of our app on that platform.
Scope = Literal["recipient", "account", "app"]


_WEEK_S = 7 * 24 * 3600.0


class PlatformError(Exception):
    """An outcome that is no receipt. The class decides; text is for people.

    Attributes:
        code: stable; stands in ledger, metric and documentation.
        retryable: whether the engine may try again by itself.
        sentence: for staff: what happened and what to do.
        detail: the platform's own words, shortened; never a secret.
        platform_code: the platform's own code, if it gave one.
    """

    code: ClassVar[str]
    retryable: ClassVar[bool] = False
    sentence: ClassVar[str]

    def __init__(self, detail: str = "", *, platform_code: str = "") -> None:
        super().__init__(detail)
        # No database keeps every control character; PostgreSQL refuses NUL.
        words = "".join(letter if letter.isprintable() else " " for letter in detail)
        self.detail = " ".join(words.split())[:300]
        self.platform_code = platform_code

    def __str__(self) -> str:
        code = f" [{self.platform_code}]" if self.platform_code else ""
        return f"{self.code}{code}: {self.detail}" if self.detail else f"{self.code}{code}"


class Unreachable(PlatformError):
    """The request never left: no name, no connection, no TLS."""

    code, retryable = "unreachable", True
    sentence = "The platform could not be reached; nothing was sent. It is tried again by itself."


class PlatformDown(PlatformError):
    """The platform refused before it accepted anything."""

    code, retryable = "platform_down", True
    sentence = "The platform is out of order and refused; nothing was sent. It is tried again by itself."


class Throttled(PlatformError):
    """Too fast, for this scope, until a time.

    Attributes:
        retry_after: seconds to wait, counted from the answer; at least one, at most a week, whatever the platform said.
        scope: what must wait.
    """

    code, retryable = "throttled", True
    sentence = "The platform asked us to wait; it goes on by itself at the time it gave."

    def __init__(
        self,
        detail: str = "",
        *,
        scope: Scope,
        retry_after: float,
        platform_code: str = "",
    ) -> None:
        super().__init__(detail, platform_code=platform_code)
        self.scope = scope
        self.retry_after = min(max(1.0, retry_after), _WEEK_S)


class QuotaUsed(PlatformError):
    """Credits, or what may be published in a day, are used up.

    Attributes:
        until: when more is granted, if the platform said it.
    """

    code, retryable = "quota_used", True
    sentence = "The quota or credit of this account is used up: buy or ask for more, or publish by hand."

    def __init__(self, detail: str = "", *, until: datetime | None = None, platform_code: str = "") -> None:
        super().__init__(detail, platform_code=platform_code)
        self.until = until


class Unconfirmed(PlatformError):
    """Whether it stands there cannot be known from the answer.

    Attributes:
        duplicate: the platform says that it holds the same text already, without naming it.
    """

    code = "unconfirmed"
    sentence = (
        "It is unknown whether this was published. The account is read back; if that cannot tell, look and decide."
    )

    def __init__(self, detail: str = "", *, duplicate: bool = False, platform_code: str = "") -> None:
        super().__init__(detail, platform_code=platform_code)
        self.duplicate = duplicate


class Unfinished(PlatformError):
    """Whether a change was made, or something was taken away, cannot be known from the answer; to repeat it is harmless."""

    code, retryable = "unfinished", True
    sentence = "Whether the change was made is unknown; it is repeated by itself, which is harmless."


class AlreadyPosted(PlatformError):
    """It stands there already, and it is ours: known by its marker."""

    code = "already_posted"
    sentence = "It was published already."

    def __init__(self, remote_id: str, url: str = "") -> None:
        super().__init__(remote_id)
        self.remote_id = remote_id
        self.url = url


class BadCredentials(PlatformError):
    """The token is expired, revoked, or lacks a right."""

    code = "bad_credentials"
    sentence = "The platform no longer accepts our access to this account: connect it again."


class AccountRestricted(PlatformError):
    """The account is suspended, locked, or we were removed from it."""

    code = "account_restricted"
    sentence = "The platform restricts this account, or removed us from it: sign in on the platform itself and follow its steps."


class PlatformConfig(PlatformError):
    """Our app is set up wrongly, or speaks a version that is gone."""

    code = "platform_config"
    sentence = "Our app is not set up for this on the platform: tell the administrator."


class RecipientGone(PlatformError):
    """This recipient will not work any more."""

    code = "recipient_gone"
    sentence = "This person blocked the bot or left the platform."


class RecipientMoved(PlatformError):
    """This recipient has a new address.

    Attributes:
        address: the new one.
    """

    code = "recipient_moved"
    sentence = "This chat has a new number; it is stored and used."

    def __init__(self, address: str) -> None:
        super().__init__(f"moved to {address}")
        self.address = address


class ContentRejected(PlatformError):
    """The platform refuses the text, link or picture itself."""

    code = "content_rejected"
    sentence = "The platform refused the text: read its words and publish by hand."


class PublicationGone(PlatformError):
    """What was to be changed does not stand there any more."""

    code = "publication_gone"
    sentence = "The earlier publication is no longer there."


class Unsupported(PlatformError):
    """This cannot be said there."""

    code = "unsupported"
    sentence = "This platform cannot carry this."


class ByHand(PlatformError):
    """Nothing publishes there but a person."""

    code = "by_hand"
    sentence = "Publish by hand, then say where it stands."


class ConsentDeclined(PlatformError):
    """An editor did not allow what we asked for."""

    code = "consent_declined"
    sentence = "It was not allowed on the platform, so nothing was connected."


class ConsentMismatch(PlatformError):
    """What came back answers no question of ours: another browser began it, or it is too old."""

    code = "consent_mismatch"
    sentence = "The platform's answer fits no question of ours, or came too late: begin again with the link."


class UnexpectedResponse(PlatformError):
    """An answer that no document describes, where nothing can have been created."""

    code = "unexpected_response"
    sentence = "The platform answered in an unknown way and published nothing: tell the administrator."


class AdapterMisconfigured(Exception):
    """A mistake of ours in the wiring, found before anything is sent; not an outcome of a platform."""


# Refusals of our access, never of the person or the text: nothing has left, and the next one is refused too until it is mended.
REFUSES_US = (BadCredentials, AccountRestricted, PlatformConfig, QuotaUsed)
