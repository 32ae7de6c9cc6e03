"""What the staff are told when they are rung: which alert, what is asked of them, and where; in the language of each."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from crisis.alerts.models import Alert
from crisis.alerts.rings import Ring
from crisis.language import STORED, spoken
from crisis.wording.catalogue import situation
from crisis.wording.slots import place_text


def about(alert: Alert) -> str:
    """Return what an alert is in a line: "LIVE alert ABC123/1: Earthquake, Tokyo, Japan"."""
    what, where = situation(alert.situation).name(spoken()), place_text(alert.slots["place"], spoken())
    return _("%(mode)s %(purpose)s %(marker)s: %(what)s, %(where)s") % {
        "mode": alert.get_mode_display(), "purpose": alert.purpose_shown, "marker": alert.marker, "what": what,
        "where": where,
    }  # fmt: skip


def letter(ring: Ring, link: str) -> tuple[str, str]:
    """Return the subject and the text of a ring.

    Args:
        ring: with its alert, the alert's author, and whoever is rung.
        link: the alert's page in the console.
    """
    alert = ring.alert
    with override(ring.officer.language or STORED):
        named = {"mode": alert.get_mode_display(), "marker": alert.marker, "author": alert.author}
        if ring.purpose == Ring.Purpose.ALARM:
            subject = _("%(mode)s: issued by one person alone, %(marker)s")
            asked = _(
                "One person has issued this without an approval, because nobody answered. Read it now; stop or retract it if "
                "it is wrong:"
            )
        else:
            subject = _("%(mode)s: %(marker)s waits for your approval")
            asked = _("%(author)s asks for your approval. Read it, and say yes or no:")
        return subject % named, f"{about(alert)}\n\n{asked % named} {link}"
