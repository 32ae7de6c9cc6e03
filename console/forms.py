"""The form of an alert: one field a slot, free slots once a language; what is wrong is said by the domain, at its field."""

import re
from typing import Any

from django import forms

from crisis.alerts.content import REMIND_AFTER, Circle, Content, ContentError
from crisis.alerts.models import Alert, Area
from crisis.places.models import Place
from crisis.places.names import country_name, country_of, unknown_countries
from crisis.places.queries import label
from crisis.registry.models import Account, Ministry, Mode
from crisis.registry.queries import directory_choices
from crisis.wording.catalogue import Situation, Slot
from crisis.wording.slots import place_text

_SEPARATOR = re.compile(r"[,;\n]+")
_OPTIONAL = " (optional)"


class ComposeForm(forms.Form):
    """What an officer fills in for one situation."""

    countries = forms.CharField(
        required=False, label="Countries", help_text="Names or two-letter codes, separated by commas: Japan, KR"
    )
    around = forms.CharField(
        required=False,
        label="Or around a town",
        help_text="In place of countries, or beside them. With its country where several bear the name: Tripoli, Lebanon",
    )
    radius_km = forms.IntegerField(required=False, min_value=1, max_value=1000, label="Radius in km")
    expires_hours = forms.IntegerField(required=False, min_value=1, max_value=336, label="Holds for (hours)")
    remind_after = forms.IntegerField(
        required=False,
        initial=REMIND_AFTER,
        label="Remind the silent after (minutes)",
        help_text="Whoever has not answered by then is reminded, then asked another way, then their emergency contact is "
        "asked, then a person calls. Blank: nobody is",
    )

    def __init__(self, *args: Any, situation: Situation, ministry: Ministry, **kwargs: Any) -> None:
        """Make the fields that the situation asks for."""
        super().__init__(*args, **kwargs)
        self.situation = situation
        self.ministry = ministry
        if not situation.rollcall:
            del self.fields["remind_after"]
        self.fields["expires_hours"].widget.attrs["placeholder"] = situation.expires_hours
        for slot in situation.slots:
            self._add(slot)
        asked = Account.objects.filter(is_home=True, mode=Mode.LIVE, broadcast=Account.Broadcast.ASK)
        if asked:
            choices = [(account.pk, f"{account.holder}: {account}") for account in asked.select_related("holder")]
            self.fields["accounts"] = forms.MultipleChoiceField(
                required=False,
                choices=choices,
                widget=forms.CheckboxSelectMultiple,
                label="Also through these accounts",
            )

    def _add(self, slot: Slot) -> None:
        texts = self.situation.texts.get("en") or next(iter(self.situation.texts.values()))
        label = texts.slots[slot.name] + ("" if slot.required else _OPTIONAL)
        name = f"slot_{slot.name}"
        match slot.kind:
            case "time":
                widget = forms.TextInput(attrs={"type": "datetime-local"})
                self.fields[name] = forms.CharField(
                    required=False, label=label, widget=widget, help_text="Local time at the place"
                )
            case "choice":
                choices = [("", "Choose"), *texts.choices[slot.name].items()]
                self.fields[name] = forms.ChoiceField(required=False, label=label, choices=choices)
            case "phone" | "link":
                entries = directory_choices(self.ministry, [], slot.kind)
                choices = [
                    (str(e.pk), f"{e.value} ({e.get_purpose_display().lower()}){_doubt(e.verified_on)}")
                    for e in entries
                ]
                self.fields[name] = forms.ChoiceField(required=False, label=label, choices=choices)
            case "free":
                for language in self.ministry.languages:
                    widget_area = forms.Textarea(attrs={"rows": 2, "lang": language, "maxlength": slot.longest})
                    self.fields[f"{name}_{language}"] = forms.CharField(
                        required=False, label=f"{texts.slots[slot.name]}: {language}", widget=widget_area
                    )
            case "place":
                hint = "A town in the area; left blank, the area itself is named"
                self.fields[name] = forms.CharField(required=False, label=label, help_text=hint)
            case _:
                self.fields[name] = forms.CharField(
                    required=False, label=label, widget=forms.TextInput(attrs={"inputmode": "decimal"})
                )

    def content(self) -> Content:
        """Return what was filled in; only valid forms have it.

        Raises:
            ContentError: a country is unknown.
        """
        data = self.cleaned_data
        typed = [word.strip() for word in _SEPARATOR.split(data["countries"]) if word.strip()]
        unknown = [word for word in typed if country_of(word) is None]
        if unknown:
            raise ContentError({"countries": unknown_countries(unknown)})
        circle = Circle(data["around"], data["radius_km"] or 0) if data["around"] else None
        slots = {s.name: str(data.get(f"slot_{s.name}") or "") for s in self.situation.slots if s.kind != "free"}
        free = {
            slot.name: {code: str(data.get(f"slot_{slot.name}_{code}") or "") for code in self.ministry.languages}
            for slot in self.situation.slots
            if slot.kind == "free"
        }
        return Content(
            situation=self.situation.slug,
            countries=[country_of(word) or word for word in typed],
            circle=circle,
            slots=slots,
            free=free,
            accounts=[int(pk) for pk in data.get("accounts", [])],
            expires_hours=data["expires_hours"],
            remind_after=data.get("remind_after"),
        )

    @property
    def begun(self) -> bool:
        """Whether anything was filled in yet; what a list or a field begins with is nobody's choice."""
        for name, field in self.fields.items():
            listed = isinstance(field.widget, forms.Select) and field.widget.choices
            first = str(next(iter(listed))[0]) if listed else str(field.initial or "")
            if self[name].data and self[name].data != first:
                return True
        return False

    @property
    def said(self) -> list[tuple[str, str]]:
        """What is wrong, each with what its field is called; blank for the form as a whole."""
        return [
            (str(self.fields[name].label).removesuffix(_OPTIONAL) if name in self.fields else "", str(words))
            for name, found in self.errors.items()
            for words in found
        ]

    def blame(self, error: ContentError) -> None:
        """Say at each field what the domain found wrong there."""
        names = {"circle": "around", "mode": None, "situation": None}
        for where, found in error.errors.items():
            words = found
            field = names.get(where, where)
            if field is not None and field.startswith("slots."):
                field = f"slot_{field.removeprefix('slots.')}"
                if field not in self.fields:
                    language, _, rest = words.partition(": ")
                    field, words = f"{field}_{language}", rest or words
            self.add_error(field if field in self.fields else None, words)


def _doubt(verified_on: object) -> str:
    return "" if verified_on else " – not verified yet"


def initial(alert: Alert) -> dict[str, Any]:
    """Return an alert as the form's fields show it."""
    areas = list(alert.areas.select_related("place"))
    circle = next((area for area in areas if area.kind == Area.Kind.CIRCLE), None)
    found: dict[str, Any] = {
        "countries": ", ".join(country_name(area.country, "en") for area in areas if area.kind == Area.Kind.COUNTRY),
        "around": _around(circle) if circle else "",
        "radius_km": circle.radius_km if circle else None,
        "expires_hours": alert.expires_hours,
        "remind_after": alert.remind_after,
        "accounts": [str(pk) for pk in alert.ticked_accounts.values_list("pk", flat=True)],
    }
    for name, value in alert.slots.items():
        field = f"slot_{name}"
        if "free" in value:
            found |= {f"{field}_{language}": text for language, text in value["free"].items()}
        elif "at" in value:
            found[field] = _local(value)
        elif "entry" in value:
            found[field] = str(value["entry"])
        elif "countries" in value:
            found[field] = _town(value, circle)
        else:
            found[field] = value.get("number", value.get("choice", ""))
    return found


def _around(circle: Area) -> str:
    return label(circle.place) if circle.place else circle.name


def _town(value: dict[str, Any], circle: Area | None) -> str:
    """Return the town of the slot `place` as typed; blank where the circle gives it, so that it follows the circle."""
    if not value.get("name") or (circle is not None and circle.place_id == value.get("id")):
        return ""
    place = Place.objects.filter(pk=value["id"]).first() if value.get("id") else None
    return label(place) if place else place_text(value, "en")


def _local(value: dict[str, Any]) -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.fromisoformat(value["at"]).astimezone(ZoneInfo(value["zone"])).strftime("%Y-%m-%dT%H:%M")
