"""Who speaks to the bot: taken in at the first word, spoken to in the own language."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot import texts
from bot.replies import Reply
from crisis.audience import operations as audience
from crisis.audience.models import Contact
from crisis.registry.queries import home_ministry


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks to us, as Telegram says it."""

    chat: int
    name: str
    language: str


def contact_for(speaker: Speaker, now: datetime) -> tuple[Contact, bool]:
    """Return the contact of whoever speaks; nobody needs to register first."""
    offered = home_ministry().languages
    wanted = speaker.language.lower()
    for code in (wanted, wanted.partition("-")[0], "en"):
        if code in offered:
            return audience.subscribe(address=str(speaker.chat), name=speaker.name, language=code, now=now)
    return audience.subscribe(address=str(speaker.chat), name=speaker.name, language=offered[0], now=now)


def speaking(action: Callable[[Contact], list[Reply]], speaker: Speaker, now: datetime) -> list[Reply]:
    """Answer somebody in the person's own language; who had said stop hears that it still holds."""
    contact, _ = contact_for(speaker, now)
    had_stopped = contact.state == Contact.State.STOPPED
    with texts.speaking(contact.citizen.language):
        replies = action(contact)
    with texts.speaking(contact.citizen.language):  # which may just have changed
        if had_stopped and contact.state == Contact.State.STOPPED:
            replies[-1] = replace(replies[-1], text=f"{replies[-1].text}\n\n{texts.still_stopped()}")
        return replies
