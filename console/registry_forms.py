"""The forms of the registry: what is typed is checked by the domain, and stays on the page where it refuses it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crisis.language import spoken
from crisis.registry import cells
from crisis.registry.addresses import known
from crisis.registry.competences import competences
from crisis.registry.models import Account, Holder, Ministry, Post
from crisis.registry.proposing import LONGEST_PAPER, LONGEST_PURPOSE, Wish
from crisis.staff.reach import Reach

_LINK = _("Any link to it, as you copied it; or its name, and the platform")


def _platforms() -> list[tuple[str, Any]]:
    names = sorted(((slug, each.name) for slug, each in known().items()), key=lambda pair: pair[1].casefold())
    return [("", _("as the link says")), *names]


def _of_rows() -> list[tuple[str, Any]]:
    return [("", _("as the file says")), *_platforms()[1:]]


class WishForm(forms.Form):
    """What an account is to have."""

    languages = forms.CharField(
        required=False, label=_("Languages"), help_text=_("In their order: nl, fr. Blank: those of the ministry.")
    )
    purpose = forms.CharField(required=False, max_length=LONGEST_PURPOSE, label=_("What it is for"))
    broadcast = forms.ChoiceField(
        choices=Account.Broadcast.choices, initial=Account.Broadcast.NEVER, label=_("Alerts go there")
    )
    why = forms.CharField(required=False, max_length=200, label=_("For whoever reviews it"))

    def clean_languages(self) -> tuple[str, ...]:
        """Return the codes."""
        try:
            return cells.languages(self.cleaned_data["languages"])
        except ValueError as error:
            raise forms.ValidationError(f"{error}.") from error

    def wish(self) -> Wish:
        """Return it; only valid forms have one."""
        return Wish(*(self.cleaned_data[name] for name in ("languages", "purpose", "broadcast")))


class ProposeForm(WishForm):
    """A new account."""

    field_order = ("holder", "link", "platform", "languages", "purpose", "broadcast", "why")
    holder = forms.ModelChoiceField(queryset=Holder.objects.none(), label=_("Whose"))
    link = forms.CharField(max_length=500, label=_("Link"), help_text=_LINK)
    platform = forms.ChoiceField(required=False, choices=_platforms, label=_("Platform"))

    def __init__(self, ministry: Ministry, reach: Reach, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["holder"]
        theirs = reach.rows(post="post") | reach.rows(post="of_post")
        choices.queryset = Holder.objects.filter(theirs, ministry=ministry).order_by("kind", "name")


class HolderForm(forms.Form):
    """Somebody who speaks."""

    kind = forms.ChoiceField(
        choices=[each for each in Holder.Kind.choices if each[0] != Holder.Kind.POST], label=_("What it is")
    )
    name = forms.CharField(max_length=160, label=_("Name, as everybody reads it"))
    of_post = forms.ModelChoiceField(
        queryset=Post.objects.none(), required=False, label=_("Where it works"), empty_label=_("at no one post")
    )
    competence = forms.ChoiceField(required=False, label=_("Competent for (regions and communities)"))

    def __init__(self, ministry: Ministry, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        posts: Any = self.fields["of_post"]
        posts.queryset = Post.objects.filter(ministry=ministry).order_by("name")
        texts: Any = self.fields["competence"]
        texts.choices = [
            ("", _("nothing is said of it")),
            *((slug, each.called(spoken())) for slug, each in competences(ministry.code).items()),
        ]


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class ConsentForm(forms.Form):
    """A person's written consent."""

    given_on = _day(_("Signed on"))
    until = _day(_("Holds until"))
    to_broadcast = forms.BooleanField(required=False, label=_("They agree that alerts go through their accounts too"))
    paper = forms.CharField(max_length=LONGEST_PAPER, label=_("Where the signed paper is kept"))


class FakeForm(forms.Form):
    """An account that passes for ours."""

    link = forms.CharField(max_length=500, label=_("Link"), help_text=_LINK)
    platform = forms.ChoiceField(required=False, choices=_platforms, label=_("Platform"))
    reported_on = _day(_("Reported to the platform on"))
    note = forms.CharField(required=False, max_length=300, label=_("Note for colleagues"))


class ExportForm(forms.Form):
    """A file of statistics."""

    file = forms.FileField(
        required=False,
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=_("With a first line that names the columns. Days as 2026-11-29."),
    )
    platform = forms.ChoiceField(
        required=False,
        choices=_of_rows,
        label=_("Platform"),
        help_text=_("Only where the file is of one account, and does not say so itself"),
    )
    account = forms.CharField(required=False, max_length=500, label=_("Account"))
