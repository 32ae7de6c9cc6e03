"""A case with a finding: ended once, restricted in every act, and its words and pictures with it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from crisis import clock
from crisis.checkins import attachments, casebook, ending, holding, replying
from crisis.checkins.findings import confirm_finding, lift_finding, note_finding
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import hear, record
from crisis.checkins.queries import described
from crisis.staff.models import Grant, Officer, Role
from crisis.staff.rights import NotAllowed
from simulator.testing import Running
from tests.functional.factories import citizen, issued
from tests.functional.test_casework import calls_for_help

SignIn = Callable[[str], Client]


def test_what_is_noted_ends_a_case_once_and_never_as_something_else(
    sim: Running, clerk: Officer, officer: Officer
) -> None:
    case, now = calls_for_help(citizen()), clock.now()
    ending.close_case(case=case, outcome="said by a friend", ending="detained", by=clerk, now=now)
    note_finding(case=case, finding="detained", by=clerk, now=now)
    assert not confirm_finding(case=case, finding="detained", by=officer, now=now), "it was only to be noted"
    with pytest.raises(ValueError, match="noted on this case"):
        ending.close_case(case=case, outcome="well", by=clerk, now=now)
    assert ending.close_case(case=case, outcome="in prison", ending="detained", by=clerk, now=now), "two people said so"
    lift_finding(case=case, by=clerk, now=now)
    case.refresh_from_db()
    assert (case.state, case.ending, case.finding) == ("open", "", ""), "somebody looks after the person again"


def test_a_case_is_restricted_in_every_act_from_the_moment_of_its_finding(
    sim: Running, clerk: Officer, officer: Officer, signed_in: SignIn
) -> None:
    contact, now, rollcall = citizen("Tokyo", sim=sim), clock.now(), issued().rollcall
    told = record(
        rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP, source=CheckIn.Source.BOT,
        ref="t:1", now=now,
    )  # fmt: skip
    case = told.checkin.case
    assert case is not None
    helper = Officer.objects.create(username="helper")
    Grant.objects.create(
        officer=helper, role=Role.VOLUNTEER, granted_at=now, rollcall=rollcall, expires_at=now + timedelta(days=1)
    )
    replying.note(case=case, text="mine", by=helper, now=now)
    hear(
        citizen=contact.citizen, contact=contact, asking=None, text="the blue house", worrying=True,
        source=CheckIn.Source.BOT, ref="t:2", now=now,
    )  # fmt: skip
    picture = attachments.add(checkin=told.checkin, sent=attachments.Sent("photo", "remote"), now=now)
    assert picture is not None
    page = f"/console/people/{contact.citizen_id}/answer/"
    assert "the blue house" in signed_in("clerk").get(page).content.decode()
    note_finding(case=case, finding="missing", by=clerk, now=now)
    assert "the blue house" not in signed_in("clerk").get(page).content.decode(), "it is read in the case only"
    (row,) = described(rollcall, [contact.citizen])
    assert (row.said, row.case) == ("", case.pk)
    for act in (
        lambda: replying.note(case=case, text="still mine", by=helper, now=now),
        lambda: replying.write(case=case, contact=contact, answer="", text="Hello", by=helper, now=now),
        lambda: holding.take_over(case=case, by=helper, now=now),
        lambda: ending.close_case(case=case, outcome="well", by=helper, now=now),
        lambda: casebook.numbers_of(case=case, by=helper, now=now),
        lambda: attachments.opened(attachment=picture, by=helper, now=now),
    ):
        with pytest.raises(NotAllowed):
            act()
    holding.take_over(case=case, by=officer, now=now)
    with pytest.raises(NotAllowed):
        holding.assign(case=case, to=helper, by=officer, now=now)
    with pytest.raises(holding.Held):
        holding.assign(case=case, to=clerk, by=clerk, now=now)
