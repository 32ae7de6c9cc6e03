"""The alert card: complete, legible, the same file each time; a letter that cannot be drawn is refused, never a box."""

import io
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from crisis.cards import card as drawing
from crisis.cards import words, world
from crisis.cards.card import DRILL, INK, ON_DRILL, OVER, PAPER, TONES, Card, draw, room
from crisis.cards.faces import Undrawable, face_for
from crisis.cards.lines import TooWide, Word, leftward, lines, prepared
from crisis.cards.lines import words as parted
from crisis.cards.world import Spot
from crisis.places.borders import countries_with_borders
from crisis.wording.catalogue import situations
from crisis.wording.catalogue import words as fixed_words
from crisis.wording.fit import Filled, TooLong
from tests.conftest import ROOT

SHAPES = ROOT / "data" / "shapes.json"
LINK = "https://alerts.example.org/a/K7M4QX"
TOKYO = Spot(35.69, 139.69)

NL: dict[str, Any] = {
    "source": "Buitenlandse Zaken", "exercise": "OEFENING", "line": "OEFENING: dit is een oefening.",
    "headline": "Aardbeving: Tokio", "facts": ["Tijdstip: 05:10 (lokale tijd: Tokio)"],
    "action": "Blijf buiten, weg van gebouwen.",
    "more": ["Ga weg van de kust.", "Volg de aanwijzingen."], "phone": "Noodnummer: +32 2 501 40 00",
}  # fmt: skip
FR: dict[str, Any] = {
    "source": "Affaires étrangères", "exercise": "EXERCICE", "line": "EXERCICE : ceci est un exercice.",
    "headline": "Tremblement de terre : Tokyo", "facts": ["Heure : 05:10 (heure locale : Tokyo)"],
    "action": "Restez dehors, loin des bâtiments.", "more": ["Éloignez-vous de la côte.", "Suivez les consignes."],
    "phone": "Numéro d’urgence : +32 2 501 40 00",
}  # fmt: skip


def blocks(told: Mapping[str, Any], *, drill: bool = True, details: str = "") -> list[Filled]:
    """What the layout gives for one language."""
    band = [Filled(f"~ {told['exercise']}"), Filled(f"! {told['line']}")] if drill else []
    return [
        Filled(f"@ {told['source']}"), *band, Filled(f"= {told['headline']}"),
        *(Filled(fact, 3, f"fact {n}") for n, fact in enumerate(told["facts"])), Filled(details, 4, "details"),
        Filled(f"! {told['action']}"), *(Filled(f"• {line}", 5, f"more {n}") for n, line in enumerate(told["more"])),
        Filled(told["phone"], 2, "phone"),
    ]  # fmt: skip


def made(*, drill: bool = True, **more: Any) -> Card:
    text = words.compose({"nl": blocks(NL, drill=drill), "fr": blocks(FR, drill=drill)}, room(drill=drill))
    given = {"tone": TONES["Severe"], "code": "K7M4QX/1", "link": LINK, "countries": ("JP",), "spots": (TOKYO,)}
    return Card(text, ("nl", "fr"), **(given | more))


def picture(card: Card) -> Image.Image:
    return Image.open(io.BytesIO(draw(card, SHAPES))).convert("RGB")


def near(pixel: Any, colour: str, far: int = 40) -> bool:
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return all(abs(have - want) <= far for have, want in zip(pixel, wanted, strict=True))


def test_the_same_card_is_the_same_file() -> None:
    first = draw(made(), SHAPES)
    drawing._drawn.cache_clear()
    words._paragraph.cache_clear()
    assert draw(made(), SHAPES) == first
    assert Image.open(io.BytesIO(first)).size == (1080, 1350)
    assert len(first) < 1_000_000, "what the strictest platform takes"


def test_a_drill_has_a_band_across_and_says_so_in_the_text() -> None:
    def yellow(card: Card) -> list[int]:
        image = picture(card)
        rows = range(0, 1350, 6)
        return [y for y in rows if sum(near(image.getpixel((x, y)), DRILL) for x in range(0, 1080, 20)) > 20]

    rows = yellow(made())
    assert any(250 < y < 1000 for y in rows), "in the middle, which every crop shows"
    assert any(y > 1300 for y in rows)
    assert yellow(made(drill=False)) == []
    told = [p.words for p in words.read(made().text, ("nl", "fr"))]
    assert NL["line"] in told
    assert FR["line"] in told


def brightest(image: Image.Image, x: int, y: int) -> int:
    """How bright the brightest of a pixel's colours is."""
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return max(pixel)


def test_the_qr_code_leads_to_the_alerts_page() -> None:
    image = picture(made(drill=False))
    corner = [(x, y) for x in range(40, 225) for y in range(1165, 1350) if brightest(image, x, y) < 90]
    left, top = min(x for x, _ in corner), min(y for _, y in corner)
    right, bottom = max(x for x, _ in corner), max(y for _, y in corner)
    wanted = [[bool(dark) for dark in row] for row in segno.make(LINK, error="m", micro=False).matrix]
    step = (right - left + 1) / len(wanted)
    assert right - left == bottom - top
    assert step >= 4, "large enough for a poor camera"
    seen = [
        [brightest(image, round(left + (x + 0.5) * step), round(top + (y + 0.5) * step)) < 128 for x in range(len(wanted))]
        for y in range(len(wanted))
    ]  # fmt: skip
    assert seen == wanted


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        straight = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * straight[0] + 0.7152 * straight[1] + 0.0722 * straight[2]

    bright, dark = sorted([light(one), light(other)], reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    "pair", [*((PAPER, tone) for tone in (*TONES.values(), OVER)), (INK, PAPER), (ON_DRILL, DRILL)]
)
def test_every_letter_stands_out(pair: tuple[str, str]) -> None:
    assert contrast(*pair) >= 7


@pytest.mark.parametrize(
    ("language", "text", "family"),
    [
        ("nl", "Ĳ é ë – “ ’ € •", "firago"), ("el", "Σεισμός: Ηράκλειο", "firago"), ("ru", "Землетрясение", "firago"),
        ("uk", "Ґудзь їжак", "firago"), ("ar", "زلزال: بيروت (BEY) +32", "firago"), ("he", "רעידת אדמה: TLV", "firago"),
        ("th", "แผ่นดินไหว", "firago"), ("hi", "भूकंप: नई दिल्ली", "firago"), ("ka", "მიწისძვრა", "firago"),
        ("vi", "Động đất: Hà Nội", "firago"), ("tr", "İstanbul ığüş", "firago"),
        ("ja", "地震:東京、避難", "han"), ("zh", "地震:成都 +32", "han"),
        ("ko", "지진: 서울", "han"), ("en", "Beijing (北京)", "han"),
    ],
)  # fmt: skip
def test_a_typeface_is_found_for_every_script(language: str, text: str, family: str) -> None:
    assert face_for(text, language).family == family


@pytest.mark.parametrize("text", ["ꦗꦮ", "Tokyo 🌋", "Tokyo \ue000", "ខ្មែរ"])
def test_a_letter_that_no_typeface_has_is_refused(text: str) -> None:
    with pytest.raises(Undrawable, match="no typeface has"):
        face_for(text, "en")
    with pytest.raises(Undrawable):
        words.compose({"nl": blocks(NL | {"headline": text})}, room(drill=True))


def test_it_costs_only_the_block_that_may_be_left_out() -> None:
    text = words.compose({"nl": blocks(NL, details="Vulkaan 🌋"), "fr": blocks(FR, details="Volcan")}, room(drill=True))
    assert "Vulkaan" not in text
    assert "Volcan" not in text, "in every language"
    assert NL["action"] in text


@pytest.mark.parametrize("slug", situations())
def test_every_text_that_is_shipped_can_be_drawn(slug: str) -> None:
    for language, texts in situations()[slug].texts.items():
        for form in texts.forms.values():
            for text in (form.headline, *form.instructions, *fixed_words(language).values()):
                face_for("".join(letter for letter in text if letter not in "✅🆘"), language)


def test_what_has_no_room_is_left_out_in_each_language_and_what_matters_stays() -> None:
    long = {"facts": ["Tijdstip: " + "nog een feit " * 30] * 4, "more": ["Doe dit en laat dat na, en wel nu. " * 4] * 6}
    text = words.compose({"nl": blocks(NL | long), "fr": blocks(FR)}, room(drill=True))
    told = {
        language: [p.words for p in words.read(text, ("nl", "fr")) if p.language == language]
        for language in ("nl", "fr")
    }
    for language, own in (("nl", NL), ("fr", FR)):
        assert {own["headline"], own["action"], own["line"]} <= set(told[language])
    assert len(told["nl"]) == len(told["fr"]) < len(blocks(NL | long))
    sets = words.body(words.read(text, ("nl", "fr")), words.SIZES[-1])
    assert words.height(sets) <= room(drill=True)


def test_a_headline_without_end_is_refused() -> None:
    with pytest.raises(TooLong):
        words.compose({"nl": blocks(NL | {"headline": "Aardbeving: " + "Tokio, " * 200})}, room(drill=True))


def test_the_words_are_read_to_those_who_do_not_see_it() -> None:
    card = made()
    for own in (NL, FR):
        for text in (own["line"], own["headline"], *own["facts"], own["action"], own["phone"], own["source"]):
            assert text in card.alt
    assert card.alt.endswith(f"K7M4QX/1: {LINK}")
    assert len(card.alt) <= words.LONGEST_ALT
    assert not any(line[:2] in ("@ ", "~ ", "= ", "! ") for line in card.alt.split("\n"))


def test_where_both_languages_have_no_room_the_first_is_read_whole() -> None:
    long = ["Volg de aanwijzingen van de overheid, overal en altijd. " * 3] * 2
    text = words.compose({"nl": blocks(NL | {"more": long}), "fr": blocks(FR | {"more": long})}, 5_000)
    alt = words.alt(text, ("nl", "fr"), LINK, longest=700)
    assert FR["headline"] not in alt
    assert alt.count("Volg de aanwijzingen van de overheid") == 6
    short = words.alt(text, ("nl", "fr"), LINK, longest=300)
    assert len(short) <= 300
    assert {NL["headline"], NL["action"], LINK} <= set(short.split("\n"))


def set_in(text: str, language: str, widest: float, *, letter: float = 10.0) -> Sequence[str]:
    return lines(parted(prepared(text, language), language, lambda part: letter * len(part)), widest, letter)


@given(st.lists(st.text(alphabet="abcéß", min_size=1, max_size=9), min_size=1, max_size=30))
def test_no_word_is_ever_cut(told: list[str]) -> None:
    found = set_in(" ".join(told), "nl", 120)
    assert " ".join(found).split(" ") == told
    assert all(len(line) <= 12 for line in found)


def test_a_word_that_is_wider_than_a_line_is_refused() -> None:
    with pytest.raises(TooWide):
        set_in("Llanfairpwllgwyngyll", "cy", 100)
    assert words.body([words.Paragraph("nl", "=", "a" * 90)], 40) is None


def test_scripts_without_spaces_end_a_line_between_phrases() -> None:
    found = set_in("海の近くにいる場合は、海岸から離れて高台へ避難してください。", "ja", 160)
    assert "".join(found) == "海の近くにいる場合は、海岸から離れて高台へ避難してください。"
    assert all(line.endswith(("は、", "て", "へ", "。", "に", "から", "場合は、")) for line in found)
    assert set_in("แผ่นดินไหว: กรุงเทพมหานคร", "th", 150) == ("แผ่นดินไหว:", "กรุงเทพมหานคร"), (
        "a word that has room stays whole"
    )


def test_a_phone_number_stays_in_one_piece_and_is_read_from_the_left() -> None:
    assert set_in("Bel +32 2 501 40 00 nu", "nl", 150) == ("Bel", "+32\u00a02\u00a0501\u00a040\u00a000", "nu")
    assert "\u2066+32\u00a02\u00a0501\u00a040\u00a000\u2069" in prepared("رقم الطوارئ: +32 2 501 40 00", "ar")
    assert [leftward(language) for language in ("ar", "he", "fa", "ur", "nl", "zh", "xx")] == [True] * 4 + [False] * 3


def test_the_widths_of_words_make_up_a_line() -> None:
    assert Word((("ab", 20.0), ("c", 10.0))).width == 30.0


@cache
def land() -> dict[str, tuple[world.Polygon, ...]]:
    return world.shapes(SHAPES)


def test_every_country_but_the_smallest_has_a_shape() -> None:
    assert countries_with_borders() - set(land()) == {"BV", "CC", "GI", "TK", "UM", "VA"}


@pytest.mark.parametrize("code", sorted(set(land()) - {""}))
def test_a_map_holds_the_whole_of_what_it_is_about(code: str) -> None:
    view = world.view_of(land(), [code], [], (1080, 300))
    west, south, east, north = world._mainland(land()[code])
    for lon, lat in ((west, south), (east, north)):
        x, y = view.at(lon, lat)
        assert (0 <= x <= 1080 and 0 <= y <= 300) or north - south > world._MOST / world._ROOM


@pytest.mark.parametrize("code", ["FJ", "RU", "NZ", "AQ", "US", "MT"])
def test_no_shape_is_torn_where_the_day_begins(code: str) -> None:
    image = world.draw(SHAPES, [code], [], (540, 200), "#8a1c12")
    marked = sum(near(pixel, world.MARKED, 12) for pixel in image.get_flattened_data())
    assert 0 < marked < 0.75 * 540 * 200
    assert (
        near(image.getpixel((2, 100)), world.SEA, 60)
        or near(image.getpixel((2, 100)), world.LAND, 60)
        or code in ("AQ", "RU")
    )


def test_the_place_is_marked_where_it_is() -> None:
    image = world.draw(SHAPES, ["JP"], [TOKYO], (540, 200), "#8a1c12")
    view = world.view_of(land(), ["JP"], [TOKYO], (540, 200))
    x, y = view.at(TOKYO.lon, TOKYO.lat)
    assert near(image.getpixel((round(x), round(y) - 10)), "#8a1c12")
    wide = world.draw(SHAPES, ["JP"], [Spot(35.69, 139.69, 300)], (540, 200), "#8a1c12")
    assert sum(near(pixel, "#8a1c12") for pixel in wide.get_flattened_data()) > sum(
        near(pixel, "#8a1c12") for pixel in image.get_flattened_data()
    )
