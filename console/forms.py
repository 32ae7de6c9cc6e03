"""The form of an alert: one field a slot, free slots once a language; what is wrong is said by the domain, at its field."""

import re
from contextlib import suppress
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from console.templatetags.tocsin import colon
from crisis.alerts.content import REMIND_AFTER, Content, ContentError
from crisis.alerts.models import Alert, Area
from crisis.alerts.where import Circle
from crisis.language import spoken, within
from crisis.places import rings
from crisis.places.models import Place
from crisis.places.names import country_name, country_of, unknown_countries
from crisis.places.queries import label
from crisis.registry.models import Account, Ministry, Mode
from crisis.registry.queries import directory_choices
from crisis.wording.catalogue import Situation, Slot
from crisis.wording.slots import by_its_clock, place_text

_SEPARATOR = re.compile(r"[,;\n]+")
_OPTIONAL = _(" (optional)")
RADIUS_KM = 50


class PlaceForm(forms.Form):
    """Where an alert holds: countries, a circle, an area on the map."""

    countries = forms.CharField(
        required=False,
        label=_("Countries"),
        widget=forms.TextInput(attrs={"list": "countries", "autocomplete": "off", "placeholder": _("Japan, KR")}),
    )
    around = forms.CharField(
        required=False,
        label=_("Around a town"),
        help_text=_("With its country where several bear the name: Tripoli, Lebanon. Or around a point: 35.68, 139.77"),
        widget=forms.TextInput(attrs={"list": "towns", "autocomplete": "off"}),
    )
    radius_km = forms.IntegerField(
        required=False, initial=RADIUS_KM, min_value=1, max_value=1000, label=_("Radius in km")
    )
    corners = forms.CharField(
        required=False,
        label=_("An area, by its corners"),
        help_text=_(
            "Degrees north and east, in the order in which one walks around it: 35.6 139.5, 35.9 139.5, 35.9 140.1"
        ),
    )
    PLACE: ClassVar = ("countries", "around", "radius_km", "corners")

    @property
    def country_fields(self) -> list[forms.BoundField]:
        """The field that says in which countries."""
        return [self["countries"]]

    @property
    def part_fields(self) -> list[forms.BoundField]:
        """The fields that say where within them, or across them."""
        return [self[name] for name in self.PLACE if name != "countries"]

    @property
    def open_part(self) -> bool:
        """Whether one of those is filled in, or wrong."""
        return any(field.errors for field in self.part_fields) or bool(
            self["around"].value() or self["corners"].value()
        )

    def where(self) -> tuple[list[str], Circle | None, str]:
        """Return the countries, the circle and the corners that were filled in; only valid forms have them.

        Raises:
            ContentError: a country is unknown.
        """
        data = self.cleaned_data
        typed = [word.strip() for word in _SEPARATOR.split(data["countries"]) if word.strip()]
        unknown = [word for word in typed if country_of(word) is None]
        if unknown:
            raise ContentError({"countries": unknown_countries(unknown)})
        circle = Circle(data["around"], data["radius_km"] or RADIUS_KM) if data["around"] else None
        return [country_of(word) or word for word in typed], circle, data["corners"]


class ComposeForm(PlaceForm):
    """What an officer fills in for one situation."""

    expires_hours = forms.IntegerField(required=False, min_value=1, max_value=336, label=_("Holds for (hours)"))
    remind_after = forms.IntegerField(
        required=False,
        initial=REMIND_AFTER,
        label=_("Remind the silent after (minutes)"),
        help_text=_(
            "Whoever has not answered by then is reminded, then asked another way, then their emergency contact is asked, "
            "then a person calls. Blank: nobody is"
        ),
    )

    def __init__(self, *args: Any, situation: Situation, ministry: Ministry, **kwargs: Any) -> None:
        """Make the fields that the situation asks for."""
        super().__init__(*args, **kwargs)
        self.situation = situation
        self.ministry = ministry
        if not situation.rollcall:
            del self.fields["remind_after"]
        if situation.routine:
            self.fields["publish_at"] = forms.CharField(
                required=False,
                label=_("Publish at"),
                widget=forms.TextInput(attrs={"type": "datetime-local"}),
                help_text=_("Local time at the place. Blank: at once, when it is approved"),
            )
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
                label=_("Also through these accounts"),
            )

    def _add(self, slot: Slot) -> None:
        texts = self.situation.texts.get(spoken()) or next(iter(self.situation.texts.values()))
        label = texts.slots[slot.name] + ("" if slot.required else str(_OPTIONAL))
        name = f"slot_{slot.name}"
        match slot.kind:
            case "time":
                # What has happened begins with the time that it is there now; a page's script knows it once it knows the place.
                now = {"data-begins-now": True} if slot in self._begin_now else {}
                widget = forms.TextInput(attrs={"type": "datetime-local"} | now)
                self.fields[name] = forms.CharField(
                    required=False, label=label, widget=widget, help_text=_("Local time at the place")
                )
            case "choice":
                choices = [("", _("Choose")), *texts.choices[slot.name].items()]
                self.fields[name] = forms.ChoiceField(required=False, label=label, choices=choices)
            case "phone" | "link":
                entries = sorted(directory_choices(self.ministry, [], slot.kind), key=lambda e: e.verified_on is None)
                choices = [
                    (str(e.pk), f"{e.value} ({within(e.get_purpose_display())}){_doubt(e.verified_on)}")
                    for e in entries
                ]
                self.fields[name] = forms.ChoiceField(required=False, label=label, choices=choices)
            case "free":
                for language in self.ministry.languages:
                    widget_area = forms.Textarea(attrs={"rows": 2, "lang": language, "maxlength": slot.longest})
                    self.fields[f"{name}_{language}"] = forms.CharField(
                        required=False, label=f"{texts.slots[slot.name]}{colon()} {language}", widget=widget_area
                    )
            case "place":
                hint = _("Named in the text. It does not narrow who is told")
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
        countries, circle, corners = self.where()
        slots = {s.name: str(data.get(f"slot_{s.name}") or "") for s in self.situation.slots if s.kind != "free"}
        free = {
            slot.name: {code: str(data.get(f"slot_{slot.name}_{code}") or "") for code in self.ministry.languages}
            for slot in self.situation.slots
            if slot.kind == "free"
        }
        return Content(
            situation=self.situation.slug,
            countries=countries,
            circle=circle,
            corners=corners,
            slots=slots,
            free=free,
            zones={slot.name: zone for slot in self._begin_now if (zone := self._zone(slot))},
            accounts=[int(pk) for pk in data.get("accounts", [])],
            expires_hours=data["expires_hours"],
            remind_after=data.get("remind_after"),
            publish_at=data.get("publish_at", ""),
        )

    @property
    def _begin_now(self) -> list[Slot]:
        return [slot for slot in self.situation.slots if slot.kind == "time" and slot.required and slot.past]

    @property
    def filled_in(self) -> list[tuple[str, str]]:
        """The hidden fields in which the page keeps the time that it filled in, and by whose clock, each with its value."""
        names = [f"now_{slot.name}" for slot in self._begin_now]
        return [(name, self.data.get(name) or self.initial.get(name) or "") for name in names]

    def _zone(self, slot: Slot) -> str:
        """Return by whose clock the page filled a time in: of a place that may have been another; blank if it was typed since."""
        at, _between, zone = self.data.get(f"now_{slot.name}", "")[:80].partition(" ")
        if at != self.cleaned_data.get(f"slot_{slot.name}"):
            return ""
        with suppress(ValueError, OSError, KeyError):  # what nobody's clock is called
            return ZoneInfo(zone).key
        return ""

    @property
    def slot_fields(self) -> list[forms.BoundField]:
        """The fields of what the situation asks for."""
        slots = [name for name in self.fields if name.startswith("slot_") and name not in self._further]
        return [self[name] for name in (*slots, "publish_at") if name in self.fields]

    @property
    def further_fields(self) -> list[forms.BoundField]:
        """The fields that may stay as they are: what the situation does not need, and what it decides itself."""
        rest = {*self.PLACE, "publish_at", *(field.name for field in self.slot_fields)}
        return [self[name] for name in self.fields if name not in rest]

    @property
    def _further(self) -> set[str]:
        return {f"slot_{slot.name}" for slot in self.situation.slots if not slot.required and slot.kind != "free"}

    @property
    def open_further(self) -> bool:
        """Whether one of those differs from what it begins with, or is wrong."""
        return any(
            field.errors or (field.value() not in (None, "", []) and str(field.value()) != str(field.field.initial))
            for field in self.further_fields
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
            (str(self.fields[name].label).removesuffix(str(_OPTIONAL)) if name in self.fields else "", str(words))
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
    return "" if verified_on else f" – {_('not verified yet')}"


def initial(alert: Alert) -> dict[str, Any]:
    """Return an alert as the form's fields show it."""
    areas = list(alert.areas.select_related("place"))
    circle = next((area for area in areas if area.kind == Area.Kind.CIRCLE), None)
    drawn = next((area for area in areas if area.kind == Area.Kind.POLYGON), None)
    found: dict[str, Any] = {
        "countries": ", ".join(
            country_name(area.country, spoken()) for area in areas if area.kind == Area.Kind.COUNTRY
        ),
        "around": _around(circle) if circle else "",
        "radius_km": circle.radius_km if circle else RADIUS_KM,
        "corners": rings.written(drawn.ring) if drawn else "",
        "expires_hours": alert.expires_hours,
        "remind_after": alert.remind_after,
        "publish_at": _shown_at(alert),
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
            found[field] = _town(value, circle or drawn)
        else:
            found[field] = value.get("number", value.get("choice", ""))
    return found


def _shown_at(alert: Alert) -> str:
    """Return when it is published, as the form's field takes it: by the place's clock."""
    zone = ZoneInfo(alert.slots["place"].get("zone", "UTC"))
    return f"{alert.publish_at.astimezone(zone):%Y-%m-%dT%H:%M}" if alert.publish_at else ""


def _around(circle: Area) -> str:
    if circle.place and (circle.place.lat, circle.place.lon) == (circle.lat, circle.lon):
        return label(circle.place)
    return f"{circle.lat:g}, {circle.lon:g}"


def _town(value: dict[str, Any], area: Area | None) -> str:
    """Return the town of the slot `place` as typed; blank where the area gives it, so that it follows the area."""
    if not value.get("name") or (area is not None and area.place_id == value.get("id")):
        return ""
    place = Place.objects.filter(pk=value["id"]).first() if value.get("id") else None
    return label(place) if place else place_text(value, spoken())


def _local(value: dict[str, Any]) -> str:
    return by_its_clock(value).strftime("%Y-%m-%dT%H:%M")
