"""What is due to be removed, purpose by purpose: rows of which nothing open depends on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.db.models import Exists, Model, OuterRef, ProtectedError, Q, QuerySet

from crisis.alerts.models import Alert
from crisis.alerts.queries import current
from crisis.audience import expiring
from crisis.audience.contacts import living
from crisis.audience.lists import Likeness, Upload
from crisis.audience.models import ChatMessage, Citizen, Contact, Link, Stay
from crisis.broadcast.models import Notice, NoticeRun, NoticeState
from crisis.checkins.models import Case, CheckIn, InboxUpdate, LadderStep, Ticking
from crisis.gathering.models import Pass
from crisis.privacy import belongings, speakers, words
from crisis.retention import kept

Rows = QuerySet[Any]
_MOVING = (NoticeState.QUEUED, NoticeState.SENDING)
_FORGOTTEN_FOR = timedelta(days=7)  # a row without a name that nothing has come to in so long


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a night does.

    Attributes:
        purpose: its name in data/retention.toml.
        due: returns the rows that are due at a time.
        end: ends some of them, by their keys.
        at_once: rows of one transaction: a writer waits no longer than some tens of milliseconds.
    """

    purpose: str
    due: Callable[[datetime], Rows]
    end: Callable[[Rows], None]
    at_once: int = 500


def _delete(rows: QuerySet[Model]) -> None:
    rows.delete()


def _closed_cases(now: datetime) -> Rows:
    # What is known of a person for good keeps the ladder away from whoever mourns them.
    over = Case.objects.filter(state=Case.State.CLOSED, closed_at__lt=now - kept("answers"))
    return over.exclude(finding__in=[Case.Finding.DECEASED, Case.Finding.MISSING])


def _answers(now: datetime) -> Rows:
    return words.settled(CheckIn.objects.filter(at__lt=now - kept("answers")), now)


def _over(now: datetime, name: str) -> QuerySet[Alert]:
    """Return the alerts that ended so long ago; not of a chain that holds: whoever was told then is told of its end."""
    holding = list(current(now).values_list("code", flat=True))
    return Alert.objects.filter(expires_at__lt=now - kept(name)).exclude(code__in=holding)


def _notices(now: datetime) -> Rows:
    """Not of a run that is not tallied yet."""
    runs = NoticeRun.objects.filter(alert__in=_over(now, "notices"), tally__isnull=False)
    return Notice.objects.filter(run__in=list(runs.values_list("pk", flat=True))).exclude(state__in=_MOVING)


def _ladder(now: datetime) -> Rows:
    rows = LadderStep.objects.filter(rollcall__alert__in=_over(now, "ladder")).exclude(words.open_case("citizen"))
    return rows.exclude(rollcall__in=words.asking(now))


def _tickings(now: datetime) -> Rows:
    return Ticking.objects.exclude(rollcall__in=words.asking(now))


def _free(rows: QuerySet[Citizen], now: datetime) -> QuerySet[Citizen]:
    """Leave out whom an alert that holds means, or has asked, and whoever has an open case."""
    holding = list(current(now).values_list("pk", flat=True))
    told = Notice.objects.filter(contact__citizen=OuterRef("pk"), run__alert__in=holding)
    moving = Notice.objects.filter(contact__citizen=OuterRef("pk"), state__in=_MOVING)
    asked = CheckIn.objects.filter(citizen=OuterRef("pk"), rollcall__alert__in=holding)
    called = Pass.objects.filter(citizen=OuterRef("pk"), gathering__expires_at__gt=now)
    free = rows.exclude(words.open_case("pk")).exclude(Exists(told)).exclude(Exists(moving))
    return free.exclude(Exists(asked)).exclude(Exists(called))


def _gone(now: datetime) -> Rows:
    return _free(expiring.gone_since(now - kept("people")), now)


def _imported(now: datetime) -> Rows:
    return _free(expiring.brought_and_expired(now - kept("imported")), now)


def _nameless(now: datetime) -> Rows:
    """Whoever was forgotten, and whose last answer, case and notice are gone too."""
    mine = {"citizen": OuterRef("pk")}
    rows = Citizen.objects.filter(name="", came_with=None, subscribed_at__lt=now - _FORGOTTEN_FOR)
    left = rows.exclude(Exists(living().filter(**mine))).exclude(Exists(Stay.objects.filter(**mine)))
    return belongings.uncounted(left)


def _forget(rows: QuerySet[Citizen]) -> None:
    ids = list(rows.values_list("pk", flat=True))
    belongings.forget(ids)
    _delete_alone(Citizen.objects.filter(pk__in=ids))


def _delete_alone(rows: QuerySet[Citizen]) -> None:
    """Remove those by whom nothing is counted; the others stay, without a name, until that goes."""
    for citizen in belongings.uncounted(rows):
        try:
            citizen.delete()
        except ProtectedError:  # something newer points to it: it has no name any more
            continue


def _pending(now: datetime) -> Rows:
    """Addresses that nobody has confirmed, whichever door they came by; not of somebody whom staff may have to reach there."""
    rows = Contact.objects.filter(state=Contact.State.PENDING, linked_at__lt=now - kept("pending"))
    return rows.exclude(words.open_case("citizen"))


def _end_pending(rows: QuerySet[Contact]) -> None:
    """With the last address that was never confirmed goes whoever gave it: nobody knows who it was."""
    whose = set(rows.values_list("citizen", flat=True))
    belongings.drop(rows)
    left = Citizen.objects.filter(pk__in=whose, came_with=None)
    without = left.exclude(Exists(living().filter(citizen=OuterRef("pk")))).exclude(words.open_case("pk"))
    _forget(without)


def _ended_stays(now: datetime) -> Rows:
    return Stay.objects.filter(ended_at__lt=now - kept("stays"))


def _passes(now: datetime) -> Rows:
    return Pass.objects.filter(gathering__expires_at__lt=now - kept("passes")).exclude(words.open_case("citizen"))


def _links(now: datetime) -> Rows:
    return Link.objects.filter(expires_at__lt=now - kept("links"))


def _inbox(now: datetime) -> Rows:
    failed = InboxUpdate.objects.filter(state=InboxUpdate.State.FAILED, received_at__lt=now - kept("inbox"))
    return failed.exclude(payload={})


def _inbox_numbers(now: datetime) -> Rows:
    long_ago = now - kept("inbox_numbers")
    handled = Q(state=InboxUpdate.State.HANDLED, handled_at__lt=long_ago)
    return InboxUpdate.objects.filter(handled | Q(state=InboxUpdate.State.FAILED, received_at__lt=long_ago, payload={}))


def _chat_messages(now: datetime) -> Rows:
    return ChatMessage.objects.filter(sent_at__lt=now - kept("chat_messages"))


def _uploads(now: datetime) -> Rows:
    """Lists that nobody goes on with, and what is left of those that were brought in."""
    rows = Upload.objects.filter(uploaded_at__lt=now - kept("uploads"))
    return rows.exclude(state=Upload.State.BRINGING)


def _likenesses(now: datetime) -> Rows:
    gone = Q(citizen=None) | Q(other=None)
    return Likeness.objects.filter(gone | Q(decided_at__lt=now - kept("likenesses")))


def _sessions(now: datetime) -> Rows:
    return Session.objects.filter(expire_date__lt=now - kept("sessions"))


def _failed_signins(now: datetime) -> Rows:
    rows: Rows = AccessAttempt.objects.filter(attempt_time__lt=now - kept("failed_signins"))
    return rows


def steps() -> list[Step]:
    """Return everything that a night does, in order."""
    return [
        Step("inbox", _inbox, lambda rows: _void(rows.update(payload={}, chat="", problem=""))),
        Step("inbox_numbers", _inbox_numbers, _delete, at_once=2_000),
        Step("strangers", words.strangers, lambda rows: _void(rows.update(chat="")), at_once=2_000),
        Step("words", words.words, lambda rows: _void(rows.update(text=""))),
        Step("words", words.replies, _delete),
        Step("words", words.notes, _delete),
        Step("words", words.round_answers, _delete),
        Step("attachments", words.with_attachments, words.end_attachments, at_once=5),
        Step("reports", words.reports, words.end_reports),
        Step("letters", words.letters, _delete),
        Step("enquiries", words.enquiries, _delete),
        Step("outcomes", words.outcomes, lambda rows: _void(rows.update(outcome=""))),
        Step("answers", words.old_reports, _delete),
        Step("answers", _closed_cases, _delete),
        Step("answers", _answers, _delete),
        Step("ladder", _ladder, _delete, at_once=2_000),
        Step("tickings", _tickings, _delete),
        Step("notices", _notices, _delete, at_once=2_000),
        Step("chat_messages", _chat_messages, _delete, at_once=2_000),
        Step("stays", _ended_stays, _delete, at_once=2_000),
        Step("links", _links, _delete, at_once=2_000),
        Step("passes", _passes, _delete),
        Step("pending", _pending, _end_pending),
        Step("imported", _imported, _forget, at_once=200),
        Step("people", _gone, _forget, at_once=200),
        Step("people", _nameless, _delete_alone, at_once=200),
        Step("uploads", _uploads, _delete, at_once=20),
        Step("likenesses", _likenesses, _delete),
        Step("speakers", speakers.consents, _delete),
        Step("speakers", speakers.people, speakers.forget, at_once=20),
        Step("sessions", _sessions, _delete),
        Step("failed_signins", _failed_signins, _delete),
    ]


def _void(_: int) -> None:
    """Say nothing of how many: they were counted before."""
