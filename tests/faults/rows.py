"""What a row is: a fault, the databases that it concerns, and what it came to."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.counting import Count
    from tests.faults.world import World

INVARIANTS = {
    "I1": "every delivery of an issued alert is terminal or visibly waiting",
    "I2": "one publication on the platform per alert, account and part; at most one with hold",
    "I3": "the ledger says posted only if it stands there",
    "I4": "nothing crosses from exercise to live",
    "I5": "the journal verifies",
}
HELD_SHARE = 0.01  # of what can be read back


@dataclass
class Outcome:
    """What a row did.

    Attributes:
        runs: how often the fault struck.
        recovery_s: until everything was as it should be again.
        allowed: states in which something may end without being lost, because the fault says so.
        may_hold: deliveries that can be read back may wait for a person: that is the row's right end.
        figure: a row's own figures, in words.
        wrong: what the row expected and did not find.
        counted: where the row counted for itself.
    """

    runs: int = 1
    recovery_s: float | None = None
    allowed: Collection[str] = ()
    may_hold: bool = False
    figure: str = ""
    wrong: list[str] = field(default_factory=list)
    counted: "Count | None" = None

    def expect(self, holds: object, otherwise: str) -> None:
        """Note what is wrong, unless it holds."""
        if not holds:
            self.wrong.append(otherwise)


Run = Callable[["World"], Outcome]


@dataclass(frozen=True)
class Row:
    """A row of the matrix."""

    fault: str
    run: Run
    short: Collection[str]
    databases: Collection[str]


ROWS: list[Row] = []


def row(fault: str, *, short: Collection[str] = (), on: Collection[str] = ("sqlite",)) -> Callable[[Run], Run]:
    """Make a function a row.

    Args:
        fault: as it is printed.
        short: on which databases it runs in the short form too.
        on: which databases it concerns.
    """

    def add(run: Run) -> Run:
        ROWS.append(Row(fault, run, short, on))
        return run

    return add


@dataclass
class Result:
    """One line of the report: what the JSON holds."""

    fault: str
    database: str
    runs: int = 0
    lost: int = 0
    doubled: int = 0
    resent_unknown: int = 0
    held: int = 0
    recovery_s: float | None = None
    invariants: dict[str, bool] = field(default_factory=dict)
    deliveries: int = 0
    notices: int = 0
    figure: str = ""
    wrong: list[str] = field(default_factory=list)
    not_run: str = ""
    seconds: float = 0.0

    @property
    def state(self) -> str:
        """In one word."""
        return "not run" if self.not_run else "FAILED" if self.wrong else "ok"

    def line(self) -> str:
        """Return the line that is printed."""
        head = f"{self.state:<8}{self.fault} [{self.database}]"
        if self.not_run:
            return f"{head}: {self.not_run}"
        recovery = "–" if self.recovery_s is None else f"{self.recovery_s:.1f} s"
        kept = " ".join(f"{name}{'+' if holds else '-'}" for name, holds in self.invariants.items())
        figures = (
            f"runs {self.runs}, {self.deliveries}+{self.notices}: lost {self.lost}, doubled {self.doubled}, "
            f"resent {self.resent_unknown}, held {self.held}, recovery {recovery}; {kept}"
        )
        words = [f"{head}: {figures}" + (f"; {self.figure}" if self.figure else "")]
        return "\n".join(words + [f"          ! {each}" for each in self.wrong])


def judge(result: Result, told: "Count", outcome: Outcome) -> None:
    """Fill a result from what was counted."""
    result.runs, result.recovery_s, result.figure = outcome.runs, outcome.recovery_s, outcome.figure
    result.lost, result.doubled, result.resent_unknown = told.lost, told.doubled, told.resent_unknown
    result.held, result.deliveries, result.notices = told.held, told.deliveries, told.notices
    result.invariants = {name: name not in told.broken for name in INVARIANTS}
    result.wrong = list(outcome.wrong)
    checks: list[tuple[Any, str]] = [
        (told.lost, f"lost {told.lost} (failed {told.failed})"),
        (told.doubled, f"doubled {told.doubled}"),
        (told.uncommitted, f"{told.uncommitted} publications without a committed intent"),
        (
            not outcome.may_hold and told.held_readable > max(HELD_SHARE * told.readable, 0),
            f"held {told.held_readable} of {told.readable} that can be read back",
        ),
    ]
    result.wrong += [words for bad, words in checks if bad]
    for name, shown in told.broken.items():
        result.wrong.append(f"{name} broke {len(shown)} times: {'; '.join(shown[:3])}")
