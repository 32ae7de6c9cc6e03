"""Fitting: never over the limit, nothing cut, what must stay stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisis.wording.fit import Filled, TooLong, assemble, fit
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
    assert fit(rows, limit=17, measure=len) == "place\ncode"


def test_a_gap_stands_only_between_text() -> None:
    assert (
        assemble([Filled("-"), Filled("a"), Filled("-"), Filled(""), Filled("-"), Filled("b"), Filled("-")]) == "a\n\nb"
    )


def test_what_cannot_fit_says_by_how_much() -> None:
    with pytest.raises(TooLong) as raised:
        fit([Filled("x" * 281)], limit=280, measure=x_weight)

    assert (raised.value.units, raised.value.limit) == (281, 280)
