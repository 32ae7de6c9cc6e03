"""Which words an alert says: its situation's own, those of an update, or the all-clear of the situation that is over."""

from collections.abc import Mapping
from typing import Any

from crisis.wording.catalogue import Form, Situation


def ended(kind: Situation, slots: Mapping[str, Mapping[str, Any]]) -> Situation | None:
    """Return the situation that an alert says is over, or None where it names none.

    Args:
        kind: the alert's situation.
        slots: the filled slots.
    """
    chosen = (slots[slot.name]["choice"] for slot in kind.slots if slot.ends and slot.name in slots)
    return next((kind.ends.get(slug) for slug in chosen), None)


def sources(kind: Situation, slots: Mapping[str, Mapping[str, Any]]) -> list[Situation]:
    """Return the situations from which an alert has its words."""
    over = ended(kind, slots)
    return [kind, over] if over else [kind]


def form_of(
    kind: Situation, form: str, language: str, slots: Mapping[str, Mapping[str, Any]], *, update: bool = False
) -> Form:
    """Return the words of an alert in one language.

    Args:
        kind: the alert's situation.
        form: "alert" or "retraction".
        language: one that `slots.missing` finds complete.
        slots: the filled slots.
        update: the alert takes the place of an earlier one, of the same situation.
    """
    forms = kind.texts[language].forms
    if form != "alert":
        return forms[form]
    if update:
        return forms["update"]
    over = ended(kind, slots)
    return over.texts[language].forms["all_clear"] if over else forms["alert"]
