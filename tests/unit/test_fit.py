"""Fitting: never over the limit, nothing cut, what must stay stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisis.wording.fit import FILLER, Filled, Rest, TooLong, assemble, continue_equally, fit, fit_equally, kept
from platforms.measure import characters, utf16_units, x_weight

MEASURES = [characters, utf16_units, x_weight]
texts = st.text(alphabet="abc é地🇧🇪👩‍👧.", max_size=30).map(str.strip)
blocks = st.lists(st.builds(Filled, texts, st.integers(min_value=0, max_value=4)), max_size=8)


@given(blocks, st.integers(min_value=0, max_value=160), st.sampled_from(MEASURES))
def test_what_fits_is_within_the_limit_and_made_of_whole_blocks(
    rows: list[Filled], limit: int, measure: object
) -> None:
    assert callable(measure)
    shortest = assemble([row for row in rows if not row.drop])
    if measure(shortest) > limit:
        with pytest.raises(TooLong):
            fit(rows, limit=limit, measure=measure)
        return
    text = fit(rows, limit=limit, measure=measure)
    assert measure(text) <= limit
    kept = [row.text for row in rows if row.text]
    for line in text.split("\n"):
        assert not line or any(line in whole for whole in kept)
    for row in rows:
        assert row.drop or row.text in text


def test_the_greatest_number_goes_first() -> None:
    rows = [Filled("place"), Filled("details", 2), Filled("money", 3), Filled("code")]

    assert fit(rows, limit=18, measure=len) == "place\ndetails\ncode"
    assert fit(rows, limit=17, measure=len) == "place\nmoney\ncode", "what is too long leaves its room to the next"
    assert fit(rows, limit=15, measure=len) == "place\ncode"


def test_no_line_of_a_list_stands_without_those_before_it() -> None:
    rows = [Filled("place"), Filled("a long first line", 2), Filled("then", 2), Filled("code")]
    assert fit(rows, limit=20, measure=len) == "place\ncode"


def test_a_gap_stands_only_between_text() -> None:
    assert (
        assemble([Filled("-"), Filled("a"), Filled("-"), Filled(""), Filled("-"), Filled("b"), Filled("-")]) == "a\n\nb"
    )


def test_what_cannot_fit_says_by_how_much() -> None:
    with pytest.raises(TooLong) as raised:
        fit([Filled("x" * 281)], limit=280, measure=x_weight)

    assert (raised.value.units, raised.value.limit) == (281, 280)


def rows_of(*texts: str) -> list[Filled]:
    return [Filled(text, drop, kind) for drop, (kind, text) in enumerate(zip("abcd", texts, strict=False))]


def test_what_one_language_has_no_room_for_the_other_leaves_out_too() -> None:
    short, long = rows_of("x", "1", "22", "3"), rows_of("x", "1", "22222", "3")
    assert fit_equally([short], limit=8, measure=len) == ["b", "c", "d"]
    assert fit_equally([short, long], limit=8, measure=len) == ["b", "d"]
    assert fit_equally([short], limit=8, measure=len, among=["b"]) == ["b"]


def test_what_is_left_out_follows_whole_in_all_languages_or_in_none() -> None:
    def rest(*texts: str) -> Rest:
        return Rest((Filled("<"),), tuple(rows_of(*texts)), (Filled(">"),))

    rests = [rest("1", "22", "3", "4"), rest("1", "22222222", "33", "444")]
    assert continue_equally(rests, most=2, limit=8, measure=len) == [["a", "c"], ["d"]]
    assert continue_equally(rests, most=1, limit=8, measure=len) == [["a", "c"]]
    assert continue_equally(rests, most=0, limit=8, measure=len) == []


def test_a_filler_begins_no_publication() -> None:
    filler = Filled("money", FILLER, "money")
    assert continue_equally([Rest((), (filler,), ())], most=2, limit=9, measure=len) == []
    assert continue_equally([Rest((), (Filled("ab", 2, "b"), filler), ())], most=2, limit=9, measure=len) == [
        ["b", "money"]
    ]


@given(st.lists(st.tuples(texts, texts, st.integers(0, 4)), max_size=8), st.integers(0, 160), st.sampled_from(MEASURES))
def test_two_languages_keep_the_same_blocks(rows: list[tuple[str, str, int]], limit: int, measure: object) -> None:
    assert callable(measure)
    both = [
        [Filled(first, drop, str(kind)) for kind, (first, _, drop) in enumerate(rows)],
        [Filled(second, drop, str(kind)) for kind, (_, second, drop) in enumerate(rows)],
    ]
    try:
        kinds = fit_equally(both, limit=limit, measure=measure)
    except TooLong:
        assert any(measure(assemble(kept(one, []))) > limit for one in both)
        return
    assert all(measure(assemble(kept(one, kinds))) <= limit for one in both)
