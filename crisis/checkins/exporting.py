"""Taking a list of people out of the house: for whom, filtered how, and never without a line in the journal."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crisis.alerts.models import Rollcall
from crisis.audience.addresses import opened
from crisis.audience.contacts import living
from crisis.audience.models import Contact, Member, Stay
from crisis.checkins import calling
from crisis.checkins.counting import Wanted
from crisis.checkins.gravest import Gravest
from crisis.checkins.queries import Person, described, people
from crisis.checkins.rounds import Question, answers_of, current_round
from crisis.checkins.silence import found
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.rights import Right, reach_of, require

Table = list[tuple[str, ...]]
MOST = 20_000  # people of one list: more is a database, which nobody calls through
_AT_ONCE = 500
_YES = {0: "no", 1: "yes"}


class TooMany(ValueError):
    """The filter leaves more people than one list takes; the message says how many."""


HEAD = (
    gettext_lazy("Name"),
    gettext_lazy("Household"),
    gettext_lazy("People"),
    gettext_lazy("Status"),
    gettext_lazy("Said at (UTC)"),
    gettext_lazy("Want to leave"),
    gettext_lazy("How many"),
    gettext_lazy("Valid passports"),
    gettext_lazy("Near"),
    gettext_lazy("Post"),
    gettext_lazy("Language"),
    gettext_lazy("Telephone or e-mail"),
)


@transaction.atomic
def export(*, rollcall: Rollcall, wanted: Wanted, form: str, by: Officer, now: datetime) -> Table:
    """Return a list of people as rows of texts, its head first.

    People whose case is restricted are left out: they are nobody's to transport, and their families are not to learn it so;
    what a drill says of somebody leaves them in. The gravest stand first, as on the board.

    Args:
        rollcall: whose people.
        wanted: the filter.
        form: "csv", "xlsx" or "print", for the journal.
        by: who takes it.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        TooMany: the filter leaves too many.
    """
    require(by, Right.EXPORT)
    mine = reach_of(by, Right.EXPORT)
    rows = people(rollcall, **asdict(wanted), reach=mine)
    asked = current_round(rollcall)
    chosen = rows.filter(~found("pk", rollcall.alert.mode))
    ids = Gravest(rollcall, chosen, status=wanted.status).every_id(MOST + 1)
    if len(ids) > MOST:
        raise TooMany(_("These are more than %(most)s people: choose a status or a post.") % {"most": f"{MOST:,}"})
    append(
        actor=by.actor, action="checkins.export", subject=f"rollcall:{rollcall.pk}", now=now, form=form, people=len(ids),
        status=wanted.status, post=wanted.post_id, country=wanted.country,
        since=wanted.since.isoformat() if wanted.since else "",
    )  # fmt: skip
    citizens = rows.model._default_manager.in_bulk(ids)  # noqa: SLF001 - Django's name for it
    table: Table = [tuple(map(str, HEAD))]
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        given = answers_of(asked, some) if asked else {}
        table += _lines(described(rollcall, [citizens[pk] for pk in some]), given)
    return table


def _lines(page: list[Person], given: dict[int, dict[str, int]]) -> Iterator[tuple[str, ...]]:
    ids = [person.citizen.pk for person in page]
    household: dict[int, list[str]] = {}
    for pk, name in Member.objects.filter(citizen__in=ids).order_by("pk").values_list("citizen", "name"):
        household.setdefault(pk, []).append(name)
    reach = _reach(ids)
    for person in page:
        citizen, said = person.citizen, given.get(person.citizen.pk, {})
        yield (
            citizen.name, ", ".join(household.get(citizen.pk, [])), str(citizen.people), status_of(person),
            f"{person.answer.at.astimezone(UTC):%Y-%m-%d %H:%M}" if person.answer else "",
            _YES.get(said.get(Question.LEAVE, -1), ""), str(said.get(Question.HOW_MANY, "")),
            _YES.get(said.get(Question.PASSPORT, -1), ""), person.place, person.post, citizen.language,
            ", ".join(reach.get(citizen.pk, [])),
        )  # fmt: skip


CALL_HEAD = (
    gettext_lazy("Mode"),
    gettext_lazy("Alert"),
    gettext_lazy("Name"),
    gettext_lazy("People"),
    gettext_lazy("Near"),
    gettext_lazy("From the danger (km)"),
    gettext_lazy("Post"),
    gettext_lazy("Language"),
    gettext_lazy("Waits since (UTC)"),
    gettext_lazy("Called in vain"),
    gettext_lazy("Telephone or e-mail"),
)


@transaction.atomic
def call_list(*, wanted: calling.Wanted, form: str, by: Officer, now: datetime) -> Table:
    """Return whom to call as rows of texts, its head first: for when the house cannot be reached from where the callers sit.

    Args:
        wanted: whose calls.
        form: "csv", "xlsx" or "print", for the journal.
        by: who takes it.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        TooMany: the filter leaves too many.
    """
    require(by, Right.EXPORT)
    mine = reach_of(by, Right.EXPORT)
    steps = list(calling.to_call(now, wanted, mine)[: MOST + 1])
    if len(steps) > MOST:
        raise TooMany(_("These are more than %(most)s people: choose a post.") % {"most": f"{MOST:,}"})
    append(
        actor=by.actor, action="checkins.export_calls", subject="calls", now=now, form=form, people=len(steps),
        post=wanted.post_id, rollcall=wanted.rollcall_id, mode=wanted.mode,
    )  # fmt: skip
    ids = [step.citizen_id for step in steps]
    places = dict(Stay.objects.filter(citizen__in=ids, ended_at=None).values_list("citizen", "place_name"))
    reach = _reach(ids)
    table: Table = [tuple(map(str, CALL_HEAD))]
    for step in steps:
        alert, away = step.rollcall.alert, calling.away_km(step)
        table.append((
            alert.get_mode_display(), alert.marker, step.citizen.name, str(step.citizen.people),
            places.get(step.citizen_id, ""), "" if away is None else str(away), step.post.name if step.post else "",
            step.citizen.language, f"{step.at.astimezone(UTC):%Y-%m-%d %H:%M}", str(step.tries or ""),
            ", ".join(reach.get(step.citizen_id, [])),
        ))  # fmt: skip
    return table


def _reach(ids: list[int]) -> dict[int, list[str]]:
    """Return the numbers and addresses of some people, the preferred one first."""
    found: dict[int, list[str]] = {}
    private = living().filter(citizen__in=ids).exclude(sealed="").exclude(state=Contact.State.PENDING)
    for contact in private.order_by("rank", "pk"):
        if address := opened(contact):
            found.setdefault(contact.citizen_id, []).append(address)
    return found


def status_of(person: Person) -> str:
    """Return how somebody is, in a word or two."""
    if person.answer:
        return person.answer.shown
    return _("No answer") if person.notice and person.notice.state == "accepted" else _("Not delivered")
