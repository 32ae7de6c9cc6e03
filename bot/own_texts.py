"""The bot's words about what people tell of themselves: the questions after the place, /me, /mydata, /delete, /clear."""

from datetime import date

from babel.dates import format_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _


def day(on: date) -> str:
    """Write a day out, so that a slip in its numbers is seen."""
    language = get_language() or "en"
    # British, as all our English: the day stands first.
    return format_date(on, "long", locale="en_GB" if language == "en" else language.replace("-", "_"))


def skip() -> str:
    """Name the button that passes over a question."""
    return _("Skip this")


def later() -> str:
    """Name the button that ends the questions for now."""
    return _("Later")


def until_question(example: date) -> str:
    """Ask how long somebody stays."""
    return _("How long are you there? Press a button, or type the last day, for example: %(example)s.") % {
        "example": day(example)
    }


def until_answers() -> dict[str, str]:
    """Name the answers."""
    return {
        "home": _("I live here"),
        "7": _("1 week"),
        "14": _("2 weeks"),
        "30": _("1 month"),
    }


def until_noted(on: date) -> str:
    """Confirm the last day."""
    return _("Noted: until %(day)s. Then we ask whether you are still there.") % {"day": day(on)}


def lives_here_noted() -> str:
    """Confirm that somebody lives there."""
    return _("Noted: you live there.")


def wrong_day() -> str:
    """Say that a day cannot be meant."""
    return _("That day is over, or more than five years away. Please type another day.")


def people_question() -> str:
    """Ask for how many people somebody answers."""
    return _(
        "How many people are you, with yourself? Count those who travel or live with you. In a crisis you can then answer for "
        "all of them at once. Press a button, or type the number."
    )


def people_noted(people: int) -> str:
    """Confirm the number."""
    return _("Noted: only you.") if people == 1 else _("Noted: %(people)s people.") % {"people": people}


def names_cleared() -> str:
    """Say that names were taken away."""
    return _("The names that we had are deleted, because they were more than that.")


def wrong_people() -> str:
    """Say that a number cannot be meant."""
    return _("Type a number from 1 to 99.")


def names_question(room: int) -> str:
    """Ask for the names of the others; the number is enough."""
    return _(
        "You may give the names of the others, so that our staff can look for them. You do not have to: the number is enough. "
        "Type one name, or several with commas between them. There is room for: %(room)s."
    ) % {"room": room}


def names_done() -> str:
    """Name the button that ends the names."""
    return _("No more names")


def names_noted() -> str:
    """Confirm names, without repeating them, and ask to tell those who bear them."""
    return _("Noted. Please tell them that their names stand here, and that you can delete them at any time with /me.")


def more_names(room: int) -> str:
    """Ask for the next name."""
    return _("You can type the next name. There is room for: %(room)s.") % {"room": room}


def too_many_names(room: int) -> str:
    """Say that there are more names than people."""
    return _(
        "These are too many names; there is room for: %(room)s. Do not count yourself. If you are more people, change the number "
        "first, with /me."
    ) % {"room": room}


def contact_question() -> str:
    """Ask for another way."""
    return _(
        "By which other way can we reach you, if Telegram does not work? Type a phone number with its country, for example "
        "+32 470 12 34 56, or an e-mail address. We send one message there, with a link: open it, and it works."
    )


def contact_noted() -> str:
    """Say that a link is sent; the same words whether the address is somebody else's or not."""
    return _(
        "We send one message with a link to that address. Open the link within two days. Until then we do not use the address. "
        "No message? Look whether the address is right."
    )


def contact_later() -> str:
    """Say that a link is late, whosever the address is."""
    return _("Very many people ask for a message this way now: it may take some hours.")


def contact_known() -> str:
    """Say that an address is known."""
    return _("We have this address already, and it works.")


def too_often() -> str:
    """Say that too many links were asked for."""
    return _("We sent you enough links for one day. Please try again tomorrow.")


def not_an_address() -> str:
    """Say how an address is written."""
    return _(
        "This is no phone number and no e-mail address that we can use. Write a number with its country, for example "
        "+32 470 12 34 56, and an e-mail address like name@example.org."
    )


def no_such_way() -> str:
    """Say that a way is not set up here."""
    return _("We cannot write to such an address yet. Please give another one.")


def emergency_question() -> str:
    """Ask whether there is somebody whom we may ask."""
    return _(
        "Is there somebody whom we may ask about you, if you do not answer in a crisis? We tell them only that we try to reach "
        "you. We do this only if you say yes now."
    )


def emergency_yes() -> str:
    """Name the button that agrees."""
    return _("Yes, you may ask somebody")


def emergency_who() -> str:
    """Ask who it is."""
    return _(
        "Who is it? Type the name and the phone number or e-mail address in one message, for example: Anna +32 470 12 34 56. "
        "The name is optional."
    )


def emergency_noted() -> str:
    """Confirm it, and ask to tell the person."""
    return _(
        "Noted. Please tell this person that we have the address from you. You can delete it at any time with /me."
    )


def emergency_is_own() -> str:
    """Say that the address is the person's own."""
    return _("This is your own address. Please give the address of somebody else.")


def press_first() -> str:
    """Say that a button must be pressed."""
    return _("Please press a button first.")


def questions_done() -> str:
    """Say that all is asked."""
    return _("Thank you, that is all. /me shows what we know of you, and lets you change it.")


def questions_later() -> str:
    """Say how to go on."""
    return _("All right, later. Go on at any time with /me.")


def passed_over() -> str:
    """Confirm that a question is passed over."""
    return _("All right.")


def not_understood() -> str:
    """Say that a text is no answer to the question."""
    return _("We did not understand this as an answer.")


def other_commands() -> str:
    """List the further commands."""
    return _(
        "/me – see and change what we know of you\n/mydata – all your data, as a file\n/clear – take our messages away\n"
        "/delete – erase your data"
    )


def other_descriptions() -> dict[str, str]:
    """Describe the further commands for Telegram's menu."""
    return {
        "me": _("See and change what we know of you"),
        "mydata": _("All your data, as a file"),
        "clear": _("Take our messages away"),
        "delete": _("Erase your data"),
    }


def me_title() -> str:
    """Begin what is known of somebody."""
    return _("This is what we know of you:")


def me_lines() -> dict[str, str]:
    """Name what is known, each with its value behind."""
    return {
        "name": _("Name: %(value)s"),
        "language": _("Language: %(value)s"),
        "place": _("Place: %(value)s"),
        "until": _("Until: %(value)s"),
        "people": _("People, with you: %(value)s"),
        "names": _("Names of the others: %(value)s"),
        "contact": _("Other way: %(value)s"),
        "pending": _("Other way, waits until you open its link: %(value)s"),
        "stopped": _("Other way, stopped by you: %(value)s"),
        "emergency": _("We may ask: %(value)s"),
    }


def nothing_said() -> str:
    """Say that something was never said."""
    return _("not said")


def you_live_there() -> str:
    """Say that somebody lives where they are."""
    return _("you live there")


def me_buttons() -> dict[str, str]:
    """Name the buttons that change each thing."""
    return {
        "place": _("Change the place"),
        "until": _("Change until when"),
        "people": _("Change the number of people"),
        "names": _("Add names"),
        "no_names": _("Delete the names"),
        "contact": _("Add another way"),
        "again": _("Send the link again"),
        "emergency": _("Change whom you may ask"),
        "nobody": _("Ask nobody any more"),
        "language": _("Another language"),
        "on": _("Go on with the questions"),
    }


def drop(address: str) -> str:
    """Name the button that takes an address away."""
    return _("Delete %(address)s") % {"address": address}


def dropped() -> str:
    """Confirm that something is deleted."""
    return _("Deleted.")


def file_follows() -> str:
    """Say what the file is."""
    return _(
        "The file holds all that we have stored of you, also your answers and when we wrote to you. Keep it safe, or delete it "
        "after reading: it shows your places and your contacts."
    )


def why_kept() -> str:
    """Say why we keep it, and until when."""
    return _(
        "Why we keep it: to warn you and to find you in a crisis, which is our task by law. We keep it until you send /delete. "
        "Answers to an alert are also deleted some time after the crisis."
    )


def delete_question() -> str:
    """Ask once before everything is erased."""
    return _(
        "Do you want us to erase your data? Then we delete your name, chat number, places, household, contacts, and all that you "
        "wrote, and we warn you no more.\n\n"
        "What stays, without your name: how many people we told and how many answered in past alerts, and the numbers in our log "
        "of who did what. We must be able to show how a crisis was handled."
    )


def delete_yes() -> str:
    """Name the button that erases."""
    return _("Yes, erase everything")


def delete_no() -> str:
    """Name the button that erases nothing."""
    return _("No, keep it")


def deleted() -> str:
    """Confirm that all is erased."""
    return _(
        "Your data is erased. You can also delete this chat in Telegram: we cannot do that for you. "
        "If you write to us again, we begin anew."
    )


def delete_waits() -> str:
    """Say that a call for help stands in the way."""
    return _(
        "Our staff still look after your call or your message, and must be able to find you. We erase your data when that is "
        "done. Until then we send you no alerts."
    )


def delete_kept() -> str:
    """Confirm that nothing is erased."""
    return _("Nothing is erased.")


def cleared() -> str:
    """Say which messages were taken away, and which not."""
    return _(
        "We took away our messages of the last two days. Telegram does not let us take away older ones, nor yours: delete them "
        "yourself, or the whole chat."
    )


def alerts_stay() -> str:
    """Say why an alert stays."""
    return _("Alerts that still hold stay here, so that you can read what to do, and answer.")


def still_there_noted(place: str) -> str:
    """Confirm that somebody is still there."""
    return _("Thank you. We write to you when something happens near: %(place)s.") % {"place": place}


def went_home_noted() -> str:
    """Confirm that somebody went home."""
    return _(
        "Thank you. We no longer count you there. When you travel again, send us the name of the town. /delete erases your data."
    )
