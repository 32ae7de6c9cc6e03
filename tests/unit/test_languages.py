"""What goes out in each language, read as somebody who speaks it would."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from django.utils.translation import override

from bot import texts
from crisis.outward.phrases import PHRASES
from public.texts import TEXTS
from tests.conftest import ROOT

MINISTRIES = {
    "nl": "FOD Buitenlandse Zaken",
    "fr": "SPF Affaires étrangères",
    "de": "Auswärtiges Amt",
    "en": "Foreign Office",
}


# What citizens read; the rest is read by staff.
CITIZENS = ("bot/", "public/", "atlas/", "crisis/audience/linking.py")
TRANSLATED = ("nl", "fr", "de")


@cache
def said() -> dict[str, set[str]]:
    """Return every text that is to be translated, with the files that say it, as `make catalogues` finds them."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    keywords = DEFAULT_KEYWORDS | {"gettext_lazy": None, "gettext_noop": None}
    found: dict[str, set[str]] = defaultdict(set)
    for path, _, text, _, _ in extract_from_dir(ROOT, methods, options, keywords=keywords):
        found[text if isinstance(text, str) else text[0]].add(path)
    return found


def catalogue(language: str) -> dict[str, tuple[str, ...]]:
    """Return what stands in a catalogue: each text with its translation, or its two, blank while there is none."""
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        messages = [message for message in read_po(file, locale=language) if message.id]
    assert not [message.id for message in messages if message.fuzzy]
    return {
        message.id if isinstance(message.id, str) else message.id[0]: tuple(
            [message.string] if isinstance(message.string, str) else message.string or ()
        )
        for message in messages
    }


def untranslated(language: str) -> set[str]:
    """Return what has no translation, or not both of its two."""
    return {text for text, found in catalogue(language).items() if not all(found)} & set(said())


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_stands_in_every_catalogue(language: str) -> None:
    assert len(said()) > 1500
    missing = set(said()) - set(catalogue(language))
    assert not missing, f"make catalogues adds them: {sorted(missing)[:5]}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_word_that_citizens_read_is_missing(language: str) -> None:
    theirs = {text for text, paths in said().items() if any(path.startswith(CITIZENS) for path in paths)}
    assert len(theirs) > 300
    assert not theirs & untranslated(language)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_word_that_staff_read_is_missing(language: str) -> None:
    assert not untranslated(language)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_names_what_its_text_names(language: str) -> None:
    """Else the page that says it breaks, in that language only."""
    names = re.compile(r"%\(\w+\)[sd]|\{\w*\}|</?\w+")
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        for message in read_po(file, locale=language):
            if not message.id:
                continue
            whole = message.id if isinstance(message.id, str) else message.id[-1]  # the singular may say "one"
            for text in [message.string] if isinstance(message.string, str) else (message.string or ())[-1:]:
                assert not text or set(names.findall(text)) == set(names.findall(whole)), message.id


def french() -> Iterator[tuple[Path, str]]:
    """Every French text with the file that holds it."""
    catalogue = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
    with catalogue.open("rb") as file:
        yield from ((catalogue, str(message.string)) for message in read_po(file) if message.id)
    yield from ((ROOT / "public" / "texts.py", text) for text in TEXTS["fr"].values())
    for path in (ROOT / "templates" / "messages").rglob("fr.toml"):
        yield from ((path, text) for text in re.findall(r'"([^"\n]*)"', path.read_text(encoding="utf-8")))


def test_french_puts_a_space_before_its_high_marks() -> None:
    wrong = [(path.name, text) for path, text in french() if re.search(r"[^\s\d/][:;?!](\s|$)", text)]
    assert wrong == []


def test_french_never_says_that_somebody_must_not_leave() -> None:
    assert [text for _, text in french() if "ne devez pas" in text] == [], "in French that forbids it"


@pytest.mark.parametrize("language", MINISTRIES)
def test_the_welcome_needs_no_article_before_a_ministry(language: str) -> None:
    first = PHRASES["bot_welcome"].shipped(language).format(ministry=MINISTRIES[language]).splitlines()[0]
    assert re.search(rf"\w\s?: {MINISTRIES[language]}\.$", first), first


def test_answers_agree_with_the_word_answer_in_french() -> None:
    with override("fr"):
        assert "réponse\u00a0: transmise" in texts.status_answer("Séisme", texts.answer_names()["unclear"])


def test_the_editors_pages_speak_every_language_with_the_same_words() -> None:
    from string import Formatter

    from connect.texts import languages, texts

    english = texts("en")
    for language in languages():
        words = texts(language)
        assert set(words) == set(english), language
        for key, text in words.items():
            names = {name for _, name, _, _ in Formatter().parse(text) if name}
            assert names == {name for _, name, _, _ in Formatter().parse(english[key]) if name}, (language, key)
