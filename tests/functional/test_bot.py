"""The conversation, through the real python-telegram-bot application and the simulator's wire protocol."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings

from bot.main import build, introduce
from config.run_bot import shared_rate
from crisis import clock
from crisis.audience.models import Contact
from crisis.broadcast.operations import stop as stop_alert
from crisis.broadcast.retract import retract
from crisis.checkins.models import Case, CheckIn, InboxUpdate
from crisis.registry.models import Installation
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import citizen, issued, notify_all
from tests.functional.phones import Person, buttons, take_in, text, work

LANGUAGES = ["nl", "fr", "de", "en"]


@pytest.mark.parametrize(
    ("language", "welcome", "place", "safe", "stopped"),
    [
        ("nl", "crisisbot", "Waar bent u nu?", "Genoteerd: u bent veilig", "geen berichten meer"),
        (
            "fr",
            "bot de crise",
            "Où êtes-vous maintenant",
            "Enregistré\u00a0: vous êtes en sécurité",
            "plus de messages",
        ),
        ("de", "Krisen-Bot", "Wo sind Sie jetzt?", "Notiert: Sie sind in Sicherheit", "keine Nachrichten mehr"),
        ("en", "crisis bot", "Where are you now?", "Recorded: you are safe", "no more messages"),
    ],
)
def test_from_start_to_safe_to_stop_in_every_language(
    person: Callable[..., Person], language: str, welcome: str, place: str, safe: str, stopped: str
) -> None:
    me = person(language)
    told = me.does("text", text="/start")
    assert welcome in text(told)
    assert place in text(told)
    assert told[1]["reply_keyboard"][0][0]["request_location"]
    assert me.contact.citizen.language == language

    assert "Embassy of Belgium in Tokyo" in text(me.does("text", text="Tokio" if language in ("nl", "de") else "Tokyo"))
    assert me.stay is not None
    assert me.stay.country == "JP"

    alert = issued()
    notify_all(alert)
    told = me.does("press", button=0)
    assert safe in text(told)
    assert "+32 2 501 40 00" in text(told)
    assert me.toasts()[-1] in text(told)
    assert CheckIn.objects.get(current=True).safety == "safe"

    assert stopped in text(me.does("text", text="/stop"))
    assert me.contact.state == Contact.State.STOPPED


def test_a_language_we_do_not_offer_gets_english_and_hears_which_there_are(person: Callable[..., Person]) -> None:
    me = person("ja")
    told = text(me.does("text", text="/start"))
    assert "crisis bot" in told
    assert "We speak Nederlands, Français, Deutsch, English" in told
    me.does("press", data="l:fr")
    assert "We speak" not in text(me.does("text", text="/start")), "the language is chosen"
    assert "We speak" not in text(person("en").does("text", text="/start"))


def test_changing_the_language(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    told = me.does("text", text="/language")
    assert buttons(told[0]) == ["l:nl", "l:fr", "l:de", "l:en"]
    assert "Wir sprechen ab jetzt Deutsch" in text(me.does("press", data="l:de"))
    assert me.contact.citizen.language == "de"


def test_a_location_is_rounded_and_named(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    told = me.does("location", latitude=35.681236, longitude=139.767125)
    assert "Tokyo" in text(told)
    assert me.stay is not None
    assert (me.stay.lat, me.stay.lon) == (35.68, 139.77)
    assert "at sea" in text(me.does("location", latitude=-50.0, longitude=-120.0))
    assert me.stay.country == "JP", "what was known stays"


def test_a_town_of_which_there_are_several_is_asked_about(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    told = me.does("text", text="London")
    assert "Which one" in text(told)
    assert {"p:2643743", "p:6058560"} <= set(buttons(told[0]))
    assert "Canada" in text(me.does("press", data="p:6058560"))
    assert me.stay is not None
    assert me.stay.country == "CA"


def test_an_unknown_town_gets_a_way_on_not_only_a_no(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    told = me.does("text", text="Qwertyville")
    assert "do not know a town called “Qwertyville”" in text(told)
    assert buttons(told[0]) == ["h:now"]


def test_answers_land_exactly_once_and_can_be_corrected(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("text", text="Tokyo")
    notify_all(issued())
    me.does("press", button=2)
    me.does("press", button=0)

    assert [(c.safety, c.current) for c in CheckIn.objects.order_by("id")] == [("not_there", False), ("safe", True)]
    for row in InboxUpdate.objects.all():
        row.pk = None
        with pytest.raises(Exception, match=r"(?i)unique"):
            row.save()
        break


def test_the_same_update_handled_twice_records_once(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("text", text="Tokyo")
    notify_all(issued())
    me.acts("press", button=1)
    taken = take_in()
    work()
    InboxUpdate.objects.filter(ref=str(taken[0]["update_id"])).update(state=InboxUpdate.State.NEW, payload=taken[0])
    work()
    assert CheckIn.objects.filter(safety="needs_help").count() == 1
    assert Case.objects.count() == 1


def test_need_help_opens_a_case_at_the_post_of_the_place(person: Callable[..., Person]) -> None:
    me = person("fr")
    me.does("text", text="/start")
    me.does("text", text="Lubumbashi")
    alert = issued(countries=["CD"])
    notify_all(alert)
    told = me.does("press", button=1)

    assert "vous avez besoin d’aide" in text(told)
    assert "+32 2 501 40 00" in text(told)
    case = Case.objects.get()
    assert (case.post.code if case.post else "", case.mode, case.rollcall) == (
        "be-lubumbashi-cg",
        "exercise",
        alert.rollcall,
    )


def test_need_help_works_every_day(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("text", text="Kinshasa")
    told = me.does("text", text="/help")
    assert "+32 2 501 40 00" in text(told)
    told = me.does("press", data="h:now")
    assert "you need help" in text(told)
    case = Case.objects.get()
    assert case.rollcall is None
    assert case.post is not None
    assert case.post.code == "be-kinshasa-emb"
    me.does("press", data="h:now")
    assert Case.objects.count() == 1, "one open case a person"


def test_need_help_without_a_place_still_gives_the_number(person: Callable[..., Person]) -> None:
    me = person("en")
    told = me.does("text", text="/help")
    assert "+32 2 501 40 00" in text(told)
    assert "+32 2 501 40 00" in text(me.does("press", data="h:now"))
    assert Case.objects.get().post is None


def test_an_unknown_chat_that_presses_a_button_is_taken_in(person: Callable[..., Person], sim: Running) -> None:
    """No registration wall: the answer counts, the person is known from then on."""
    me = person("en")
    alert = issued()
    contact = citizen("", name="Stranger", language="en")
    Contact.objects.filter(pk=contact.pk).update(address=str(me.chat))
    assert me.does("text", text="/start")
    Contact.objects.filter(pk=contact.pk).delete()

    told = me.does("text", text=f"/start a_{alert.code}_1")
    assert alert.marker in text(told)
    assert "Recorded: you are safe" in text(me.does("press", data=f"c:{alert.rollcall.pk}:safe"))
    assert CheckIn.objects.get().citizen_id == me.contact.citizen_id


def test_a_button_of_an_alert_that_has_ended(person: Callable[..., Person], at: Callable[[datetime], None]) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("text", text="Tokyo")
    notify_all(issued())
    at(clock.now() + timedelta(hours=49))

    told = me.does("press", button=0)
    assert "has ended" in text(told)
    assert buttons(told[0]) == ["h:now"]
    assert not CheckIn.objects.exists()

    notice = next(message for message in me.messages() if len(message["inline_keyboard"]) == 3)
    told = me.does("press", message_id=notice["message_id"], button=1)
    assert "you need help" in text(told), "a call for help counts all the same"
    assert Case.objects.get().rollcall is None


@pytest.mark.parametrize(
    ("language", "line"), [("en", "EXERCISE: this is a drill"), ("fr", "EXERCICE"), ("de", "ÜBUNG")]
)
def test_a_call_for_help_says_exercise_wherever_its_case_does(
    person: Callable[..., Person], officer: Officer, language: str, line: str
) -> None:
    me = person(language)
    me.does("text", text="/start")
    me.does("text", text="Osaka")
    alert = issued()
    notify_all(alert)
    notice = me.messages()[-1]
    retract(alert=alert, by=officer, now=clock.now())

    told = me.does("press", message_id=notice["message_id"], button=1)
    assert line in text(told)
    assert (Case.objects.get().mode, Case.objects.get().rollcall) == ("exercise", None)
    assert line in text(me.does("text", text="xxx yyy zzz")), "words that join it too"

    Installation.objects.update(kind="live")
    Case.objects.all().update(state="closed")
    me.does("text", text="/help")
    assert line not in text(me.does("press", data="h:now"))
    assert Case.objects.latest("id").mode == "live"


def test_a_button_of_a_stopped_alert(person: Callable[..., Person], officer: Officer) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("text", text="Tokyo")
    alert = issued()
    notify_all(alert)
    stop_alert(alert=alert, by=officer, now=clock.now())
    assert "has ended" in text(me.does("press", button=0))


def test_free_text_while_an_alert_asks_goes_to_a_person(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("text", text="Tokyo")
    notify_all(issued())
    told = me.does("text", text="my wife is under the rubble")
    assert "Our staff will read this" in text(told)
    assert len(buttons(told[0])) == 3
    case = Case.objects.get()
    assert (case.kind, case.checkins.get().text) == ("unclear", "my wife is under the rubble")
    me.does("press", button=1)
    case.refresh_from_db()
    assert case.kind == "needs_help"
    assert Case.objects.count() == 1


def test_safe_and_status_by_command(person: Callable[..., Person]) -> None:
    me = person("en")
    assert "no open alert" in text(me.does("text", text="/safe"))
    me.does("text", text="/start")
    me.does("text", text="Tokyo")
    issued()
    assert "Recorded: you are safe" in text(me.does("text", text="/safe"))
    told = text(me.does("text", text="/status"))
    assert "You are near: Tokyo" in told
    assert "Your answer: safe" in told
    issued(slug="shelter")
    told_two = me.does("text", text="/safe")
    assert "Which alert" in text(told_two)
    assert len(buttons(told_two[0])) == 2


def test_somebody_who_arrives_is_told_what_holds_there(person: Callable[..., Person]) -> None:
    alert = issued()
    me = person("en")
    me.does("text", text="/start")
    told = me.does("text", text="Osaka")
    assert alert.marker in text(told)
    assert len(buttons(told[-1])) == 3


def test_blocking_the_bot_is_noted_and_coming_back_too(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("block")
    assert me.contact.state == Contact.State.GONE
    me.does("unblock")
    me.does("text", text="/start")
    assert me.contact.state == Contact.State.ACTIVE


def test_stop_holds_until_start(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("text", text="Tokyo")
    alert = issued()
    notify_all(alert)
    assert "still" not in text(me.does("text", text="/stop"))
    for said in ("/status", "hello there", "/language"):
        assert "we send you no alerts" in text(me.does("text", text=said))
        assert me.contact.state == Contact.State.STOPPED
    told = me.does("text", text="/safe")
    assert "Recorded: you are safe" in text(told)
    assert "we send you no alerts" in text(told)
    assert CheckIn.objects.get(current=True).safety == "safe"
    assert "We write to you" not in text(me.does("location", latitude=34.69, longitude=135.5))
    me.does("block")
    me.does("unblock")
    assert me.contact.state == Contact.State.STOPPED
    assert "we send you no alerts" not in text(me.does("text", text="/start"))
    assert me.contact.state == Contact.State.ACTIVE


def test_who_had_blocked_us_is_back_by_any_message(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("block")
    me.does("unblock")
    assert me.contact.state == Contact.State.GONE
    assert "We write to you" in text(me.does("text", text="Tokyo"))
    assert me.contact.state == Contact.State.ACTIVE


def test_an_edited_message_changes_nothing_and_says_so(person: Callable[..., Person]) -> None:
    me = person("en")
    me.does("text", text="/start")
    me.does("text", text="Tokyo")
    sent = me.sim.control("GET", f"chats/{me.chat}")["messages"]
    mine = [message for message in sent if message["sender"] == "person"][-1]
    told = me.does("edit", message_id=mine["message_id"], text="I need help")
    assert "do not read changes" in text(told)
    assert "+32 2 501 40 00" in text(told)
    assert [buttons(message) for message in told] == [["h:now"]]
    work()
    assert me.messages()[-1]["message_id"] == told[-1]["message_id"], "answered once"
    assert me.stay is not None
    assert me.stay.place_name == "Tokyo"


def test_the_menu_of_commands_stands_in_every_language(sim: Running) -> None:
    async def introduce_and_ask() -> dict[str, list[str]]:
        application = build(shared_rate())
        async with application:
            await introduce(application.bot, LANGUAGES)
            found = {}
            for code in LANGUAGES:
                commands = await application.bot.get_my_commands(language_code=code)
                found[code] = [command.description for command in commands]
            return found

    told = async_to_sync(introduce_and_ask)()
    assert told["nl"][0] == "Ik ben veilig"
    assert told["de"][1] == "Ich brauche Hilfe"
    assert len({len(descriptions) for descriptions in told.values()}) == 1
    assert told["fr"][-1] == "Effacer vos données"


def test_the_bot_speaks_every_language_of_the_house() -> None:
    assert {code for code, _ in settings.LANGUAGES} == set(LANGUAGES)
