"""People who stay silent, and what a minute does about it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crisis import clock
from crisis.alerts.models import Alert, Rollcall
from crisis.audience.addresses import sealed
from crisis.audience.models import Citizen, Contact, EmergencyContact
from crisis.checkins.models import CheckIn, LadderStep, Safety
from crisis.checkins.operations import record
from simulator.testing import Running
from tasks.ladder import climb
from tasks.sweep import tick
from tests.functional.factories import issued, notify_all

At = Callable[[datetime], None]
MAIL, MOTHER = "emma.peeters@example.org", "mother@example.org"
Step = LadderStep.Step
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture(autouse=True)
def _morning(at: At) -> None:
    """Ten in the morning in Tokyo, three hours before ten in Brussels: day in both for hours."""
    now = datetime.now(UTC)  # noqa: TID251 - the platforms' clocks are the machine's
    at(now.astimezone(TOKYO).replace(hour=17, minute=0).astimezone(UTC))


def later(at: At, minutes: float) -> None:
    at(clock.now() + timedelta(minutes=minutes))


def told(**kwargs: Any) -> Alert:
    alert = issued(**kwargs)
    notify_all(alert)
    return alert


def round_of(alert: Alert) -> None:
    """What a minute does: the round, the sweep, the workers."""
    climb()
    tick()
    notify_all(alert)


def steps(alert: Alert) -> list[tuple[str, str | None]]:
    rows = LadderStep.objects.filter(rollcall__alert__code=alert.code).order_by("pk")
    return [(step[2:], state) for step, state in rows.values_list("step", "notice__state")]


def chat(sim: Running, contact: Contact) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", f"chats/{contact.address}")["messages"]
    return found


def letters(sim: Running, to: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", f"letters?way=email&to={to}")
    return found


def named(contact: Contact, address: str = MOTHER, *, language: str = "nl", simulated: bool = True) -> EmergencyContact:
    """Whom somebody named for an emergency."""
    Citizen.objects.filter(pk=contact.citizen_id).update(simulated=simulated)
    return EmergencyContact.objects.create(
        citizen=contact.citizen, name="Mama", kind="email", language=language, agreed_at=clock.now(), **sealed(address)
    )


def answer(contact: Contact, alert: Alert, safety: Safety = Safety.SAFE) -> CheckIn:
    return record(
        rollcall=Rollcall.objects.get(alert__code=alert.code), citizen=contact.citizen, contact=contact, safety=safety,
        source=CheckIn.Source.BOT, ref=f"t:{contact.pk}", now=clock.now(),
    ).checkin  # fmt: skip
