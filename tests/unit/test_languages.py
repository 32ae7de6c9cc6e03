"""What goes out in each language, read as somebody who speaks it would."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils.translation import override

from bot import texts
from public.texts import TEXTS
from tests.conftest import ROOT

MINISTRIES = {
    "nl": "FOD Buitenlandse Zaken",
    "fr": "SPF Affaires étrangères",
    "de": "Auswärtiges Amt",
    "en": "Foreign Office",
}


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
    with override(language):
        first = texts.welcome(MINISTRIES[language]).splitlines()[0]
    assert re.search(rf"\w ?: {MINISTRIES[language]}\.$", first), first


def test_answers_agree_with_the_word_answer_in_french() -> None:
    with override("fr"):
        assert "réponse : transmise" in texts.status_answer("Séisme", texts.answer_names()["unclear"])


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
