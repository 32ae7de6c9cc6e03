"""What people write in their own words: nothing is lost, nobody is moved by accident, no answer is erased."""

from collections.abc import Callable

import pytest
from django.test import Client

from crisis import clock
from crisis.audience.models import Citizen
from crisis.checkins.ending import close_case
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.queries import described, people
from crisis.registry.models import Installation
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import issued, notify_all
from tests.functional.phones import Person, buttons, text


def in_tokyo(person: Callable[..., Person], language: str = "en") -> Person:
    me = person(language)
    me.does("text", text="/start")
    me.does("text", text="Tokyo")
    return me


@pytest.mark.parametrize(
    ("language", "added"),
    [
        ("en", "added this to your call for help"),
        ("nl", "aan uw hulpoproep toegevoegd"),
        ("fr", "ajouté ceci à votre appel à l’aide"),
        ("de", "zu Ihrem Hilferuf hinzugefügt"),
    ],
)
def test_what_follows_a_call_for_help_joins_it(person: Callable[..., Person], language: str, added: str) -> None:
    me = in_tokyo(person, language)
    alert = issued()
    notify_all(alert)
    me.does("press", button=1)
    told = me.does("text", text="broken leg, third floor")
    assert added in text(told)
    assert "+32 2 501 40 00" in text(told)
    assert CheckIn.objects.get(current=True).safety == "needs_help"
    case = Case.objects.get()
    assert case.kind == "needs_help"
    assert [c.text for c in case.checkins.order_by("id")] == ["", "broken leg, third floor"]
    (row,) = described(alert.rollcall, people(alert.rollcall, status="needs_help"))
    assert row.said == "broken leg, third floor"


def test_what_follows_a_call_for_help_on_a_quiet_day_joins_it(
    person: Callable[..., Person], clerk: Officer, client: Client
) -> None:
    me = in_tokyo(person)
    me.does("text", text="/help")
    me.does("press", data="h:now")
    told = me.does("text", text="Osaka")
    assert "added this to your call for help" in text(told)
    assert "Are you there now?" in text(told)
    assert me.stay is not None
    assert me.stay.place_name == "Tokyo", "a town in a call for help is words first"
    assert "Osaka" in text(me.does("press", data=buttons(told[0])[0]))
    assert me.stay.place_name == "Osaka"
    client.force_login(clerk)
    assert "“Osaka”" in client.get("/console/cases/").content.decode()
    assert Case.objects.count() == 1

    close_case(case=Case.objects.get(), outcome="home again", by=clerk, now=clock.now())
    assert "Kyoto" in text(me.does("text", text="Kyoto"))
    assert me.stay.place_name == "Kyoto"


def test_an_open_case_outlives_its_alert(person: Callable[..., Person], officer: Officer) -> None:
    from crisis.broadcast.operations import stop as stop_alert

    me = in_tokyo(person)
    alert = issued()
    notify_all(alert)
    me.does("press", button=1)
    stop_alert(alert=alert, by=officer, now=clock.now())
    assert "added this to your call for help" in text(me.does("text", text="still under the table"))
    assert Case.objects.get().checkins.latest("id").text == "still under the table"


def test_thanks_from_a_safe_person_leave_them_safe(person: Callable[..., Person]) -> None:
    me = in_tokyo(person)
    notify_all(issued())
    me.does("press", button=0)
    told = me.does("text", text="thanks")
    assert "noted this too" in text(told)
    assert "Your answer: safe" in text(told)
    assert len(buttons(told[0])) == 3
    assert CheckIn.objects.get(current=True).safety == "safe"
    assert CheckIn.objects.latest("id").text == "thanks"
    assert not Case.objects.exists()
    assert me.stay is not None
    assert me.stay.place_name == "Tokyo"


def test_words_of_need_from_a_safe_person_go_to_a_person_and_erase_nothing(person: Callable[..., Person]) -> None:
    me = in_tokyo(person)
    notify_all(issued())
    me.does("press", button=0)
    told = me.does("text", text="but my neighbour is trapped")
    assert "Our staff will read this" in text(told)
    assert "Do you need help now?" in text(told)
    assert CheckIn.objects.get(current=True).safety == "safe"
    assert Case.objects.get().kind == "unclear"


def test_words_after_a_closed_case_are_read_by_a_person_again(person: Callable[..., Person], clerk: Officer) -> None:
    me = in_tokyo(person)
    notify_all(issued())
    me.does("press", button=1)
    close_case(case=Case.objects.get(), outcome="ambulance sent", by=clerk, now=clock.now())
    assert "Our staff will read this" in text(me.does("text", text="nobody has come"))
    case = Case.objects.get(state="open")
    assert (case.kind, case.checkins.get().text) == ("unclear", "nobody has come")
    assert CheckIn.objects.get(current=True).safety == "needs_help"


def test_more_words_of_somebody_unclear_join_the_first(person: Callable[..., Person]) -> None:
    me = in_tokyo(person)
    notify_all(issued())
    me.does("text", text="the house shakes")
    told = me.does("text", text="and the water rises")
    assert "added this to what you wrote before" in text(told)
    assert len(buttons(told[0])) == 3
    assert [c.text for c in Case.objects.get().checkins.order_by("id")] == ["the house shakes", "and the water rises"]
    assert CheckIn.objects.get(current=True).safety == "unclear"


@pytest.mark.parametrize(
    "word",
    [
        "help",
        "HELP!",
        "Hulp",
        "à l’aide",
        "au secours",
        "Hilfe",
        "sos",
        "urgent",
        "dringend",
        "/hilfe",
        "Please help me",
    ],
)
def test_a_cry_for_help_is_never_a_town(person: Callable[..., Person], word: str) -> None:
    me = person("en")
    me.does("text", text="/start")
    told = me.does("text", text=word)
    assert me.stay is None
    assert "Do you need help now?" in text(told)
    assert "+32 2 501 40 00" in text(told)
    assert buttons(told[0]) == ["h:now"]


def test_a_cry_for_help_that_says_more_is_kept_on_any_day(person: Callable[..., Person]) -> None:
    me = in_tokyo(person)
    told = me.does("text", text="Help! The bus has overturned near Nikko")
    assert "Our staff will read this" in text(told)
    assert buttons(told[0]) == ["h:now"]
    me.does("press", button=0)
    case = Case.objects.get()
    assert (case.kind, case.rollcall) == ("needs_help", None)
    assert "overturned" in case.checkins.earliest("id").text


@pytest.mark.parametrize("word", ["okay", "test", "Hilver", "nice"])
@pytest.mark.parametrize("asked", [True, False], ids=["asked", "not asked"])
def test_only_the_exact_name_of_a_town_moves_at_once(person: Callable[..., Person], word: str, asked: bool) -> None:
    me = person("en")
    me.does("text", text="/start")
    if not asked:
        me.does("text", text="Tokyo")
    before = me.stay
    told = me.does("text", text=word)
    assert me.stay == before
    assert "h:now" in buttons(told[0])
    if word == "Hilver":
        assert any(data.startswith("p:") for data in buttons(told[0]))


def test_somebody_who_has_not_answered_is_not_moved_by_a_word(person: Callable[..., Person]) -> None:
    me = in_tokyo(person)
    notify_all(issued())
    told = me.does("text", text="Osaka")
    assert "Our staff will read this" in text(told)
    assert any(data.startswith("p:") for data in buttons(told[0]))
    assert me.stay is not None
    assert me.stay.place_name == "Tokyo"
    me.does("press", button=0)
    assert CheckIn.objects.get(current=True).safety == "safe"
    me.does("text", text="Osaka")
    assert me.stay.place_name == "Osaka", "who is safe moves on"


@pytest.fixture
def in_a_live_house(sim: Running) -> None:
    Installation.objects.update(kind=Installation.Kind.LIVE)


def test_in_live_operation_nothing_said_freely_joins_a_drill(
    person: Callable[..., Person], in_a_live_house: None
) -> None:
    me = in_tokyo(person)
    Citizen.objects.update(in_exercises=True)
    drill = issued()
    notify_all(drill)

    told = me.does("press", button=1)
    assert "This is an exercise" in text(told)
    assert buttons(told[0]) == ["h:now"]
    assert (Case.objects.get().mode, Case.objects.get().rollcall) == ("exercise", drill.rollcall)

    me.does("text", text="help, the roof has fallen in")
    real = Case.objects.get(mode="live")
    assert (real.kind, real.rollcall) == ("unclear", None)
    me.does("press", data="h:now")
    me.does("text", text="second floor")
    real.refresh_from_db()
    assert real.kind == "needs_help"
    assert real.checkins.latest("id").text == "second floor"
    assert Case.objects.filter(mode="exercise").count() == 1


@pytest.mark.parametrize(
    ("language", "words", "safety"),
    [
        ("en", "We are all fine, thanks", "safe"),
        ("nl", "Alles goed met ons", "safe"),
        ("fr", "Tout va bien pour nous, merci", "safe"),
        ("de", "Uns geht es gut", "safe"),
        ("nl", "Ik ben al thuis in Gent, niet meer in Japan", "not_there"),
    ],
)
def test_a_plain_answer_in_own_words_is_recorded(
    person: Callable[..., Person], language: str, words: str, safety: str
) -> None:
    me = in_tokyo(person, language)
    notify_all(issued())
    me.does("text", text=words)
    answer = CheckIn.objects.get(current=True)
    assert (answer.safety, answer.text) == (safety, words)
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        "We are fine but we have no water",
        "Wij zijn veilig, maar wanneer gaat de grens open?",
        "On va bien, qwerty asdfgh zxcvb uiop",
        "my wife is safe, she is at the embassy",
    ],
)
def test_what_is_mixed_is_read_by_a_person(person: Callable[..., Person], words: str) -> None:
    me = in_tokyo(person)
    notify_all(issued())
    me.does("text", text=words)
    assert CheckIn.objects.get(current=True).safety == "unclear"
    assert Case.objects.get().checkins.get().text == words


def test_of_a_household_only_who_says_we_speaks_for_all(person: Callable[..., Person]) -> None:
    me = in_tokyo(person)
    Citizen.objects.update(people=4)
    notify_all(issued())
    me.does("text", text="I am safe")
    assert CheckIn.objects.get(current=True).safety == "unclear"
    close_case(case=Case.objects.get(), outcome="asked", by=Officer.objects.get(username="clerk"), now=clock.now())
    CheckIn.objects.all().delete()
    me.does("text", text="all four of us are safe")
    answer = CheckIn.objects.get(current=True)
    assert (answer.safety, answer.people) == ("safe", 4)


def test_with_two_alerts_words_alone_answer_neither(person: Callable[..., Person]) -> None:
    me = in_tokyo(person)
    for _ in range(2):
        notify_all(issued())
    me.does("text", text="we are all fine")
    assert not CheckIn.objects.filter(safety="safe").exists()
    assert Case.objects.get().kind == "unclear"


def test_words_change_no_answer_that_stands(person: Callable[..., Person]) -> None:
    me = in_tokyo(person)
    notify_all(issued())
    me.does("press", button=1)
    me.does("text", text="all good now, we are safe")
    assert CheckIn.objects.get(current=True).safety == "needs_help"
    assert Case.objects.get().state == "open"


def test_staff_see_which_words_decided(person: Callable[..., Person], clerk: Officer, client: Client) -> None:
    me = in_tokyo(person)
    notify_all(issued())
    me.does("text", text="my neighbour is trapped")
    me.does("text", text="On va bien, qwerty asdfgh zxcvb uiop")
    client.force_login(clerk)
    page = client.get("/console/cases/").content.decode()
    assert "Read as a call for help, by “trapped”." in page
    assert "No rule explains “qwerty”" in page
