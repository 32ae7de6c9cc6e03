"""Second factors: taken away where a phone is lost, noted in the journal, and encrypted anew with the keys of the house."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from crisis.encryption import is_current, open_sealed, seal
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.operations import NotGiven
from crisis.staff.rights import Right, require

SEALED = ("secret", "seed")  # what of an authenticator's data is a secret: an app's, and that of the recovery codes


def has_factor(officer: Officer) -> bool:
    """Tell whether somebody has set a second factor up."""
    return bool(Authenticator.objects.filter(user=officer).exists())


@transaction.atomic
def take_factor(*, officer: Officer, by: Officer, now: datetime) -> None:
    """Take somebody's second factors away, because they have lost them: they set up others, and issue nothing before.

    Raises:
        NotAllowed: `by` is no administrator.
        NotGiven: they are their own; a recovery code is for that.
    """
    require(by, Right.ROLES)
    if officer.pk == by.pk:
        raise NotGiven(_("Your own second factor you end on the page Your sign-in, or another administrator does."))
    if Authenticator.objects.filter(user=officer).delete()[0]:
        append(actor=by.actor, action="staff.take_factor", subject=f"officer:{officer.pk}", now=now)


def note(*, officer: Officer, action: str, kind: str, now: datetime) -> None:
    """Note in the journal that somebody has set a second factor up, or ended one.

    Args:
        officer: whose.
        action: "factor_added" or "factor_removed".
        kind: "totp", "webauthn" or "recovery_codes".
        now: the time.
    """
    append(actor=officer.actor, action=f"staff.{action}", subject=f"officer:{officer.pk}", now=now, kind=kind)


def anew(authenticator: Authenticator) -> bool:
    """Encrypt an authenticator's secrets with the first key.

    Returns:
        Whether any stood under another one.

    Raises:
        UnreadableSecret: one fits none of the keys; nothing is changed.
    """
    old = {name: text for name in SEALED if (text := authenticator.data.get(name)) and not is_current(text)}
    if old:
        authenticator.data |= {name: seal(open_sealed(text)) for name, text in old.items()}
        authenticator.save(update_fields=["data"])
    return bool(old)
