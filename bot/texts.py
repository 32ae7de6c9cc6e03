"""The bot's words, in plain language; each function speaks the language that is active (see `speaking`)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from crisis.outward.queries import said


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Let gettext speak a citizen's language."""
    with override(language):
        yield


def welcome(ministry: str) -> str:
    """Say who we are and what we keep."""
    return said("bot_welcome", ministry=ministry)


def languages_are(names: str) -> str:
    """Say which languages we speak: in English, because whoever is told speaks none of them by Telegram's word."""
    return f"We do not speak the language of your Telegram yet. We speak {names}: choose with the buttons below."


def invitation(why: str) -> str:
    """Say what came of an invitation's link; `why` is blank where the chat is linked."""
    return {
        "": _("Thank you. This chat is now linked to the list on which you stand. /status shows what we know."),
        "gone": _("This invitation is no longer valid. You can use this chat all the same."),
        "used": _("This invitation was used already. You can use this chat all the same."),
        "other": _("You were here already, so nothing was changed. Our staff will look whether you stand here twice."),
    }[why]


def where() -> str:
    """Ask for the place."""
    return _("Where are you now? Share your location, or type the name of a town, for example: Tokyo.")


def share_location() -> str:
    """Name the button that shares the location."""
    return _("📍 Share my location")


def place_known(place: str) -> str:
    """Confirm a place."""
    return _("Thank you. We write to you when something happens near: %(place)s.\nSend another town when you move.") % {
        "place": place
    }


def which_place() -> str:
    """Ask which of several towns is meant."""
    return _("Which one do you mean?")


def which_country() -> str:
    """Ask in which country a place counts for the person, where countries do not agree."""
    return _("Which embassy or consulate do you turn to there? Choose the country.")


def no_place(text: str) -> str:
    """Say that no town of that name is known."""
    return _("We do not know a town called “%(text)s”. Type a larger town nearby, or share your location.") % {
        "text": text
    }


def no_country() -> str:
    """Say that a point lies in no country."""
    return _("That place lies at sea, in no country. Type the name of the nearest town.")


def served_by(post: str, number: str) -> str:
    """Name the post that serves a place, and the number."""
    line = said("bot_your_post", post=post)
    return f"{line}\n{emergency(number)}" if number else line


def emergency(number: str) -> str:
    """Give the emergency number."""
    return _("Emergency number, day and night: %(number)s") % {"number": number}


def no_post() -> str:
    """Say that no post serves the place."""
    return said("bot_no_post")


def recorded(safety: str, event: str) -> str:
    """Confirm an answer; it repeats neither name nor position, because a phone is read at a checkpoint."""
    told = said(f"bot_{safety}")
    return f"{told}\n{event}" if event else told


def newer_stands(event: str, answer: str) -> str:
    """Say that an answer came late, and which one counts."""
    return _("A newer answer of yours counts.\n%(event)s\nYour answer: %(answer)s") % {"event": event, "answer": answer}


def only_exercise() -> str:
    """Say that an exercise's button calls nobody in earnest."""
    return _("This is an exercise. If you really need help now, press the button.")


def may_correct() -> str:
    """Say that an answer can be changed."""
    return _("You can change your answer at any time with the buttons above.")


def say_more() -> str:
    """Ask what somebody needs."""
    return said("bot_say_more")


def passed_on() -> str:
    """Say that staff read what was written."""
    return said("bot_passed_on")


def added_to_call() -> str:
    """Say that words joined a call for help."""
    return _("We have added this to your call for help. Our staff read it.")


def added_to_message() -> str:
    """Say that words joined those that a person reads."""
    return _("We have added this to what you wrote before. Our staff will read it.")


def staff_read() -> str:
    """Say that a person reads it."""
    return said("bot_staff_read")


def question_kept() -> str:
    """Say that a person answers what was asked, and not at once."""
    return _("Our staff will read your question and answer you here. Nobody reads it at once: in danger, call us.")


def noted_too() -> str:
    """Say that words stand beside an answer."""
    return _("Thank you, we have noted this too.")


def cannot_open() -> str:
    """Say that staff cannot open a file."""
    return _("Our staff cannot open files of this kind. Please write in words what it shows or says.")


def are_you_there() -> str:
    """Ask whether a town that was named is where the person is."""
    return _("Are you there now? Then press the name of the town.")


def ended() -> str:
    """Say that an alert is over."""
    return _("This alert has ended, so nothing was recorded.")


def old_button() -> str:
    """Say that a button is not valid."""
    return _("This button is no longer valid.")


def nothing_open() -> str:
    """Say that there is nothing to answer."""
    return said("bot_nothing_open")


def which_alert() -> str:
    """Ask which alert is meant."""
    return _("Which alert do you mean?")


def help_question() -> str:
    """Ask whether help is needed."""
    return _("Do you need help now?")


def need_help() -> str:
    """Name the button that calls for help."""
    return _("🆘 I need help")


def commands_help() -> str:
    """List what the bot can do."""
    return said("bot_commands")


def seek(language: str) -> str:
    """Say where relatives tell whom they look for."""
    link = f"{settings.PUBLIC_URL}/seek?l={language}"
    return _("Do you look for somebody? Tell us here: %(link)s") % {"link": link}


def choose_language() -> str:
    """Ask for the language."""
    return _("Which language do you prefer?")


def language_changed() -> str:
    """Confirm the language."""
    return _("We speak English from now on.")


def stopped() -> str:
    """Confirm that no more is sent."""
    return _("You get no more messages from us. Send /start if you change your mind.")


def still_stopped() -> str:
    """Remind somebody who had said stop, and still speaks to us."""
    return _("You asked us to stop: we answer you here, but we send you no alerts. Send /start to get them again.")


def edits_unread() -> str:
    """Say that a changed message is not read."""
    return _("We do not read changes to a message. Please send it again as a new message.")


def not_taken_in() -> str:
    """Say that we failed to take something in."""
    return _("Something went wrong on our side: what you sent was not taken in. Please send it again.")


def status_place(place: str) -> str:
    """Show the place that is known."""
    return _("You are near: %(place)s.") % {"place": place}


def status_no_place() -> str:
    """Say that no place is known."""
    return _("We do not know where you are.")


def status_answer(event: str, answer: str) -> str:
    """Show an open alert and the answer given."""
    return _("%(event)s\nYour answer: %(answer)s") % {"event": event, "answer": answer}


def answer_names() -> dict[str, str]:
    """Name the answers."""
    return {
        "safe": _("safe"),
        "needs_help": _("need help"),
        "not_there": _("not there"),
        "unclear": _("passed on to our staff"),
        "": _("none yet"),
    }


def command_descriptions() -> dict[str, str]:
    """Describe the commands for Telegram's menu; `own_texts.other_descriptions` describes the rest of them."""
    return {
        "safe": _("I am safe"),
        "help": _("I need help"),
        "status": _("What we know of you"),
        "language": _("Another language"),
        "verify": _("Is a message or an account ours?"),
        "stop": _("No more messages"),
    }


def not_in_groups() -> str:
    """Say that the bot works in private chats only."""
    return _("Write to me in a private chat: what you tell us is not for a group.")


def verify_how() -> str:
    """Say how to ask."""
    return _(
        "Send /verify with the code of a message, for example /verify 3T6GQY, or with the name of an account, for example "
        "/verify @embassy."
    )


def verify_ours(headline: str) -> str:
    """Say that an alert is ours, and what it is about."""
    return _("Yes, this message is ours: %(headline)s") % {"headline": headline}


def verify_holds() -> str:
    """Say that an alert holds."""
    return _("It holds now. Read it on its page:")


def verify_over() -> str:
    """Say that an alert has ended."""
    return _("It no longer holds. Its page:")


def verify_taken_back() -> str:
    """Say that the chain of alerts has ended with a cancel."""
    return _("What it said before no longer holds: that was taken back or is over. Its page:")


def verify_account(address: str, platform: str, holder: str) -> str:
    """Say that an account is ours, and whose."""
    return _("Yes, %(address)s on %(platform)s is ours: %(holder)s.") % {
        "address": address,
        "platform": platform,
        "holder": holder,
    }


def verify_not_ours(text: str) -> str:
    """Say that we know nothing of that name."""
    return said("bot_not_ours", text=text)


def further(question: str) -> str:
    """Ask a further question of a round."""
    return {
        "leave": _("Do you want to leave the country?"),
        "how_many": _("How many of you want to leave?"),
        "passport": _("Have all of you a valid passport?"),
    }[question]


def yes() -> str:
    """Name the button."""
    return _("Yes")


def no() -> str:
    """Name the button."""
    return _("No")
