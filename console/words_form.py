"""The form of a situation's words in one language: headline and instructions of each form, and what things are called."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crisis.language import spoken
from crisis.wording.catalogue import FORMS, Situation, Texts, content_of
from crisis.wording.spacing import spaced

NAMES = {
    "alert": _("Alert"),
    "update": _("Update"),
    "retraction": _("Retraction"),
    "all_clear": _("All-clear"),
}
_ONE_A_LINE = _("One a line; the first always stays, whatever the platform’s limit")
_HEADLINE = _("With {place} where the place stands")


class WordsForm(forms.Form):
    """What headquarters writes for one situation in one language."""

    def __init__(self, *args: Any, kind: Situation, language: str, **kwargs: Any) -> None:
        """Make the fields that the situation has."""
        super().__init__(*args, **kwargs)
        self.kind, self.language = kind, language
        texts = kind.texts.get(spoken()) or kind.texts[language]
        self.fields["name"] = _line(_("Name"), language, 60)
        for form, name in NAMES.items():
            if form == "all_clear" and kind.ends:
                continue  # it is one itself
            if form != "update":
                self.fields[f"{form}_headline"] = _line(_headed(name, _("headline")), language, 120, _HEADLINE)
            self.fields[f"{form}_instructions"] = forms.CharField(
                label=_headed(name, _("what to do")),
                help_text=_ONE_A_LINE,
                widget=forms.Textarea(attrs={"rows": 5, "lang": language}),
                max_length=2000,
            )
        for slot, label in texts.slots.items():
            self.fields[f"slot_{slot}"] = _line(_headed(_("Called"), label), language, 60)
        for slot, choices in texts.choices.items():
            for choice, label in choices.items():
                self.fields[f"choice_{slot}_{choice}"] = _line(_headed(texts.slots[slot], label), language, 100)

    def content(self) -> dict[str, Any]:
        """Return what was filled in, in the shape of a file; only valid forms have it."""
        data = self.cleaned_data
        found: dict[str, Any] = {"name": data["name"]}
        for form in FORMS:
            if f"{form}_instructions" in data:
                typed = data[f"{form}_instructions"].splitlines()
                lines = [spaced(self.language, " ".join(line.split())) for line in typed]
                headline = data.get(f"{form}_headline", data["alert_headline"])
                found[form] = {"headline": headline, "instructions": [line for line in lines if line]}
        found["slots"] = {slot.name: data[f"slot_{slot.name}"] for slot in self.kind.slots}
        found["choices"] = {
            slot.name: {choice: data[f"choice_{slot.name}_{choice}"] for choice in slot.choices}
            for slot in self.kind.slots
            if slot.kind == "choice"
        }
        return found


def _line(label: Any, language: str, longest: int, hint: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"lang": language})
    return forms.CharField(label=label, max_length=longest, widget=widget, help_text=hint)


def _headed(head: Any, rest: Any) -> str:
    return f"{head}: {rest}"


def initial(texts: Texts) -> dict[str, str]:
    """Return texts as the form's fields show them."""
    content = content_of(texts)
    found = {"name": texts.name}
    for form in FORMS:
        found[f"{form}_headline"] = content[form]["headline"]
        found[f"{form}_instructions"] = "\n".join(content[form]["instructions"])
    found |= {f"slot_{slot}": label for slot, label in texts.slots.items()}
    for slot, choices in texts.choices.items():
        found |= {f"choice_{slot}_{choice}": label for choice, label in choices.items()}
    return found
