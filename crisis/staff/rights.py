"""Who may do what: one table, asked by every operation. A superuser is not above it."""

from enum import StrEnum

from crisis.staff.models import Officer, Role


class Right(StrEnum):
    """Something that can be allowed."""

    SEE = "see alerts, progress and the check-in board"
    COMPOSE = "write and submit alerts"
    APPROVE = "approve and issue alerts"
    STOP = "stop an alert and settle deliveries whose outcome is unknown"
    CASES = "work on cases"
    CALL = "call people to a place with personal codes"
    ACCOUNTS = "connect, release and pause accounts"
    LISTS = "bring in lists of people"
    REPORT = "report for the people of a list"


RIGHTS: dict[Right, frozenset[Role]] = {
    # A coordinator is no member of the staff: a teacher, a tour guide. They see their own group, and nothing else.
    Right.SEE: frozenset(Role) - {Role.COORDINATOR},
    Right.COMPOSE: frozenset({Role.OFFICER}),
    Right.APPROVE: frozenset({Role.APPROVER}),
    Right.STOP: frozenset({Role.OFFICER, Role.APPROVER}),
    Right.CASES: frozenset({Role.CLERK, Role.OFFICER}),
    Right.CALL: frozenset({Role.OFFICER, Role.APPROVER}),
    Right.ACCOUNTS: frozenset({Role.APPROVER, Role.ADMINISTRATOR}),
    Right.LISTS: frozenset({Role.ADMINISTRATOR}),
    Right.REPORT: frozenset({Role.COORDINATOR}),
}


class NotAllowed(Exception):
    """This person's roles do not include what was asked."""


def may(officer: Officer, right: Right) -> bool:
    """Tell whether an officer holds a right through any role."""
    if not officer.is_active:
        return False
    return any(grant.role in RIGHTS[right] for grant in officer.grants.all())


def require(officer: Officer, right: Right) -> None:
    """Let an officer pass who holds a right.

    Raises:
        NotAllowed: the officer does not; the message names the roles that do.
    """
    if not may(officer, right):
        roles = " or ".join(sorted(_one(role.label.lower()) for role in RIGHTS[right]))
        raise NotAllowed(f"Your roles do not allow you to {right}: ask {roles}.")


def _one(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
