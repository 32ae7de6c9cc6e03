"""Is an account ours? By its name, or by the address of its page; a page elsewhere under the same name is somebody else's."""

import re

from django.db.models import Q

from crisis.registry.addresses import NoAddress, canonical, page
from crisis.registry.atlas import former_accounts, public_accounts
from crisis.registry.keeping import Fake
from crisis.registry.lookalikes import alike
from crisis.registry.models import Account

MOST_ALIKE = 3  # of our accounts, beside one that looks like them


def meant(text: str) -> Q:
    """Return the condition that an account, or whatever else has a platform and an address key, is what a text names.

    Args:
        text: a name ("@handle", "handle", "@user@server.example"), on every platform, or the address of a page, of any case:
            then only on the platform whose address it is.
    """
    try:
        found = canonical(text)
    except NoAddress:
        whole = text.strip().casefold().partition("#")[0].rstrip("/")
        if "/" in whole:  # the address of a page on which only a person publishes; of no account that we know otherwise
            whole = whole if "://" in whole else f"https://{whole}"
            return Q(address_key__in=[whole, f"{whole}/"])
        name = whole.lstrip("@")
        return Q(address_key__in=[name, f"@{name}"]) if name else Q(pk__in=[])
    return Q(platform=found.platform, address_key=found.key)


def ours(text: str) -> list[Account]:
    """Return the public accounts of the home ministry that a name or a page's address may mean; see `meant`."""
    return list(public_accounts().filter(meant(text)).order_by("platform", "pk"))


def formerly_ours(text: str) -> list[Account]:
    """Return those that were ours, and are used no more."""
    return list(former_accounts().filter(meant(text)).order_by("platform", "pk"))


def fakes(text: str) -> list[Fake]:
    """Return the known fakes that a text names."""
    return list(Fake.objects.filter(meant(text)))


def taken_for(text: str) -> list[Account]:
    """Return our accounts that something which is not ours may be meant to be taken for; `MOST_ALIKE` at most.

    Args:
        text: a name or a link; a link to a place that we do not know is read step by step.
    """
    try:
        asked = [canonical(text).address]
    except NoAddress:
        asked = re.split(r"[/?#&=\s]+", text.partition("://")[2] or text)
    named = public_accounts().exclude(address__startswith="https://").order_by("platform", "pk")
    accounts = {_bare(each.address): each for each in named}
    names = [name for one in asked for name in alike(_bare(one), accounts)]
    return [accounts[name] for name in dict.fromkeys(names)][:MOST_ALIKE]


def _bare(address: str) -> str:
    return address.removeprefix("@").partition("@")[0].removesuffix(".bsky.social")


def page_of(account: Account) -> str:
    """Return the address of an account's page, as people open it; blank where none is known."""
    return page(account.platform, account.address)
