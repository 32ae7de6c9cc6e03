"""Counting: never less than the platform counts, and exactly as it does for ordinary text."""

from collections.abc import Callable

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from platforms.measure import (
    bluesky,
    characters,
    graphemes,
    little_text,
    little_text_units,
    mastodon_units,
    plain_text,
    sms,
    sms_segments,
    sms_text,
    sms_units,
    threads_units,
    utf8_bytes,
    utf16_units,
    weibo_text,
    weibo_units,
    x_weight,
)
from simulator.weibo.counting import has_topic
from simulator.weibo.counting import length as on_weibo
from simulator.x.counting import weight as on_x

LINK = "https://alerts.diplomatie.belgium.be/a/4V5M79"
FAMILY = "👩‍👩‍👧"


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
    assert x_weight(link) == mastodon_units(link) == len(link)


ordinary = st.text(
    alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_characters="©®/:.@"), max_size=200
)
# Marks, joiners, pictures, flags, skin tones, keycaps and jamo meet more often than chance would have them.
joining = st.text(
    alphabet="ae\u0301\u0308\u200d\u200c\ufe0f\u20e3👩👧❤♀🏽🇧🇪🇳1#한ᄒ\u1161\u0915\u094d\u093f\r\n ", max_size=24
)
anything = st.one_of(st.text(max_size=120), joining)
links = st.sampled_from([LINK, "https://x.org/a", "http://ex.co.uk/p?q=1#f", "www.example.com", "ministry.brussels/a"])
glued = st.sampled_from(["", " ", ")", "。", "地", ".", ",", "(", "a", "#f", "/é", "…"])


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


@given(glued, links, glued)
@example("", "https://x.org/a", ")")
@example("", "https://x.org", "#f")
def test_never_less_with_something_glued_to_a_link(before: str, link: str, after: str) -> None:
    assert x_weight(before + link + after) >= on_x(before + link + after)
    if link.startswith("http") and not after[:1].isalnum() and after != "/é":
        assert mastodon_units(before + link + after) >= 23 + len(before + after) - 2 * (after == "#f")


@given(anything)
def test_utf16_units_are_pairs_of_bytes(text: str) -> None:
    assert utf16_units(text) == sum(2 if ord(char) > 0xFFFF else 1 for char in text)


# --- what holds for every measure -----------------------------------------------------------------------------------------------

# Each with how much more, at most, two texts may count joined than apart: a link that two halves make (its price), a segment.
MEASURES: list[tuple[Callable[[str], int], int]] = [
    (characters, 0), (utf16_units, 0), (utf8_bytes, 0), (graphemes, 0), (bluesky, 0), (threads_units, 0),
    (mastodon_units, 46), (weibo_units, 20), (little_text_units, 0), (sms_segments, 120),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "more"), MEASURES)
@given(first=anything, second=anything)
def test_more_text_never_counts_less(measure: Callable[[str], int], more: int, first: str, second: str) -> None:
    joined = measure(first + second)
    assert min(measure(first), measure(second)) >= 0
    assert measure("") == 0
    # A mark, a joiner or a flag's other half may join what was apart: one less, and only there.
    assert joined >= max(measure(first), measure(second) - 1)
    assert joined <= measure(first) + measure(second) + more


# --- graphemes ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0), ("a", 1), ("é", 1), ("e\u0301\u0308", 1), ("\r\n", 1), ("\n\r", 2), ("\n\u0301", 2), ("\u200b\u0301", 2),
        ("🇧🇪", 1), ("🇧🇪🇳🇱", 2), ("🇧🇪🇳", 2), ("👋🏽", 1), (FAMILY, 1), (f"{FAMILY}{FAMILY}", 2), ("👩🏽‍⚕️", 1), ("❤️‍🔥", 1),
        ("1️⃣", 1), ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 1), ("a\u200d👧", 2), ("❤\u200d\u200d❤", 2), ("地震です", 4), ("한국", 2),
    ],
)  # fmt: skip
def test_what_a_reader_sees_as_one_is_one(text: str, count: int) -> None:
    assert graphemes(text) == count


@given(anything)
def test_graphemes_are_no_more_than_characters(text: str) -> None:
    assert graphemes(text) <= characters(text)


@given(anything)
def test_never_fewer_graphemes_than_there_are(text: str) -> None:
    assert graphemes(text) >= len(regex.findall(r"\X", text))


@given(anything)
def test_bluesky_takes_what_is_within_both_its_limits(text: str) -> None:
    for limit in (3, 30, 300):
        assert (bluesky(text) <= limit) == (graphemes(text) <= limit and utf8_bytes(text) <= limit * 10)


# --- the others -----------------------------------------------------------------------------------------------------------------


def test_threads_counts_an_emoji_as_its_bytes() -> None:
    assert threads_units("Évacuation à 5 km – tout de suite…") == len("Évacuation à 5 km – tout de suite…")
    for emoji in ("🇧🇪", "👋🏽", FAMILY, "⚠️", "ℹ️", "‼️", "↔️", "〰️"):
        assert threads_units(emoji) == utf8_bytes(emoji), emoji


@given(anything)
def test_threads_counts_between_characters_and_bytes(text: str) -> None:
    assert characters(text) <= threads_units(text) <= utf8_bytes(text)


def test_mastodon_counts_a_link_23_and_a_mention_without_its_server() -> None:
    assert mastodon_units(f"a {LINK}\nb") == 23 + 4
    assert mastodon_units("@alerts@mastodon.example hello") == len("@alerts hello")
    assert mastodon_units("x@alerts@mastodon.example") == len("x@alerts@mastodon.example")
    assert mastodon_units("https://a.be") == 23, "a shorter link costs no less"


def test_weibo_counts_ascii_half_and_a_link_10() -> None:
    assert weibo_units("地震") == 2
    assert weibo_units("abc") == 2
    assert weibo_units(f"地震 {LINK}") == 13
    assert weibo_units("地" * 140) == 140


@given(anything)
def test_weibo_counts_no_less_than_its_own_page_does(text: str) -> None:
    """Which takes two for whatever is beyond Latin-1, one for the rest, and halves the sum."""
    utf16 = text.encode("utf-16-le")
    units = [int.from_bytes(utf16[at : at + 2], "little") for at in range(0, len(utf16), 2)]
    assert weibo_units(text) >= sum(2 if unit > 0xFF else 1 for unit in units) / 2


def test_weibo_counts_what_takes_the_place_of_a_number_sign() -> None:
    assert weibo_text("No 5 # 地") == "No 5 # 地", "one alone makes no topic"
    assert weibo_text("#5 #6") == "\uff035 \uff036"
    assert weibo_units("##") == 2


def test_weibo_knows_links_that_chinese_stands_around() -> None:
    text = f"见{LINK}和{LINK}。"
    assert on_weibo(text) == 23
    assert weibo_units(text) >= 23


on_the_page = st.lists(
    st.one_of(
        st.sampled_from([LINK, "https://a", "http://", "HTTPS://B.cn/#x", "#", "地", "é", " ", "\n", '"', "😀", "a."]),
        anything,
    )
).map("".join)


@given(on_the_page)
@example('https://a"https://b#c#')
@example("https://a地https://b")
@example("http://http://")
def test_weibo_counts_no_less_than_weibo_and_sends_no_topic(text: str) -> None:
    assert weibo_units(text) >= on_weibo(weibo_text(text))
    assert not has_topic(weibo_text(text))


@pytest.mark.parametrize("space", ["\u00a0", "\u202f"])
def test_a_space_that_does_not_break_makes_no_sms_dearer(space: str) -> None:
    text = f"Inondation{space}: Kinshasa"
    assert sms_text(text) == "Inondation : Kinshasa"
    assert sms(text) == sms("Inondation : Kinshasa")
    assert not sms(text).forcing


@pytest.mark.parametrize(
    ("text", "units", "segments", "forcing"),
    [
        ("", 0, 0, ()), ("a" * 160, 160, 1, ()), ("a" * 161, 161, 2, ()), ("a" * 306, 306, 2, ()), ("a" * 307, 307, 3, ()),
        ("€" * 80, 160, 1, ()), ("€" * 81, 162, 2, ()), ("é", 1, 1, ()), ("ê", 1, 1, ("ê",)), ("ç’ç", 3, 1, ("ç", "’")),
        ("地" * 70, 70, 1, ("地",)), ("地" * 71, 71, 2, ("地",)), ("😀" * 35, 70, 1, ("😀",)), ("😀" * 67, 134, 3, ("😀",)),
        ("a" * 152 + "€" + "a" * 152, 306, 3, ()),
    ],
)  # fmt: skip
def test_an_sms_is_counted_in_the_alphabet_that_it_needs(
    text: str, units: int, segments: int, forcing: tuple[str, ...]
) -> None:
    assert (sms(text).units, sms(text).segments, sms(text).forcing) == (units, segments, forcing)
    assert (sms_units(text), sms_segments(text)) == (units, segments)


@given(anything)
def test_segments_have_room_for_their_units(text: str) -> None:
    told = sms(text)
    room = (70, 67) if told.forcing else (160, 153)
    assert told.units <= (room[0] if told.segments <= 1 else room[1] * told.segments)
    assert told.segments <= max(1, told.units)
    assert all(char in text for char in told.forcing)


@given(st.text(alphabet="ab \\|{}@[]()<>#*_~é🇧", max_size=60))
def test_little_text_reads_back_as_it_was(text: str) -> None:
    escaped = little_text(text)
    assert plain_text(escaped) == text
    assert (
        little_text_units(text)
        == utf16_units(escaped)
        == utf16_units(text) + sum(c in "\\|{}@[]()<>#*_~" for c in text)
    )
