"""Every situation, language and way of counting, with whatever may stand in a slot: within the limit, whole, equally complete."""

import itertools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crisis.wording import slots
from crisis.wording.catalogue import FORMS, layout, situation, situations, words
from crisis.wording.fit import GAP, TooLong
from crisis.wording.render import MOST_PARTS, Publication, pieces, render
from crisis.wording.slots import SlotError
from platforms import catalog
from platforms.measure import graphemes, little_text, plain_text, utf8_bytes
from tests.unit.test_wording import LANGUAGES, LINK, filled, frame

REQUIRED = ["nl", "fr"]
# (layout, limit, measure, threads) of every platform and way, and of a notice by the bot.
PLATFORMS: dict[str, tuple[str, int, Callable[[str], int], bool]] = {
    spec.slug: (spec.layout, spec.text_limit, spec.measure, spec.threads)
    for spec in [*catalog.specs(), *catalog.private()]
} | {
    "notice": ("notice", 4096, catalog.spec("telegram").measure, False),  # type: ignore[union-attr]
}
CASES = list(itertools.product(situations(), PLATFORMS))
PLACES = [
    {"name": "Saint-Pierre-et-Miquelon", "countries": ["PM"], "zone": "America/Miquelon"},
    {"name": "東京 👩‍👩‍👧 🇯🇵", "countries": ["JP"], "zone": "Asia/Tokyo"},
    {"countries": ["CD"], "zone": "Africa/Kinshasa", "clock": "Kinshasa"},
]

told = st.text(
    alphabet=st.one_of(
        st.sampled_from("abc é. 地👩‍👧🇧🇪e\u0301\\|{}@[]()<>#*_~"), st.characters(exclude_categories=["C"])
    ),
    max_size=300,
)


def written(texts: dict[str, str]) -> dict[str, Any] | None:
    """What the officer wrote, if it may be written at all."""
    try:
        value = slots.free(situation("earthquake").slot("details"), texts)
    except SlotError:
        return None
    # A text that is nothing but a dash is a gap, and says nothing.
    return value if len(value["free"]) == len(texts) and GAP not in value["free"].values() else None


def rendered(
    slug: str,
    form: str,
    platform: str,
    languages: list[str],
    values: dict[str, Any],
    *,
    exercise: bool,
    update: bool = False,
) -> list[Publication]:
    layout_name, limit, measure, threads = PLATFORMS[platform]
    return render(
        situation(slug), form, languages, values, frame(exercise=exercise, update=update),
        layout_name=layout_name, limit=limit, measure=measure, required=REQUIRED, threads=threads,
    )  # fmt: skip


def said(found: list[Publication], language: str) -> Counter[str]:
    kinds = (kind for text in found if language in text.languages for kind in text.kinds)
    return Counter(kind for kind in kinds if not kind.startswith("{exercise"))


@pytest.mark.parametrize(("slug", "platform"), CASES)
@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(
    details=st.fixed_dictionaries(dict.fromkeys(LANGUAGES, told)),
    place=st.sampled_from(PLACES),
    languages=st.permutations(LANGUAGES).flatmap(lambda every: st.sampled_from([every, every[:2], REQUIRED, ["fr", "nl", "en"]])),
    exercise=st.booleans(), update=st.booleans(),
)  # fmt: skip
def test_whatever_is_filled_in_every_text_fits_and_the_required_languages_say_the_same(
    slug: str,
    platform: str,
    details: dict[str, str],
    place: dict[str, Any],
    languages: list[str],
    exercise: bool,
    update: bool,
) -> None:
    free = written(details)
    assume(free is not None)
    kind = situation(slug)
    values: dict[str, Any] = filled(kind) | {"place": place, "details": free}
    _, limit, measure, threads = PLATFORMS[platform]

    found = rendered(slug, "alert", platform, languages, values, exercise=exercise, update=update)

    seen: set[str] = set()
    for text in found:
        assert measure(text.text) == text.units <= limit
        assert "4V5M79/1" in text.text
        assert text.follows == seen.issuperset(text.languages)
        seen.update(text.languages)
        sections = text.text.split("\n\n———\n\n")
        assert len(sections) == len(text.languages)
        for language, section in zip(text.languages, sections, strict=True):
            mark = words(language)["exercise"]
            assert (section.startswith(mark) and section.endswith(mark)) if exercise else mark not in section
            pieced = pieces(kind, "alert", language, values, frame(exercise=exercise, update=update))
            assert pieced["headline"] in section, "the place always stays"
            blocks = [block.template.format(**pieced).strip() for block in layout(PLATFORMS[platform][0])]
            whole = {line for block in blocks for line in block.split("\n")}
            assert whole.issuperset(line for line in section.split("\n") if line), "nothing is cut"
            if not text.follows:
                assert pieced["action"] in section, "what to do always stays"
                assert LINK in section.split() or section.endswith(LINK)
            else:
                assert LINK not in section
                assert threads
    for language in languages:
        assert max(said(found, language).values()) == 1, "nothing is said twice"
        assert sum(language in text.languages for text in found) <= (MOST_PARTS if threads else 1)
    spoken = [language for language in languages if language in REQUIRED]
    assert len({frozenset(said(found, language)) for language in spoken}) <= 1, "equally complete"
    for language in set(languages) - set(spoken):
        assert not spoken or said(found, language) <= said(found, spoken[0]), "no other language says more"
    firsts = [text.follows for text in found]
    assert firsts == sorted(firsts), "every language has spoken before one goes on"


@pytest.mark.parametrize(("slug", "platform"), CASES)
def test_retractions_fit_and_stand_alone(slug: str, platform: str) -> None:
    found = rendered(slug, "retraction", platform, LANGUAGES, filled(situation(slug)), exercise=True)
    assert not any(text.follows for text in found)
    assert said(found, "nl") == said(found, "fr")


@pytest.mark.parametrize("slug", situations())
def test_a_situation_says_as_many_things_in_each_required_language(slug: str) -> None:
    for form in FORMS:
        assert len({len(situation(slug).texts[language].forms[form].instructions) for language in REQUIRED}) == 1


def test_no_grapheme_nor_escape_is_torn_between_publications() -> None:
    family = "👩‍👩‍👧" * 20
    values = filled(situation("earthquake")) | {"details": {"free": dict.fromkeys(LANGUAGES, family)}}
    for platform in PLATFORMS:
        for text in rendered("earthquake", "alert", platform, LANGUAGES, values, exercise=False):
            assert text.text.count("👩‍👩‍👧") in (0, 20, 20 * len(text.languages))
            assert plain_text(little_text(text.text)) == text.text
            if platform == "bluesky":
                assert graphemes(text.text) <= 300
                assert utf8_bytes(text.text) <= 3000


def test_a_thread_goes_on_with_what_had_no_room() -> None:
    values = filled(situation("earthquake")) | {"details": {"free": dict.fromkeys(LANGUAGES, "Nothing more is known.")}}
    found = rendered("earthquake", "alert", "x", REQUIRED, values, exercise=True)

    assert [(text.languages, text.follows) for text in found[:4]] == [
        (("nl",), False), (("fr",), False), (("nl",), True), (("fr",), True),
    ]  # fmt: skip
    everything = "\n".join(text.text for text in found if "nl" in text.languages)
    for line in situation("earthquake").texts["nl"].forms["alert"].instructions:
        assert line in everything
    assert "Nothing more is known." in everything
    assert "Noodnummer: +32 2 501 40 00" in everything
    assert "6,4" in everything


def test_where_there_are_no_threads_the_rest_stays_behind_the_link() -> None:
    layout_name, limit, measure, _ = PLATFORMS["x"]
    kind = situation("earthquake")
    found = render(
        kind, "alert", REQUIRED, filled(kind), frame(exercise=True),
        layout_name=layout_name, limit=limit, measure=measure, required=REQUIRED,
    )  # fmt: skip
    assert [text.languages for text in found] == [("nl",), ("fr",)]
    assert all(text.shortened for text in found)


def test_required_languages_stand_together_where_all_do_not_fit() -> None:
    kind = situation("earthquake")
    whole = rendered("earthquake", "alert", "telegram", REQUIRED, filled(kind), exercise=True)
    limit = len(whole[0].text)
    found = render(
        kind, "alert", LANGUAGES, filled(kind), frame(exercise=True),
        layout_name="telegram", limit=limit, measure=len, required=REQUIRED,
    )  # fmt: skip
    assert found[0].languages == ("nl", "fr")
    assert not any(text.shortened for text in found)


def test_a_language_that_is_not_required_never_stops_the_others_from_being_whole() -> None:
    kind = situation("earthquake")
    values = filled(kind) | {"details": {"free": {"nl": "Kort.", "fr": "Court.", "de": "Lang. " * 48, "en": "Short."}}}
    found = rendered("earthquake", "alert", "bluesky", LANGUAGES, values, exercise=False)
    nl, de = said(found, "nl"), said(found, "de")
    assert any("details" in one for one in nl)
    assert not any("details" in one for one in de)


def test_even_the_shortest_form_may_be_too_long_and_says_so() -> None:
    kind = situation("earthquake")
    long = replace(frame(exercise=True), link=f"http://127.0.0.1:8000/{'very-long/' * 30}")
    with pytest.raises(TooLong):
        render(kind, "alert", REQUIRED, filled(kind), long, layout_name="x", limit=280, measure=len, required=REQUIRED)


def test_a_layout_says_what_it_leaves_out_first() -> None:
    for name in {platform[0] for platform in PLATFORMS.values()}:
        always = "".join(block.template for block in layout(name) if not block.drop and not block.follows)
        assert re.search(r"\{(action|instructions)\}", always)
        assert "{headline}" in always
        assert "{alert_code}" in always
