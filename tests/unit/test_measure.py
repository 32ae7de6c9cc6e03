"""Counting: never less than the platform counts, and exactly as it does for ordinary text."""

from hypothesis import example, given
from hypothesis import strategies as st

from platforms.measure import utf16_units, x_weight
from simulator.x.counting import weight as on_x

LINK = "https://alerts.diplomatie.belgium.be/a/4V5M79"


def test_a_link_weighs_23_whatever_its_length() -> None:
    assert x_weight(LINK) == on_x(LINK) == 23
    assert x_weight(f"Alert 4V5M79/1: {LINK}\nEXERCISE") == on_x(f"Alert 4V5M79/1: {LINK}\nEXERCISE")


def test_letters_of_our_languages_weigh_one_and_cjk_two() -> None:
    for text in (
        "ÜBUNG Straße",
        "Évacuation à l’étranger – tout de suite…",
        "coördinatie",
        "地震です",
        "Привет",
        "שלום",
    ):
        assert x_weight(text) == on_x(text), text


def test_loopback_links_are_text() -> None:
    link = "http://127.0.0.1:8000/a/4V5M79"
    assert x_weight(link) >= on_x(link)


ordinary = st.text(
    alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_characters="©®/:.@"), max_size=200
)
anything = st.text(max_size=120)
links = st.sampled_from([LINK, "https://x.org/a", "http://ex.co.uk/p?q=1#f", "www.example.com", "ministry.brussels/a"])


@given(ordinary)
def test_ordinary_text_is_counted_as_x_counts_it(text: str) -> None:
    assert x_weight(text) == on_x(text)


@given(anything)
@example("🇧🇪 👩‍👩‍👧 ✅ ⌘️")
@example("\r\n")
@example("©")
def test_never_less_than_x_counts(text: str) -> None:
    assert x_weight(text) >= on_x(text)


@given(st.lists(st.one_of(ordinary, links), max_size=6))
def test_never_less_with_links_in_it(parts: list[str]) -> None:
    text = " ".join(parts)
    assert x_weight(text) >= on_x(text)


@given(anything)
def test_utf16_units_are_pairs_of_bytes(text: str) -> None:
    assert utf16_units(text) == sum(2 if ord(char) > 0xFFFF else 1 for char in text)
