"""Rendering: pieces of a message in one language, laid out for a platform, joined where several languages fit whole, and
continued where threads exist.
"""

import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from crisis.wording.catalogue import Situation, layout, words
from crisis.wording.fit import GAP, Filled, Measure, Rest, assemble, continue_equally, fit_equally, kept, whole
from crisis.wording.forms import form_of
from crisis.wording.slots import Value, place_text, show

# In the stored text of an e-mail: its reader's own token takes the place of the dots when it leaves, and is stored nowhere.
OWN_LINK = "/c/…"
SEPARATOR = "\n\n———\n\n"
# How many publications one language has in a thread, the first included: more is a wall that nobody reads.
MOST_PARTS = 3
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every text of an alert.

    Attributes:
        exercise: whether EXERCISE stands first and last.
        update: whether this is an update, which has words of its own, and says so where the headline begins.
        code: the alert's public code with its number, "ABC123/1": what is looked for when an account is read back.
        link: the alert's public page.
        check_in: where somebody who is not subscribed answers; blank where no answer is asked.
        source: the ministry's name, by language.
        money: "we never ask for money", by language.
        own_link: where the reader of an e-mail answers, with `OWN_LINK` in it.
        replies: whether replies to e-mails are heard.
        routine: whether it is a notice rather than an alert.
    """

    exercise: bool
    code: str
    link: str
    check_in: str
    source: Mapping[str, str]
    money: Mapping[str, str]
    update: bool = False
    own_link: str = ""
    replies: bool = False
    routine: bool = False


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
        shortened: something that may be left out was, and nothing that follows says it.
        follows: it continues one that stands alone: it says what that had no room for, and has no link.
        kinds: what it says, by the blocks of its layout; blank ones are not there.
        subject: one line above it, where the platform has such a thing.
    """

    languages: tuple[str, ...]
    text: str
    units: int
    shortened: bool = False
    follows: bool = False
    kinds: tuple[str, ...] = ()
    subject: str = ""


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
    told = form_of(situation, form, language, slots, update=frame.update)
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
    headline = told.headline.format(place=place_text(slots["place"], language))
    return _around(language, frame, asked=asked) | {
        "headline": f"{fixed['update']} – {headline}" if frame.update and form == "alert" else headline,
        "facts": "\n".join(facts),
        "facts_short": " · ".join(facts),
        "details": " ".join(text for text in free if text),
        "action": told.instructions[0],
        "instructions": "\n".join(f"• {line}" for line in told.instructions),
        "instructions_more": "\n".join(f"• {line}" for line in told.instructions[1:]),
        "phone": "\n".join(phones),
    }


def _around(language: str, frame: Frame, *, asked: bool) -> dict[str, str]:
    """Return what stands around any text of an alert."""
    fixed = words(language)
    return {
        "exercise": fixed["exercise"] if frame.exercise else "",
        "exercise_line": fixed["exercise_line"] if frame.exercise else "",
        "check_in": fixed["check_in"] if asked else "",
        "check_in_public": fixed["check_in_public"].format(link=frame.check_in) if asked else "",
        "email_answer": fixed["email_answer"].format(link=frame.own_link) if asked else "",
        "email_reply": fixed["email_reply"] if asked and frame.replies else "",
        "sms_answer": fixed["sms_answer"] if asked else "",
        "code": frame.code,
        "alert_code": fixed["notice_code" if frame.routine else "alert_code"].format(code=frame.code, link=frame.link),
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
    instructions = form_of(situation, form, language, slots, update=frame.update).instructions
    return CapTexts(headline, description, "\n".join(instructions))


@dataclass(frozen=True, slots=True)
class _Text:
    """One language's text in a layout: its blocks, and what stands around them in a further publication."""

    blocks: list[Filled]
    head: tuple[Filled, ...]
    tail: tuple[Filled, ...]

    def rest(self, kinds: Collection[str]) -> Rest:
        return Rest(self.head, tuple(block for block in self.blocks if block.kind in kinds), self.tail)

    def without(self, kinds: Collection[str]) -> list[str]:
        """Return what it leaves out where it says these kinds."""
        return [block.kind for block in self.blocks if block.drop and block.text and block.kind not in kinds]


def _lay_out(layout_name: str, told: Mapping[str, str]) -> _Text:
    blocks: list[Filled] = []
    follows: list[Filled] = []
    for block in layout(layout_name):
        text = block.template.format(**told).strip()
        # A line whose placeholders are all empty has nothing but its punctuation left.
        names = _PLACEHOLDER.findall(block.template)
        text = text if not names or any(told[name] for name in names) else ""
        for number, line in enumerate(text.split("\n"), start=1):
            filled = Filled(line, block.drop, f"{block.template}/{number}")
            (follows if block.follows else blocks).append(filled)
    mark = Filled(told["exercise"])
    return _Text(blocks, (mark, *follows), (mark,))


def blocks(
    layout_name: str, situation: Situation, form: str, language: str, slots: Mapping[str, Value], frame: Frame
) -> list[Filled]:
    """Return the blocks of a layout with their words in one language, for whoever fits them into something of its own.

    Args:
        layout_name: the layout.
        situation, form, language, slots, frame: see `pieces`.
    """
    return _lay_out(layout_name, pieces(situation, form, language, slots, frame)).blocks


def fixed_text(layout_name: str, language: str, told: Mapping[str, str], frame: Frame) -> str:
    """Return a text of fixed words alone, whole: there is nothing in it that could be left out.

    Args:
        layout_name: its layout.
        language: of its words.
        told: what its layout names beside what stands around any text.
        frame: what does.
    """
    return assemble(_lay_out(layout_name, _around(language, frame, asked=bool(frame.check_in)) | dict(told)).blocks)


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
    required: Collection[str] = (),
    threads: bool = False,
) -> list[Publication]:
    """Return what one account publishes, in order.

    All its languages stand in one text where they fit whole; else those that are required, and then the others; else each has a
    text of its own. Where one of the required ones must be shortened, the others are by the same blocks, and no other
    language says more. What is left out of an alert follows, in at most two further publications a language, after every
    language has spoken.

    Args:
        situation, form, slots, frame: see `pieces`.
        languages: the account's, those that are complete, in its order.
        layout_name: the platform's slug, or "notice".
        limit: the most that the platform takes, in the unit of `measure`.
        measure: counts as the platform does.
        required: the languages that must be equally complete; where the account speaks none of them, all are.
        threads: a publication may continue the one before.

    Raises:
        TooLong: a language's shortest form is over the limit.
    """
    texts = {language: _lay_out(layout_name, pieces(situation, form, language, slots, frame)) for language in languages}
    for groups in _groupings(languages, required):
        joined = [SEPARATOR.join(whole(texts[language].blocks) for language in group) for group in groups]
        if all(measure(text) <= limit for text in joined):
            return [
                Publication(tuple(group), text, measure(text), kinds=_kinds(texts[group[0]].blocks))
                for group, text in zip(groups, joined, strict=True)
                if group
            ]
    equal = [language for language in languages if language in required] or list(languages)
    firsts, parts = _share_out(texts, equal, limit, measure, further=threads and form == "alert")
    found = []
    for language, text in texts.items():
        stand = kept(text.blocks, firsts[language])
        lost = set(text.without([*firsts[language], *itertools.chain(*parts[language])]))
        found.append(_publication(language, assemble(stand), measure, stand, shortened=bool(lost)))
    for number in range(MOST_PARTS - 1):
        for language, text in texts.items():
            for part in parts[language][number : number + 1]:
                rest = text.rest(part)
                found.append(_publication(language, rest.part(part), measure, rest.blocks, follows=True))
    return found


def _groupings(languages: Sequence[str], required: Collection[str]) -> list[list[list[str]]]:
    """Return how the languages may stand together, the best first; none changes their order."""
    if not languages:
        return [[]]
    first = [language for language in languages if language in required]
    others = [language for language in languages if language not in required]
    found = [[list(languages)]]
    if first and others and [*first, *others] == list(languages):
        found += [[first, others], [first, *([language] for language in others)]]
    return found


def _share_out(
    texts: Mapping[str, _Text], equal: Sequence[str], limit: int, measure: Measure, *, further: bool
) -> tuple[dict[str, list[str]], dict[str, list[list[str]]]]:
    """Return for each language which kinds of blocks its first publication says, and each of those that follow.

    They are the same ones in all languages of `equal`; no other says anything that these do not.
    """
    firsts: dict[str, list[str]] = {}
    parts: dict[str, list[list[str]]] = {}
    said: set[str] | None = None
    for group in (equal, *([language] for language in texts if language not in equal)):
        first = fit_equally([texts[language].blocks for language in group], limit=limit, measure=measure, among=said)
        left = [[k for k in texts[language].without(first) if said is None or k in said] for language in group]
        rests = [texts[language].rest(kinds) for language, kinds in zip(group, left, strict=True)]
        most = MOST_PARTS - 1 if further else 0
        then = continue_equally(rests, most=most, limit=limit, measure=measure)
        firsts |= dict.fromkeys(group, first)
        parts |= dict.fromkeys(group, then)
        if said is None:
            said = {*first, *itertools.chain(*then)}
    return firsts, parts


def _kinds(blocks: Sequence[Filled]) -> tuple[str, ...]:
    return tuple(block.kind for block in blocks if block.text and block.text != GAP)


def _publication(
    language: str,
    text: str,
    measure: Measure,
    blocks: Sequence[Filled],
    *,
    shortened: bool = False,
    follows: bool = False,
) -> Publication:
    return Publication((language,), text, measure(text), shortened, follows, _kinds(blocks))
