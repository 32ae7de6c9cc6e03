"""The one message that carries a link which somebody asked for on a public page: to confirm an address, or to manage it."""

import unicodedata
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from crisis.audience import links
from crisis.audience.models import Citizen, Contact, Link
from platforms.measure.sms import sms

# To one address, whoever asks: what nobody answers is not repeated for ever.
MOST, WITHIN = 3, timedelta(days=1)
PURPOSES = (Link.Purpose.CONFIRM, Link.Purpose.MANAGE)


def may_write(contact: Contact, now: datetime) -> bool:
    """Tell whether one more link may be sent to a contact today."""
    sent = Link.objects.filter(contact=contact, purpose__in=PURPOSES, made_at__gt=now - WITHIN)
    return sent.count() < MOST


@transaction.atomic
def take(*, contact_id: int, purpose: Link.Purpose, now: datetime) -> tuple[Contact, str] | None:
    """Make the link that is sent to a contact.

    Args:
        contact_id: whose.
        purpose: to confirm the address, or to manage what is known.
        now: the time.

    Returns:
        The contact with its citizen, and the link's token; None if the contact is gone, or has been sent enough today.
    """
    contact = Contact.objects.select_for_update(of=("self",)).filter(pk=contact_id).first()
    if contact is None or not may_write(contact, now):
        return None
    contact = Contact.objects.select_related("citizen__ministry").get(pk=contact_id)
    return contact, links.make(citizen=contact.citizen, contact=contact, purpose=purpose, now=now)


def language_of(citizen: Citizen) -> str:
    """Return the language that a citizen is written to in: the own one, where the ministry offers it."""
    offered = citizen.ministry.languages
    return citizen.language if citizen.language in offered else str(offered[0])


def letter(contact: Contact, purpose: Link.Purpose, token: str) -> tuple[str, str]:
    """Return the subject and the text that carry a link, in the person's language.

    Args:
        contact: to whom; with its citizen, and the ministry.
        purpose: as the link's.
        token: of the link.
    """
    citizen = contact.citizen
    language = language_of(citizen)
    confirms = purpose == Link.Purpose.CONFIRM
    filled = {
        "ministry": citizen.ministry.name(language),
        "link": f"{settings.PUBLIC_URL}/{'confirm' if confirms else 'manage'}/{token}",
    }
    with override(language):
        if contact.kind == Contact.Kind.SMS:
            filled["ministry"] = _cheap(filled["ministry"])
            short = (
                _("%(ministry)s: open this link to get our crisis alerts on this phone: %(link)s Not you? Do nothing.")
                if confirms
                else _(
                    "%(ministry)s: open this link to change or stop your crisis alerts: %(link)s Not you? Do nothing."
                )
            )
            return "", short % filled
        if confirms:
            subject = _("Please confirm your address")
            text = _(
                "%(ministry)s: somebody, probably you, asked for our crisis alerts at this address.\n\n"
                "Was it you? Open this link within two days, and press the button: %(link)s\n\n"
                "Was it not you? Do nothing: we write no more. We never ask for money."
            )
        else:
            subject = _("Your crisis alerts")
            text = _(
                "%(ministry)s: somebody, probably you, asked to see or change the crisis alerts at this address.\n\n"
                "Was it you? Open this link within two hours: %(link)s\n\n"
                "Was it not you? Do nothing: nothing is changed. We never ask for money."
            )
        return subject, text % filled


def _cheap(name: str) -> str:
    """Return a name in letters of the GSM alphabet, as far as it has any: others more than double the price of an SMS."""
    return "".join(
        unicodedata.normalize("NFKD", letter)[0] if letter in sms(name).forcing else letter for letter in name
    )
