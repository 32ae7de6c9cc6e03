"""The words of the pages for relatives, and for whoever was found; in plain language, in the language that is active."""

from django.utils.translation import gettext as _

from crisis.checkins.seeking import Enquiry


def form() -> dict[str, str]:
    """Return what stands on the form."""
    return {
        "title": _("I look for somebody"),
        "intro": _("Tell us whom you look for. Only our staff read it. We publish nothing and tell nobody who asks."),
        "promise": _("If there is news, we first ask the person whether we may tell you. We cannot say more."),
        "whom": _("Whom do you look for?"),
        "name": _("First and family name"),
        "name_hint": _("As in the passport, in any script."),
        "birth_year": _("Year of birth, if you know it"),
        "where": _("Where was the person last? A town if you can."),
        "last_contact": _("When and how did you last hear from them?"),
        "their": _("Their phone number or e-mail address, if you know it"),
        "you": _("Who are you?"),
        "asker": _("Your name"),
        "relation": _("What are you to the person?"),
        "contact": _("Your phone number, or your e-mail address"),
        "contact_hint": _(
            "A number with its country, for example +32 470 12 34 56. We only use it to reach you about this."
        ),
        "honey": _("Leave this empty"),
        "send": _("Send"),
        "wrong": _("Not sent yet. Please look at this:"),
        "language": _("Language"),
    }


def relations() -> dict[str, str]:
    """Name what whoever asks can be to the person."""
    return {
        Enquiry.Relation.PARENT: _("Mother or father"),
        Enquiry.Relation.CHILD: _("Daughter or son"),
        Enquiry.Relation.PARTNER: _("Wife, husband or partner"),
        Enquiry.Relation.SIBLING: _("Sister or brother"),
        Enquiry.Relation.OTHER: _("Another relative"),
        Enquiry.Relation.FRIEND: _("Friend or colleague"),
    }


def mistakes() -> dict[str, str]:
    """Return what can be wrong, each by its name."""
    return {
        "name": _("Please write the name of the person."),
        "birth_year": _("Please write a year, like 1987."),
        "asker": _("Please write your name."),
        "relation": _("Please choose what you are to the person."),
    }


def done() -> dict[str, str]:
    """Return what stands on the page afterwards: the same for everybody, whoever is known to us."""
    return {
        "title": _("We have it."),
        "next": _("We will contact you if there is news and the person agrees. You need not send it again."),
        "danger": _("If their life is in danger, call the local emergency services first."),
        "again": _("I look for somebody else"),
    }


def consent() -> dict[str, str]:
    """Return what whoever was found reads."""
    return {
        "title": _("Somebody looks for you"),
        "asks": _("asks us about you, and says what they are to you:"),
        "nothing": _("We have told them nothing, not even that we know you. What may we tell them?"),
        Enquiry.Consent.SAFE: _("Tell them that I am safe"),
        Enquiry.Consent.TOUCH: _("Tell them only that you are in touch with me"),
        Enquiry.Consent.REFUSED: _("Tell them nothing"),
        "saved": _("It is saved. You can change it here until they are told."),
        "over": _("This link does not work any more."),
    }
