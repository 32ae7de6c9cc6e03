"""The link that is one person's own: its answer is verified, opening it records nothing."""

from datetime import timedelta
from typing import Any

import pytest

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience import links
from crisis.audience.models import Contact, Link
from crisis.broadcast.operations import stop
from crisis.checkins.counting import board
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import record
from crisis.checkins.rounds import RoundAnswer, open_round
from crisis.checkins.unverified import Report
from crisis.registry.models import Installation
from crisis.staff.models import Officer
from tests.functional.factories import citizen, issued, reachable
from tests.functional.pages import Visitor, fields


@pytest.fixture
def alert(sim: Any) -> Alert:
    return issued(countries=["CD"])


@pytest.fixture
def contact(sim: Any) -> Contact:
    return reachable(citizen("Goma", language="fr", people=3), "email", "anna@post.example")


def path(contact: Contact) -> str:
    until = clock.now() + timedelta(days=1)
    token = links.make(
        citizen=contact.citizen, contact=contact, purpose=Link.Purpose.CHECK_IN, now=clock.now(), expires_at=until
    )
    return f"/c/{token}"


def test_an_answer_is_the_persons_own_and_counts(alert: Alert, contact: Contact) -> None:
    own = path(contact)
    shown = Visitor().get(own).content.decode()
    assert '<html lang="fr">' in shown
    assert "Votre réponse compte pour 3 personnes." in shown
    assert not CheckIn.objects.exists(), "a scanner opens every link"
    response = Visitor().send(own, said="safe")
    assert response.status_code == 303
    checkin = CheckIn.objects.get()
    assert (checkin.source, checkin.contact, checkin.rollcall, checkin.people) == ("web", contact, alert.rollcall, 3)
    assert not Report.objects.exists()
    assert board(alert.rollcall).total.answers == {"safe": 3}
    done = Visitor().get(response["Location"]).content.decode()
    assert "Enregistré" in done
    assert "tel:+" in done
    assert not [word for word in ("Emma", "Goma", "anna@") if word in done]


def test_a_second_tap_is_one_answer_and_another_answer_counts(alert: Alert, contact: Contact) -> None:
    own = path(contact)
    form = fields(Visitor().get(own).content.decode())
    for said in ("safe", "safe", "needs_help"):
        Visitor().post(own, form | {"said": said, "text": "eau"})
    assert list(CheckIn.objects.order_by("pk").values_list("safety", "current")) == [
        ("safe", False),
        ("needs_help", True),
    ]
    assert Case.objects.get().kind == "needs_help"
    assert "vous avez besoin d’aide" in Visitor().get(f"{own}?done=1").content.decode()


def test_other_words_from_the_same_form_are_heard_too(alert: Alert, contact: Contact) -> None:
    own = path(contact)
    form = fields(Visitor().get(own).content.decode()) | {"said": "needs_help"}
    for words in ("eau", "eau", "eau, et Jan est blessé"):
        Visitor().post(own, form | {"text": words})
    assert [*CheckIn.objects.order_by("pk").values_list("text", flat=True)] == ["eau", "eau, et Jan est blessé"]


def test_a_call_for_help_waits_for_no_number(alert: Alert, contact: Contact, clerk: Officer) -> None:
    open_round(rollcall=alert.rollcall, questions=["how_many"], by=clerk, now=clock.now())
    own = path(contact)
    assert Visitor().send(own, said="safe", how_many="deux").status_code == 400
    assert Visitor().send(own, said="needs_help", how_many="deux").status_code == 303
    assert CheckIn.objects.get().safety == "needs_help"
    assert not RoundAnswer.objects.exists(), "what is no number is not taken for nobody"
    assert Visitor().send(own, said="needs_help", how_many="2").status_code == 303
    assert RoundAnswer.objects.get().value == 2


def test_too_much_is_said_to_be_too_much(alert: Alert, contact: Contact) -> None:
    own = path(contact)
    refused = Visitor().post(own, fields(Visitor().get(own).content.decode()) | {"said": "safe", "text": "x" * 20_000})
    assert refused.status_code == 400
    assert 'role="alert"' in refused.content.decode()
    assert not CheckIn.objects.exists()


def test_a_page_never_shows_what_somebody_else_answered(alert: Alert, contact: Contact) -> None:
    until = clock.now() + timedelta(days=1)
    token = links.make(
        citizen=contact.citizen, contact=None, purpose=Link.Purpose.CHECK_IN, now=clock.now(), expires_at=until
    )
    record(
        rollcall=alert.rollcall, citizen=citizen("Goma").citizen, contact=None, safety=Safety.NEEDS_HELP,
        source=CheckIn.Source.WEB, ref="report:1", now=clock.now(),
    )  # fmt: skip
    assert "vous avez besoin d’aide" not in Visitor().get(f"/c/{token}?done=1").content.decode()


def test_some_of_us_is_recorded_at_once_and_then_says_how_many_and_how_the_others_are(
    alert: Alert, contact: Contact
) -> None:
    own = path(contact)
    done = Visitor().send(own, said="some", text="Jan manque")
    checkin = CheckIn.objects.get()
    assert (checkin.safety, checkin.people, checkin.others, checkin.others_are) == ("safe", 1, 2, "no_word")
    assert checkin.text == "Jan manque"
    assert Case.objects.get().kind == "unclear"
    shown = Visitor().get(done["Location"]).content.decode()
    assert "Combien d’entre vous sont en sécurité\u00a0?" in shown
    step = fields(shown) | {"said": "others"}
    for wrong in ({"safe": "3", "are": "needs_help"}, {"safe": "", "are": "no_word"}, {"safe": "2", "are": "dead"}):
        refused = Visitor().post(own, step | wrong)
        assert refused.status_code == 400
        assert 'name="safe"' in refused.content.decode(), "the question stands there again"
    assert CheckIn.objects.count() == 1
    told = Visitor().post(own, step | {"safe": "2", "are": "needs_help", "text": "Jan est blessé"})
    assert told.status_code == 303
    checkin = CheckIn.objects.get(current=True)
    assert (checkin.safety, checkin.people, checkin.others, checkin.others_are) == ("safe", 2, 1, "needs_help")
    assert Case.objects.get().kind == "needs_help"
    shown = Visitor().get(told["Location"]).content.decode()
    assert "les autres ont besoin d’aide" in shown
    assert 'value="others"' not in shown, "it is said"


def test_who_answers_alone_is_not_asked_about_others(alert: Alert, contact: Contact) -> None:
    contact.citizen.people = 1
    contact.citizen.save()
    own = path(contact)
    assert 'value="some"' not in Visitor().get(own).content.decode()
    assert Visitor().send(own, said="some").status_code == 400
    assert not CheckIn.objects.exists()


def test_of_several_alerts_one_is_answered_and_a_call_for_help_waits_for_no_choice(
    alert: Alert, contact: Contact
) -> None:
    other = issued(countries=["CD"], slug="evacuation")
    own = path(contact)
    shown = Visitor().get(own).content.decode()
    assert alert.code in shown
    assert other.code in shown
    refused = Visitor().send(own, said="safe")
    assert refused.status_code == 400
    assert '<a href="#event">' in refused.content.decode()
    Visitor().send(own, said="safe", event=str(alert.rollcall.pk))
    assert CheckIn.objects.get().rollcall == alert.rollcall
    assert Visitor().send(own, said="needs_help").status_code == 303
    assert Case.objects.get().people == 3


def test_without_an_alert_only_help_can_be_asked_for(contact: Contact, alert: Alert, officer: Officer) -> None:
    own = path(contact)
    form = fields(Visitor().get(own).content.decode())
    stop(alert=alert, by=officer, now=clock.now())
    shown = Visitor().get(own).content.decode()
    assert 'value="needs_help"' in shown
    assert 'value="safe"' not in shown
    assert Visitor().post(own, form | {"said": "safe"}).status_code == 400
    assert Visitor().post(own, form | {"said": "needs_help"}).status_code == 303
    assert CheckIn.objects.get().rollcall is None


def test_a_real_call_from_a_drill_is_live_and_a_drills_stays_in_it(alert: Alert, contact: Contact) -> None:
    Installation.objects.update(kind="live")
    own = path(contact)
    Visitor().send(own, said="needs_help")
    Visitor().send(own, said="needs_help", really="1")
    assert list(Case.objects.order_by("pk").values_list("mode", flat=True)) == ["exercise", "live"]


@pytest.mark.parametrize(
    "change", [{"slip": ""}, {"said": ""}, {"said": "dead"}, {"event": "999999"}, {"text": "x" * 1001}]
)
def test_what_is_wrong_records_nothing_and_keeps_what_was_typed(
    alert: Alert, contact: Contact, change: dict[str, str]
) -> None:
    own = path(contact)
    response = Visitor().send(own, **{"said": "safe", "text": "tout va bien"} | change)
    assert response.status_code == 400
    assert fields(response.content.decode())["text"] == {"text": "tout va bien", **change}["text"]
    assert not CheckIn.objects.exists()


def test_a_link_that_has_ended_opens_nothing(alert: Alert, contact: Contact, at: Any) -> None:
    own = path(contact)
    form = fields(Visitor().get(own).content.decode())
    at(clock.now() + timedelta(days=1, seconds=1))
    assert Visitor().get(own).status_code == 404
    assert Visitor().post(own, form | {"said": "needs_help"}).status_code == 404
    assert not CheckIn.objects.exists()
