"""Places on a real database: people in every country can be warned, countries are known by the names people use."""

import importlib
from typing import Any

import pytest
from django.apps import apps

from bot.conversation import start
from bot.freetext import wrote
from bot.speaker import Speaker
from crisis.audience.models import Citizen, Stay
from crisis.audience.operations import Place, move, subscribe
from crisis.places.queries import search, told_apart
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
