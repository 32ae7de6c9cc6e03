"""What an adapter can do with people who write to an account, and whom we do not know. Pure values, as in the contract."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from platforms.contract import Outgoing, Receipt, Target


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote in public beneath a publication of ours.

    Attributes:
        remote_id: the platform's number for it.
        author: the platform's own name or number for who wrote; blank where it does not say.
        text: whole.
        at: when.
        private: not everybody sees it, although it stands beneath the publication.
    """

    remote_id: str
    author: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime
    private: bool = False


@runtime_checkable
class Listens(Protocol):
    """Can read what others wrote beneath a publication of ours."""

    def comments(self, remote_id: str, target: Target, since: datetime) -> list[Comment]:
        """Return the comments of others that were written since then, the oldest first; perhaps not all at once.

        Raises:
            PublicationGone: there is no such publication any more.
            PlatformError: they could not be read.
        """


@runtime_checkable
class Mentions(Protocol):
    """Can read what others wrote anywhere that names an account of ours."""

    def mentions(self, target: Target, since: datetime) -> list[Comment]:
        """Return what others wrote since then that names the account, the oldest first; perhaps not all at once.

        What stands beneath a publication of ours may be among it, under the same number as in `Listens.comments`.

        Raises:
            PlatformError: it could not be read.
        """


@runtime_checkable
class Answers(Protocol):
    """Can answer a comment in public, beneath it."""

    def answer(self, comment_id: str, out: Outgoing, target: Target) -> Receipt:
        """Answer; raises exactly one PlatformError where there is no receipt."""


@runtime_checkable
class Responds(Protocol):
    """Can write privately to somebody who has written to the account, for as long as the platform allows it."""

    def respond(self, person: str, out: Outgoing, target: Target) -> Receipt:
        """Write to one person, by the platform's own name for them; raises exactly one PlatformError without a receipt."""
