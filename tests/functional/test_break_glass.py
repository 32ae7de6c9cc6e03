"""Breaking the glass: only where the ministry allows it, when nobody answers, by a typed sentence; everybody hears of it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from crisis import clock
from crisis.alerts import ringing
from crisis.alerts.models import Alert, Approval, State
from crisis.broadcast.break_glass import break_glass, possible_at, sentence
from crisis.broadcast.models import Delivery
from crisis.broadcast.preflight import Refused
from crisis.journal.models import Entry
from crisis.registry.models import Ministry
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from simulator.testing import Running
from tasks import duty
from tests.functional.factories import NOW, submitted
from tests.functional.silent import letters
from tests.functional.test_ringing import CHATS, chat, mailbox, on_duty, reachable

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]


@pytest.fixture
def waiting(sim: Running, at: At) -> Alert:
    """An alert that waits, in a ministry that allows one person after a quarter of an hour."""
    at(NOW)
    for turn, username in enumerate(CHATS, start=1):
        reachable(sim, username)
        on_duty(username, turn)
    Ministry.objects.filter(is_home=True).update(break_glass_after=15)
    alert = submitted()
    return Alert.objects.select_related("ministry").get(pk=alert.pk)


def alone(alert: Alert, typed: str = "", by: str = "officer") -> None:
    break_glass(
        alert=alert, revision=alert.revision, typed=typed or sentence(alert), by=Officer.objects.get(username=by),
        now=clock.now(),
    )  # fmt: skip


def state(alert: Alert) -> str:
    return Alert.objects.get(pk=alert.pk).state


def test_it_is_refused_unless_the_ministry_has_allowed_it(waiting: Alert, at: At, signed_in: SignIn) -> None:
    Ministry.objects.filter(is_home=True).update(break_glass_after=None)
    at(NOW + timedelta(days=1))
    with pytest.raises(Refused, match="has not allowed"):
        alone(waiting)
    assert "Nobody answers" not in signed_in("officer").get(f"/console/exercise/{waiting.pk}/").content.decode()
    assert state(waiting) == State.SUBMITTED


def test_it_is_refused_too_early_to_whoever_may_not_and_with_other_words(waiting: Alert, at: At) -> None:
    at(NOW + timedelta(minutes=14))
    with pytest.raises(Refused, match=r"too early.*1 min"):
        alone(waiting)
    at(NOW + timedelta(minutes=15))
    with pytest.raises(Refused, match=f"Type exactly: Issue EXERCISE alert {waiting.marker} alone"):
        alone(waiting, "Issue EXERCISE alert")
    for username in ("approver", "clerk"):
        with pytest.raises(NotAllowed):
            alone(waiting, by=username)
    assert state(waiting) == State.SUBMITTED
    assert not Delivery.objects.exists()


def test_whoever_has_seen_it_is_waited_for(waiting: Alert, at: At, signed_in: SignIn) -> None:
    at(NOW + timedelta(minutes=10))
    signed_in("deputy").get(f"/console/exercise/{waiting.pk}/")
    assert possible_at(waiting) == NOW + timedelta(minutes=25)
    at(NOW + timedelta(minutes=16))
    with pytest.raises(Refused, match="too early"):
        alone(waiting)


def test_one_person_issues_it_and_everybody_is_alarmed_at_once(
    waiting: Alert, sim: Running, at: At, signed_in: SignIn
) -> None:
    at(NOW + timedelta(minutes=15))
    officer = signed_in("officer")
    page = officer.get(f"/console/exercise/{waiting.pk}/").content.decode()
    assert sentence(waiting) in page
    typed = {"revision": waiting.revision, "typed": f"  {sentence(waiting).upper()} "}
    shown = officer.post(f"/console/exercise/{waiting.pk}/alone/", typed, follow=True).content.decode()
    assert "Issued alone" in shown
    assert "Issued by Dora Duty (duty officer) alone, without an approval" in shown
    assert state(waiting) == State.ISSUED
    assert Approval.objects.get(alert=waiting).decision == "alone"
    entry = Entry.objects.get(action="broadcast.break_glass")
    assert entry.data["alarmed"] == 4
    Officer.objects.filter(username="deputy").update(language="de")
    for message in ringing.due(clock.now()):
        duty.send(message)
    assert "von einer Person allein herausgegeben" in letters(sim, mailbox("deputy"))[-1]["subject"], (
        "in their language"
    )
    for username in set(CHATS) - {"deputy"}:
        assert "issued this without an approval" in chat(sim, username)[-1]["text"]
        assert "issued by one person alone" in letters(sim, mailbox(username))[-1]["subject"]


def test_a_second_press_issues_nothing_twice(waiting: Alert, at: At) -> None:
    at(NOW + timedelta(minutes=15))
    alone(waiting)
    number = Delivery.objects.count()
    with pytest.raises(Refused):
        alone(waiting)
    assert Delivery.objects.count() == number
