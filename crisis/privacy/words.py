"""What people said and how they are answered for, as far as it is due to go: nothing of anything open."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from crisis.alerts.queries import current, open_rollcalls
from crisis.checkins import attachments
from crisis.checkins.enclosures import Attachment
from crisis.checkins.models import Case, CheckIn, InboxUpdate
from crisis.checkins.rounds import RoundAnswer
from crisis.checkins.seeking import Enquiry
from crisis.checkins.thread import Note, Reply
from crisis.checkins.unverified import Answer, Letter, Report
from crisis.privacy.belongings import NO_WORDS
from crisis.retention import kept

Rows = QuerySet[Any]
_NEED_A_PERSON = (Report.Said.NEEDS_HELP, Report.Said.SOME)
_MOVING = (Answer.State.DUE, Answer.State.SENDING)


def open_case(of: str) -> Exists:
    """Return the condition that somebody has an open case.

    Args:
        of: how the query reaches the citizen.
    """
    return Exists(Case.objects.filter(citizen=OuterRef(of), state=Case.State.OPEN))


def asking(now: datetime) -> list[int]:
    """Return the rollcalls that are open."""
    return list(open_rollcalls(now).values_list("pk", flat=True))


def _holding(now: datetime) -> list[str]:
    return list(current(now).values_list("code", flat=True))


def settled(rows: QuerySet[CheckIn], now: datetime) -> QuerySet[CheckIn]:
    """Leave out what belongs to a question that is open, or to anybody whose case is."""
    free = rows.exclude(rollcall__in=asking(now)).exclude(open_case("citizen"))
    return free.exclude(case__state=Case.State.OPEN)


def words(now: datetime) -> Rows:
    """Return the answers whose words go."""
    return settled(CheckIn.objects.exclude(text="").filter(at__lt=now - kept("words")), now)


def replies(now: datetime) -> Rows:
    """Return what staff wrote to people, where they have no case open any more."""
    rows = Reply.objects.filter(written_at__lt=now - kept("words"), case__state=Case.State.CLOSED)
    return rows.exclude(open_case("case__citizen"))


def notes(now: datetime) -> Rows:
    """Return what staff noted of people, where they have no case open any more."""
    rows = Note.objects.filter(at__lt=now - kept("words"), case__state=Case.State.CLOSED)
    return rows.exclude(open_case("case__citizen"))


def round_answers(now: datetime) -> Rows:
    """Return what people answered to a round's further questions, once nothing about them is open."""
    rows = RoundAnswer.objects.filter(at__lt=now - kept("words")).exclude(round__rollcall__in=asking(now))
    return rows.exclude(open_case("citizen"))


def outcomes(now: datetime) -> Rows:
    """Return the cases of which no word is kept any more."""
    return Case.objects.filter(state=Case.State.CLOSED, closed_at__lt=now - kept("outcomes")).exclude(outcome="")


def with_attachments(now: datetime) -> Rows:
    """Return the cases whose recordings and pictures go; of somebody who has another open case they stay."""
    sent = Exists(Attachment.objects.filter(case=OuterRef("pk")))
    rows = Case.objects.filter(sent, state=Case.State.CLOSED, closed_at__lt=now - kept("attachments"))
    return rows.exclude(rollcall__in=asking(now)).exclude(open_case("citizen"))


def end_attachments(rows: Rows) -> None:
    """Remove them, with what they hold."""
    attachments.purge(cases=list(rows.values_list("pk", flat=True)))


def _reports(now: datetime) -> QuerySet[Report]:
    """Return the reports of which nothing is open: a call for help that nobody has settled stays, however old."""
    unsettled = Q(closed_at=None) & (Q(said__in=_NEED_A_PERSON) | Q(state=Report.State.CONFIRMED))
    rows = Report.objects.exclude(unsettled).exclude(rollcall__in=asking(now)).exclude(alert__code__in=_holding(now))
    return rows.exclude(open_case("citizen"))


def reports(now: datetime) -> Rows:
    """Return the reports of people without registration whose words, names and addresses go; what was said stays, as a number."""
    until = now - kept("reports")
    rows = _reports(now).filter(at__lt=until).exclude(closed_at__gte=until)
    return rows.exclude(name="", where="", text="", contact_kind="", outcome="")


def end_reports(rows: Rows) -> None:
    """Empty them."""
    rows.update(**NO_WORDS, outcome="")


def old_reports(now: datetime) -> Rows:
    """Return the reports that are not even counted any more."""
    until = now - kept("answers")
    return _reports(now).filter(at__lt=until).exclude(closed_at__gte=until)


def letters(now: datetime) -> Rows:
    """Return what people wrote to us, once it is done with: not of an alert that holds, whose writers are answered once."""
    moving = Exists(Answer.objects.filter(letter=OuterRef("pk"), state__in=_MOVING))
    rows = Letter.objects.filter(state=Letter.State.READ, read_at__lt=now - kept("letters"))
    under_way = Exists(Reply.objects.filter(letter=OuterRef("pk"), state__in=[Reply.State.QUEUED, Reply.State.SENDING]))
    return rows.exclude(moving).exclude(under_way).exclude(alert__code__in=_holding(now))


def enquiries(now: datetime) -> Rows:
    """Return what relatives told us whom they look for, once it is settled; what was written about it goes with it."""
    return Enquiry.objects.filter(closed_at__lt=now - kept("enquiries"))


def strangers(now: datetime) -> Rows:
    """Return the digests of numbers that wrote to ours and are nobody's; that something came in stays a while longer."""
    return InboxUpdate.objects.filter(chat__startswith="stranger:", received_at__lt=now - kept("strangers"))
