"""How a case ends: with what came of it, by a second person where it is grave, or within another case."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.checkins.enclosures import Attachment
from crisis.checkins.findings import note_finding
from crisis.checkins.holding import mine
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.thread import Note, Reply
from crisis.checkins.unverified import Letter
from crisis.journal.operations import append
from crisis.registry.models import Installation
from crisis.registry.queries import installation
from crisis.staff.models import Officer

CHOSEN = [Case.Ending(value) for value in Case.Ending.values if value != Case.Ending.MERGED]


@transaction.atomic
def close_case(
    *, case: Case, outcome: str, by: Officer, now: datetime, ending: str = Case.Ending.RESOLVED, seen: int | None = None
) -> bool:
    """Close a case with what came of it. One that ends with a finding stays open until a second person has confirmed that.

    Args:
        case: open.
        outcome: in words: the reason.
        by: who closes it.
        now: the time.
        ending: one of CHOSEN.
        seen: the newest check-in of the case that was shown; None where none was looked at.

    Returns:
        Whether it is closed; else it waits for the second person.

    Raises:
        NotAllowed: the officer may not.
        ValueError: there is no outcome, it is closed already, somebody else has it open, the person has written meanwhile, or
            something else is noted on the case.
    """
    row = mine(case=case, by=by, now=now)
    if not outcome.strip():
        raise ValueError(_("Say what came of it."))
    if ending not in CHOSEN:
        raise ValueError(_("Choose how it ended."))
    if seen is not None and CheckIn.objects.filter(case=row, pk__gt=seen).exists():
        raise ValueError(_("Something more was said meanwhile: read it first."))
    if row.finding and ending != row.finding and ending not in Case.Finding.values:
        raise ValueError(
            _("%(what)s is noted on this case: close it so, or take that back first.")
            % {"what": row.get_finding_display()}
        )
    row.outcome = outcome.strip()[:300]
    confirmed = row.finding == ending and row.confirmed_by_id is not None
    if ending in Case.Finding.values and not confirmed:
        note_finding(case=row, finding=ending, by=by, now=now)
        Case.objects.filter(pk=row.pk).update(outcome=row.outcome, ending=ending)
        return False
    row.ending = ending
    _close(row, now)
    append(actor=by.actor, action="checkins.close_case", subject=f"case:{case.pk}", now=now, ending=ending)
    return True


def _close(row: Case, now: datetime) -> None:
    row.state, row.closed_at, row.held_by, row.held_until = Case.State.CLOSED, now, None, None
    row.save(update_fields=["state", "closed_at", "held_by", "held_until", "outcome", "ending", "merged_into"])


@transaction.atomic
def merge(*, case: Case, into: Case, by: Officer, now: datetime) -> None:
    """Let another open case take this one's place: whatever was said and sent moves there, and this one is closed.

    Args:
        case: which ends.
        into: which goes on; of the same person, or of somebody who is helped together with them.
        by: who says so.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        Held: somebody else has one of them open.
        ValueError: they are one, one is closed, a finding stands on the first, or one is a drill's and the other is not.
    """
    if case.pk == into.pk:
        raise ValueError(_("A case cannot be merged into itself."))
    # Always in the same order: two people who merge the same two do not wait for one another for ever.
    rows = {pk: mine(case=each, by=by, now=now) for pk, each in sorted({case.pk: case, into.pk: into}.items())}
    row, kept = rows[case.pk], rows[into.pk]
    if installation().kind == Installation.Kind.LIVE and row.mode != kept.mode:
        raise ValueError(_("A drill's case never joins a real one, nor the other way round."))
    if row.finding:
        raise ValueError(_("Lift what is noted on this case first, and note it on the other."))
    for model in (CheckIn, Attachment, Reply, Note, Letter):
        model._default_manager.filter(case=row).update(case=kept)  # noqa: SLF001 - Django's name for it
    # Of one person both speak of the same people; of two, each of their own.
    kept.people = max(row.people, kept.people) if row.citizen_id == kept.citizen_id else row.people + kept.people
    kept.kind = Safety.NEEDS_HELP if Safety.NEEDS_HELP in (row.kind, kept.kind) else kept.kind
    kept.opened_at = min(row.opened_at, kept.opened_at)
    kept.save(update_fields=["people", "kind", "opened_at"])
    row.ending, row.merged_into, row.outcome = Case.Ending.MERGED, kept, f"merged into case {kept.pk}"
    _close(row, now)
    append(actor=by.actor, action="checkins.merge_case", subject=f"case:{row.pk}", now=now, into=kept.pk)
