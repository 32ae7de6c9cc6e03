"""Places on a real database: people in every country can be warned, countries are known by the names people use."""

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bot.conversation import chose_country, start
from bot.freetext import wrote
from bot.media import Point, located
from bot.speaker import Speaker
from crisis.audience.models import Citizen, Stay
from crisis.audience.operations import Place, move, subscribe
from crisis.places.queries import search, told_apart
from crisis.places.spelling import similar
from crisis.registry.models import Jurisdiction
from crisis.registry.queries import Reach, competent_posts, home_ministry, post_for
from tests.functional.factories import NOW, drafted


def somebody() -> Citizen:
    contact, _ = subscribe(address="4711", name="Ada", language="fr", now=NOW)
    return contact.citizen


@pytest.mark.parametrize(("lat", "lon", "country"), [(45.75, 4.85, "FR"), (28.10, -15.41, "ES")])
def test_who_shares_a_location_is_in_the_country(lat: float, lon: float, country: str) -> None:
    stay = move(citizen=somebody(), to=Place(lat, lon), now=NOW)
    assert (stay.country, bool(stay.region), bool(stay.time_zone)) == (country, True, True)


def test_who_was_noted_in_no_country_is_put_right() -> None:
    stay = move(citizen=somebody(), to=Place(45.75, 4.85), now=NOW)
    wanted = (stay.country, stay.region, stay.time_zone)
    Stay.objects.filter(pk=stay.pk).update(country="FX", region="", time_zone="")

    importlib.import_module("crisis.audience.migrations.0003_iso_countries").name_countries(apps, None)

    stay.refresh_from_db()
    assert (stay.country, stay.region, stay.time_zone) == wanted


@pytest.mark.parametrize(
    ("countries", "clock"),
    [(["US"], "New York City"), (["JP"], None), (["DE", "FR"], None), (["TH", "VN", "PH"], "Quezon City")],
)
def test_a_country_with_several_clocks_names_the_one_it_means(countries: list[str], clock: str | None) -> None:
    alert = drafted(countries=countries)
    assert alert.slots["place"].get("clock") == clock
    facts = alert.infos.get(language="en").description
    assert ("UTC" in facts) == (clock is not None)
    assert clock is None or f"local time: {clock}, " in facts


def test_towns_of_one_name_are_told_apart() -> None:
    found = search("Springfield", limit=5)
    labels = told_apart(found, "en")
    assert len(found) == len(set(labels)) == 5
    assert "Springfield, Missouri, United States" in labels
    (tokyo,) = told_apart(search("Tokyo", limit=1), "fr")
    assert tokyo == "Tokyo, Japon"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Kinshassa", "Kinshasa"), ("Kinhsasa", "Kinshasa"), ("Tokyi", "Tokyo"), ("Bruxels", "Brussels"), ("Nairoby", "Nairobi"),
     ("Antwerpn, Belgique", "Antwerp"), ("Kinsh", "Kinshasa")],
)  # fmt: skip
def test_a_slip_of_the_fingers_finds_what_was_meant(typed: str, meant: str) -> None:
    assert meant in [place.name for place in similar(typed)]


@pytest.mark.parametrize("typed", ["zzzzqqqq", "ab", "", "x" * 500, "'; DROP TABLE"])
def test_what_is_like_no_town_suggests_none(typed: str) -> None:
    assert similar(typed) == []


def test_towns_that_are_typed_wrongly_are_looked_up_by_the_index() -> None:
    with CaptureQueriesContext(connection) as queries:
        similar("Kinshassa")
    for query in queries.captured_queries:
        if "folded" in query["sql"] and connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
                plan = " ".join(str(row) for row in cursor.fetchall())
            assert "SCAN places_placename" not in plan, plan


def test_a_slip_is_asked_about_and_never_taken(sim: Any) -> None:
    somebody = Speaker(8_400_000_002, "Ada", "de")
    start(somebody, "", NOW)
    (reply,) = wrote(somebody, "Rohm, Italien", "t:1", NOW)
    assert "Rom, Italien" in [row[0].label for row in reply.buttons]
    assert not Stay.objects.exists()


@pytest.mark.parametrize(("choice", "country"), [("PS", "PS"), ("IL", "IL"), ("BE", "PS")])
def test_where_countries_do_not_agree_the_person_says_which(sim: Any, choice: str, country: str) -> None:
    somebody = Speaker(8_400_000_003, "Ada", "fr")
    start(somebody, "", NOW)
    (reply,) = located(somebody, Point(31.79, 35.24), "telegram:1", NOW)
    assert [row[0].data.split(":")[1] for row in reply.buttons] == ["PS", "IL"]
    assert "Jerusalem" in reply.buttons[0][0].label
    assert not Stay.objects.exists(), "nothing is guessed meanwhile"
    chose_country(somebody, choice, "31.7900", "35.2400", NOW)
    assert Stay.objects.get(ended_at=None).country == country


@pytest.mark.parametrize(("lat", "lon"), [("nan", "1"), ("95", "1"), ("x", "y"), ("", ""), ("inf", "-inf")])
def test_a_hostile_button_moves_nobody(sim: Any, lat: str, lon: str) -> None:
    somebody = Speaker(8_400_000_004, "Ada", "en")
    start(somebody, "", NOW)
    (reply,) = chose_country(somebody, "PS", lat, lon, NOW)
    assert "no longer valid" in reply.text
    assert not Stay.objects.exists()


def test_western_sahara_is_served_from_morocco_by_decision(sim: Any) -> None:
    stay = move(citizen=somebody(), to=Place(27.15, -13.20), now=NOW)
    served = post_for(
        country=stay.country, region=stay.region, point=(27.15, -13.2), ministry=home_ministry(), on=NOW.date()
    )
    assert stay.country == "EH"
    assert served is not None
    assert served.country == "MA"


def test_the_bot_offers_towns_of_one_name_by_their_region() -> None:
    somebody = Speaker(8_400_000_001, "Ada", "en")
    start(somebody, "", NOW)
    (reply,) = wrote(somebody, "Springfield", "t:1", NOW)
    labels = [row[0].label for row in reply.buttons if row[0].data.startswith("p:")]
    assert len(set(labels)) == len(labels) > 1


@pytest.mark.parametrize(("territory", "state"), [("GG", "GB"), ("RE", "FR"), ("BQ", "NL")])
def test_a_territory_that_no_jurisdiction_names_is_served_with_its_state(sim: Any, territory: str, state: str) -> None:
    home, on = home_ministry(), NOW.date()
    served = post_for(country=territory, region="", point=None, ministry=home, on=on)
    assert served is not None
    whole = competent_posts([Reach(state)], ministry=home, on=on)
    assert served in whole
    assert competent_posts([Reach(territory)], ministry=home, on=on)
    Jurisdiction.objects.create(post=whole[0], country=territory, kind=Jurisdiction.Kind.CONSULAR)
    assert competent_posts([Reach(territory)], ministry=home, on=on) == [whole[0]], "one of its own goes first"
