"""The coach: it names what a message lacks, in a sentence that says where to write it, and is quiet where nothing is missing."""

from typing import Any

import pytest

from crisis.wording import coach
from crisis.wording.catalogue import situation, situations
from tests.unit.test_wording import LANGUAGES, filled

SOURCE = dict.fromkeys(LANGUAGES, "FOD Buitenlandse Zaken")


def read(slug: str, without: str = "", **changed: Any) -> dict[str, str]:
    kind = situation(slug)
    values = {name: value for name, value in (filled(kind) | changed.pop("slots", {})).items() if name != without}
    return coach.read(coach.Draft(kind, values, **({"source": SOURCE, "languages": LANGUAGES} | changed)))


@pytest.mark.parametrize("slug", situations())
def test_it_is_quiet_where_everything_is_said(slug: str) -> None:
    assert read(slug) == dict.fromkeys(["source", "hazard", "place", "time", "guidance", "impact"], "")


@pytest.mark.parametrize(
    ("about", "slug", "changed", "said"),
    [
        ("source", "flood", {"source": {"nl": "FOD"}}, "no name in fr, de, en"),
        ("hazard", "epidemic", {"slots": {"disease": {"choice": "other"}}, "without": "details"},
         "“Another disease”: say which, in “Details”"),
        ("place", "flood", {"slots": {"place": {"countries": ["JP"]}}}, "It names only Japan. Is the whole country meant?"),
        ("place", "flood", {"slots": {"place": {"countries": ["BE", "JP"]}}}, "only Belgium, Japan. Are whole countries meant?"),
        ("time", "tsunami", {"without": "time"}, "give it in “First wave expected”, if known"),
        ("time", "flood", {"without": "time"}, "It says no time, which it must: give it in “Since”."),
        ("guidance", "flood", {"without": "phone"}, "no number to call: choose one in “Emergency number”"),
        ("impact", "flood", {"without": "details"}, "nothing of people, roads or services: write it in “Details”"),
        ("impact", "flood", {"earlier": filled(situation("flood"))}, "write in “Details” what has changed"),
    ],
)  # fmt: skip
def test_it_names_what_is_missing_and_where_to_write_it(
    about: str, slug: str, changed: dict[str, Any], said: str
) -> None:
    found = read(slug, **changed)
    assert said in found.pop(about)
    assert not any(words for name, words in found.items() if (about, name) != ("hazard", "impact")), "and nothing else"
