"""The data of a person, for that person: all of it as a file, and its end."""

import json
from datetime import datetime

from bot import own_texts as texts
from bot.about import lines, old_button
from bot.replies import File, Press, Reply
from bot.speaker import Speaker, speaking
from crisis.audience.models import Contact
from crisis.privacy.access import everything
from crisis.privacy.erasing import Erased, erase

FILE = "my-data.json"


def my_data(speaker: Speaker, now: datetime) -> list[Reply]:
    """Give everything that is stored: to read, and as a file for a machine."""

    def reply(contact: Contact) -> list[Reply]:
        known = everything(citizen=contact.citizen, now=now)
        text = "\n".join([texts.me_title(), "", *lines(contact), "", texts.file_follows(), "", texts.why_kept()])
        content = json.dumps(known, ensure_ascii=False, indent=2).encode("utf-8", "replace")
        return [Reply(text, file=File(FILE, content))]

    return speaking(reply, speaker, now)


def ask_to_delete(speaker: Speaker, now: datetime) -> list[Reply]:
    """Ask once, and say what goes, what stays, and why."""

    def reply(_: Contact) -> list[Reply]:
        return [
            Reply(texts.delete_question(), ((Press(texts.delete_no(), "e:no"),), (Press(texts.delete_yes(), "e:yes"),)))
        ]

    return speaking(reply, speaker, now)


def delete(speaker: Speaker, answer: str, now: datetime) -> list[Reply]:
    """Erase, or not."""

    def reply(contact: Contact) -> list[Reply]:
        if answer == "no":
            return [Reply(texts.delete_kept())]
        if answer != "yes":
            return [old_button(contact, "delete")]
        done = erase(citizen=contact.citizen, now=now)
        return [Reply(texts.delete_waits() if done == Erased.WAITS else texts.deleted())]

    return speaking(reply, speaker, now)
