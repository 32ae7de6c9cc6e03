"""Who may do what, and for whom: one table and one rule, asked by every operation. A superuser is not above it."""

from enum import StrEnum
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crisis import clock
from crisis.staff.models import Grant, Officer, Role
from crisis.staff.reach import EVERYTHING, NOTHING, Reach


class Right(StrEnum):
    """Something that can be allowed."""

    ALERTS = gettext_noop("see alerts and their progress")
    SEE = gettext_noop("see who has answered, cases, letters and reports")
    COMPOSE = gettext_noop("write and submit alerts")
    APPROVE = gettext_noop("approve and issue alerts")
    ALONE = gettext_noop("issue an alert alone, where nobody answers who may approve it")
    NOTICE = gettext_noop("write and submit routine notices")
    REVIEW = gettext_noop("review and issue routine notices")
    STOP = gettext_noop("stop an alert and settle deliveries whose outcome is unknown")
    CASES = gettext_noop("work on cases")
    GRAVE = gettext_noop("see cases of people in hospital, detained, missing or deceased")
    EXPORT = gettext_noop("take lists of people out of the house")
    CALL = gettext_noop("call people to a place with personal codes")
    PROPOSE = gettext_noop("propose accounts, and keep a post's own page")
    ACCOUNTS = gettext_noop("connect, review, release and pause accounts")
    TEXTS = gettext_noop("write and review the texts of alerts")
    OUTWARD = gettext_noop("write what the bot, the automatic answers and the pages say")
    OUTWARD_REVIEW = gettext_noop("review what they say, and put it in force")
    DIRECTORY = gettext_noop("keep the directory of numbers and links")
    LISTS = gettext_noop("bring in lists of people")
    REPORT = gettext_noop("report for the people of a list")
    ROSTER = gettext_noop("change the duty roster")
    VOLUNTEERS = gettext_noop("let volunteers in")
    ROLES = gettext_noop("give and take roles")
    JOURNAL = gettext_noop("read the journal")


RIGHTS: dict[Right, frozenset[Role]] = {
    # A coordinator is no member of the staff: a teacher, a tour guide. They see their own group, and nothing else.
    Right.ALERTS: frozenset(Role) - {Role.COORDINATOR},
    # An administrator keeps the house, and needs nobody's answer for it; a post editor writes, and needs none either.
    Right.SEE: frozenset({Role.OFFICER, Role.APPROVER, Role.CLERK, Role.VOLUNTEER, Role.AUDITOR}),
    Right.COMPOSE: frozenset({Role.OFFICER}),
    Right.APPROVE: frozenset({Role.APPROVER}),
    Right.ALONE: frozenset({Role.OFFICER}),
    # Whoever may write an alert may write a notice; one post editor writes it, and another person reviews it.
    Right.NOTICE: frozenset({Role.OFFICER, Role.POST_EDITOR}),
    Right.REVIEW: frozenset({Role.APPROVER, Role.POST_EDITOR}),
    Right.STOP: frozenset({Role.OFFICER, Role.APPROVER}),
    Right.CASES: frozenset({Role.CLERK, Role.OFFICER, Role.VOLUNTEER}),
    Right.GRAVE: frozenset({Role.CLERK, Role.OFFICER}),
    Right.EXPORT: frozenset({Role.CLERK, Role.OFFICER}),
    Right.CALL: frozenset({Role.OFFICER, Role.APPROVER}),
    # Whoever sees a new account, a fake or a wrong number first says so; another person reviews accounts.
    Right.PROPOSE: frozenset({Role.OFFICER, Role.APPROVER, Role.POST_EDITOR, Role.ADMINISTRATOR}),
    Right.ACCOUNTS: frozenset({Role.APPROVER, Role.ADMINISTRATOR}),
    Right.TEXTS: frozenset({Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR}),
    Right.OUTWARD: frozenset({Role.OFFICER, Role.APPROVER, Role.POST_EDITOR, Role.ADMINISTRATOR}),
    Right.OUTWARD_REVIEW: frozenset({Role.OFFICER, Role.APPROVER, Role.POST_EDITOR, Role.ADMINISTRATOR}),
    # A post's own staff know first that its number has changed.
    Right.DIRECTORY: frozenset({Role.OFFICER, Role.APPROVER, Role.CLERK, Role.POST_EDITOR, Role.ADMINISTRATOR}),
    Right.LISTS: frozenset({Role.ADMINISTRATOR}),
    Right.REPORT: frozenset({Role.COORDINATOR}),
    Right.ROSTER: frozenset({Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR}),
    Right.VOLUNTEERS: frozenset({Role.OFFICER, Role.ADMINISTRATOR}),
    Right.ROLES: frozenset({Role.ADMINISTRATOR}),
    Right.JOURNAL: frozenset({Role.AUDITOR}),
}
# What an auditor opens and never does: every page that shows something. Nobody's data leaves the house by it, and who is in
# hospital, detained, missing or deceased is for those only who work on it.
READ = frozenset(Right) - {Right.EXPORT, Right.REPORT, Right.GRAVE}
# What asks for a second factor in live operation: whatever lets something out, stops it, changes what citizens are told at once,
# or makes somebody mightier.
SECOND_FACTOR = frozenset(
    {Right.APPROVE, Right.ALONE, Right.REVIEW, Right.STOP, Right.OUTWARD_REVIEW, Right.DIRECTORY, Right.ROLES}
)


class NotAllowed(Exception):
    """This person's roles do not include what was asked."""


class Placed(Protocol):
    """Something that belongs to a post and a rollcall, or to none."""

    @property
    def post_id(self) -> int | None: ...  # noqa: D102 - the class says it

    @property
    def rollcall_id(self) -> int | None: ...  # noqa: D102


def _grants(officer: Officer) -> list[Grant]:
    """Return the roles that hold now. The clock is read here, so that no caller can forget that a role has ended."""
    if not officer.is_active:
        return []
    now = clock.now()
    return [grant for grant in officer.grants.all() if grant.expires_at is None or grant.expires_at > now]


def rights_of(officer: Officer) -> frozenset[Right]:
    """Return every right that an officer holds through any role."""
    roles = {grant.role for grant in _grants(officer)}
    return frozenset(right for right, holders in RIGHTS.items() if roles & holders)


def may(officer: Officer, right: Right) -> bool:
    """Tell whether an officer holds a right through any role."""
    return right in rights_of(officer)


def may_read(officer: Officer, right: Right) -> bool:
    """Tell whether an officer may open a page of a right without doing anything on it: an auditor may."""
    return may(officer, right) or (right in READ and any(grant.role == Role.AUDITOR for grant in _grants(officer)))


def require(officer: Officer, right: Right, *, of: Placed | None = None, reading: bool = False) -> None:
    """Let an officer pass who holds a right.

    Args:
        officer: who.
        right: what.
        of: whose post and rollcall it is about; None is nobody's.
        reading: nothing is changed by it.

    Raises:
        NotAllowed: the officer does not; the message names the roles that do, or says that it is another post's.
    """
    if not (may_read(officer, right) if reading else may(officer, right)):
        roles = ", ".join(sorted(str(role.label) for role in RIGHTS[right]))
        raise NotAllowed(
            _("Your roles do not allow you to %(right)s. Who may: %(roles)s.")
            % {"right": _(right.value), "roles": roles}
        )
    if of is not None and not reach_of(officer, right, reading=reading).holds(of.post_id, of.rollcall_id):
        raise NotAllowed(_("This belongs to another post, or to another alert, than yours."))


def require_at(officer: Officer, right: Right, post: int | None) -> None:
    """Let an officer pass who holds a right for a post; for the whole ministry where `post` is None.

    Raises:
        NotAllowed: the officer does not hold it, or for other posts only.
    """
    require(officer, right)
    if not reach_of(officer, right).holds(post, None):
        raise NotAllowed(_("This belongs to another post than yours, or to the whole ministry."))


def reach_of(officer: Officer, right: Right, *, reading: bool = False) -> Reach:
    """Return whose rows a right is for: those of the grants that give it, and of no other.

    Args:
        officer: who.
        right: by which right.
        reading: nothing is changed, so that an auditor's counts.
    """
    found = NOTHING
    for grant in _grants(officer):
        if grant.role in RIGHTS[right] or (reading and right in READ and grant.role == Role.AUDITOR):
            posts = frozenset(post.pk for post in grant.posts.all()) if grant.bound else None
            found |= Reach.of(posts=posts, rollcall=grant.rollcall_id)
    return EVERYTHING if found.everything else found
