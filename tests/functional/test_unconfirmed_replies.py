"""What comes from an address that somebody gave and nobody has confirmed: no answer, no confirmation; a call for help arrives."""

from typing import Any

import pytest

from crisis.audience.models import Contact
from crisis.audience.operations import Place
from crisis.audience.queries import current_stay
from crisis.checkins.counting import board
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.replies import NOT_CONFIRMED, Became, take, take_place
from simulator.testing import Running
from tests.functional.factories import NOW, citizen, issued, notify_all, reachable
from tests.functional.texting import PHONE, letters, written

pytestmark = pytest.mark.usefixtures("sms")


@pytest.fixture
def sms(sim: Running) -> Contact:
    """The unconfirmed number of somebody with a chat, whom an alert has asked there."""
    me = citizen("Tokyo", sim=sim)
    found = reachable(me, "sms", PHONE)
    Contact.objects.filter(pk=found.pk).update(state=Contact.State.PENDING)
    alert = issued()
    notify_all(alert)
    found.refresh_from_db()
    return found


@pytest.mark.parametrize("text", ["1", "3", "we are fine", "thanks"])
def test_it_answers_nothing_and_is_not_answered(
    sim: Running, text: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert written(text).status_code == 200
    assert not CheckIn.objects.exists()
    assert not Case.objects.exists()
    assert letters(sim) == []


@pytest.mark.parametrize("text", ["2", "help", "we are trapped, my son is bleeding"])
def test_a_call_for_help_reaches_staff_and_stops_no_question(
    sim: Running, sms: Contact, text: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        written(text)
        written(text)
    case, said = Case.objects.get(), CheckIn.objects.get()
    assert (case.citizen, case.state, case.kind) == (sms.citizen, "open", Safety.UNCLEAR)
    assert (said.rollcall, said.safety, said.text) == (None, Safety.UNCLEAR, f"{NOT_CONFIRMED} {text}")
    assert letters(sim) == []


def test_it_closes_and_changes_nothing_that_the_person_has_said(sms: Contact) -> None:
    from crisis.checkins.operations import record

    alert = issued()
    chat = sms.citizen.contacts.get(kind="telegram")
    record(
        rollcall=alert.rollcall, citizen=sms.citizen, contact=chat, safety=Safety.NEEDS_HELP, source=CheckIn.Source.BOT,
        ref="1", now=NOW,
    )  # fmt: skip
    written("1")
    assert board(alert.rollcall).total.answered("needs_help") == 1
    written("2")
    assert Case.objects.count() == 1, "the words join the case that is open"
    assert board(alert.rollcall).total.answered("needs_help") == 1


def test_a_place_moves_nobody_and_stop_is_done(sms: Contact) -> None:
    before = current_stay(sms.citizen)
    common: dict[str, Any] = {"contact": sms, "source": CheckIn.Source.WHATSAPP, "written_at": NOW, "now": NOW}
    assert take_place(to=Place(50.85, 4.35, "Brussels"), ref="p", **common).became == Became.NOTHING
    assert current_stay(sms.citizen) == before
    assert take(text="STOP", ref="s", **common).became == Became.LEFT
    sms.refresh_from_db()
    assert sms.state == Contact.State.STOPPED
