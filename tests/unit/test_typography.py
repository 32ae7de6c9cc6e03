"""How each language is set and how it speaks to people, where a machine can hold it: marks, quotes, register, placeholders."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from console.words_form import WordsForm, initial
from crisis.wording import slots
from crisis.wording.catalogue import FORMS, Slot, situation, situations
from crisis.wording.spacing import spaced
from public.texts import TEXTS
from tests.conftest import ROOT
from tests.unit.test_languages import CITIZENS, TRANSLATED, catalogue, said

MESSAGES = ROOT / "templates" / "messages"
LANGUAGES = ("nl", "fr", "de", "en")
# Texts in letters of the GSM alphabet only (others more than double the price of an SMS): neither U+00A0 nor U+2019 is one.
DEAR = re.compile(r"words/\w+\.toml:(sms_|invitation_sms$|reminder$|emergency$|emergency_unnamed$)|answers\.toml:")
# How nobody speaks to a citizen: everywhere it is "u", "vous", "Sie".
FAMILIAR = {
    "nl": re.compile(r"\b(je|jij|jou|jouw|jullie|jezelf|hoi)\b", re.IGNORECASE),
    "fr": re.compile(r"\b(tu|toi|ton|ta|tes)\b|\bt’", re.IGNORECASE),
    "de": re.compile(r"\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]ein\w*|[Ee]uch|[Ee]uer|[Ee]ure\w*)\b"),
}
# What is the same in English and in this language, though it has several words.
SAME: dict[str, set[str]] = {"nl": {"Japan, KR", "Open data"}, "fr": set(), "de": {"Japan, KR", "Radius in km"}}


def strings(where: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text within a file's tables, each with where it stands; lists of words to be recognised are none."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in ("refused", "local", "hour", "hour_or_duration", "at", "not_hour"):
                yield from strings(f"{where}.{key}" if ":" in where else f"{where}:{key}", each)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from strings(f"{where}.{number}", each)


def filed(language: str) -> Iterator[tuple[str, str]]:
    """Every text of a language that stands in a file of its own, not in the catalogue."""
    for path in [*MESSAGES.rglob(f"{language}.toml"), ROOT / "templates" / "connect" / "words" / f"{language}.toml"]:
        yield from strings(name(path), tomllib.loads(path.read_text(encoding="utf-8")))
    answers = tomllib.loads((MESSAGES / "answers.toml").read_text(encoding="utf-8"))
    yield from ((f"answers.toml:{key}", answer[language]) for key, answer in answers.items())
    yield from ((f"public/texts.py:{key}", text) for key, text in TEXTS[language].items())


def name(path: Path) -> str:
    """A file's name with its folder's."""
    return f"{path.parent.name}/{path.name}"


def catalogued(language: str) -> Iterator[tuple[str, str]]:
    """Every text of a catalogue, without its tags."""
    for english, translations in catalogue(language).items():
        yield from ((english, re.sub(r"<[^>]*>", "", text)) for text in translations)


def for_citizens(language: str) -> Iterator[tuple[str, str]]:
    """What citizens read."""
    yield from filed(language)
    theirs = {text for text, paths in said().items() if any(path.startswith(CITIZENS) for path in paths)}
    yield from ((english, text) for english, text in catalogued(language) if english in theirs)


def test_the_texts_are_found() -> None:
    for language in TRANSLATED:
        assert len(list(filed(language))) > 600
        assert len(list(catalogued(language))) > 2500
        assert len(list(for_citizens(language))) > 1000


def test_no_line_begins_with_a_french_mark() -> None:
    """The space before it does not break; after a digit or a slash it is a time's, or an address's."""
    cheap = [(where, text) for where, text in [*filed("fr"), *catalogued("fr")] if not DEAR.search(where)]
    wrong = [each for each in cheap if re.search(r"[^\u00a0\d/][:;?!](?=[\s»]|$)|«(?!\u00a0)|(?<!\u00a0)»", each[1])]
    assert not wrong
    dear = [(where, text) for where, text in filed("fr") if DEAR.search(where)]
    assert not [each for each in dear if re.search(r"[^ \d/][:;?!](?=\s|$)", each[1])]
    assert len(dear) > 20


@pytest.mark.parametrize("language", TRANSLATED)
def test_quotes_are_the_languages_own(language: str) -> None:
    others = {"nl": '["«»„]', "fr": '["“”„]', "de": '["«»”]'}[language]
    assert not [each for each in [*filed(language), *catalogued(language)] if re.search(others, each[1])]


@pytest.mark.parametrize("language", TRANSLATED)
def test_apostrophes_are_round(language: str) -> None:
    texts = [each for each in [*filed(language), *catalogued(language)] if not DEAR.search(each[0])]
    assert not [each for each in texts if re.search(r"\w'\w", each[1])]


@pytest.mark.parametrize("language", TRANSLATED)
def test_nobody_speaks_to_citizens_as_to_a_friend(language: str) -> None:
    assert not [each for each in for_citizens(language) if FAMILIAR[language].search(each[1])]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_holds_exactly_what_its_text_holds(language: str) -> None:
    """As often, in whatever order; a singular may say "one" in words."""
    holds = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?\w[^>]*>|(?<![\w/])/[a-z_]+\b|\n")
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        messages = [message for message in read_po(file, locale=language) if message.id]
    for message in messages:
        pairs = (
            [(message.id, message.string)]
            if isinstance(message.id, str)
            else list(zip(message.id, message.string or (), strict=True))
        )
        for english, text in pairs:
            assert Counter(holds.findall(str(text))) == Counter(holds.findall(english)), english
            if english != ":":  # French sets it off with a space
                assert str(text)[:1].isspace() == english[:1].isspace(), english
            assert str(text)[-1:].isspace() == english[-1:].isspace(), english


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_is_left_in_english(language: str) -> None:
    bare = {text: re.sub(r"%\(\w+\)[sd]|<[^>]*>", "", text) for text in said()}
    several = {text for text, words in bare.items() if len(re.findall(r"[A-Za-z]{2,}", words)) > 1}
    translated = catalogue(language)
    assert {text for text in several if translated.get(text, ("",))[0] == text} <= SAME[language]


@pytest.mark.parametrize("slug", situations())
def test_a_situation_tells_people_to_do_as_many_things_in_every_language(slug: str) -> None:
    for form in FORMS:
        assert len({len(situation(slug).texts[each].forms[form].instructions) for each in LANGUAGES}) == 1, form


@pytest.mark.parametrize(
    ("language", "typed", "set_so"),
    [
        ("fr", "Attention : restez ; partez ?", "Attention\u00a0: restez\u00a0; partez\u00a0?"),
        ("fr-BE", "Dites « non » !", "Dites «\u00a0non\u00a0»\u00a0!"),
        ("fr", "Attention: 14:30", "Attention: 14:30"),
        ("nl", "Let op : blijf", "Let op : blijf"),
    ],
)
def test_a_french_space_before_a_mark_does_not_break(language: str, typed: str, set_so: str) -> None:
    assert spaced(language, typed) == set_so
    assert spaced(language, set_so) == set_so


def test_what_is_written_in_french_is_set_as_french_is() -> None:
    written = {"fr": "Attention  : restez chez vous !", "nl": "Let op : blijf thuis!"}
    kept = slots.free(Slot("details", "free"), written)["free"]
    assert kept == {"fr": "Attention\u00a0: restez chez vous\u00a0!", "nl": "Let op : blijf thuis!"}


@pytest.mark.parametrize("slug", situations())
def test_words_that_headquarters_opens_and_stores_unchanged_are_the_same(slug: str) -> None:
    kind = situation(slug)
    form = WordsForm(initial(kind.texts["fr"]), kind=kind, language="fr")
    assert form.is_valid(), form.errors
    for name in FORMS:
        if name in form.content():
            assert tuple(form.content()[name]["instructions"]) == tuple(kind.texts["fr"].forms[name].instructions)


@pytest.mark.parametrize(
    ("language", "written"), [("fr", "mardi 1er décembre 2026, 05:10"), ("nl", "dinsdag 1 december 2026, 05:10")]
)
def test_the_first_of_a_month_is_written_as_each_language_does(language: str, written: str) -> None:
    assert slots.moment(datetime(2026, 12, 1, 5, 10, tzinfo=UTC), language) == written
    assert "31" in slots.moment(datetime(2026, 12, 31, 5, 10, tzinfo=UTC), language)
