"""Whose a case is now, in one sentence: who looks after it, and who has it open so that nobody else changes it."""

from datetime import datetime

from django.utils.translation import gettext as _

from console.templatetags.tocsin import both
from crisis.checkins.models import Case
from crisis.staff.models import Officer


def whose(case: Case, by: Officer, now: datetime) -> str:
    """Say whose a case is; blank of one that is closed.

    Args:
        case: with whoever looks after it and has it open.
        by: who reads it.
        now: the time.
    """
    if case.state != Case.State.OPEN:
        return ""
    holder, keeper = case.holder(now), case.assigned_to
    said = {"name": keeper, "holder": holder, "since": both(case.assigned_at), "until": both(case.held_until)}
    if holder is None:
        if keeper is None:
            return _("Nobody looks after it.")
        return (
            _("You look after it, since %(since)s.") if keeper == by else _("%(name)s looks after it, since %(since)s.")
        ) % said
    if holder == by:
        return _own(keeper, by) % said
    if keeper is None:
        sentence = _("%(holder)s has it open until %(until)s at the latest; nobody has taken it on yet.")
    elif keeper == holder:
        sentence = _("%(holder)s looks after it, and has it open until %(until)s at the latest.")
    elif keeper == by:
        sentence = _("You look after it, but %(holder)s has it open until %(until)s at the latest.")
    else:
        sentence = _("%(name)s looks after it, but %(holder)s has it open until %(until)s at the latest.")
    return sentence % said


def _own(keeper: Officer | None, by: Officer) -> str:
    """Return what is said to whoever has it open themselves."""
    if keeper is None:
        return _("It is yours until %(until)s, and nobody’s again afterwards, unless you do something in it.")
    if keeper == by:
        return _("You look after it; nobody else changes it until %(until)s.")
    return _("It is yours until %(until)s; %(name)s looks after it.")
