"""Is it ours? What anybody may ask of a code that was seen, or of an account: asked by the bot, on the web and by machines."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings

from crisis.alerts.models import Alert, State
from crisis.alerts.queries import public_chain
from crisis.registry.keeping import Fake
from crisis.registry.models import Account
from crisis.registry.profiles import fakes, formerly_ours, ours, taken_for

MOST = 160  # characters of what is asked about
# As it stands in a text, as it is read out, or as the end of our page's address.
_CODE = re.compile(r"(?:(?P<page>\S*)/a/)?(?P<code>[A-Z0-9]{6})(?:/(?P<number>\d{1,4}))?/?(?:[?#]\S*)?", re.IGNORECASE)


class Standing(StrEnum):
    """Whether what an alert says holds."""

    HOLDS = "holds"
    OVER = "over"
    TAKEN_BACK = "taken_back"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What we say to somebody who asks whether something is ours.

    Attributes:
        asked: what was asked about, cut to `MOST` characters.
        alert: the newest of the chain that the code names, or None.
        standing: of the message that was asked about; None if there is none.
        accounts: ours that the name or address may mean.
        former: those that were ours and are no more.
        fakes: known ones that it names; they are said even where an account of ours has the same name.
        taken_for: where nothing is ours, those of ours that it may be meant to be taken for.
    """

    asked: str
    alert: Alert | None = None
    standing: Standing | None = None
    accounts: list[Account] = field(default_factory=list)
    former: list[Account] = field(default_factory=list)
    fakes: list[Fake] = field(default_factory=list)
    taken_for: list[Account] = field(default_factory=list)

    @property
    def is_ours(self) -> bool:
        """Whether anything of ours is meant."""
        return self.alert is not None or bool(self.accounts)


def judge(asked: str, now: datetime) -> Verdict:
    """Tell whether a code or an account is ours.

    Args:
        asked: an alert's code, with or without its number, with spaces or in small letters, or the address of its page; an
            account's name or its page's address. The same path on anybody else's site is not ours.
        now: the time.
    """
    what = asked.replace("\0", "").strip()[:MOST]
    if not what:
        return Verdict(what)
    code = _CODE.fullmatch("".join(what.split()))
    if code is not None and _on_our_site(code["page"]):
        chain = public_chain(code["code"])
        number = int(code["number"]) if code["number"] else None
        if chain and number in (None, *(alert.number for alert in chain)):
            return Verdict(what, chain[0], standing(chain[0], number, now))
    found, known = ours(what), fakes(what)
    if found:
        return Verdict(what, accounts=found, fakes=known)
    return Verdict(what, former=formerly_ours(what), fakes=known, taken_for=taken_for(what))


def standing(newest: Alert, number: int | None, now: datetime) -> Standing:
    """Tell whether a message of a chain holds.

    Args:
        newest: the chain's newest alert.
        number: of the message; None is the newest.
        now: the time.
    """
    if newest.msg_type == Alert.MsgType.CANCEL:
        return Standing.TAKEN_BACK
    if number is not None and number != newest.number:
        return Standing.REPLACED
    holds = newest.state == State.ISSUED and newest.expires_at is not None and newest.expires_at > now
    return Standing.HOLDS if holds else Standing.OVER


def _on_our_site(page: str | None) -> bool:
    if page is None:
        return True
    bare = page.casefold().partition("://")[2] or page.casefold()
    return bare == urlsplit(settings.PUBLIC_URL).netloc.casefold()
