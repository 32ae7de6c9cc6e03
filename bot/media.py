"""What people send that is no text: a place is noted, the rest goes to a person, with the file where staff can open it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bot import sayings, texts
from bot.answers import exercise_line, moved, number_line, show
from bot.freetext import heard
from bot.replies import Reply
from bot.speaker import Speaker, speaking
from crisis.audience import operations as audience
from crisis.audience.models import Contact
from crisis.checkins import attachments
from crisis.checkins.asking import first_asking, rollcalls_of
from crisis.checkins.attachments import Sent
from crisis.checkins.intent import may_call_for_help
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.operations import hear, open_case
from crisis.places.grid import rounded

FILES = frozenset({"photo", "voice", "video", "video_note", "animation", "audio", "document"})
# What says little by itself: beside an answer that stands, nobody need look at it at once.
IDLE = frozenset({"sticker", "dice", "poll"})


@dataclass(frozen=True, slots=True)
class Point:
    """A place in degrees, with the name that its sender gave it, or blank."""

    lat: float
    lon: float
    name: str = ""


def located(speaker: Speaker, point: Point, ref: str, now: datetime) -> list[Reply]:
    """Note where somebody is; if they have an open case, staff read it there too, rounded as it is kept."""

    def reply(contact: Contact) -> list[Reply]:
        case = open_case(contact.citizen)
        place = audience.Place(point.lat, point.lon)
        return moved(contact, place, now) if case is None else _joined(contact, case, point, ref, now)

    return speaking(reply, speaker, now)


def sent(speaker: Speaker, what: Sent, words: str, ref: str, now: datetime) -> list[Reply]:
    """Take a picture, a voice message and the like; never only "I don't understand".

    Args:
        speaker: who.
        what: the file, or whatever it is.
        words: what stands under it, or what it says.
        ref: the update's number.
        now: the time.
    """

    def reply(contact: Contact) -> list[Reply]:
        asking = first_asking(contact.citizen, now)
        worrying = what.kind not in IDLE or may_call_for_help(words)
        with transaction.atomic():
            checkin, told = heard(contact, asking, f"[{what.kind}] {words}".strip(), ref, now, worrying=worrying)
            noted = attachments.add(checkin=checkin, sent=what, now=now) if what.kind in FILES else None
        if noted is None:
            return [told]
        if attachments.continues_album(noted):
            return []
        more = texts.cannot_open() if what.obstacle else sayings.will_open()
        return [Reply(f"{told.text}\n\n{more}", told.buttons)]

    return speaking(reply, speaker, now)


def not_opened(chat: int, now: datetime) -> list[Reply]:
    """Tell somebody that a file could not be opened after all."""
    return speaking(lambda _: [Reply(sayings.not_opened())], Speaker(chat, "", ""), now)


def _joined(contact: Contact, case: Case, point: Point, ref: str, now: datetime) -> list[Reply]:
    citizen = contact.citizen
    with transaction.atomic():
        try:
            near = audience.move(citizen=citizen, to=audience.Place(point.lat, point.lon), now=now).place_name
        except audience.NowhereError:
            near = "no country"
        audience.expect(contact=contact, what="")
        words = f"📍 {rounded(point.lat)}, {rounded(point.lon)} ({near}) {point.name}".strip()
        hear(
            citizen=citizen, contact=contact, asking=None, text=words, worrying=False, source=CheckIn.Source.BOT, ref=ref,
            now=now,
        )  # fmt: skip
    number = number_line(case.post, citizen)
    replies = [Reply("\n\n".join([sayings.position_added(), *exercise_line(case), *number]))]
    answered = CheckIn.objects.filter(citizen=citizen, rollcall__isnull=False).values_list("rollcall", flat=True)
    known = {case.rollcall_id, *answered}
    fresh = [rollcall for rollcall in rollcalls_of(citizen, now) if rollcall.pk not in known]
    return replies + [show(rollcall.alert, contact, now) for rollcall in fresh[:3]]
