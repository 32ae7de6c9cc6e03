"""What would happen on one account, what one platform would charge, what one way would carry: the parts of a preflight."""

from dataclasses import dataclass

from crisis.registry.models import Account, Mode
from crisis.wording.render import Publication
from platforms import catalog
from platforms.contract import PlatformSpec

BY_HAND = "by_hand"  # the reason of whatever a person publishes


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """What one account would publish.

    Attributes:
        account: the registered account, LIVE.
        used: the one that publishes: itself, or its shadow in an exercise.
        languages: what it publishes in, in order; `missing` what it speaks too, but the alert does not.
        publications: its texts in order; empty if it is held, unless it is for a person to copy them.
        held: why a person must act, or blank; `reason` is its stable code.
        skipped: why nothing can leave through the account until a person acts (paused, not connected), or blank.
    """

    account: Account
    used: Account
    languages: tuple[str, ...]
    missing: tuple[str, ...]
    publications: tuple[Publication, ...]
    held: str = ""
    skipped: str = ""
    reason: str = ""

    @property
    def by_hand(self) -> bool:
        """Whether a person publishes its texts."""
        return bool(self.held and self.publications)

    @property
    def shown(self) -> str:
        """The account as people know it, in a drill as whose shadow publishes: "X shadow of belgiumembjapan"."""
        spec = catalog.spec(self.account.platform)
        platform = spec.name if spec else self.account.platform.capitalize()
        return f"{platform} {'shadow of ' if self.used.mode == Mode.EXERCISE else ''}{self.account.address}"


@dataclass(slots=True)
class Cost:
    """What one platform would charge: so many publications, so many US dollars."""

    platform: str
    publications: int = 0
    dollars: float = 0.0


@dataclass(frozen=True, slots=True)
class WayPlan:
    """What one way would carry.

    Attributes:
        people, contacts: for how many, to how many that prefer it; or have it, where it goes every way at once.
        reserve: to how many more where the way that they prefer fails.
        longest: the longest text in the way's own unit.
        most: how many people it may write to in 24 hours; 0 is no limit that is known.
    """

    spec: PlatformSpec
    people: int
    contacts: int
    longest: int
    most: int = 0
    reserve: int = 0

    @property
    def too_many(self) -> bool:
        """Whether more people are meant than it may write to in a day."""
        return 0 < self.most < self.contacts

    @property
    def name(self) -> str:
        """The way, for people."""
        return self.spec.name

    @property
    def messages(self) -> int:
        """How many messages are paid for at most, those in reserve too, where a text becomes several; 0 where it does not."""
        return (self.contacts + self.reserve) * self.longest if self.spec.unit == "messages" else 0
