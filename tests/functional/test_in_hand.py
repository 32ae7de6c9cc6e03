"""Whose a case is, in one sentence: mine until, somebody's until, nobody's."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from console.in_hand import whose
from crisis.checkins import holding
from crisis.checkins.models import Case
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import citizen
from tests.functional.test_casework import calls_for_help

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]


@pytest.mark.parametrize(
    ("holder", "keeper", "said"),
    [
        ("", "", "Nobody looks after it."),
        ("", "clerk", "You look after it, since"),
        ("", "officer", "Dora Duty (duty officer) looks after it, since"),
        ("clerk", "", "It is yours until 29 Nov 12:10:00 UTC, and nobody’s again afterwards"),
        ("clerk", "clerk", "You look after it; nobody else changes it until 29 Nov 12:10:00 UTC."),
        ("clerk", "officer", "It is yours until 29 Nov 12:10:00 UTC; Dora Duty (duty officer) looks after it."),
        (
            "officer",
            "",
            "Dora Duty (duty officer) has it open until 29 Nov 12:10:00 UTC at the latest; nobody has taken",
        ),
        ("officer", "officer", "Dora Duty (duty officer) looks after it, and has it open until"),
        ("officer", "clerk", "You look after it, but Dora Duty (duty officer) has it open until"),
    ],
)
def test_one_sentence_says_whose_a_case_is(sim: Running, at: At, holder: str, keeper: str, said: str) -> None:
    at(now := datetime(2026, 11, 29, 12, tzinfo=UTC))
    case, staff = calls_for_help(citizen()), {each.username: each for each in Officer.objects.all()}
    if keeper:
        case.assigned_to, case.assigned_at = staff[keeper], now
    if holder:
        case.held_by, case.held_until = staff[holder], now + holding.HELD
    assert whose(case, staff["clerk"], now).startswith(said)
    assert ("obody" in said) == (not keeper or (holder, keeper) == ("clerk", "clerk")), "only of what is nobody's"
    case.state = Case.State.CLOSED
    assert whose(case, staff["clerk"], now) == ""


def test_a_case_is_not_nobodys_and_somebodys_at_once(sim: Running, signed_in: SignIn) -> None:
    path = f"/console/cases/{calls_for_help(citizen()).pk}/"
    page = signed_in("clerk").get(path).content.decode()
    assert "It is yours until" in page
    assert "Nobody looks after it." not in page
    signed_in("clerk").post(f"{path}remark/", {"text": "I call."})
    assert "You look after it; nobody else changes it until" in signed_in("clerk").get(path).content.decode()
    listed = signed_in("officer").get("/console/cases/").content.decode()
    assert "Carla Clerk (consular clerk) looks after it, and has it open until" in listed
