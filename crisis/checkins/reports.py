"""What people without registration say: taken once each, unverified, until a clerk confirms or dismisses it."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.alerts.areas import reaches
from crisis.alerts.models import Alert, Rollcall
from crisis.audience.addresses import sealed
from crisis.audience.models import Citizen
from crisis.checkins.households import Others
from crisis.checkins.inbox import clean
from crisis.checkins.models import CheckIn, Rest, Safety
from crisis.checkins.operations import RollcallClosed, is_open, mode_of, record, rollcall_of
from crisis.checkins.reach import require_person
from crisis.checkins.unverified import CALLS, Report
from crisis.encryption import form_number, open_sealed
from crisis.journal.operations import append
from crisis.places.models import Place
from crisis.places.names import fold
from crisis.places.queries import named, search
from crisis.registry.models import Post
from crisis.registry.queries import competent_posts, post_for
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require

_TOWNS = 20  # of one name are looked at, for one in the alert's countries
_WORDS, _SHORTEST = 8, 4  # of what somebody wrote are looked at; of so many letters
_NEED_A_PERSON = (Report.Said.NEEDS_HELP, Report.Said.SOME)
_SAFETY = {
    Report.Said.SAFE: Safety.SAFE,
    Report.Said.NEEDS_HELP: Safety.NEEDS_HELP,
    Report.Said.NOT_THERE: Safety.NOT_THERE,
    Report.Said.SOME: Safety.UNCLEAR,
}


class Settled(Exception):
    """It cannot be done with this report; the message says why, in the clerk's words."""


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody wrote; blank is not said.

    Attributes:
        said: how they are.
        people: how many of them.
        names, where, text: in their own words.
        contact: a kind of Contact.Kind and a normal address, or None.
        unrepresented, other_nationality, others, others_are: see `Report`.
        language: in which they wrote.
    """

    said: Report.Said
    people: int
    language: str
    names: str = field(default="", repr=False)
    where: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    contact: tuple[str, str] | None = field(default=None, repr=False)
    unrepresented: int = 0
    other_nationality: int = 0
    others: int = 0
    others_are: str = ""


def takes_answers(alert: Alert, now: datetime) -> Rollcall | None:
    """Return the open rollcall of an alert's chain; None if it asks nobody now: then only a call for help is taken."""
    rollcall = rollcall_of(alert)
    return rollcall if rollcall is not None and is_open(rollcall, now) else None


def reference(told: Told, form: str, *, really: bool) -> str:
    """Return a report's number: its form's, and a digest of what it says, so that a changed answer is a new one."""
    return form_number(
        form, told.said, told.people, told.names, told.where, told.text, told.contact, really, told.unrepresented,
        told.other_nationality, told.others, told.others_are,
    )  # fmt: skip


def is_known(*, told: Told, form: str, really: bool, source: CheckIn.Source) -> bool:
    """Tell whether exactly this was taken already."""
    return Report.objects.filter(source=source, ref=reference(told, form, really=really)).exists()


@transaction.atomic
def report(
    *, told: Told, alert: Alert, really: bool, form: str, source: CheckIn.Source, now: datetime, crowded: bool = False
) -> Report:
    """Take a report, once.

    Args:
        told: what it says.
        alert: from whose page it came, the newest of its chain.
        really: it is a call for help in earnest, whatever the alert is.
        form: the number of the form, of at most 32 characters, which nobody else knows. The same words from it again are the
            same report; other words take the place of what it said before, except of a call for help, which a person settles.
        source: which way it came.
        now: the time.
        crowded: more came from its address than one household sends; see `Report`.

    Raises:
        RollcallClosed: the alert takes no more answers, and it is no call for help. Nothing is recorded.
    """
    helps = told.said == Report.Said.NEEDS_HELP
    rollcall = None if really and helps else takes_answers(alert, now)
    if rollcall is None and not helps:
        raise RollcallClosed
    kind, address = told.contact or ("", "")
    new, is_new = Report.objects.get_or_create(
        source=source,
        ref=reference(told, form, really=really),
        defaults={
            "alert": alert,
            "rollcall": rollcall,
            "mode": mode_of(rollcall),
            "post": lambda: post_near(told.where, alert, now),  # asked only if it is new
            "said": told.said,
            "people": told.people,
            "others": told.others,
            "others_are": told.others_are,
            "name": clean(told.names)[:200],
            "folded_name": fold(clean(told.names))[:200],
            "where": clean(told.where)[:200],
            "text": clean(told.text)[:1000],
            "contact_kind": kind,
            "unrepresented": told.unrepresented,
            "other_nationality": told.other_nationality,
            "language": told.language,
            "form": form,
            "crowded": crowded,
            "at": now,
        }
        | (sealed(address) if address else {}),
    )
    if is_new:
        earlier = Report.objects.filter(form=form, state=Report.State.OPEN, pk__lt=new.pk)
        replaced = earlier.exclude(CALLS).update(
            state=Report.State.DISMISSED, closed_at=now, outcome=f"replaced by report {new.pk}, from the same form"
        )
        append(
            actor=source, action="checkins.report", subject=f"report:{new.pk}", now=now, said=told.said,
            rollcall=rollcall.pk if rollcall else None, replaced=replaced,
        )  # fmt: skip
    return new


def post_near(where: str, alert: Alert, now: datetime) -> Post | None:
    """Return the post that serves a place as somebody wrote it, within an alert's countries; or the only competent one."""
    touched = reaches(alert.areas.all())
    countries = {reach.country for reach in touched}
    if (town := _town(where[:120], countries)) is not None:
        found = post_for(
            country=town.country, region=town.region, point=(town.lat, town.lon), ministry=alert.ministry, on=now.date()
        )
        if found is not None:
            return found
    posts = competent_posts(touched, ministry=alert.ministry, on=now.date())
    return posts[0] if len(posts) == 1 else None


def _town(where: str, countries: set[str]) -> Place | None:
    """Return the town that somebody names in their own words: all of it, or else a word of it that is a town's name."""
    words = [word for word in re.split(r"[^\w'’-]+", where) if len(word) >= _SHORTEST][:_WORDS]
    for found in (search(where, limit=_TOWNS), *(named(word, limit=_TOWNS) for word in words)):
        if here := [town for town in found if town.country in countries]:
            return here[0]
    return None


@transaction.atomic
def confirm(*, report: Report, citizen: Citizen | None, by: Officer, now: datetime) -> Report:
    """Confirm a report: as a registered citizen's answer, which is recorded, or as that of people without registration.

    A newer answer of the citizen's own is never replaced by what was reported before it.

    Args:
        report: which.
        citizen: whose it is; None: they are not registered, and counted in a column of their own.
        by: the clerk.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        Settled: somebody was faster, or the rollcall is over; nothing is changed.
    """
    require(by, Right.CASES, of=report)
    row = _standing(report, Report.State.OPEN)
    if citizen is not None:
        require_person(by, Right.CASES, citizen)
    row.state, row.by, row.citizen = Report.State.CONFIRMED, by, citizen
    if citizen is not None:
        row.checkin = _recorded(row, citizen, now)
        row.outcome = "" if row.checkin else "a newer answer of the citizen's own stands"
        row.closed_at = now
    elif row.said not in _NEED_A_PERSON:
        row.closed_at = now
    row.save(update_fields=["state", "by", "citizen", "checkin", "outcome", "closed_at"])
    append(
        actor=by.actor, action="checkins.confirm_report", subject=f"report:{row.pk}", now=now,
        citizen=citizen.pk if citizen else None, checkin=row.checkin_id,
    )  # fmt: skip
    return row


def _recorded(row: Report, citizen: Citizen, now: datetime) -> CheckIn | None:
    # Whoever answers at this moment is waited for, or waits.
    Citizen.objects.select_for_update().get(pk=citizen.pk)
    newer = CheckIn.objects.filter(citizen=citizen, rollcall=row.rollcall, current=True, at__gt=row.at)
    if row.rollcall is not None and newer.exists():
        return None
    others = _others(row, citizen)
    try:
        recorded = record(
            rollcall=row.rollcall, citizen=citizen, contact=None, others=others,
            safety=Safety.SAFE if others else _SAFETY[Report.Said(row.said)],
            source=CheckIn.Source.STAFF, ref=f"report:{row.pk}", now=now, text=" ".join(filter(None, (row.where, row.text))),
        )  # fmt: skip
    except RollcallClosed:
        raise Settled(
            _(
                "This rollcall is over: it counts nobody any more. Confirm it as people without registration, or dismiss it."
            )
        ) from None
    return recorded.checkin


def _others(row: Report, citizen: Citizen) -> Others | None:
    """Return whom of a citizen's household the report leaves out: everybody but those whom it calls safe."""
    safe = row.people - row.others
    if row.said == Report.Said.SAFE and safe < citizen.people:
        return Others(citizen.people - safe, Rest(row.others_are) if row.others else Rest.NO_WORD)
    if not (row.others and 0 < safe < citizen.people):
        return None
    return Others(citizen.people - safe, Rest(row.others_are))


@transaction.atomic
def close(*, report: Report, outcome: str, by: Officer, now: datetime) -> None:
    """Say what came of a confirmed call for help of people without registration.

    Raises:
        NotAllowed: the officer may not.
        Settled: there is no outcome, or it is closed already.
    """
    require(by, Right.CASES, of=report)
    if not outcome.strip():
        raise Settled(_("Say what came of it."))
    row = _standing(report, Report.State.CONFIRMED)
    row.closed_at, row.outcome = now, outcome.strip()[:300]
    row.save(update_fields=["closed_at", "outcome"])
    append(actor=by.actor, action="checkins.close_report", subject=f"report:{row.pk}", now=now)


@transaction.atomic
def dismiss(*, report: Report, reason: str, by: Officer, now: datetime) -> None:
    """Put a report aside, for a reason.

    Raises:
        NotAllowed: the officer may not.
        Settled: there is no reason, or somebody was faster.
    """
    require(by, Right.CASES, of=report)
    if not reason.strip():
        raise Settled(_("Say why it is dismissed."))
    row = _standing(report, Report.State.OPEN)
    row.state, row.by, row.closed_at, row.outcome = Report.State.DISMISSED, by, now, reason.strip()[:300]
    row.save(update_fields=["state", "by", "closed_at", "outcome"])
    append(actor=by.actor, action="checkins.dismiss_report", subject=f"report:{row.pk}", now=now)


@transaction.atomic
def reveal(*, report: Report, by: Officer, now: datetime) -> str:
    """Return how to reach whoever reported, for the clerk who calls back; that it was read is journalled.

    Raises:
        NotAllowed: the officer may not.
        UnreadableSecret: it fits none of our keys.
        Settled: they left nothing.
    """
    require(by, Right.CASES, of=report)
    if not report.sealed:
        raise Settled(_("They left no way to reach them."))
    append(actor=by.actor, action="checkins.read_report_contact", subject=f"report:{report.pk}", now=now)
    return open_sealed(report.sealed)


def _standing(report: Report, state: Report.State) -> Report:
    rows = Report.objects.select_for_update(of=("self",)).select_related("rollcall__alert__ministry")
    row = rows.get(pk=report.pk)
    if row.state != state or row.closed_at is not None:
        raise Settled(_("Somebody else has settled this report meanwhile."))
    return row
