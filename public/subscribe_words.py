"""The words of the pages on which people subscribe, and see and change what is known of them; in the language that is active."""

from datetime import date

from django.utils.translation import gettext as _

from crisis.audience.models import Contact


def form() -> dict[str, str]:
    """Return what stands on the page to subscribe."""
    return {
        "title": _("Get our alerts"),
        "intro": _("We write to you when something happens where you are. Telegram is fastest:"),
        "telegram": _("Receive alerts on Telegram"),
        "way": _("Or how else do we reach you?"),
        "address": _("Your e-mail address, or your phone number"),
        "address_hint": _("A number with its country, for example +32 470 12 34 56."),
        "speak": _("Language of the alerts"),
        "where": _("In which town are you, or will you be?"),
        "where_hint": _("For example Kinshasa, or Kinshasa, Congo."),
        "which": _("Which one do you mean?"),
        "which_country": _("Which embassy or consulate do you turn to there? Choose the country."),
        "until": _("Until when are you there?"),
        "until_hint": _("A day, like 2027-01-31. Leave it empty if you live there."),
        "people": _("How many people are you, yourself included?"),
        "kept": _(
            "We keep your address encrypted, your language, the town and how many you are, to warn you and for nothing else. "
            "You can end it at any time."
        ),
        "send": _("Subscribe"),
        "already": _("See, change or stop your alerts"),
        "wrong": _("Not sent yet. Please look at this:"),
        "language": _("Language"),
        "honey": _("Leave this empty"),
    }


def ways() -> dict[str, str]:
    """Return how each way is named, by its kind."""
    return {
        Contact.Kind.TELEGRAM.value: _("On Telegram"),
        Contact.Kind.EMAIL.value: _("By e-mail"),
        Contact.Kind.SMS.value: _("By SMS"),
        Contact.Kind.WHATSAPP.value: _("By WhatsApp"),
    }


def mistakes() -> dict[str, str]:
    """Return what can be wrong, each by its name."""
    return {
        "way": _("Please choose one."),
        "mail": _("This is no e-mail address."),
        "phone": _("This is no phone number with its country, like +32 470 12 34 56."),
        "where": _("We do not know this town. Write the name of a larger town nearby."),
        "which": _("There are several. Please choose one."),
        "until": _("Please write a day from today on, like 2027-01-31."),
        "people": _("Please write a number from 1 to 99."),
        "honey": _("Please empty this field. It is there to catch robots."),
        "stale": _("This page was open for a long time. Please press the button once more."),
        "too_many": _("Very many requests came over your connection in the last hour. Please wait."),
        "spent": _(
            "Very many people ask for a message this way now. Please choose another way, or try again in an hour."
        ),
        "sure": _("Please tick the box if you are sure."),
    }


def sent() -> dict[str, str]:
    """Return what stands on the page afterwards: the same for every address, so that nobody learns whose is known."""
    return {
        "title": _("One more step"),
        "look": _("Look into your messages: we send you a link. Open it to go on."),
        "none": _(
            "Nothing came within ten minutes? Look among the unwanted mail, and see whether the address is right."
        ),
        "most": _("To one address we send at most three such messages a day."),
    }


def confirming() -> dict[str, str]:
    """Return what stands on the page that confirms an address."""
    return {
        "title": _("Is this address yours?"),
        "ask": _("Press the button, and we send our alerts to the address at which you got this link."),
        "yes": _("Yes, send me the alerts"),
        "done": _("Done. You get our alerts at this address."),
        "manage": _("See or change what we know of you"),
        "unknown": _("This link is not valid, or not any more."),
        "anew": _("Ask for a new link"),
    }


def managing() -> dict[str, str]:
    """Return what stands on the pages to see and change what is known."""
    return {
        "find_title": _("See, change or stop your alerts"),
        "find": _("Write the address at which you get our alerts. We send a link there, which is good for two hours."),
        "find_send": _("Send me the link"),
        "title": _("What we know of you"),
        "where_now": _("Where are you now?"),
        "now_at": _("We warn you of what happens near:"),
        "nowhere": _("We do not know where you are."),
        "move": _("Another town"),
        "move_hint": _("Leave it empty if you are still there."),
        "first": _("Reach me first"),
        "save": _("Save"),
        "saved": _("Saved."),
        "stopped": _("You get no alerts at this address."),
        "stop": _("Stop the alerts at this address"),
        "resume": _("Send me the alerts again"),
        "delete": _("Delete everything you know of me"),
        "sure": _("Yes, delete it. I get no more alerts."),
        "deleted": _("It is deleted."),
        "waits": _(
            "Our staff still look after your call or your message, and must be able to find you. We erase your data when that is "
            "done. Until then we send you no alerts."
        ),
        "left": _("Your earlier answers stay as numbers, without anything that says who you are."),
    }


def day(value: date | None) -> str:
    """Return a day as it is typed."""
    return value.isoformat() if value else ""
