"""What is written to people about themselves, in their language: whether they are still where they said."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from crisis.audience.models import Citizen, Contact, Stay
from crisis.places.names import country_name


def spoken_to(citizen: Citizen) -> str:
    """Return the language that a citizen is spoken to in: the own one, where the ministry offers it."""
    offered = citizen.ministry.languages
    return citizen.language if citizen.language in offered else offered[0]


def place_of(stay: Stay, language: str) -> str:
    """Return where a stay is, for people to read."""
    country = country_name(stay.country, language)
    return f"{stay.place_name}, {country}" if stay.place_name else country


def still_there(stay: Stay, language: str) -> tuple[str, dict[str, str]]:
    """Return the question whether somebody is still there, and the words of its answers: yes, moved, home."""
    with override(language):
        text = _(
            "Are you still near %(place)s? We ask, so that we warn you in the right place. "
            "Without an answer we stop counting you there in two weeks."
        ) % {"place": place_of(stay, language)}
        return text, {"yes": _("Yes, I am still there"), "moved": _("I am somewhere else"), "home": _("I went home")}


def stay_ended(stay: Stay, language: str) -> tuple[str, dict[str, str]]:
    """Return the words that tell somebody that they are no longer counted at a place, and the ways back."""
    with override(language):
        text = _(
            "You did not answer, so we no longer count you near %(place)s, and we do not warn you of what happens there. "
            "Are you there after all? Press the button."
        ) % {"place": place_of(stay, language)}
        return text, {"yes": _("Yes, I am still there"), "moved": _("I am somewhere else")}


def still_there_by_link(stay: Stay, language: str, kind: str, token: str) -> tuple[str, str]:
    """Return the subject and the text of the same question to somebody without a chat.

    Args:
        stay: with its citizen.
        language: in which.
        kind: by which way; only a letter has a subject.
        token: of the link to the page on which they answer.
    """
    with override(language):
        text = _(
            "Are you still near %(place)s? Open this link and press Save, or tell us where you are: %(link)s "
            "Without an answer we stop counting you there in two weeks."
        ) % {"place": place_of(stay, language), "link": _page(token)}
        return _subject(kind), text


def stay_ended_by_link(stay: Stay, language: str, kind: str, token: str) -> tuple[str, str]:
    """Return the subject and the text that tell somebody without a chat that they are no longer counted at a place."""
    with override(language):
        text = _(
            "You did not answer, so we no longer count you near %(place)s, and we do not warn you of what happens there. "
            "Are you there after all? Open this link and tell us the town: %(link)s"
        ) % {"place": place_of(stay, language), "link": _page(token)}
        return _subject(kind), text


def _subject(kind: str) -> str:
    return _("Where are you now?") if kind == Contact.Kind.EMAIL else ""


def _page(token: str) -> str:
    return f"{settings.PUBLIC_URL}/stay/{token}"
