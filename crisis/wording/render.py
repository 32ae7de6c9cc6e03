"""Rendering: pieces of a message in one language, laid out for a platform, and joined where several languages fit whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crisis.wording.catalogue import Situation, layout, words
from crisis.wording.fit import Filled, Measure, fit, whole
from crisis.wording.slots import Value, place_text, show

SEPARATOR = "\n\n———\n\n"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every text of an alert.

    Attributes:
        exercise: whether EXERCISE stands first and last.
        code: the alert's public code with its number, "ABC123/1": what is looked for when an account is read back.
        link: the alert's public page.
        check_in: where somebody who is not subscribed answers; blank where no answer is asked.
        source: the ministry's name, by language.
        money: "we never ask for money", by language.
    """

    exercise: bool
    code: str
    link: str
    check_in: str
    source: Mapping[str, str]
    money: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CapTexts:
    """The texts of one CAP <info>."""

    headline: str
    description: str
    instruction: str


@dataclass(frozen=True, slots=True)
class Publication:
    """One text for one platform, in one language or several.

    Attributes:
        units: its length in the platform's own unit.
        shortened: something that may be left out was.
    """

    languages: tuple[str, ...]
    text: str
    units: int
    shortened: bool = False


def _facts(situation: Situation, form: str, language: str, slots: Mapping[str, Value]) -> list[tuple[str, str]]:
    """Return (label, value) of what the officer filled in, but the place, the number and the free texts."""
    texts = situation.texts[language]
    shown = []
    for slot in situation.slots:
        if slot.name in slots and slot.kind not in ("place", "phone", "free") and form == "alert":
            value = show(slot, slots[slot.name], language=language, texts=texts, place=slots["place"])
            shown.append((texts.slots[slot.name], value))
    return shown


def pieces(situation: Situation, form: str, language: str, slots: Mapping[str, Value], frame: Frame) -> dict[str, str]:
    """Return the words for every placeholder of a layout.

    Args:
        situation: with its texts in this language.
        form: "alert" or "retraction".
        language: one that `missing` finds complete.
        slots: the filled slots.
        frame: what stands around the text.
    """
    texts, fixed = situation.texts[language], words(language)
    told = texts.forms[form]
    facts = [
        fixed["labelled"].format(label=label, value=value) for label, value in _facts(situation, form, language, slots)
    ]
    free = [
        show(slot, slots[slot.name], language=language, texts=texts, place=slots["place"])
        for slot in situation.slots
        if slot.kind == "free" and slot.name in slots and form == "alert"
    ]
    phones = [
        fixed["labelled"].format(label=texts.slots[slot.name], value=slots[slot.name]["value"])
        for slot in situation.slots
        if slot.kind == "phone" and slot.name in slots
    ]
    asked = bool(frame.check_in) and form == "alert"
    return {
        "exercise": fixed["exercise"] if frame.exercise else "",
        "exercise_line": fixed["exercise_line"] if frame.exercise else "",
        "headline": told.headline.format(place=place_text(slots["place"], language)),
        "facts": "\n".join(facts),
        "facts_short": " · ".join(facts),
        "details": " ".join(text for text in free if text),
        "action": told.instructions[0],
        "instructions": "\n".join(f"• {line}" for line in told.instructions),
        "phone": "\n".join(phones),
        "check_in": fixed["check_in"] if asked else "",
        "check_in_public": fixed["check_in_public"].format(link=frame.check_in) if asked else "",
        "alert_code": fixed["alert_code"].format(code=frame.code, link=frame.link),
        "source": frame.source.get(language, ""),
        "money": frame.money.get(language, ""),
    }


def cap_texts(situation: Situation, form: str, language: str, slots: Mapping[str, Value], frame: Frame) -> CapTexts:
    """Return the texts of the CAP <info> in a language; an exercise says so in its headline."""
    told = pieces(situation, form, language, slots, frame)
    headline = told["headline"]
    if frame.exercise:
        headline = words(language)["labelled"].format(label=told["exercise"], value=headline)
    description = "\n".join(
        part for part in (told["exercise_line"], told["facts"], told["details"], told["phone"]) if part
    )
    return CapTexts(headline, description, "\n".join(situation.texts[language].forms[form].instructions))


def _blocks(layout_name: str, told: Mapping[str, str]) -> list[Filled]:
    blocks = []
    for block in layout(layout_name):
        text = block.template.format(**told).strip()
        # A line whose placeholders are all empty has nothing but its punctuation left.
        blocks.append(Filled(text if any(c.isalnum() for c in text) or text == "-" else "", block.drop))
    return blocks


def render(
    situation: Situation,
    form: str,
    languages: Sequence[str],
    slots: Mapping[str, Value],
    frame: Frame,
    *,
    layout_name: str,
    limit: int,
    measure: Measure,
) -> list[Publication]:
    """Return what one account publishes: all its languages in one text where they fit whole, else a text for each, in order.

    So no language is cut while another stands whole.

    Args:
        situation, form, slots, frame: see `pieces`.
        languages: the account's, those that are complete, in its order.
        layout_name: the platform's slug, or "notice".
        limit: the most that the platform takes, in the unit of `measure`.
        measure: counts as the platform does.

    Raises:
        TooLong: a language's shortest form is over the limit.
    """
    blocks = {language: _blocks(layout_name, pieces(situation, form, language, slots, frame)) for language in languages}
    full = {language: whole(rows) for language, rows in blocks.items()}
    joined = SEPARATOR.join(full.values())
    if (units := measure(joined)) <= limit:
        return [Publication(tuple(languages), joined, units)] if languages else []
    found = []
    for language, rows in blocks.items():
        text = fit(rows, limit=limit, measure=measure)
        found.append(Publication((language,), text, measure(text), shortened=text != full[language]))
    return found
