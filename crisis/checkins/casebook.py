"""Reading cases: what was said and done in each, who waits for whom, and what one shift hands over to the next."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from crisis.audience.addresses import opened
from crisis.audience.contacts import living
from crisis.audience.models import Contact, EmergencyContact
from crisis.audience.queries import current_stay
from crisis.checkins.calling import OUTCOMES
from crisis.checkins.holding import require_grave
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.reach import cases as cases_in
from crisis.checkins.thread import Note, Reply
from crisis.journal.operations import append
from crisis.registry.models import Mode
from crisis.staff.models import Officer
from crisis.staff.reach import EVERYTHING, Reach
from crisis.staff.rights import RIGHTS, Right, reach_of, require


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said or done in a case.

    Attributes:
        kind: "in" from the person, "out" to the person, "call" or "note" by staff.
        checkin, reply, note: what it is; one of them.
    """

    kind: str
    at: datetime
    checkin: CheckIn | None = None
    reply: Reply | None = None
    note: Note | None = None

    @property
    def outcome(self) -> str:
        """How a call went, in words."""
        return str(OUTCOMES.get(self.note.outcome, "")) if self.note else ""


def thread(case: Case) -> list[Said]:
    """Return everything of a case, the oldest first; what a call recorded stands once, with the call."""
    calls = {f"case-call:{note.pk}" for note in case.notes.all()}
    checkins = case.checkins.select_related("citizen").prefetch_related("attachments").order_by("at", "pk")
    found = [Said("in", each.at, checkin=each) for each in checkins if each.ref not in calls]
    found += [
        Said("out", each.written_at, reply=each) for each in case.replies.select_related("by", "contact").order_by("pk")
    ]
    found += [Said("call" if each.outcome else "note", each.at, note=each) for each in case.notes.select_related("by")]
    return sorted(found, key=lambda each: each.at)


def newest(case: Case) -> int:
    """Return the number of the newest check-in of a case; 0 if there is none."""
    return case.checkins.order_by("-pk").values_list("pk", flat=True).first() or 0


def may_open(officer: Officer, case: Case) -> bool:
    """Tell whether somebody may read a case: one with a finding is for those who work on such cases only."""
    return not case.finding or reach_of(officer, Right.GRAVE).holds(case.post_id, case.rollcall_id)


def colleagues(case: Case) -> list[Officer]:
    """Return those to whom a case can be given: who work on cases of its post, and may read it."""
    rows = Officer.objects.filter(is_active=True, grants__role__in=RIGHTS[Right.CASES]).distinct()
    listed = rows.prefetch_related("grants__posts").order_by("first_name", "last_name", "username")
    return [
        each
        for each in listed
        if reach_of(each, Right.CASES).holds(case.post_id, case.rollcall_id) and may_open(each, case)
    ]


def zone_of(case: Case) -> str:
    """Return the time zone in which the person of a case stays; blank if nobody knows."""
    stay = current_stay(case.citizen)
    return stay.time_zone if stay else ""


def local_hour(case: Case, now: datetime) -> str:
    """Return what time it is where the person stays, "03:40"; blank if nobody knows."""
    zone = zone_of(case)
    return now.astimezone(ZoneInfo(zone)).strftime("%H:%M") if zone else ""


@transaction.atomic
def numbers_of(*, case: Case, by: Officer, now: datetime) -> list[tuple[str, str]]:
    """Return how to reach the person of a case, and whom they named for an emergency; that it was read is journalled.

    Returns:
        (what it is, the address) each; an address that fits none of our keys is left out.

    Raises:
        NotAllowed: the officer may not.
    """
    require(by, Right.CASES, of=case)
    require_grave(by, Case.objects.get(pk=case.pk))
    append(actor=by.actor, action="checkins.read_numbers", subject=f"citizen:{case.citizen_id}", now=now, case=case.pk)
    # What no notice reaches may still be called.
    own = living().filter(citizen=case.citizen).exclude(state=Contact.State.PENDING)
    found = [(str(each.get_kind_display()), opened(each)) for each in own.order_by("rank", "pk")]
    third = EmergencyContact.objects.filter(citizen=case.citizen).first()
    if third is not None:
        found.append((_("emergency contact %(name)s") % {"name": third.name}, opened(third)))
    return [(what, address) for what, address in found if address]


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is in a case: ours, or the person's, and since when."""

    ours: bool
    since: datetime


def turns(cases: Iterable[Case]) -> dict[int, Turn]:
    """Return whose turn it is in each of some cases, in three queries for all of them.

    Args:
        cases: one page of them, or all that are open.
    """
    listed = list(cases)
    ids = [case.pk for case in listed]
    heard = CheckIn.objects.filter(case__in=ids).exclude(source=CheckIn.Source.STAFF).order_by("at")
    last_in: dict[int | None, datetime] = dict(heard.values_list("case", "at"))
    wrote = Reply.objects.filter(case__in=ids).exclude(state=Reply.State.FAILED).order_by("written_at")
    last_out = dict(wrote.values_list("case", "written_at"))
    for pk, at in Note.objects.filter(case__in=ids).exclude(outcome="").order_by("at").values_list("case", "at"):
        last_out[pk] = max(at, last_out.get(pk, at))
    found = {}
    for case in listed:
        said, answered = last_in.get(case.pk, case.opened_at), last_out.get(case.pk)
        theirs = answered is not None and answered >= said
        found[case.pk] = Turn(ours=not theirs, since=max(said, answered or said))
    return found


@dataclass(slots=True)
class Shift:
    """What one shift hands over to the next.

    Attributes:
        opened, closed: how many cases since the shift began.
        endings: of the closed ones, by how they ended.
        by_post: of the open ones, by post.
        waiting: the open ones, and whose turn it is in each; those in which it is ours first, calls for help before the unclear,
            the oldest first.
        unconfirmed: findings that wait for a second person.
        failed: replies of the shift that did not arrive, or of which nobody knows.
    """

    since: datetime
    opened: int
    closed: int
    endings: dict[str, int]
    by_post: list[tuple[str, int]]
    waiting: list[tuple[Case, Turn]] = field(default_factory=list)
    unconfirmed: list[Case] = field(default_factory=list)
    failed: list[Reply] = field(default_factory=list)


def _by_need(waiting: tuple[Case, Turn]) -> tuple[bool, bool, datetime]:
    case, turn = waiting
    return not turn.ours, case.kind != Safety.NEEDS_HELP, turn.since


def shift(*, since: datetime, mode: Mode, reach: Reach = EVERYTHING) -> Shift:
    """Sum up a shift.

    Args:
        since: when it began.
        mode: LIVE and EXERCISE are handed over apart.
        reach: only the cases in it.
    """
    cases = cases_in(reach).filter(mode=mode)
    closed = cases.filter(closed_at__gte=since)
    ended = closed.values_list("ending").annotate(n=Count("pk")).order_by()
    open_now = cases.filter(state=Case.State.OPEN)
    posts = open_now.values_list("post__name").annotate(n=Count("pk")).order_by("-n", "post__name")
    rows = list(open_now.select_related("citizen", "post", "assigned_to", "rollcall__alert").order_by("opened_at"))
    whose = turns(rows)
    failed = Reply.objects.filter(
        reach.rows("case__post", "case__rollcall"), state__in=[Reply.State.FAILED, Reply.State.UNKNOWN], case__mode=mode,
        written_at__gte=since,
    )  # fmt: skip
    return Shift(
        since=since,
        opened=cases.filter(opened_at__gte=since).count(),
        closed=closed.count(),
        endings={
            str(Case.Ending(ending).label) if ending else str(Case.Ending.RESOLVED.label): n for ending, n in ended
        },
        by_post=[(name or _("No post is competent"), n) for name, n in posts],
        waiting=sorted(((case, whose[case.pk]) for case in rows), key=_by_need),
        unconfirmed=list(cases.exclude(finding="").filter(confirmed_by=None).select_related("found_by")),
        failed=list(failed.select_related("case", "by").order_by("pk")),
    )
