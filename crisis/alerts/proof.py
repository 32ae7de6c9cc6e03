"""Proof-reading a situation's words before anybody may use them: what no text may hold, and whether each fits everywhere."""

import re
from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from crisis.registry.models import Ministry
from crisis.wording import slots
from crisis.wording.catalogue import FORMS, Form, Situation, Slot
from crisis.wording.fit import TooLong
from crisis.wording.render import Frame, render
from crisis.wording.slots import SlotError
from platforms import catalog

# A long name of a place with a long name of its country: what holds it, holds nearly every other.
LONG_PLACE = {"name": "Saint-Pierre-et-Miquelon", "countries": ["PM"], "zone": "America/Miquelon"}
_LINE = Slot("line", "free", longest=300)
_BRACES = re.compile(r"\{[^}]*\}?|\}")


def problems(kind: Situation, language: str, ministry: Ministry) -> list[str]:
    """Return what is wrong with a situation's words in a language, each as a sentence that begins with the form.

    Args:
        kind: with these words.
        language: theirs.
        ministry: whose name and link stand around them.
    """
    found: list[str] = []
    for name in FORMS:
        form = kind.texts[language].forms[name]
        wrong = [*_lines(form, language), *_too_long(kind, name, language, ministry)]
        found += [f"{name.replace('_', ' ').capitalize()}: {why}" for why in dict.fromkeys(wrong)]
    return found


def _lines(form: Form, language: str) -> Iterator[str]:
    if _BRACES.findall(form.headline) != ["{place}"]:
        yield _("the headline names {place} once, and has no other braces.")
    for line in (form.headline.replace("{place}", ""), *form.instructions):
        if _BRACES.search(line):
            yield _("“%(line)s” has braces.") % {"line": line}
        try:
            slots.free(_LINE, {language: line})
        except SlotError as error:
            yield f"“{line}”: {error}"


def _too_long(kind: Situation, name: str, language: str, ministry: Ministry) -> Iterator[str]:
    texts = kind.texts[language]
    retracts = name == "retraction"
    # Whatever the form, it stands where an alert does.
    said = texts if retracts else replace(texts, forms=texts.forms | {"alert": texts.forms[name]})
    around = Frame(
        exercise=True, update=name == "update", code="222222/10", link=f"{settings.PUBLIC_URL}/a/222222", check_in="",
        source=ministry.names, money=ministry.money_line,
    )  # fmt: skip
    for spec in [*catalog.specs(), *catalog.private()]:
        try:
            render(
                replace(kind, texts={language: said}), "retraction" if retracts else "alert", [language],
                {"place": LONG_PLACE}, around, layout_name=spec.layout, limit=spec.text_limit, measure=spec.measure,
            )  # fmt: skip
        except TooLong as error:
            yield _(
                "%(units)d of %(limit)d %(unit)s on %(platform)s, with a long name of a place: shorten the headline or the "
                "first instruction."
            ) % {"units": error.units, "limit": error.limit, "unit": _(spec.unit), "platform": spec.name}
