"""What is said of an account that is not ours, by every door; each function speaks the language that is active (gettext)."""

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crisis.registry.atlas import platform_name
from crisis.registry.keeping import Fake
from crisis.registry.models import Account


def fake(one: Fake) -> str:
    """Warn of an account that passes for one of ours."""
    told = _("Careful: %(address)s on %(platform)s passes for us, and is not ours. We reported it on %(day)s.") % {
        "address": one.address,
        "platform": platform_name(one.platform),
        "day": date_format(one.reported_on),
    }
    if one.gone_on is None:
        return told
    return f"{told} {_('It has been gone since %(day)s.') % {'day': date_format(one.gone_on)}}"


def former(one: Account) -> str:
    """Say that an account was ours."""
    return _("%(address)s on %(platform)s was ours, and is no longer. Do not rely on what it says now.") % {
        "address": one.address,
        "platform": platform_name(one.platform),
    }


def taken_for(many: Sequence[Account]) -> str:
    """Warn of a name that looks like some of ours, which are named."""
    named = ", ".join(f"{one.address} ({platform_name(one.platform)})" for one in many)
    return _("Careful: it looks like these accounts of ours, and is none of them: %(accounts)s.") % {"accounts": named}
