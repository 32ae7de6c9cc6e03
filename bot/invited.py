"""Invitations: somebody whom staff brought in opens the link that was sent, and this chat is theirs from then on."""

from datetime import datetime

from bot import texts
from bot.replies import Reply
from bot.speaker import Speaker, contact_for
from crisis.audience.inviting import PREFIX, Opened, open_in_chat


def linked(speaker: Speaker, payload: str, now: datetime) -> list[Reply]:
    """Return what is said of the invitation that a chat was opened with; nothing where it was opened with none.

    Nothing of what is known about the person is repeated: a link can be passed on.
    """
    if not payload.startswith(PREFIX):
        return []
    opened: Opened = open_in_chat(token=payload.removeprefix(PREFIX), address=str(speaker.chat), now=now)
    contact, _ = (opened.contact, False) if opened.contact else contact_for(speaker, now)
    with texts.speaking(contact.citizen.language):
        return [Reply(texts.invitation(opened.why))]
