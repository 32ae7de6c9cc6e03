"""The conversation: what a citizen does becomes operations of the domain and replies. No Telegram here, no event loop."""

from datetime import datetime

from bot import invited, own_texts, partly, registration, sayings, texts, unclear
from bot.about import old_button as _old_button
from bot.answers import (
    answer_name,
    asked_further,
    closed,
    event,
    help_button,
    moved,
    number_line,
    post_lines,
    recorded,
    show,
)
from bot.replies import Buttons, Press, Reply
from bot.speaker import Speaker, fallback, speaking, spoken
from crisis.alerts.models import Rollcall
from crisis.alerts.queries import by_marker
from crisis.audience import erasing
from crisis.audience import operations as audience
from crisis.audience.models import Citizen, Contact
from crisis.audience.queries import current_stay
from crisis.checkins.asking import in_earnest, rollcalls_of
from crisis.checkins.buttons import ANSWERS, SOME
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import is_open, post_of
from crisis.checkins.rounds import Round, current_round
from crisis.checkins.rounds import answer as note
from crisis.places.models import Place
from crisis.places.names import country_name, town_name
from crisis.privacy import notice
from crisis.registry.queries import home_ministry

LONGEST_NUMBER = 4  # digits of an alert's place in its chain


def start(speaker: Speaker, payload: str, now: datetime) -> list[Reply]:
    """Welcome somebody, also back after a stop; with the link of an alert (`a_CODE_1`), show it and its question."""

    def reply(contact: Contact) -> list[Reply]:
        audience.resume(contact=contact)
        citizen = contact.citizen
        erasing.keep(citizen=citizen)
        rows = _language_buttons(citizen)
        lines = [texts.welcome(citizen.ministry.name(citizen.language)), notice.pointer(citizen.language)]
        if speaker.language and spoken(speaker.language) is None and citizen.language == fallback():
            lines.append(texts.languages_are(", ".join(button.label for row in rows for button in row)))
        replies = [Reply("\n\n".join(lines), rows)]
        code, _, number = payload.removeprefix("a_").partition("_")
        known = payload.startswith("a_") and number.isdecimal() and len(number) <= LONGEST_NUMBER
        alert = by_marker(code, int(number)) if known else None
        if alert is not None:
            replies.append(show(alert, contact, now))
        if current_stay(citizen) is None:
            audience.expect(contact=contact, what="place")
            replies.append(Reply(texts.where(), asks_place=True))
        elif alert is None and not rollcalls_of(citizen, now):
            replies += registration.again(contact, now)
        return replies

    return [*invited.linked(speaker, payload, now), *speaking(reply, speaker, now)]


def choose_language(speaker: Speaker, now: datetime) -> list[Reply]:
    """Offer the languages."""
    return speaking(lambda c: [Reply(texts.choose_language(), _language_buttons(c.citizen))], speaker, now)


def set_language(speaker: Speaker, language: str, now: datetime) -> list[Reply]:
    """Speak another language from now on."""

    def reply(contact: Contact) -> list[Reply]:
        citizen = contact.citizen
        if language not in citizen.ministry.languages:
            return [_old_button(contact, "language")]
        audience.speak(citizen=citizen, language=language)
        with texts.speaking(language):
            replies = [Reply(texts.language_changed())]
            if current_stay(citizen) is None:
                replies.append(Reply(texts.where(), asks_place=True))
            elif not rollcalls_of(citizen, now):
                replies += registration.again(contact, now)
        return replies

    return speaking(reply, speaker, now)


def stop(speaker: Speaker, now: datetime) -> list[Reply]:
    """Write no more."""

    def reply(contact: Contact) -> list[Reply]:
        audience.stop(contact=contact)
        return [Reply(texts.stopped())]

    return speaking(reply, speaker, now)


def status(speaker: Speaker, now: datetime) -> list[Reply]:
    """Show what is known: the place, the post, the open alerts and the answers given."""

    def reply(contact: Contact) -> list[Reply]:
        citizen = contact.citizen
        stay = current_stay(citizen)
        lines = [
            texts.status_place(
                town_name(stay.place_name, stay.country, citizen.language)
                or country_name(stay.country, citizen.language)
            )
            if stay
            else texts.status_no_place()
        ]
        lines += post_lines(post_of(citizen, None, now), citizen) if stay else []
        for rollcall in rollcalls_of(citizen, now):
            given = CheckIn.objects.filter(rollcall=rollcall, citizen=citizen, current=True).first()
            lines.append("")
            lines.append(texts.status_answer(event(rollcall.alert), answer_name(given)))
        return [Reply("\n".join(lines), asks_place=stay is None)]

    return speaking(reply, speaker, now)


def help_me(speaker: Speaker, now: datetime) -> list[Reply]:
    """Give the number at once, and one button that calls for help."""

    def reply(contact: Contact) -> list[Reply]:
        text = "\n\n".join(
            [
                texts.help_question(),
                *number_line(post_of(contact.citizen, None, now), contact.citizen),
                texts.commands_help(),
                own_texts.other_commands(),
                texts.seek(contact.citizen.language),
            ]
        )
        return [Reply(text, help_button())]

    return speaking(reply, speaker, now)


def chose_place(speaker: Speaker, place_id: int, now: datetime) -> list[Reply]:
    """Note a town that was chosen from a list."""

    def reply(contact: Contact) -> list[Reply]:
        place = Place.objects.filter(pk=place_id).first()
        if place is None:
            return [_old_button(contact, "place")]
        return moved(contact, audience.Place(place.lat, place.lon, place.name), now)

    return speaking(reply, speaker, now)


def chose_country(speaker: Speaker, country: str, lat: str, lon: str, now: datetime) -> list[Reply]:
    """Note a place together with the country in which it counts for whoever is there."""

    def reply(contact: Contact) -> list[Reply]:
        place = unclear.chosen(lat, lon)
        return moved(contact, place, now, country=country) if place else [_old_button(contact, "country")]

    return speaking(reply, speaker, now)


def answered(speaker: Speaker, rollcall_id: int, answer: str, ref: str, now: datetime) -> list[Reply]:
    """Record a button under an alert."""

    def reply(contact: Contact) -> list[Reply]:
        rollcall = Rollcall.objects.select_related("alert__ministry").filter(pk=rollcall_id).first()
        if rollcall is None or answer not in (*ANSWERS, SOME):
            return [_old_button(contact, "answer")]
        return partly.answered(contact, rollcall, answer, ref, now)

    return speaking(reply, speaker, now)


def answered_further(speaker: Speaker, round_id: int, question: str, value: int, now: datetime) -> list[Reply]:
    """Note an answer to a further question of a round, and ask the next; one of an earlier round is answered kindly."""

    def reply(contact: Contact) -> list[Reply]:
        asked = Round.objects.select_related("rollcall__alert").filter(pk=round_id).first()
        citizen = contact.citizen
        if asked is None or asked != current_round(asked.rollcall) or question not in asked.questions:
            return [_old_button(contact, "further")]
        answers = CheckIn.objects.filter(rollcall=asked.rollcall, citizen=citizen, current=True)
        if not is_open(asked.rollcall, now) or not answers.exists():
            return [closed(contact, asked.rollcall)]
        try:
            note(asked=asked, citizen=citizen, given={question: value}, actor=CheckIn.Source.BOT, now=now)
        except ValueError:
            return [_old_button(contact, "further")]
        following = asked_further(asked.rollcall, citizen, in_place=True)
        return following or [Reply(sayings.noted(), in_place=True)]

    return speaking(reply, speaker, now)


def call_for_help(speaker: Speaker, ref: str, now: datetime) -> list[Reply]:
    """Take a call for help on any day: it belongs to the one open alert where the person is, or to none; never to a drill."""

    def reply(contact: Contact) -> list[Reply]:
        open_now = in_earnest(rollcalls_of(contact.citizen, now))
        return recorded(contact, open_now[0] if len(open_now) == 1 else None, Safety.NEEDS_HELP, ref, now)

    return speaking(reply, speaker, now)


def i_am_safe(speaker: Speaker, ref: str, now: datetime) -> list[Reply]:
    """Record /safe: for the one open alert where the person is; with several, ask which."""

    def reply(contact: Contact) -> list[Reply]:
        open_now = rollcalls_of(contact.citizen, now)
        if not open_now:
            return [Reply(texts.nothing_open())]
        if len(open_now) == 1:
            return partly.answered(contact, open_now[0], "safe", ref, now)
        rows = tuple((Press(event(rollcall.alert)[:60], f"c:{rollcall.pk}:safe"),) for rollcall in open_now)
        return [Reply(texts.which_alert(), rows)]

    return speaking(reply, speaker, now)


def unknown_button(speaker: Speaker, now: datetime) -> list[Reply]:
    """Answer a button that we never made, or made long ago."""

    def reply(contact: Contact) -> list[Reply]:
        return [_old_button(contact, "unknown")]

    return speaking(reply, speaker, now)


def gave_up(speaker: Speaker, now: datetime) -> list[Reply]:
    """Own up that something could not be taken in, and give the number."""

    def reply(contact: Contact) -> list[Reply]:
        number = number_line(post_of(contact.citizen, None, now), contact.citizen)
        return [Reply("\n\n".join([texts.not_taken_in(), *number]), help_button())]

    return speaking(reply, speaker, now)


def in_group(language: str) -> str:
    """Return what somebody in a group is told: in the language of the person's Telegram, else in the ministry's first."""
    with texts.speaking(spoken(language) or home_ministry().languages[0]):
        return texts.not_in_groups()


def left(chat: int) -> None:
    """Note that somebody blocked the bot."""
    if (contact := Contact.objects.filter(kind=Contact.Kind.TELEGRAM, address=str(chat)).first()) is not None:
        audience.lose(contact_id=contact.pk, why="blocked the bot")


def _language_buttons(citizen: Citizen) -> Buttons:
    from babel import Locale

    rows = []
    for code in citizen.ministry.languages:
        name = Locale.parse(code.replace("-", "_")).display_name or code
        rows.append((Press(name.capitalize(), f"l:{code}"),))
    return tuple(rows)
