"""Whether people are still where they said: the answers to the question that the workers ask."""

from datetime import datetime

from bot import own_texts, questions, texts
from bot.about import old_button
from bot.questions import ALONE, PLACE
from bot.replies import Reply
from bot.speaker import Speaker, speaking
from crisis.audience import stays
from crisis.audience.letters import place_of
from crisis.audience.models import Contact
from crisis.audience.operations import expect
from crisis.audience.queries import current_stay


def answered(speaker: Speaker, stay_id: int, answer: str, now: datetime) -> list[Reply]:
    """Take an answer about one stay; who has moved since is told where we think they are.

    Args:
        speaker: who.
        stay_id: the stay that was asked about; it may have ended since.
        answer: "yes", "moved" or "home".
        now: the time.
    """

    def reply(contact: Contact) -> list[Reply]:
        citizen, current = contact.citizen, current_stay(contact.citizen)
        if current is not None and current.pk != stay_id:
            return [Reply(texts.status_place(place_of(current, citizen.language)))]
        if answer == "moved":
            expect(contact=contact, what=f"{ALONE}{PLACE}")
            return [Reply(texts.where(), asks_place=True)]
        if answer == "home":
            stays.go(citizen=citizen, now=now)
            return [Reply(own_texts.went_home_noted())]
        stay = stays.still_there(citizen=citizen, stay_id=stay_id, now=now) if answer == "yes" else None
        if stay is None:
            return [old_button(contact, "stay")]
        said = own_texts.still_there_noted(place_of(stay, citizen.language))
        if stay.lives_here or stay.until_on is not None:
            return [Reply(said)]
        asked = questions.ask(contact, "until", now, alone=True)
        return [Reply(f"{said}\n\n{asked.text}", asked.buttons, toast=said)]

    return speaking(reply, speaker, now)
