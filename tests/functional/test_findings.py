"""What is confirmed of somebody: only by who has read everything that the person has said."""

import re
from collections.abc import Callable

from django.test import Client

from crisis import clock
from crisis.checkins import ending, holding
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import record
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import citizen, issued

SignIn = Callable[[str], Client]


def test_nobody_confirms_that_somebody_is_missing_who_has_written_meanwhile(
    sim: Running, clerk: Officer, officer: Officer, signed_in: SignIn
) -> None:
    contact, rollcall = citizen(sim=sim), issued().rollcall

    def says(safety: Safety, ref: str) -> CheckIn:
        return record(
            rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT,
            ref=ref, now=clock.now(),
        ).checkin  # fmt: skip

    case = says(Safety.NEEDS_HELP, "t:1").case
    assert case is not None
    ending.close_case(case=case, outcome="gone since Monday", ending="missing", by=clerk, now=clock.now())
    path, browser = f"/console/cases/{case.pk}/", signed_in("officer")
    holding.take_over(case=case, by=officer, now=clock.now())
    page = browser.get(path).content.decode()
    (seen,) = re.findall(r'name="finding" value="missing"><input type="hidden" name="seen" value="(\d+)"', page)
    says(Safety.SAFE, "t:2")
    asked = {"finding": "missing", "seen": seen}
    assert "read it first" in browser.post(f"{path}confirm/", asked, follow=True).content.decode()
    case.refresh_from_db()
    assert (case.state, case.confirmed_by) == ("open", None)
    again = re.findall(r'name="seen" value="(\d+)"', browser.get(path).content.decode())[0]
    browser.post(f"{path}confirm/", {"finding": "missing", "seen": again})
    case.refresh_from_db()
    assert (case.state, case.confirmed_by) == ("closed", officer), "they have read it"
