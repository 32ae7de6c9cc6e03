"""Areas drawn by their corners: typing them, and asking what is in them, across the 180th meridian too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisis.places import drawn, rings

BAY = [(35.0, 139.0), (36.0, 139.0), (36.0, 140.0), (35.0, 140.0)]
FIJI = [(-17.0, 179.0), (-17.0, -179.0), (-19.0, -179.0), (-19.0, 179.0)]


@pytest.mark.parametrize(
    ("ring", "lat", "lon", "least", "most"),
    [
        (BAY, 35.5, 139.5, 0, 0), (BAY, 35.5, 140.1, 8.9, 9.2), (BAY, 34.9, 139.5, 11, 11.3), (BAY, -35.5, 139.5, 7_000, 9_000),
        (FIJI, -18, 180, 0, 0), (FIJI, -18, -179.5, 0, 0), (FIJI, -18, -178, 105, 107), (FIJI, -18, 0, 15_000, 21_000),
    ],
)  # fmt: skip
def test_a_point_lies_in_an_area_or_so_far_from_it(
    ring: rings.Ring, lat: float, lon: float, least: float, most: float
) -> None:
    assert least <= rings.away_km(ring, lat, lon) <= most


@pytest.mark.parametrize(
    "text", ["35 139, 36 139, 36 140", "35, 139; 36, 139; 36, 140", "35 139\n36 139\n36 140\n35 139"]
)
def test_corners_are_read_however_people_write_them(text: str) -> None:
    assert drawn.corners(text) == [(35, 139), (36, 139), (36, 140)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("35 139, 36 139", "3 to 40 corners"), ("35 139, 36", "A corner is two numbers"), ("Tokyo", "A corner is two numbers"),
        ("95 139, 36 139, 36 140", "lies nowhere"), ("35 139, 36 140, 36 139, 35 140", "Two sides of the area cross"),
        ("0 0, 60 0, 60 60, 0 60", "name the countries"), ("35 139, 36 139, 35 139, 36 140", "each of them once"),
    ],
)  # fmt: skip
def test_what_is_no_area_is_refused_and_says_why(text: str, why: str) -> None:
    with pytest.raises(drawn.BadRing, match=why):
        drawn.corners(text)


@given(st.integers(-60, 60), st.integers(-180, 180), st.integers(1, 5))
def test_what_is_written_is_read_again_and_holds_its_middle(lat: int, lon: int, half: int) -> None:
    around = [(lat - half, lon - half), (lat + half, lon - half), (lat + half, lon + half), (lat - half, lon + half)]
    ring = [(round(y, 3), round((x + 180) % 360 - 180, 3)) for y, x in around]
    assert drawn.corners(rings.written(ring)) == ring
    assert rings.away_km(ring, *rings.middle(ring)) == 0
