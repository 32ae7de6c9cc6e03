"""What the staff are written about themselves: the link that lets them in, or back in, and the code that confirms a way."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from crisis.language import STORED
from crisis.staff.models import Officer
from crisis.staff.roster import Way


def invitation(officer: Officer, link: str, days: int) -> tuple[str, str]:
    """Return the subject and the text of the letter with somebody's link.

    Args:
        officer: to whom.
        link: theirs alone.
        days: so long it works.
    """
    with override(officer.language or STORED):
        text = _(
            "Hello %(name)s,\n\nyou are invited to Tocsin, where our crisis alerts are written. Open this link within %(days)s "
            "days and choose a password. You sign in as “%(username)s”.\n\n%(link)s\n\n"
            "The link is yours alone and works once. If you do not expect it, delete this e-mail and tell your administrator."
        ) % {"name": officer, "days": days, "username": officer.username, "link": link}
        return _("Your access to Tocsin"), text


def forgotten(officer: Officer, link: str, minutes: int) -> tuple[str, str]:
    """Return the subject and the text of the letter with the link for another password.

    Args:
        officer: to whom.
        link: theirs alone.
        minutes: so long it works.
    """
    with override(officer.language or STORED):
        text = _(
            "Hello %(name)s,\n\nsomebody has told Tocsin that you have forgotten your password. If it was you, open this link "
            "within %(minutes)s minutes and choose another one. You sign in as “%(username)s”.\n\n%(link)s\n\n"
            "The link is yours alone and works once. If it was not you, delete this e-mail: your password stays as it is."
        ) % {"name": officer, "minutes": minutes, "username": officer.username, "link": link}
        return _("Another password for Tocsin"), text


def code(way: Way, number: str, minutes: int) -> tuple[str, str]:
    """Return the subject and the text that carry a code; whoever knows the number says it to nobody.

    Args:
        way: by which it goes, with its officer.
        number: the code.
        minutes: so long it holds.
    """
    with override(way.officer.language or STORED):
        text = _("Tocsin: %(code)s is your code, for %(minutes)s minutes. Type it on the page How I am reached. Tell nobody.") % {
            "code": number, "minutes": minutes,
        }  # fmt: skip
        return _("Your code"), text
