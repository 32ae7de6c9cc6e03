"""The one message that carries a link which somebody asked for on a public page: to confirm an address, or to manage it."""

import unicodedata
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from crisis.audience import budget, confirming, links
from crisis.audience.letters import spoken_to
from crisis.audience.models import Contact, Link
from platforms.measure.sms import sms


@transaction.atomic
def take(*, contact_id: int, purpose: Link.Purpose, now: datetime) -> tuple[Contact, str] | None:
    """Make the link that is sent to a contact.

    Args:
        contact_id: whose.
        purpose: to confirm the address, which must be due (see `confirming`), or to manage what is known.
        now: the time.

    Returns:
        The contact with its citizen, and the link's token; None if the contact is gone, has been sent enough today, somebody else
        sends the same, or this hour's links of its way are spent: one that confirms stays due.
    """
    contact = Contact.objects.select_for_update(of=("self",)).filter(pk=contact_id).first()
    if contact is None or not links.may_write(contact, now):
        return None
    if purpose == Link.Purpose.CONFIRM and not confirming.is_due(contact, now):
        return None
    if not budget.spend(contact.kind, now):
        return None
    contact = Contact.objects.select_related("citizen__ministry").get(pk=contact_id)
    return contact, links.make(citizen=contact.citizen, contact=contact, purpose=purpose, now=now)


def letter(contact: Contact, purpose: Link.Purpose, token: str) -> tuple[str, str]:
    """Return the subject and the text that carry a link, in the person's language.

    Args:
        contact: to whom; with its citizen, and the ministry.
        purpose: as the link's.
        token: of the link.
    """
    citizen = contact.citizen
    language = spoken_to(citizen)
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
