"""Coordinators: whoever looks after a group reports for many of its people at once, and for nobody else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, ImportedFile
from crisis.checkins.models import CheckIn, Coordination, Rest, Safety
from crisis.checkins.operations import record
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require

MOST = 200  # people of one report: a page of the list
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Reported:
    """What came of a report: how many rows were recorded, and who keeps an own call for help that nobody else takes back."""

    recorded: int
    kept: list[Citizen]


def entrust(*, officer: Officer, people: ImportedFile, now: datetime, actor: str) -> None:
    """Let a coordinator report for the people of a list; doing it again changes nothing."""
    _, new = Coordination.objects.get_or_create(officer=officer, people=people, defaults={"given_at": now})
    if new:
        append(actor=actor, action="checkins.entrust", subject=f"officer:{officer.pk}", now=now, list=people.pk)


def people_of(officer: Officer, now: datetime) -> QuerySet[Citizen]:
    """Return for whom a coordinator may report: the people of their lists, while those may be kept."""
    lists = Coordination.objects.filter(officer=officer, people__expires_on__gte=now.date()).values("people")
    also = Citizen.also_on.through.objects.filter(importedfile__in=lists).values("citizen")
    return Citizen.objects.filter(Q(came_with__in=lists) | Q(pk__in=also)).order_by("name", "id")


@transaction.atomic
def report(*, rollcall: Rollcall, answers: Mapping[int, Safety], token: str, by: Officer, now: datetime) -> Reported:
    """Record what a coordinator says of some people; it takes nobody's own call for help back.

    Args:
        rollcall: the question.
        answers: by the number of the citizen.
        token: of the one form that was filled in, 32 hexadecimal digits: sent twice, it records once.
        by: the coordinator.
        now: the time.

    Raises:
        NotAllowed: they may not.
        RollcallClosed: the rollcall is over, and somebody is no call for help. Nothing is recorded.
        ValueError: nobody is named, too many are, one is not of their lists, or the form is none of ours.
    """
    require(by, Right.REPORT)
    if not _TOKEN.fullmatch(token):
        raise ValueError(_("This form is broken: open it again."))
    if not 0 < len(answers) <= MOST:
        raise ValueError(_("Say how somebody is, of at most %(most)s people at once.") % {"most": MOST})
    people = {each.pk: each for each in people_of(by, now).filter(pk__in=list(answers)).select_related("ministry")}
    if len(people) != len(answers):
        raise ValueError(_("Somebody is not on your list."))
    calls = Q(safety=Safety.NEEDS_HELP) | Q(others_are=Rest.NEEDS_HELP)
    current = CheckIn.objects.filter(calls, rollcall=rollcall, citizen__in=people, current=True)
    own = set(current.exclude(source=CheckIn.Source.COORDINATOR).values_list("citizen", flat=True))
    recorded, kept = 0, []
    for pk, safety in sorted(answers.items()):
        if pk in own and safety != Safety.NEEDS_HELP:
            kept.append(people[pk])
            continue
        told = record(
            rollcall=rollcall, citizen=people[pk], contact=None, safety=safety, source=CheckIn.Source.COORDINATOR,
            ref=f"{token}-{pk}", now=now,
        )  # fmt: skip
        recorded += told.is_new
    append(actor=by.actor, action="checkins.report", subject=f"rollcall:{rollcall.pk}", now=now, people=recorded)
    return Reported(recorded, kept)
