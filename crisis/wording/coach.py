"""The coach: does a message say the six things that people look for before they act? It names what is missing.

Source of the six: research on warnings (Mileti and Sorensen 1990; Sutton and Kuligowski 2019). Texts without them make people
ask around instead of acting.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from crisis.places.names import country_name
from crisis.wording.catalogue import OTHER, Situation, Slot
from crisis.wording.slots import Value


@dataclass(frozen=True, slots=True)
class Draft:
    """What the coach reads.

    Attributes:
        kind: the situation.
        slots: what was filled in.
        source: who speaks, by language.
        languages: those in which it is told.
        earlier: what the alert said of which this is an update, or None.
        speaks: in which language the officer reads.
    """

    kind: Situation
    slots: Mapping[str, Value]
    source: Mapping[str, str]
    languages: Collection[str]
    earlier: Mapping[str, Value] | None = None
    speaks: str = "en"

    def of(self, kind: str) -> list[Slot]:
        """Return the situation's slots of one kind."""
        return [slot for slot in self.kind.slots if slot.kind == kind]

    def label(self, kind: str) -> str:
        """Return what the form calls the first slot of a kind; blank where there is none."""
        return next((self.kind.label(slot.name, self.speaks) for slot in self.of(kind)), "")

    def says(self, kind: str) -> bool:
        """Tell whether a slot of a kind is filled in."""
        return any(slot.name in self.slots for slot in self.of(kind))


def read(draft: Draft) -> dict[str, str]:
    """Return for each of the six what is missing, in a sentence for the officer; blank where it is there."""
    return {name: check(draft) for name, check in _CHECKS.items()}


def _source(draft: Draft) -> str:
    silent = [language for language in draft.languages if not draft.source.get(language)]
    if not silent:
        return ""
    return gettext("The ministry has no name in {languages}: nobody reads there who speaks.").format(
        languages=", ".join(silent)
    )


def _hazard(draft: Draft) -> str:
    vague = [slot for slot in draft.of("choice") if draft.slots.get(slot.name, {}).get("choice") == OTHER]
    if not vague or draft.says("free"):
        return ""
    texts = draft.kind.texts.get(draft.speaks) or next(iter(draft.kind.texts.values()))
    return gettext("You chose “{choice}”: say which, in “{details}”.").format(
        choice=texts.choices[vague[0].name][OTHER], details=draft.label("free")
    )


def _place(draft: Draft) -> str:
    place = draft.slots["place"]
    if place.get("name"):
        return ""
    countries = place["countries"]
    named = ", ".join(country_name(code, draft.speaks) for code in countries[:3])
    return ngettext(
        "It names only {countries}. Is the whole country meant? Else name a town.",
        "It names only {countries}. Are whole countries meant? Else name a town.",
        len(countries),
    ).format(countries=named + (" …" if len(countries) > 3 else ""))


def _time(draft: Draft) -> str:
    if draft.says("time") or (draft.kind.routine and not draft.of("time")):
        return ""  # travel advice holds from when it is read
    if label := draft.label("time"):
        if draft.of("time")[0].required:
            return gettext("It says no time, which it must: give it in “{label}”.").format(label=label)
        return gettext("It says no time: give it in “{label}”, if known.").format(label=label)
    return gettext("It says no time: give it in “{label}”, with whose local time it is.").format(
        label=draft.label("free")
    )


def _guidance(draft: Draft) -> str:
    if draft.says("phone") or not draft.of("phone"):
        return ""
    return gettext("It gives no number to call: choose one in “{label}”.").format(label=draft.label("phone"))


def _impact(draft: Draft) -> str:
    label = draft.label("free")
    if not label:
        return ""
    if draft.earlier is not None and dict(draft.slots) == dict(draft.earlier):
        return gettext("It says the same as the alert before: write in “{label}” what has changed.").format(label=label)
    if draft.says("free"):
        return ""
    return gettext("It says nothing of people, roads or services: write it in “{label}”.").format(label=label)


_CHECKS: dict[str, Callable[[Draft], str]] = {
    "source": _source,
    "hazard": _hazard,
    "place": _place,
    "time": _time,
    "guidance": _guidance,
    "impact": _impact,
}
