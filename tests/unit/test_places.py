"""Countries by point and by name, folding, the grid."""

import csv
import importlib.util
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisis.places.areas import COLUMNS, BadAreas, areas, state_of
from crisis.places.borders import countries_at, countries_with_borders, country_at
from crisis.places.grid import CELL_REACH_KM, cell_of, centre_of, distance_km, rounded
from crisis.places.names import clock_name, countries, country_name, country_of, fold, town_name, unknown_countries
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("lat", "lon", "country"),
    [
        (50.85, 4.35, "BE"), (35.68, 139.77, "JP"), (-4.30, 15.31, "CD"), (-4.27, 15.28, "CG"), (42.67, 21.17, "XK"),
        (31.90, 35.20, "PS"), (41.9029, 12.4534, "VA"), (-1.67, 29.22, "CD"), (46.78, -56.18, "PM"), (64.15, -21.94, "IS"),
        (-50.0, -120.0, None), (-18.1, 178.4, "FJ"),
        (45.75, 4.85, "FR"), (48.86, 2.35, "FR"), (28.10, -15.41, "ES"), (49.43, -2.36, "GG"), (-7.93, -14.42, "SH"),
        (12.15, -68.27, "BQ"), (-49.35, 70.22, "TF"), (44.95, 34.10, "UA"), (35.34, 33.32, "CY"), (27.15, -13.20, "EH"),
        (23.71, -15.94, "EH"), (20.94, -17.04, "MR"), (27.94, -12.92, "MA"), (9.56, 44.06, "SO"), (25.03, 121.56, "TW"),
    ],
)  # fmt: skip
def test_a_point_lies_in_its_country(lat: float, lon: float, country: str | None) -> None:
    assert country_at(lat, lon) == country


# ISO 3166-1 alpha-2, all 249 of them, as the maintenance agency lists them.
_ISO = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD
    CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF
    GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
    KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI
    SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
    VN VU WF WS YE YT ZA ZM ZW
"""
ISO = frozenset(_ISO.split())


@pytest.mark.parametrize(
    ("lat", "lon", "countries"),
    [(31.79, 35.24, ("PS", "IL")), (31.77, 35.19, ("IL",)), (31.90, 35.20, ("PS",)), (33.0, 35.75, ("IL", "SY")),
     (34.08, 74.79, ("IN",)), (34.37, 73.47, ("PK",)), (-50.0, -120.0, ())],
)  # fmt: skip
def test_a_point_that_several_countries_may_mean_has_them_all(
    lat: float, lon: float, countries: tuple[str, ...]
) -> None:
    assert countries_at(lat, lon) == countries


def areas_of(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
    shipped = [row for row in (ROOT / "data" / "areas.csv").read_text("utf-8").splitlines() if ",shape " in row]
    file.write_text("\n".join([",".join(COLUMNS), *shipped, *rows]), encoding="utf-8")
    return file


def test_a_ministry_decides_otherwise_in_its_own_file(tmp_path: Path, settings: Any) -> None:
    row = 'k,Kashmir,"ring 37 73, 37 78, 32 78, 32 73",IN|PK,,Asked here'
    settings.AREAS_FILE = areas_of(tmp_path, row, "x,Kosovo,country XK,XK,RS,By decision")
    assert countries_at(34.08, 74.79) == ("IN", "PK")
    assert (state_of("XK"), state_of("RE")) == ("RS", "RE"), "nothing but what the file says"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("x,X,country BE,BE,,", "the reason is missing"),
        ("x,X,country BE,Belgium,,r", "'Belgium' is no two-letter code"),
        ("x,X,somewhere,BE,,r", "where is 'country XX'"),
        ('x,X,"ring 1 1, 2 2",BE,,r', "three corners"),
        ('x,X,"ring 1 1, 2 2, 95 3",BE,,r', "out of range"),
        ("x,X,country BE,NL,,r", "BE as a whole counts as BE"),
    ],
)
def test_a_wrong_row_is_said_with_its_line(tmp_path: Path, settings: Any, row: str, why: str) -> None:
    settings.AREAS_FILE = areas_of(tmp_path, row)
    with pytest.raises(BadAreas, match=f"Line 4.*{why}"):
        country_at(50.85, 4.35)


def test_a_file_that_forgets_a_shape_is_refused(tmp_path: Path, settings: Any) -> None:
    settings.AREAS_FILE = tmp_path / "areas.csv"
    settings.AREAS_FILE.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    with pytest.raises(BadAreas, match="no row for the shape"):
        country_at(50.85, 4.35)


def test_every_area_has_its_reason_and_countries_that_exist() -> None:
    assert len({area.code for area in areas()}) == len(areas())
    named = {code for area in areas() for code in (*area.countries, area.served_with) if code}
    assert named <= ISO | {"XK"}
    assert {"western-sahara", "crimea", "kosovo", "taiwan", "east-jerusalem", "kashmir"} <= {a.code for a in areas()}


@pytest.mark.parametrize(
    ("country", "name", "language", "shown"),
    [("IT", "Rome", "de", "Rom"), ("DE", "Köln", "nl", "Keulen"), ("DE", "Köln", "fr", "Cologne"),
     ("AT", "Vienna", "nl", "Wenen"), ("US", "Rome", "de", "Rome"),
     ("CN", "Beijing", "fr-BE", "Pékin"), ("IT", "Nowhere", "de", "Nowhere")],
)  # fmt: skip
def test_a_town_is_called_as_the_citizen_calls_it(country: str, name: str, language: str, shown: str) -> None:
    assert town_name(name, country, language) == shown


def test_every_code_of_the_borders_is_one_of_iso_3166() -> None:
    assert len(ISO) == 249
    assert countries_with_borders() == ISO | {"XK"} == set(countries("en")), "and an alert may name every one of them"


# Towns on a border or a quay that a simplified shape puts on the other side, or that two sources see in two countries: the
# town's country, where the point lies, how many towns.
ACROSS = {
    ("CD", "CF"): 2, ("CN", "MO"): 4, ("ET", "SD"): 1, ("FI", "SE"): 1, ("FR", "BE"): 1, ("GH", "CI"): 1,
    ("IL", "PS"): 3, ("KE", "ET"): 1, ("MA", "EH"): 1, ("SD", "SS"): 1, ("SO", "ET"): 2, ("TR", "SY"): 2, ("TZ", "KE"): 1,
}  # fmt: skip


def test_every_town_lies_in_its_country() -> None:
    with (ROOT / "data" / "places.tsv").open(encoding="utf-8", newline="") as file:
        towns = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    elsewhere = [
        (town["country"], found, town["name"])
        for town in towns
        if (found := country_at(float(town["lat"]), float(town["lon"]))) != town["country"]
    ]
    assert len(towns) > 34_000
    assert Counter(pair[:2] for pair in elsewhere) == ACROSS, elsewhere


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_point_has_an_answer(lat: float, lon: float) -> None:
    assert country_at(lat, lon) in {None, *countries_with_borders()}


@pytest.mark.parametrize(
    ("text", "code"),
    [("JP", "JP"), ("jp", "JP"), ("Japan", "JP"), ("Japon", "JP"), ("Duitsland", "DE"), ("Allemagne", "DE"), ("kosovo", "XK"),
     ("USA", "US"), ("U.S.A.", "US"), ("UK", "GB"), ("DRC", "CD"), ("Ivory Coast", "CI"), ("Czech Republic", "CZ"),
     ("Palestine", "PS"), ("UAE", "AE"), ("Turkey", "TR"), ("Congo", None), ("Korea", None), ("Corée", None),
     ("Congo - Kinshasa", "CD"), ("Congo-Brazzaville", "CG"), ("Narnia", None), ("XX", None), ("EU", None), ("", None)],
)  # fmt: skip
def test_a_country_is_known_by_code_and_by_name(text: str, code: str | None) -> None:
    assert country_of(text) == code


def test_a_name_of_two_countries_is_asked_about() -> None:
    asked = unknown_countries(["Congo", "Narnia"])
    assert "Congo: do you mean Congo - Kinshasa (CD) or Congo - Brazzaville (CG)?" in asked
    assert "Unknown country: Narnia." in asked


def test_country_names_stand_in_every_language() -> None:
    assert [country_name("JP", code) for code in ("nl", "fr", "de", "en")] == ["Japan", "Japon", "Japan", "Japan"]
    assert country_name("XK", "fr") == "Kosovo"
    assert len(countries("nl")) > 240


@given(st.floats(-90, 90), st.floats(-180, 180, exclude_max=True))
def test_a_point_is_within_reach_of_its_cells_middle(lat: float, lon: float) -> None:
    middle = centre_of(cell_of(lat, lon))
    assert distance_km(lat, lon, *middle) <= CELL_REACH_KM * 1.001


def test_a_stay_is_too_coarse_to_find_a_door() -> None:
    assert rounded(35.681236) == 35.68
    assert distance_km(35.681236, 139.767125, 35.68, 139.77) < 1


def test_distances() -> None:
    assert math.isclose(distance_km(50.85, 4.35, 35.68, 139.77), 9450, rel_tol=0.01)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Saint-Étienne", "saint etienne"),
        ("N'Djamena", "ndjamena"),
        ("  São   Paulo ", "sao paulo"),
        ("MÜNCHEN", "munchen"),
    ],
)
def test_names_are_found_without_accents(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.fixture(scope="module")
def make_places() -> Any:
    spec = importlib.util.spec_from_file_location("make_places", ROOT / "data" / "make_places.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@given(text=st.text(max_size=40))
def test_the_script_that_makes_the_places_folds_as_we_do(make_places: Any, text: str) -> None:
    assert make_places.fold(text) == fold(text)


@pytest.mark.parametrize(
    ("language", "town"), [("nl", "Brussel"), ("fr", "Bruxelles"), ("de", "Brüssel"), ("en", "Brussels")]
)
def test_a_clock_is_called_as_a_language_calls_its_town(language: str, town: str) -> None:
    assert clock_name("Europe/Brussels", language) == town
    assert clock_name("America/Argentina/Buenos_Aires", language) == "Buenos Aires"
