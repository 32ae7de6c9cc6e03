"""Every situation in every language: complete, wrapped, within every platform's limit; and what no slot may hold."""

import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crisis.wording import catalogue, slots
from crisis.wording.catalogue import CatalogueError, Situation, Slot, UnknownSituation, situation, situations, words
from crisis.wording.render import Frame, Publication, fixed_text, pieces, render
from crisis.wording.slots import SlotError, missing
from platforms import catalog
from platforms.measure.sms import sms

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
LANGUAGES = ["nl", "fr", "de", "en"]
PLACE = {"name": "Saint-Pierre-et-Miquelon", "countries": ["PM"], "zone": "America/Miquelon"}
LINK = "https://alerts.diplomatie.belgium.be/a/4V5M79"


def filled(kind: Situation) -> dict[str, dict[str, Any]]:
    values: dict[str, dict[str, Any]] = {}
    for slot in kind.slots:
        shapes: dict[str, dict[str, Any]] = {
            "place": PLACE,
            "time": {"at": "2026-11-23T05:32:00+00:00", "zone": "Asia/Tokyo"},
            "number": {"number": 6.4},
            "phone": {"entry": 1, "value": "+32 2 501 40 00"},
            "link": {"entry": 2, "value": "https://example.org"},
            "choice": {"choice": slot.choices[0] if slot.choices else ""},
            "free": {"free": dict.fromkeys(LANGUAGES, "Nothing more is known.")},
        }
        values[slot.name] = shapes[slot.kind]
    return values


def frame(*, exercise: bool, update: bool = False) -> Frame:
    names = dict.fromkeys(LANGUAGES, "FOD Buitenlandse Zaken van België")
    money = dict.fromkeys(LANGUAGES, "Wij vragen nooit om geld.")
    return Frame(
        exercise=exercise,
        code="4V5M79/1",
        link=LINK,
        check_in=f"{LINK}?check",
        source=names,
        money=money,
        update=update,
    )


PRIVATE = [spec.slug for spec in catalog.private()]
ROUTINE = {slug for slug, kind in situations().items() if kind.routine}
# What is routine is no danger: nothing tells that it is over.
EVERY = [
    (slug, form)
    for slug, form in itertools.product(situations(), catalogue.FORMS)
    if not (slug in ROUTINE and form == "all_clear")
]
HAZARDS = {
    "earthquake", "tsunami", "cyclone", "flood", "volcano", "wildfire", "epidemic", "demonstration", "attack",
    "armed-conflict", "shelter", "evacuation", "borders-closed", "transport", "hazardous-release", "embassy", "rumour",
    "roll-call",
}  # fmt: skip


def test_every_crisis_that_a_ministry_meets_is_there_and_can_be_said_to_be_over() -> None:
    assert set(situations()) >= HAZARDS | {"all-clear"}
    assert set(situation("all-clear").slot("ended").choices) == {*situations(), "other"} - {"all-clear"} - ROUTINE


def said(slug: str, form: str, language: str, platform: str, *, exercise: bool, limit: int = 0) -> Publication:
    """A form of a situation, as an alert, a retraction, an update or an all-clear says it, in one language."""
    spec = catalog.spec("telegram" if platform == "notice" else platform)
    assert spec is not None
    kind = situation("all-clear" if form == "all_clear" else slug)
    values = filled(kind) | {"ended": {"choice": "other" if slug == "all-clear" else slug}}
    (found,) = render(
        kind, "retraction" if form == "retraction" else "alert", [language], values,
        frame(exercise=exercise, update=form == "update"), layout_name=platform if platform == "notice" else spec.layout,
        limit=limit or spec.text_limit, measure=spec.measure,
    )  # fmt: skip
    assert spec.measure(found.text) == found.units <= (limit or spec.text_limit)
    return found


@pytest.mark.parametrize(("slug", "form"), EVERY)
@pytest.mark.parametrize("platform", [*catalog.slugs(), *PRIVATE, "notice"])
def test_every_text_fits_and_says_what_it_must(slug: str, form: str, platform: str) -> None:
    for language, exercise in itertools.product(LANGUAGES, [True, False]):
        text = said(slug, form, language, platform, exercise=exercise).text
        told = situation(slug).texts[language].forms[form]
        assert "4V5M79/1" in text
        assert LINK in text
        assert told.instructions[0] in text, "what to do always stays"
        assert "Saint-Pierre-et-Miquelon" in text, "the place always stays"
        assert "{" not in text
        assert form != "update" or words(language)["update"] in text, "an update says that it is one"
        mark = words(language)["exercise"]
        assert (text.startswith(mark) and text.endswith(mark)) if exercise else mark not in text


@pytest.mark.parametrize(("slug", "form"), EVERY)
def test_a_template_message_has_its_three_parts(slug: str, form: str) -> None:
    for language, exercise, limit in itertools.product(LANGUAGES, [True, False], [0, 10_000]):
        text = said(slug, form, language, "whatsapp", exercise=exercise, limit=limit).text
        first, between, last = text.split("\n\n")
        assert "Saint-Pierre-et-Miquelon" in first
        assert situation(slug).texts[language].forms[form].instructions[0] in between
        assert "4V5M79/1" in last


@pytest.mark.parametrize("slug", situations())
def test_a_situation_is_reviewed_by_nobody_as_it_is_shipped(slug: str) -> None:
    assert not any(texts.reviewed for texts in situation(slug).texts.values())
    assert all(texts.written_by for texts in situation(slug).texts.values())
    assert set(situation(slug).texts) == set(LANGUAGES)


@pytest.mark.parametrize("slug", situations())
def test_what_is_shipped_is_calm_short_and_obeys_the_rules_for_slots(slug: str) -> None:
    for language, texts in situation(slug).texts.items():
        for form in texts.forms.values():
            for line in form.instructions:
                assert slots.free(Slot("any", "free"), {language: line})["free"] == {language: line}
                assert line.endswith((".", "?")), f"{language}: {line} shouts, or does not end"
                assert max(len(sentence.split()) for sentence in re.split(r"[.?:;] ?", line)) <= 22, line
            assert len(set(form.instructions)) == len(form.instructions) > 0


def test_an_all_clear_speaks_the_words_of_what_is_over() -> None:
    kind = situation("all-clear")
    values = filled(kind) | {"ended": {"choice": "roll-call"}}
    assert pieces(kind, "alert", "en", values, frame(exercise=False))["headline"].startswith("Roll call closed: ")
    other = values | {"ended": {"choice": "other"}}
    assert pieces(kind, "alert", "en", other, frame(exercise=False))["action"] == "The danger we warned of is over."
    assert pieces(kind, "retraction", "en", values, frame(exercise=False))["headline"].startswith(
        "Correction: all-clear"
    )

    unsaid = replace(kind, ends={"roll-call": replace(situation("roll-call"), texts={})})
    assert missing(unsaid, values, "en") == ["texts"], "a language is never silent about what it cannot say"


def test_an_update_has_words_of_its_own() -> None:
    kind = situation("flood")
    before, after = (
        pieces(kind, "alert", "en", filled(kind), frame(exercise=False, update=is_one)) for is_one in (False, True)
    )
    assert (before["action"], after["action"]) == (
        "Move to higher ground or an upper floor now.",
        "Stay on higher ground and away from the water.",
    )
    assert after["headline"] == f"Update – {before['headline']}"


def test_languages_that_fit_whole_stand_in_one_text_else_each_in_its_own() -> None:
    kind = situation("earthquake")
    by_platform = {}
    for platform in ("facebook", "x"):
        spec = catalog.spec(platform)
        assert spec is not None
        by_platform[platform] = render(
            kind, "alert", ["fr", "nl"], filled(kind), frame(exercise=True),
            layout_name=platform, limit=spec.text_limit, measure=spec.measure,
        )  # fmt: skip

    assert [p.languages for p in by_platform["facebook"]] == [("fr", "nl")]
    assert [p.languages for p in by_platform["x"]] == [("fr",), ("nl",)]
    joined = by_platform["facebook"][0].text
    assert joined.count("EXERCICE") >= 2 <= joined.count("OEFENING"), "each language says on its own that it is a drill"


def test_times_are_local_to_the_place_and_name_it() -> None:
    kind = situation("earthquake")
    values = filled(kind) | {"place": {"name": "Tokyo", "countries": ["JP"], "zone": "Asia/Tokyo"}}

    told = pieces(kind, "alert", "nl", values, frame(exercise=False))

    assert told["headline"] == "Aardbeving: Tokio, Japan"
    assert "maandag 23 november 2026, 14:32 (lokale tijd: Tokio)" in told["facts"]
    assert "Magnitude: 6,4" in told["facts"]


def test_a_free_slot_written_in_one_language_is_missing_in_the_others() -> None:
    kind = situation("earthquake")
    values = filled(kind) | {"details": {"free": {"nl": "Vliegveld dicht."}}}

    assert missing(kind, values, "nl") == []
    assert missing(kind, values, "fr") == ["details"]
    assert missing(kind, {"place": PLACE}, "nl") == ["time", "phone"]


@pytest.mark.parametrize(
    "text",
    [
        "This is NOT a drill!",
        "Ceci n’est pas un exercice.",
        "Dit is geen oefening",
        "Das ist keine Übung",
        "not an exercise",
    ],
)
def test_no_slot_may_say_that_it_is_no_drill(text: str) -> None:
    with pytest.raises(SlotError, match="drill"):
        slots.free(situation("earthquake").slot("details"), {"en": text})


@pytest.mark.parametrize(
    "text", ["Call +32 475 12 34 56", "see www.example.org", "https://evil.example", "tel 0475/12.34.56.78"]
)
def test_numbers_and_links_come_from_the_directory_only(text: str) -> None:
    with pytest.raises(SlotError, match="directory"):
        slots.free(situation("earthquake").slot("details"), {"en": text})


@pytest.mark.parametrize(
    ("language", "text", "hour"),
    [
        ("en", "The airport reopens at 14:00.", "14:00"),
        ("fr", "L’aéroport rouvre à 14h30.", "14h30"),
        ("fr", "Rendez-vous à 15 h.", "à 15 h"),
        ("fr", "Fermé dès 8 heures", "dès 8 heures"),
        ("en", "Be there by 3 pm.", "3 pm"),
        ("en", "Be there by 3 p.m. with your papers", "3 p.m."),
        ("en", "Boarding at 1500 hours", "1500 hours"),
        ("de", "Treffpunkt 15 Uhr am Tor", "15 uhr"),
        ("nl", "Vertrek om 14u30", "14u30"),
        ("nl", "Vertrek 9.30 uur", "9.30 uur"),
        ("nl", "Gesloten vanaf 22 uur", "vanaf 22 uur"),
        ("en", "Treffpunkt 15 Uhr", "15 uhr"),
    ],
)
def test_a_bare_hour_in_a_free_text_is_refused_with_what_to_do(language: str, text: str, hour: str) -> None:
    details, local = situation("earthquake").slot("details"), catalogue.clock_words(language).local[0]
    with pytest.raises(SlotError) as raised:
        slots.free(details, {language: text}, time_label="Time")
    assert f"{language}: “{hour}” does not say by whose clock" in str(raised.value)
    assert f"give the time in “Time”, or name the place and write “{local}”" in str(raised.value)

    with pytest.raises(SlotError) as raised:
        slots.free(details, {language: text})
    assert str(raised.value).endswith(f"by whose clock: name the place and write “{local}” beside it.")

    assert slots.free(details, {language: f"{text} ({local.upper()}: Tokyo)"})["free"][language]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Stay inside for 24 hours; help comes within 3 hours."),
        ("en", "Open 24/7. Magnitude 6.4, 14.5 km deep, terminals 1-3."),
        ("fr", "Restez chez vous pendant 3 heures. Ouvert 24h/24, 7j/7."),
        ("nl", "Blijf 2 uur binnen. De luchthaven is 24 uur dicht."),
        ("de", "Bleiben Sie 3 Stunden im Haus. Gleis 3 am Bahnhof. Trinkwasser für 24 h."),
        ("en", "I am at gate 3. 15 people."),
    ],
)
def test_a_number_that_is_no_hour_is_left_alone(language: str, text: str) -> None:
    assert slots.free(situation("earthquake").slot("details"), {language: text})["free"][language] == text


@pytest.mark.parametrize("raw", ["six", "0.5", "11", "nan"])
def test_a_number_outside_its_bounds_is_refused(raw: str) -> None:
    with pytest.raises(SlotError):
        slots.number(situation("earthquake").slot("magnitude"), raw)


@pytest.mark.parametrize("raw", ["14:32", "2026-11-23", "tomorrow", "2026-13-01T10:00"])
def test_a_bare_hour_or_day_is_no_time(raw: str) -> None:
    with pytest.raises(SlotError):
        slots.time(raw, "Asia/Tokyo", NOW)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("0001-01-01T00:00", "right year"),
        ("9999-12-31T23:59-12:00", "right year"),
        ("2026-10-23T14:32", "31 days ago"),
        ("2025-11-23T14:32", "365 days ago"),
        ("2028-11-23T14:32", "730 days ahead"),
    ],
)
def test_a_time_that_nobody_can_mean_is_asked_about(raw: str, why: str) -> None:
    with pytest.raises(SlotError, match=why):
        slots.time(raw, "Asia/Tokyo", NOW)


def test_a_local_time_is_stored_in_utc() -> None:
    assert slots.time("2026-11-23T14:32", "Asia/Tokyo", NOW)["at"] == "2026-11-23T05:32:00+00:00"
    assert slots.time("2026-11-23 14:32", "Asia/Tokyo", NOW)["at"] == "2026-11-23T05:32:00+00:00"


def test_what_has_happened_does_not_lie_ahead_but_by_what_clocks_differ() -> None:
    there = NOW.astimezone(ZoneInfo("Asia/Tokyo"))
    for minutes in (-1, 0, 9):
        slots.time(f"{there + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}", "Asia/Tokyo", NOW, past=True)
    ahead = f"{there + timedelta(minutes=12):%Y-%m-%dT%H:%M}"
    with pytest.raises(slots.SlotError, match=f"still to come: it is {there:%Y-%m-%d %H:%M} there now"):
        slots.time(ahead, "Asia/Tokyo", NOW, past=True)
    slots.time(ahead, "Asia/Tokyo", NOW)
    assert situation("attack").slot("time").past
    assert not situation("cyclone").slot("time").past, "it is announced"


def time_shown(language: str, place: dict[str, Any]) -> str:
    kind = situation("earthquake")
    value = {"at": "2026-11-23T20:10:00+00:00", "zone": "Asia/Tokyo"}
    return slots.show(kind.slot("time"), value, language=language, texts=kind.texts[language], place=place)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("nl", "dinsdag 24 november 2026, 05:10 (lokale tijd: Osaka)"),
        ("fr", "mardi 24 novembre 2026, 05:10 (heure locale\u00a0: Osaka)"),
        ("de", "Dienstag, 24. November 2026, 05:10 (Ortszeit: Osaka)"),
        ("en", "Tuesday, 24 November 2026, 05:10 (local time: Osaka)"),
    ],
)
def test_a_date_is_written_as_its_language_does(language: str, shown: str) -> None:
    assert time_shown(language, {"name": "Osaka", "countries": ["JP"]}) == shown


@pytest.mark.parametrize(
    ("language", "whose"),
    [
        ("nl", "(lokale tijd: Tokio, 23 nov, 20:10 UTC)"),
        ("fr", "(heure locale\u00a0: Tokyo, 23 nov., 20:10 UTC)"),
        ("de", "(Ortszeit: Tokio, 23. Nov., 20:10 UTC)"),
        ("en", "(local time: Tokyo, 23 Nov, 20:10 UTC)"),
    ],
)
def test_where_clocks_differ_a_time_says_whose_it_is_and_utc(language: str, whose: str) -> None:
    assert time_shown(language, {"countries": ["JP", "US"], "clock": "Tokyo"}).endswith(whose)


def test_an_unknown_situation_names_those_that_exist() -> None:
    with pytest.raises(UnknownSituation, match="earthquake"):
        situation("alien-landing")


def test_an_incomplete_file_is_named(tmp_path: Path, settings: Any) -> None:
    folder = tmp_path / "situations" / "flood"
    folder.mkdir(parents=True)
    (folder / "situation.toml").write_text(
        'category="Met"\nresponse=["Monitor"]\nurgency="Expected"\nseverity="Severe"\ncertainty="Likely"\n'
        'expires_hours=24\nrollcall=true\n[[slots]]\nname="place"\nkind="place"\n'
    )
    (folder / "nl.toml").write_text(
        'name="Overstroming"\n[alert]\nheadline="Overstroming: {place}"\ninstructions=["Ga naar boven."]\n'
    )
    settings.MESSAGES_DIR = tmp_path
    catalogue.situations.cache_clear()
    try:
        with pytest.raises(CatalogueError, match=r"flood/nl\.toml lacks 'retraction'"):
            catalogue.situations()
    finally:
        catalogue.situations.cache_clear()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["reminder", "emergency", "emergency_unnamed"])
def test_what_the_ladder_says_by_sms_needs_no_dear_letters(language: str, name: str) -> None:
    text = words(language)[name].translate({ord(brace): None for brace in "{}"})
    assert not sms(text).forcing, "letters outside of the GSM alphabet more than double the price"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("exercise", [True, False])
@pytest.mark.parametrize("layout_name", ["reminder_notice", *(f"reminder_{kind}" for kind in PRIVATE)])
def test_a_reminder_says_drill_first_and_last_and_how_to_answer(
    language: str, exercise: bool, layout_name: str
) -> None:
    text = fixed_text(layout_name, language, {"reminder": "What happened, where."}, frame(exercise=exercise))
    mark, fixed = words(language)["exercise"], words(language)
    assert (text.startswith(mark) and text.endswith(mark)) if exercise else mark not in text
    assert "What happened, where." in text
    assert "4V5M79/1" in text
    answers = [fixed["check_in"], fixed["sms_answer"], fixed["email_answer"].split("{link}")[0], f"{LINK}?check"]
    assert any(each in text for each in answers)
    assert layout_name != "reminder_whatsapp" or len(text.split("\n\n")) == 3, "it fills the template's three places"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("layout_name", ["emergency_email", "emergency_sms"])
def test_an_emergency_contact_learns_neither_code_nor_page(language: str, layout_name: str) -> None:
    text = fixed_text(layout_name, language, {"emergency": "Who, and a number."}, frame(exercise=True))
    mark = words(language)["exercise"]
    assert text.startswith(mark)
    assert text.endswith(mark)
    assert "4V5M79" not in text
    assert LINK not in text
