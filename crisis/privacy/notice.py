"""What we tell people of what we keep, in the language that is active (gettext); the numbers come from data/retention.toml."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from crisis.retention import purposes


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of data: what, and until when."""

    what: str
    until: str


def link(language: str) -> str:
    """Return the address of the page that says it all."""
    return f"{settings.PUBLIC_URL}/privacy?l={language}"


def pointer(language: str) -> str:
    """Return one line that leads there."""
    return _("What we keep, why, and until when: %(link)s") % {"link": link(language)}


def title() -> str:
    """Name it."""
    return _("What we keep of you, and why")


def basis() -> list[str]:
    """Tell by what right, and for whom."""
    return [
        _(
            "We keep data about you to warn you in a crisis, to ask whether you are safe, and to help you. That is the public "
            "task of the ministry. When somebody needs help, we also act to protect life."
        ),
        _(
            "Only with your consent: the names of your household and an emergency contact. You need not give them, and you can "
            "take them back at any time."
        ),
        _(
            "If you give us the name or the number of somebody else, please tell them so, and show them this page. They have the "
            "same rights as you, and can ask us to remove it."
        ),
        _("Only staff of the ministry see it. We note which of them looked at your data, and when. We sell nothing."),
    ]


def rights() -> list[str]:
    """Tell what people may do, and how."""
    return [
        _("In the bot, /mydata shows what we have, /me changes it, /stop ends the messages and /delete erases it."),
        _(
            "Without the bot, write to the ministry or to your embassy. You can also complain to the data protection authority."
        ),
    ]


def _until(name: str) -> dict[str, int]:
    return {"days": purposes()[name].days or 0}


def lines() -> list[Line]:
    """Return every kind of data that is told to people; what is only about staff is left out."""
    said = {
        "people": (
            _("Your chat number, e-mail address or phone number, first name, language and how many you are"),
            _("Until you erase it, or %(days)s days after we can no longer reach you."),
        ),
        "imported": (
            _(
                "If staff brought you in with a list (an embassy's register, a tour operator's): what stands in that list"
            ),
            _("Until the day that was set for that list."),
        ),
        "uploads": (_("The file of such a list"), _("%(days)s days.")),
        "likenesses": (
            _("That two entries may be one person, so that we write to you once"),
            _("%(days)s days after staff have decided."),
        ),
        "pending": (_("An address that you did not confirm"), _("%(days)s days.")),
        "stays": (
            _("Where you are: the town, not the street"),
            _("Until you tell us another place, and %(days)s days more."),
        ),
        "household": (_("The names of your household, if you give them"), _("Until you remove them.")),
        "emergency_contact": (_("Your emergency contact, if you give one"), _("Until you remove it.")),
        "links": (_("Proof that a personal link was yours"), _("%(days)s days after the link ends.")),
        "words": (
            _("What you write to us in a crisis"),
            _("%(days)s days, or longer while we are still helping you."),
        ),
        "attachments": (
            _("Recordings and pictures that you send us"),
            _("%(days)s days after we have finished helping you."),
        ),
        "reports": (
            _("What you tell us without being registered: names, place, how to reach you"),
            _("%(days)s days, or longer while we are still helping you."),
        ),
        "letters": (
            _("What you ask us, on our pages on social media or directly"),
            _("%(days)s days after somebody has read it."),
        ),
        "enquiries": (
            _(
                "If you look for somebody, or somebody looks for you: the names, the place and how to reach whoever asks"
            ),
            _("%(days)s days after it is settled."),
        ),
        "outcomes": (_("What we did to help you"), _("%(days)s days after it was done.")),
        "answers": (_("Your answers: safe, need help, not there"), _("%(days)s days.")),
        "notices": (_("Which alerts we sent you"), _("%(days)s days after the alert has ended.")),
        "ladder": (
            _("Whether we reminded you, and by which way"),
            _("%(days)s days after the alert has ended."),
        ),
        "tickings": (
            _("Whom of your household you have marked so far"),
            _("Until the alert asks no more questions."),
        ),
        "passes": (_("Your code for a meeting place"), _("%(days)s days after it has ended.")),
        "inbox": (_("Messages that our system could not read"), _("%(days)s days.")),
        "strangers": (
            _("If you write to our number and we do not know you: a code instead of your number, without your words"),
            _("%(days)s days."),
        ),
        "knocks": (_("A code instead of your internet address, against floods of forms"), _("One hour.")),
        "chat_messages": (
            _("Which messages of the bot are in your chat, not what they say"),
            _("%(days)s days."),
        ),
    }
    return [Line(what, until % _until(name)) for name, (what, until) in said.items()]
