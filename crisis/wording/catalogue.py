"""Reading templates/messages: situations with their texts by language, the fixed words, the layouts."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

FORMS = ("alert", "retraction", "update", "all_clear")
WORDS = (
    "exercise", "exercise_line", "labelled", "local_time", "alert_code", "notice_code", "check_in", "check_in_public", "safe",
    "help",
    "email_answer", "email_reply",
    "not_there", "safe_all", "safe_some", "help_all", "not_there_all",
    "update", "sms_answer", "sms_safe", "sms_needs_help", "sms_not_there", "sms_only_exercise",
    "sms_newer_stands", "sms_passed_on", "sms_asked", "sms_place", "sms_noted", "sms_leave", "sms_passport",
    "sms_nothing", "sms_newest_only", "sms_number", "seeking_ask", "seeking_safe", "seeking_touch", "stranger_phone",
    "stranger_private", "stranger_public", "invitation_subject", "invitation_email", "invitation_sms",
    "reminder", "reminder_subject", "emergency", "emergency_unnamed", "emergency_subject",
)  # fmt: skip
# The choice that says nothing by itself.
OTHER = "other"
SLOT_KINDS = ("place", "time", "number", "phone", "link", "choice", "free")


class CatalogueError(Exception):
    """A file below templates/messages is wrong; the message names the file and what it lacks."""


class UnknownSituation(Exception):
    """There is no situation of that name; the message lists those that exist."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Something that the officer fills in, once.

    Attributes:
        kind: place, time, number, phone, link, choice or free; only a free one is written once per language.
        longest: of a free one, in characters.
        future: of a time: it must still be to come, as an "until" must.
        past: of a time: it must not be to come, as that of an earthquake.
        ends: of a choice: each but "other" is a situation, whose all-clear is told.
    """

    name: str
    kind: str
    required: bool = True
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    decimals: int = 0
    longest: int = 300
    future: bool = False
    past: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """One of a situation's `FORMS` in one language; the first instruction is the one that always stays."""

    headline: str
    instructions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """A situation in one language.

    Attributes:
        reviewed_by, reviewed_on: the native speaker who has, and when ("2026-11-29"), or blank.
        version, edition: of words that headquarters wrote, their number and their row; 0 of those that are shipped.
    """

    name: str
    forms: dict[str, Form]
    slots: dict[str, str]
    choices: dict[str, dict[str, str]]
    written_by: str
    reviewed_by: str
    reviewed_on: str
    version: int = 0
    edition: int = 0

    @property
    def reviewed(self) -> bool:
        """Whether a native speaker has put a name to it."""
        return bool(self.reviewed_by and self.reviewed_on)


@dataclass(frozen=True, slots=True)
class Situation:
    """A kind of crisis with its slots and its texts; category, response, urgency, severity, certainty are CAP 1.2's words.

    Attributes:
        ends: the situations whose end it tells, by slug.
        routine: it is no crisis (travel advice, a closed office, elections): it asks nobody, may be published later, and waits
            while an alert is open for the same posts.
    """

    slug: str
    category: str
    response: tuple[str, ...]
    urgency: str
    severity: str
    certainty: str
    expires_hours: int
    rollcall: bool
    slots: tuple[Slot, ...]
    texts: dict[str, Texts] = field(repr=False)
    ends: "dict[str, Situation]" = field(default_factory=dict, repr=False)
    routine: bool = False

    def slot(self, name: str) -> Slot:
        """Return a slot by its name.

        Raises:
            KeyError: it has none of that name.
        """
        return next(slot for slot in self.slots if slot.name == name)

    def name(self, language: str) -> str:
        """Return what the situation is called in a language, else in English, else its slug."""
        texts = self.texts.get(language) or self.texts.get("en")
        return texts.name if texts else self.slug

    def label(self, slot: str, language: str) -> str:
        """Return what a language calls a slot, else English, else its name; "texts" is a language that has none of its own."""
        if slot == "texts":
            return "texts in this language"
        texts = self.texts.get(language) or self.texts.get("en")
        return texts.slots.get(slot, slot) if texts else slot


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a layout.

    Attributes:
        drop: 0 always stays, else the greatest goes first where the text is too long.
        follows: it heads the publications that follow the first one in a thread, and stands in no other.
    """

    template: str
    drop: int = 0
    follows: bool = False


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path.parent.name}/{path.name}: {error}") from error


def texts_from(content: Mapping[str, Any], slots: Sequence[Slot], where: str) -> Texts:
    """Return the texts that a file, or whatever has its shape, holds.

    Args:
        content: name, written_by, reviewed_by, reviewed_on, a table for each of `FORMS`, slots, choices.
        slots: the situation's.
        where: it comes from, for whoever mends it.

    Raises:
        CatalogueError: something is missing.
    """
    try:
        forms = _forms(content, ends=any(slot.ends for slot in slots))
        labels = {slot.name: str(content["slots"][slot.name]) for slot in slots}
        choices = {
            slot.name: {choice: str(content["choices"][slot.name][choice]) for choice in slot.choices}
            for slot in slots
            if slot.kind == "choice"
        }
        name, written_by = str(content["name"]), str(content["written_by"])
    except KeyError as error:
        raise CatalogueError(f"{where} lacks {error}.") from error
    for form_name, form in forms.items():
        if "{place}" not in form.headline or not form.instructions:
            raise CatalogueError(f"{where}: the headline of [{form_name}] must name {{place}}, and say what to do.")
    review = content.get("reviewed_by", ""), content.get("reviewed_on", "")
    return Texts(name, forms, labels, choices, written_by, *review)


def _forms(content: Mapping[str, Any], *, ends: bool) -> dict[str, Form]:
    """Return the forms; an update has the alert's headline, behind the word for it, and what ends others is an all-clear."""
    own = {**content, "all_clear": content["alert"]} if ends else content
    heads = {**own, "update": own["alert"]}
    return {form: Form(heads[form]["headline"], tuple(own[form]["instructions"])) for form in FORMS}


def content_of(texts: Texts) -> dict[str, Any]:
    """Return texts in the shape that `texts_from` reads, without their review."""
    forms = {
        name: {"headline": form.headline, "instructions": [*form.instructions]} for name, form in texts.forms.items()
    }
    return {
        "name": texts.name,
        "written_by": texts.written_by,
        **forms,
        "slots": dict(texts.slots),
        "choices": {slot: dict(choices) for slot, choices in texts.choices.items()},
    }


def _situation(folder: Path) -> Situation:
    content = _read(folder / "situation.toml")
    try:
        slots = tuple(Slot(**{**slot, "choices": tuple(slot.get("choices", ()))}) for slot in content.pop("slots"))
        paths = [path for path in sorted(folder.glob("*.toml")) if path.stem != "situation"]
        texts = {path.stem: texts_from(_read(path), slots, f"{folder.name}/{path.name}") for path in paths}
        situation = Situation(
            slug=folder.name, slots=slots, texts=texts, **{**content, "response": tuple(content["response"])}
        )
    except (KeyError, TypeError) as error:
        raise CatalogueError(f"{folder.name}/situation.toml: {error}") from error
    unknown = [slot.kind for slot in slots if slot.kind not in SLOT_KINDS]
    if unknown or "place" not in [slot.name for slot in slots]:
        raise CatalogueError(f"{folder.name}/situation.toml: unknown kinds {unknown}, or no slot named place.")
    return situation


@cache
def situations() -> dict[str, Situation]:
    """Return every situation by its slug.

    Raises:
        CatalogueError: a file is wrong.
    """
    root = settings.MESSAGES_DIR / "situations"
    found = {folder.name: _situation(folder) for folder in sorted(root.iterdir()) if folder.is_dir()}
    for slug, kind in found.items():
        over = [each for slot in kind.slots if slot.ends for each in slot.choices if each != OTHER]
        if unknown := [each for each in over if each not in found]:
            raise CatalogueError(f"{slug}/situation.toml ends what is no situation: {', '.join(unknown)}.")
        found[slug] = replace(kind, ends={each: found[each] for each in over})
    return found


def situation(slug: str) -> Situation:
    """Return one situation.

    Raises:
        UnknownSituation: there is none of that name.
    """
    try:
        return situations()[slug]
    except KeyError:
        raise UnknownSituation(f"Unknown situation {slug!r}. There are: {', '.join(situations())}.") from None


@cache
def words(language: str) -> dict[str, str]:
    """Return the fixed words of a language.

    Raises:
        CatalogueError: there are none, or one is missing; a fixed word is never taken from another language.
    """
    content = _read(settings.MESSAGES_DIR / "words" / f"{language}.toml")
    missing = [name for name in (*WORDS, "local") if not content.get(name)]
    if missing:
        raise CatalogueError(f"words/{language}.toml lacks {', '.join(missing)}.")
    return {name: str(content[name]) for name in WORDS}


@cache
def refused_phrases() -> frozenset[str]:
    """Return what nobody may write in any language: that a drill is none, or that the real thing is no drill."""
    found: set[str] = set()
    for path in (settings.MESSAGES_DIR / "words").glob("*.toml"):
        found |= {str(phrase).casefold() for phrase in _read(path).get("refused", [])}
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Clock:
    """How a language writes an hour, and says whose clock it is by; every list holds what stands in the words, casefolded.

    Attributes:
        local: what says that an hour is by the place's own clock.
        hour: after a number, an hour always.
        hour_or_duration: after a number, an hour only with minutes, or behind a word of `at`.
        at: what stands before an hour.
    """

    local: tuple[str, ...]
    hour: tuple[str, ...]
    hour_or_duration: tuple[str, ...]
    at: tuple[str, ...]


@cache
def clock_words(language: str) -> Clock:
    """Return how hours are written: as a language does, and as every other, because people mix them; `local` is its own.

    Raises:
        CatalogueError: see `words`.
    """
    words(language)
    folder = settings.MESSAGES_DIR / "words"
    own = _read(folder / f"{language}.toml")
    found = {"hour": set[str](), "hour_or_duration": set[str](), "at": set[str]()}
    for path in folder.glob("*.toml"):
        content = _read(path)
        for name, known in found.items():
            known |= {str(word).casefold() for word in content.get(name, [])}
    found["hour"] -= set(own.get("not_hour", []))
    local = tuple(str(word).casefold() for word in own["local"])
    return Clock(local, **{name: tuple(sorted(known, key=len, reverse=True)) for name, known in found.items()})


@cache
def layout(name: str) -> tuple[Block, ...]:
    """Return the blocks of one layout.

    Args:
        name: a platform's slug, or "notice" for a citizen's private chat.

    Raises:
        CatalogueError: there is none.
    """
    path = settings.MESSAGES_DIR / "layouts" / f"{name}.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CatalogueError(f"layouts/{name}.txt: {error.strerror}") from error
    blocks = []
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        mark, _, rest = line.partition(" ")
        if mark[0] == "?" and mark[1:].isdecimal():
            blocks.append(Block(rest, int(mark[1:])))
        else:
            blocks.append(Block(rest, follows=True) if mark == "+" else Block(line))
    return tuple(blocks)
