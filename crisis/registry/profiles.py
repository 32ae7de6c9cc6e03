"""Is an account ours? By its name, or by the address of its page; a page elsewhere under the same name is somebody else's."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings

from crisis.registry.models import Account, Mode
from platforms import catalog

_SAME_SITE = ("www.", "m.", "mobile.", "web.")
# What stands before a name on some platforms' pages.
_BEFORE = frozenset({"profile", "company", "school", "showcase", "people", "photos", "pages", "channel", "c", "u", "s"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks about.

    Attributes:
        whole: all of it, in small letters, without what follows "?" or "#".
        name: the account's name, without "@".
        host: where its page is; blank if only a name was given.
    """

    whole: str
    name: str
    host: str = ""


def asked_of(text: str) -> Asked:
    """Read a name ("@handle", "handle", "@user@server.example") or the address of a page, of any case."""
    whole = text.strip().casefold().partition("?")[0].partition("#")[0].rstrip("/")
    bare = whole.partition("://")[2] if "://" in whole else whole
    if "/" not in bare:
        return Asked(whole, bare.lstrip("@"))
    try:
        parts = urlsplit(f"//{bare}")
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return Asked(whole, "")
    steps = [unquote(step) for step in parts.path.split("/") if step]
    if len(steps) > 1 and steps[0] in _BEFORE:
        steps = steps[1:]
    return Asked(whole, steps[0].lstrip("@") if steps else "", host)


def ours(text: str) -> list[Account]:
    """Return the live accounts of the home ministry that a name or a page's address may mean, of every platform.

    Args:
        text: see `asked_of`. With an address, only accounts of the platform whose address it is are meant.
    """
    asked = asked_of(text)
    names = {asked.name, f"@{asked.name}", f"@{asked.name}@{asked.host}"} if asked.name else set()
    keys = {asked.whole, *names} - {"", "@"}
    same = Account.objects.filter(mode=Mode.LIVE, is_home=True, address_key__in=keys).exclude(address_key="")
    found = same.select_related("holder").order_by("platform", "pk")
    return [each for each in found if not asked.host or each.address_key == asked.whole or _stands_at(each, asked)]


def _stands_at(account: Account, asked: Asked) -> bool:
    """Tell whether an account's page is where somebody was pointed to."""
    host = asked.host
    for start in _SAME_SITE:
        host = host.removeprefix(start)
    spec = catalog.spec(account.platform)
    if spec is None:  # a platform that has no adapter here
        return host == f"{account.platform}.com"
    if spec.federated and account.address_key.startswith("@"):
        return account.address_key.endswith(f"@{asked.host}")
    played = urlsplit(settings.PLATFORM_WEB.get(account.platform, ""))
    if settings.LOOPBACK_ONLY and asked.host == played.netloc:
        return True
    home = (urlsplit(spec.web_url).hostname or "").removeprefix("www.")
    return host in {home, *spec.also_at}
