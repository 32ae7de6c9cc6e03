"""Staff in the bot: a linked person sees how it goes and stops an alert; to anybody else these commands are words."""

from collections.abc import Callable
from datetime import datetime, timedelta

from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.audience.models import Contact
from crisis.staff.models import Officer
from crisis.staff.roster import Way
from simulator.testing import Running
from tests.functional.factories import NOW, deliver_all, issued
from tests.functional.phones import Person

At = Callable[[datetime], None]
People = Callable[..., Person]


def linked(person: People, username: str) -> Person:
    me = person()
    officer = Officer.objects.get(username=username)
    Way.objects.create(officer=officer, kind=Way.Kind.TELEGRAM, address=str(me.chat), linked_at=NOW, confirmed_at=NOW)
    return me


def state(alert: Alert) -> str:
    return Alert.objects.get(pk=alert.pk).state


def test_a_linked_person_sees_how_the_latest_alerts_go(person: People, sim: Running) -> None:
    me = linked(person, "clerk")
    (told,) = me.does("text", text="/progress")
    assert "Nothing was issued" in told["text"]
    alert = issued()
    deliver_all()
    for asked in ("/progress", f"/progress {alert.code.lower()}", f"/progress {alert.marker}"):
        (told,) = me.does("text", text=asked)
        assert f"EXERCISE alert {alert.marker}: Earthquake, Japan" in told["text"]
        assert "3 of 3 accounts have all of it" in told["text"]
        assert "First publication after" in told["text"]
        assert f"/console/exercise/{alert.pk}/" in told["text"]
    (told,) = me.does("text", text="/progress NOSUCH/1")
    assert "No issued alert has the code" in told["text"]
    assert not Contact.objects.filter(address=str(me.chat)).exists(), "staff are no citizens by that"


def test_stopping_takes_the_command_and_the_button(person: People, sim: Running) -> None:
    alert = issued()
    me = linked(person, "officer")
    (asked,) = me.does("text", text=f"/stop_alert {alert.code}")
    assert state(alert) == State.ISSUED, "nothing is done yet"
    assert asked["inline_keyboard"][0][0]["text"] == f"Stop EXERCISE {alert.marker} now"
    (told,) = me.does("press", button=0)
    assert state(alert) == State.STOPPED
    assert "had not left yet and will not" in told["text"]
    (told,) = me.does("text", text=f"/stop_alert {alert.code}")
    assert "cannot be stopped" in told["text"]


def test_whoever_may_not_stop_is_told_who_may(person: People, sim: Running) -> None:
    alert = issued()
    (told,) = linked(person, "clerk").does("text", text=f"/stop_alert {alert.code}")
    assert "Who may: Approver, Duty officer" in told["text"]
    assert "inline_keyboard" not in told or not told["inline_keyboard"]
    assert state(alert) == State.ISSUED


def test_a_button_that_is_old_or_of_somebody_who_left_stops_nothing(person: People, sim: Running, at: At) -> None:
    alert = issued()
    me = linked(person, "officer")
    me.does("text", text=f"/stop_alert {alert.code}")
    at(clock.now() + timedelta(minutes=7))
    (told,) = me.does("press", button=0)
    assert "too old" in told["text"]
    me.does("text", text=f"/stop_alert {alert.code}")
    Officer.objects.filter(username="officer").update(is_active=False)
    assert me.does("press", button=0) == []
    assert "not linked" in me.toasts()[-1]
    assert state(alert) == State.ISSUED


def test_to_a_citizen_these_are_words_like_others(person: People, sim: Running) -> None:
    alert = issued()
    me = person()
    me.does("text", text="/start")
    for text in ("/progress", f"/stop_alert {alert.code}"):
        (told,) = me.does("text", text=text)
        assert "accounts" not in told["text"]
        assert "Stop EXERCISE" not in str(told)
    assert state(alert) == State.ISSUED


def test_each_of_the_staff_is_answered_in_their_own_language(person: People, sim: Running) -> None:
    me = linked(person, "officer")
    Officer.objects.filter(username="officer").update(language="fr")
    (told,) = me.does("text", text="/progress")
    assert "Rien n’a été émis" in told["text"]
    alert = issued()
    deliver_all()
    (told,) = me.does("text", text=f"/progress {alert.code}")
    assert f"alerte EXERCICE {alert.marker}\N{NO-BREAK SPACE}: Tremblement de terre, Japon" in told["text"]
    assert "3 comptes sur 3 l’ont en entier" in told["text"]
    (asked,) = me.does("text", text=f"/stop_alert {alert.code}")
    assert asked["inline_keyboard"][0][0]["text"] == f"Arrêter maintenant EXERCICE {alert.marker}"
    (told,) = me.does("press", button=0)
    assert "Arrêtée. Pas encore parties" in told["text"]
    Officer.objects.filter(username="officer").update(language="")
    (told,) = me.does("text", text="/stop_alert")
    assert told["text"].startswith("Say which alert"), "English, where nobody has chosen"
