"""Towns that share a name: an alert means the one that was chosen, and saving it again moves nothing."""

from collections import Counter
from typing import Any

import pytest
from django.test import Client

from crisis.alerts.content import ContentError
from crisis.alerts.models import Alert
from crisis.alerts.where import Circle
from crisis.places.models import Place
from crisis.places.queries import label, search
from crisis.staff.models import Officer
from tests.functional.factories import drafted, filled

HOMONYMS = [
    ("Tripoli, LB", "LB"), ("Tripoli, GR", "GR"), ("San José, CR", "CR"), ("Hyderabad, PK", "PK"), ("Santiago, PH", "PH"),
    ("London, CA", "CA"), ("Paris, US", "US"), ("Valencia, VE", "VE"), ("Córdoba, ES", "ES"), ("Guadalajara, ES", "ES"),
    ("Cartagena, ES", "ES"), ("Georgetown, MY", "MY"), ("Birmingham, US", "US"), ("San Jose, Mimaropa, Philippines", "PH"),
]  # fmt: skip


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(Officer.objects.get(username="officer"))
    return client


def stands(alert: Alert) -> tuple[Any, ...]:
    area = Alert.objects.get(pk=alert.pk).areas.get()
    return area.name, area.place_id, area.lat, area.lon, area.radius_km


@pytest.mark.parametrize(("around", "country"), HOMONYMS, ids=[typed for typed, _ in HOMONYMS])
def test_a_circle_names_its_own_town_and_saving_it_unchanged_moves_nothing(
    desk: Client, around: str, country: str
) -> None:
    alert = drafted(countries=[], circle=Circle(around, 40))
    before, place = stands(alert), alert.slots["place"]
    assert place["countries"] == [country]
    assert (place["lat"], place["lon"]) == (before[2], before[3]), "the place is the circle's middle"

    page = desk.get(f"/console/exercise/{alert.pk}/edit/")
    form = page.context["form"]
    shown = {name: value for name, value in form.initial.items() if value not in (None, "", [])}
    assert "," in shown["around"], "the officer reads the country"
    answer = desk.post(f"/console/exercise/{alert.pk}/edit/", shown | {"revision": "1"})

    assert answer.status_code == 302
    alert.refresh_from_db()
    assert alert.revision == 2
    assert stands(alert) == before
    assert alert.slots["place"] == place


def test_a_town_in_a_country_is_kept_too(desk: Client) -> None:
    towns = {place.region: place for place in Place.objects.filter(name="San Jose", country="PH")}
    assert len(towns) == 3
    for town in towns.values():
        alert = drafted(countries=["PH"], slots={"place": label(town)})
        assert alert.slots["place"]["id"] == town.pk
        form = desk.get(f"/console/exercise/{alert.pk}/edit/").context["form"]
        shown = {name: value for name, value in form.initial.items() if value not in (None, "", [])}
        desk.post(f"/console/exercise/{alert.pk}/edit/", shown | {"revision": "1"})
        alert.refresh_from_db()
        assert (alert.revision, alert.slots["place"]["id"]) == (2, town.pk)


def test_a_circle_that_moves_takes_the_place_with_it(desk: Client) -> None:
    alert = drafted(countries=[], circle=Circle("Osaka", 40))
    form = desk.get(f"/console/exercise/{alert.pk}/edit/").context["form"]
    shown = {name: value for name, value in form.initial.items() if value not in (None, "", [])}
    desk.post(f"/console/exercise/{alert.pk}/edit/", shown | {"revision": "1", "around": "Sapporo, Japan"})
    alert.refresh_from_db()
    assert alert.slots["place"]["name"] == "Sapporo"


def test_of_several_towns_in_its_country_the_one_in_the_circle_is_meant() -> None:
    small = Place.objects.filter(name="San Jose", country="PH").order_by("population").first()
    assert small is not None
    alert = drafted(countries=[], circle=Circle(label(small), 30), slots=filled("earthquake", place="San Jose"))
    assert alert.slots["place"]["id"] == small.pk


@pytest.mark.parametrize("typed", ["Tripoli, Lebannon", "Tripoli, Lebanon, 2210247", "Tripoli, LB, LY"])
def test_a_country_that_is_none_is_said_and_never_passed_over(typed: str) -> None:
    with pytest.raises(ContentError) as raised:
        drafted(countries=[], circle=Circle(typed, 40))
    assert "circle" in raised.value.errors


@pytest.mark.parametrize(
    ("typed", "country", "region"),
    [("Springfield, Illinois", "US", "IL"), ("Springfield, Missouri, US", "US", "MO"), ("London, Ontario", "CA", "08")],
)
def test_a_region_behind_the_comma_counts(typed: str, country: str, region: str) -> None:
    found = search(typed)[0]
    assert (found.country, found.region) == (country, region)


def test_a_label_finds_its_own_place() -> None:
    """Every tenth place of the world whose name another one bears, and the odd ones: commas, two letters."""
    every = list(Place.objects.order_by("pk"))
    bearers = Counter(place.name for place in every)
    odd = [place for place in every if "," in place.name or len(place.name) < 3]
    for place in [each for each in every if bearers[each.name] > 1][::10] + odd:
        assert search(label(place), limit=1, strict=True) == [place], label(place)
