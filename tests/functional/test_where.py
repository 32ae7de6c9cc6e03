"""Where an alert holds: a circle around a point and an area on the map mean the same people in text, card, CAP and queue."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from crisis.alerts.card import CardText, card
from crisis.alerts.content import ContentError
from crisis.alerts.models import Alert, Area
from crisis.alerts.where import Circle
from crisis.broadcast.models import Notice
from tests.functional.factories import citizen, drafted, issued, submitted
from tests.functional.test_console import form

KANTO = "35.4 139.4, 36.0 139.4, 36.0 140.0, 35.4 140.0"


def test_an_area_on_the_map_means_those_in_it_and_stands_in_everything(sim: Any) -> None:
    inside, outside = citizen("Tokyo", sim=sim), citizen("Osaka", sim=sim)
    alert = issued(countries=[], corners=KANTO)
    told = {notice.contact_id for notice in Notice.objects.filter(run__alert=alert)}
    assert told == {inside.pk}, f"not {outside.pk}"
    assert alert.slots["place"]["name"] == "Tokyo", "the largest town in it names it"
    assert "<polygon>35.4,139.4 36.0,139.4 36.0,140.0 35.4,140.0 35.4,139.4</polygon>" in alert.snapshot
    shown = card(alert, "alert", CardText(("en",), "a"))
    assert len(shown.rings) == 1
    assert not shown.spots, "no point pretends to be the middle of it"


@pytest.mark.parametrize(
    ("countries", "around", "town", "outside"),
    [
        (["JP"], "", "Sapporo", False),
        ([], "Tokyo", "Yokohama", False),
        ([], "Tokyo", "Osaka", True),
        (["JP"], "Seoul", "Osaka", False),
        (["KR"], "Tokyo", "Osaka", True),
    ],
)
def test_a_text_names_no_town_in_which_nobody_is_told(
    countries: list[str], around: str, town: str, *, outside: bool
) -> None:
    more: dict[str, Any] = {"countries": countries, "circle": Circle(around, 50) if around else None}
    if outside:
        with pytest.raises(ContentError, match=r"Osaka.* km outside the area, where nobody is told"):
            drafted(slots={"place": town}, **more)
    else:
        assert drafted(slots={"place": town}, **more).slots["place"]["name"] == town


def test_a_map_of_two_kinds_of_areas_shows_both_and_names_both(signed_in: Any) -> None:
    shown = signed_in("officer").get("/console/where/", {"countries": "Kenya", "around": "45, 5", "radius_km": "50"})
    page = shown.content.decode()
    assert "All of these are told: Kenya + 50 km around 45, 5, with Valence" in page
    left, right = (float(re.search(rf'data-{name}="([-\d.]+)"', page)[1]) for name in ("lon", "lat"))  # type: ignore[index]
    assert 5 < left < 42
    assert 0 < right < 45
    only = signed_in("officer").get("/console/where/", {"countries": "Kenya"}).content.decode()
    assert "All of these are told" not in only


def test_a_circle_around_a_point_is_named_by_the_largest_town_in_it() -> None:
    alert = drafted(countries=[], circle=Circle("35.68, 139.77", 40))
    area = alert.areas.get()
    assert (area.lat, area.lon, area.radius_km) == (35.68, 139.77, 40)
    assert alert.slots["place"]["name"] == "Tokyo"


def test_what_was_drawn_comes_back_in_the_form_and_saving_it_moves_nothing(signed_in: Any) -> None:
    for place in ({"circle": Circle("35.68, 139.77", 40)}, {"corners": KANTO}):
        alert = drafted(countries=[], **place)
        before = alert.areas.values("kind", "lat", "lon", "radius_km", "ring", "place").get()
        desk = signed_in("officer")
        page = desk.get(f"/console/exercise/{alert.pk}/edit/").context["form"]
        shown = {name: value for name, value in page.initial.items() if value not in (None, "", [])}
        assert desk.post(f"/console/exercise/{alert.pk}/edit/", shown | {"revision": "1"}).status_code == 302
        assert (
            Area.objects.filter(alert=alert).values("kind", "lat", "lon", "radius_km", "ring", "place").get() == before
        )


@pytest.mark.parametrize("corners", ["35 139, 36 139", "35 139, 36 140, 36 139, 35 140", "somewhere"])
def test_an_area_that_is_none_is_refused_at_its_field(corners: str) -> None:
    with pytest.raises(ContentError) as refused:
        drafted(countries=[], corners=corners)
    assert list(refused.value.errors) == ["corners"]


def test_the_map_shows_what_is_meant_and_tells_the_time_there(signed_in: Any) -> None:
    desk = signed_in("officer")
    page = desk.get("/console/where/", {"around": "Tokyo, Japan", "radius_km": "50"}).content.decode()
    assert 'class="drawn"' in page
    assert "Tokyo, Japan: it is" in page
    assert 'data-now="' in page
    page = desk.get("/console/where/", {"corners": KANTO}).content.decode()
    assert "<polygon" in page
    assert desk.get("/console/where/").content.decode().count("<circle") == 0
    page = desk.get("/console/where/", {"corners": "35 139, 36 139"}).content.decode()
    assert page.count("<circle") == 2, "corners are shown as they are set"
    assert "3 to 40 corners" in page


def test_towns_are_offered_by_what_finds_exactly_them(signed_in: Any) -> None:
    page = signed_in("officer").get("/console/towns/", {"around": "Tripol"}).content.decode()
    assert '<option value="Tripoli, Libya">' in page


def test_the_preview_says_how_old_its_numbers_are_and_which_language_a_free_slot_lacks(signed_in: Any) -> None:
    citizen("Osaka")
    page = signed_in("officer").post(
        "/console/exercise/new/earthquake/preview/", form(slot_details_fr="Restez calmes.")
    ).content.decode()  # fmt: skip
    assert "1 by themselves: said so between" in page
    assert "as the registry was brought in on" in page
    assert 'id="lacks_slot_details_nl" hx-swap-oob="true">Not written in nl yet' in page
    assert 'id="lacks_slot_details_fr" hx-swap-oob="true" hidden>' in page
    assert not Alert.objects.exists()


def test_the_time_there_is_that_of_the_town_which_the_text_names(signed_in: Any, at: Any) -> None:
    at(datetime(2026, 11, 29, 15, 19, tzinfo=UTC))
    desk = signed_in("officer")
    for town, there in (
        ("Goma", "2026-11-29T17:19"),
        ("Kinshasa", "2026-11-29T16:19"),
        ("Nowhere", "2026-11-29T16:19"),
    ):
        page = desk.get("/console/where/", {"countries": "CD", "slot_place": town}).content.decode()
        assert f'data-now="{there}"' in page, town


@pytest.mark.parametrize(
    ("typed", "asked"),
    [("Tripoli", ["Tripoli, Libya", "Tripoli, Lebanon"]), ("San José", ["Costa Rica", "United States"]),
     ("Georgia", ["is a country"]), ("Kinsh", ["Which one", "Kinshasa"]), ("Qwertyville", ["No place called"])],
)  # fmt: skip
def test_a_circle_is_never_drawn_around_a_town_that_was_guessed(typed: str, asked: list[str]) -> None:
    with pytest.raises(ContentError) as refused:
        drafted(countries=[], circle=Circle(typed, 50))
    assert list(refused.value.errors) == ["circle"]
    for words in asked:
        assert words in refused.value.errors["circle"]


@pytest.mark.parametrize(
    ("typed", "country"),
    [("Istanbul", "TR"), ("Paris", "FR"), ("Londres", "GB"), ("Tripoli, Lebanon", "LB"), ("Singapore", "SG")],
)
def test_whoever_names_one_town_is_not_asked(typed: str, country: str) -> None:
    area = drafted(countries=[], circle=Circle(typed, 50)).areas.get()
    assert area.place is not None
    assert area.place.country == country


@pytest.mark.parametrize(
    ("filled_in", "typed_at", "told"),
    [
        ("2026-11-29T09:19 America/Costa_Rica", "2026-11-29T09:19", "2026-11-29T15:19:00+00:00"),
        ("2026-11-29T09:19 America/Costa_Rica", "2026-11-29T09:00", "2026-11-29T00:00:00+00:00"),
        ("2026-11-29T09:19 Asia/Tokyo", "2026-11-29T09:19", "2026-11-29T00:19:00+00:00"),
        ("2026-11-29T09:19 ../../etc/passwd", "2026-11-29T09:19", "2026-11-29T00:19:00+00:00"),
        ("2026-11-29T09:19", "2026-11-29T09:19", "2026-11-29T00:19:00+00:00"),
    ],
)
def test_a_time_that_the_page_filled_in_stays_the_same_moment_when_the_place_is_corrected(
    signed_in: Any, at: Any, filled_in: str, typed_at: str, told: str
) -> None:
    at(datetime(2026, 11, 29, 15, 19, tzinfo=UTC))
    typed = form(countries="", around="Osaka", slot_time=typed_at) | {"now_time": filled_in}
    assert signed_in("officer").post("/console/exercise/new/earthquake/", typed).status_code == 302
    assert Alert.objects.get().slots["time"] == {"at": told, "zone": "Asia/Tokyo"}


def test_whoever_approves_sees_how_far_it_reaches(signed_in: Any) -> None:
    alert = submitted(countries=[], circle=Circle("Istanbul", 30))
    page = signed_in("approver").get(f"/console/exercise/{alert.pk}/").content.decode()
    assert "30 km around Istanbul" in page
    assert '<circle class="drawn"' in page
