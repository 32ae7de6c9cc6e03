"""The form in which staff write down whom a relative on the phone looks for."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from crisis import clock
from crisis.audience.addresses import recognised
from crisis.checkins.enquiries import Sought
from crisis.checkins.seeking import Enquiry
from crisis.registry.queries import home_ministry

_OLDEST = 1900


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _languages() -> list[tuple[str, str]]:
    return [(each, each) for each in home_ministry().languages]


class EnquiryForm(forms.Form):
    """What is asked of a relative; the same as on the page `/seek`."""

    name = forms.CharField(max_length=200, label=_("Who is sought: first and family name"))
    birth_year = forms.IntegerField(required=False, min_value=_OLDEST, label=_("Year of birth"))
    where = forms.CharField(required=False, max_length=200, label=_("Last known place: the town first"))
    last_contact = forms.CharField(
        required=False, max_length=500, label=_("Last contact: when and how"), widget=_area(2)
    )
    their = forms.CharField(required=False, max_length=120, label=_("The person's phone number or e-mail address"))
    asker = forms.CharField(max_length=200, label=_("Who asks"))
    relation = forms.ChoiceField(choices=[("", "–"), *Enquiry.Relation.choices], label=_("What they are to the person"))
    contact = forms.CharField(
        max_length=120,
        label=_("How we reach who asks"),
        help_text=_("A phone number with its country, or an e-mail address."),
    )
    language = forms.ChoiceField(choices=_languages, label=_("Language of who asks"))
    token = forms.CharField(widget=forms.HiddenInput)

    def clean_birth_year(self) -> int | None:
        """Refuse a year to come."""
        year: int | None = self.cleaned_data["birth_year"]
        if year is not None and year > clock.now().year:
            raise forms.ValidationError(_("That year is still to come."))
        return year

    def clean_token(self) -> str:
        """Take only the number of a form of ours: sent twice, it is one enquiry."""
        token: str = self.cleaned_data["token"]
        if not re.fullmatch(r"[0-9a-f]{32}", token):
            raise forms.ValidationError(_("This form is broken: open it again."))
        return token

    def clean_contact(self) -> tuple[str, str]:
        """Read how who asks is reached."""
        return self._address(self.cleaned_data["contact"])

    def clean_their(self) -> tuple[str, str] | None:
        """Read how the person was reached."""
        return self._address(self.cleaned_data["their"]) if self.cleaned_data["their"] else None

    def _address(self, text: str) -> tuple[str, str]:
        found = recognised(text)
        if found is None:
            raise forms.ValidationError(_("This is no e-mail address, and no phone number with its country."))
        return found

    def sought(self) -> Sought:
        """Return what was filled in; only valid forms have it."""
        given = self.cleaned_data
        return Sought(
            name=given["name"], asker=given["asker"], relation=Enquiry.Relation(given["relation"]),
            asker_contact=given["contact"], language=given["language"], where=given["where"],
            last_contact=given["last_contact"], birth_year=given["birth_year"], contact=given["their"],
        )  # fmt: skip
