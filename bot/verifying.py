"""Is this ours? Whoever was sent a message, or found an account, asks by its code or its name; nobody is asked who asks."""

from datetime import datetime

from bot import texts
from bot.answers import event, help_button, number_line
from bot.replies import Reply
from bot.speaker import Speaker, speaking
from crisis.alerts import verify_words
from crisis.alerts.models import Alert
from crisis.alerts.operations import frame
from crisis.alerts.verifying import Standing, judge
from crisis.audience.models import Citizen, Contact
from crisis.checkins.operations import post_of
from crisis.registry.atlas import platform_name
from crisis.registry.models import Account
from crisis.wording.catalogue import words


def verify(speaker: Speaker, asked: str, now: datetime) -> list[Reply]:
    """Tell whether an alert or an account is ours.

    Args:
        speaker: who asks.
        asked: an alert's code or the address of its page; an account's name or address.
        now: the time.
    """

    def reply(contact: Contact) -> list[Reply]:
        found = judge(asked, now)
        if not found.asked:
            return [Reply(texts.verify_how())]
        if found.alert is not None:
            return [Reply(_alert(found.alert, found.standing, contact.citizen))]
        warned = [*map(verify_words.fake, found.fakes), *map(verify_words.former, found.former)]
        if found.accounts:
            return [Reply("\n\n".join([*warned, *map(_account, found.accounts), _money(contact.citizen)]))]
        if found.taken_for:
            warned.append(verify_words.taken_for(found.taken_for))
        number = number_line(post_of(contact.citizen, None, now), contact.citizen)
        not_ours = [*warned, texts.verify_not_ours(found.asked), _money(contact.citizen), *number]
        return [Reply("\n\n".join(not_ours), help_button())]

    return speaking(reply, speaker, now)


def _alert(alert: Alert, standing: Standing | None, citizen: Citizen) -> str:
    lines = [texts.verify_ours(event(alert))]
    if alert.exercise:
        lines.append(words(citizen.language)["exercise_line"])
    if standing in (Standing.TAKEN_BACK, Standing.REPLACED):
        lines.append(texts.verify_taken_back())
    else:
        lines.append(texts.verify_holds() if standing == Standing.HOLDS else texts.verify_over())
    return "\n\n".join([*lines, frame(alert).link, _money(citizen)])


def _account(account: Account) -> str:
    return texts.verify_account(account.shown, platform_name(account.platform), account.holder.name)


def _money(citizen: Citizen) -> str:
    lines: dict[str, str] = citizen.ministry.money_line
    return lines.get(citizen.language) or next(iter(lines.values()), "")
