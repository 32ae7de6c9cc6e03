"""Who speaks to the bot: taken in at the first word, spoken to in the own language."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot import texts
from bot.replies import Reply
from crisis.audience import operations as audience
from crisis.audience.models import Contact
from crisis.audience.queries import contact_of
from crisis.checkins.operations import post_of
from crisis.outward.queries import served_by
from crisis.registry.queries import home_ministry


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks to us, as Telegram says it."""

    chat: int
    name: str
    language: str


def spoken(language: str) -> str | None:
    """Return the language of ours that somebody's Telegram speaks, or None if we have none of it.

    Args:
        language: as Telegram gives it: "fr", "fr-BE", or blank.
    """
    offered, wanted = home_ministry().languages, language.lower()
    return next((code for code in (wanted, wanted.partition("-")[0]) if code in offered), None)


def fallback() -> str:
    """Return what we speak to whoever speaks none of our languages: English, where the ministry offers it."""
    offered = home_ministry().languages
    return "en" if "en" in offered else offered[0]


def contact_for(speaker: Speaker, now: datetime) -> tuple[Contact, bool]:
    """Return the contact of whoever speaks; nobody needs to register first."""
    known = contact_of(str(speaker.chat))
    if known is not None and known.state != Contact.State.GONE:
        return known, False
    language = spoken(speaker.language) or fallback()
    return audience.subscribe(address=str(speaker.chat), name=speaker.name, language=language, now=now)


def speaking(action: Callable[[Contact], list[Reply]], speaker: Speaker, now: datetime) -> list[Reply]:
    """Answer somebody in the person's own language; who had said stop hears that it still holds."""
    contact, _ = contact_for(speaker, now)
    had_stopped = contact.state == Contact.State.STOPPED
    served = served_by(lambda: post_of(contact.citizen, None, now))
    with served, texts.speaking(contact.citizen.language):
        replies = action(contact)
    with texts.speaking(contact.citizen.language):  # which may just have changed
        if replies and had_stopped and contact.state == Contact.State.STOPPED:
            replies[-1] = replace(replies[-1], text=f"{replies[-1].text}\n\n{texts.still_stopped()}")
        return replies
