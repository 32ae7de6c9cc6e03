"""Is this ours? Whoever was sent a message, or found an account, asks by its code or its name; nobody is asked who asks."""

import re
from datetime import datetime

from bot import texts
from bot.answers import event, help_button, number_line
from bot.replies import Reply
from bot.speaker import Speaker, speaking
from crisis.alerts.models import Alert, State
from crisis.alerts.operations import frame
from crisis.alerts.queries import public_chain
from crisis.audience.models import Citizen, Contact
from crisis.checkins.operations import post_of
from crisis.registry.models import Account
from crisis.registry.queries import ours
from crisis.wording.catalogue import words
from platforms import catalog

_CODE = re.compile(r"(?:.*/a/)?([A-Z0-9]{6})(?:/\d{1,4})?/?", re.IGNORECASE)
MOST = 160  # characters of what is asked about


def verify(speaker: Speaker, asked: str, now: datetime) -> list[Reply]:
    """Tell whether an alert or an account is ours.

    Args:
        speaker: who asks.
        asked: an alert's code or the address of its page; an account's name or address.
        now: the time.
    """

    def reply(contact: Contact) -> list[Reply]:
        what = asked.strip()[:MOST]
        if not what:
            return [Reply(texts.verify_how())]
        code = _CODE.fullmatch(what)
        if code is not None and (chain := public_chain(code[1])):
            return [Reply(_alert(chain[0], contact.citizen, now))]
        if found := ours(what):
            return [Reply("\n\n".join([*map(_account, found), _money(contact.citizen)]))]
        number = number_line(post_of(contact.citizen, None, now), contact.citizen)
        return [Reply("\n\n".join([texts.verify_not_ours(what), _money(contact.citizen), *number]), help_button())]

    return speaking(reply, speaker, now)


def _alert(alert: Alert, citizen: Citizen, now: datetime) -> str:
    lines = [texts.verify_ours(event(alert))]
    if alert.exercise:
        lines.append(words(citizen.language)["exercise_line"])
    if alert.msg_type == Alert.MsgType.CANCEL:
        lines.append(texts.verify_taken_back())
    elif alert.state == State.ISSUED and alert.expires_at is not None and alert.expires_at > now:
        lines.append(texts.verify_holds())
    else:
        lines.append(texts.verify_over())
    return "\n\n".join([*lines, frame(alert).link, _money(citizen)])


def _account(account: Account) -> str:
    spec = catalog.spec(account.platform)
    return texts.verify_account(account.shown, spec.name if spec else account.platform, account.holder.name)


def _money(citizen: Citizen) -> str:
    lines: dict[str, str] = citizen.ministry.money_line
    return lines.get(citizen.language) or next(iter(lines.values()), "")
