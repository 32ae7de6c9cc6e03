"""The words of the check-in pages, in plain language; in the language that is active."""

from django.utils.translation import gettext as _

from crisis.outward.queries import said
from crisis.registry.models import Post


def form() -> dict[str, str]:
    """Return what stands on the form."""
    return {
        "title": _("How are you?"),
        "intro": _("Tell us how you are. You need not be registered. Only our staff read it."),
        "danger": _("If your life is in danger, call the local emergency services first."),
        "over": _("This alert asks nobody any more. We still take calls for help here."),
        "safe": _("Safe: all of us"),
        "needs_help": _("We need help"),
        "some": _("Some of us are safe. Others are not, or we do not know."),
        "not_there": _("None of us is there"),
        "really": _("We really need help, apart from the exercise"),
        "people": _("How many people are you, yourself included?"),
        "where": _("Where are you?"),
        "where_hint": _("A town, and a street or a building if you can."),
        "text": _("What do you need? Who is hurt or missing?"),
        "partly": _("Only some of you are safe?"),
        "how_many": _("How many of you are safe?"),
        "how_others": _("How are the others?"),
        "optional": _("You may leave the rest empty."),
        "names": _("Your names"),
        "contact": _("Your phone number, or your e-mail address"),
        "contact_hint": _(
            "A number with its country, for example +32 470 12 34 56. We only use it to reach you about this."
        ),
        "nationality": _("Your nationalities"),
        "unrepresented": _("How many of you are citizens of another EU country that has no embassy there?"),
        "other_nationality": _("How many of you are family members with another nationality?"),
        "honey": _("Leave this empty"),
        "send": _("Send"),
        "telegram": _("Answer on Telegram instead"),
        "seek": _("I look for somebody"),
        "wrong": _("Not sent yet. Please look at this:"),
        "language": _("Language"),
    }


def mistakes() -> dict[str, str]:
    """Return what can be wrong, each by its name."""
    return {
        "said": _("Please choose how you are."),
        "some": _("Please write who is safe and who is not."),
        "people": _("Please write a number from 1 to 99."),
        "contact": _("This is no e-mail address, and no phone number with its country, like +32 470 12 34 56."),
        "nationality": _("Please write numbers that are together no more than all of you."),
        "honey": _("Please empty this field. It is there to catch robots."),
        "stale": _("This page was open for a long time. Please press the button once more."),
        "too_many": _("Very many answers came over your connection in the last hour. Please wait, or call us."),
        "too_big": _("That is more than we can take. Please write less."),
        "ended": _("This alert asks nobody any more. If you need help, choose that."),
    }


def too_long(most: int) -> str:
    """Say that a text is too long."""
    return _("Please write at most %(number)s characters.") % {"number": most}


def done(post: Post | None) -> dict[str, str]:
    """Return what stands on the page afterwards; it repeats neither name nor place, because a phone is read at a checkpoint.

    Args:
        post: that serves where the person is, if it is known.
    """
    return {
        "recorded": _("It is recorded."),
        "needs_help": _("Recorded: you need help. Our staff see it now."),
        "check": said("page_checked_in", of=post),
        "unreachable": _(
            "You left no phone number and no e-mail address: we cannot reach you. Call us, or answer again and leave one."
        ),
        "drill": _("This is an exercise: your answer counts for the exercise only."),
        "really": _("Do you really need help now? Tell us here"),
        "danger": _("If your life is in danger, call the local emergency services first."),
        "again": _("Has something changed? Answer again"),
        "subscribe": _("Do you want our alerts from now on?"),
        "by_mail": _("By e-mail or by phone"),
        "by_telegram": _("On Telegram"),
    }


def own() -> dict[str, str]:
    """Return what stands on the page of a link that is one person's own."""
    return {
        "title": _("How are you?"),
        "yours": _("This link is yours alone. Please do not pass it on."),
        "event": _("Which alert do you answer?"),
        "text": _("What do you need? Who is hurt or missing?"),
        "safe": _("✅ Safe: all of us"),
        "needs_help": _("🆘 We need help"),
        "some": _("Some of us are safe. Others are not, or we do not know."),
        "not_there": _("None of us is there"),
        "only_help": _("No alert asks you now. If you need help, tell us here at any time."),
        "unknown": _("This link is not valid, or not any more."),
        "again": _("Has something changed? Answer again"),
        "told_some": _("Recorded: some of you are safe. Please tell us more."),
        "how_many": _("How many of you are safe?"),
        "how_others": _("How are the others?"),
        "send": _("Send"),
        "not_me": _("Are you somebody else? Answer here"),
        "front": _("See our alerts"),
    }


def further() -> dict[str, str]:
    """Return the further questions that a round may ask, by what comes back."""
    return {
        "leave": _("Do you want to leave the country?"),
        "how_many": _("How many of you want to leave?"),
        "passport": _("Have all of you a valid passport?"),
    }


def yes_or_no() -> dict[str, str]:
    """Return the two words."""
    return {"1": _("Yes"), "0": _("No")}


def counts_for(people: int) -> str:
    """Say for how many people an answer counts."""
    return _("Your answer counts for %(number)s people.") % {"number": people}


def whose(people: int) -> str:
    """Say whose answer an e-mail's link gives, without a name: it may have been passed on."""
    if people == 1:
        return _("This page is for the person who got our e-mail. Please do not pass the link on.")
    return _(
        "This page is for the household of %(number)s people that got our e-mail. Your answer counts for all of them. Please "
        "do not pass the link on."
    ) % {"number": people}


def rest() -> dict[str, str]:
    """Name how the others of a household may be, by what comes back."""
    return {
        "needs_help": _("🆘 They need help"),
        "not_there": _("They are not there"),
        "no_word": _("We have no word of them"),
    }


def how_many_safe(most: int) -> str:
    """Say what number is asked for."""
    return _("Please write a number from 1 to %(number)s.") % {"number": most}


def some_recorded(are: str) -> str:
    """Confirm an answer that leaves some of a household out."""
    return {
        "needs_help": _("Recorded: the others need help. Our staff see it now."),
        "no_word": _("Recorded: you have no word of the others. Our staff see it, and we do not count them as safe."),
        "not_there": _("Recorded: the others are not there. We do not count them as missing."),
    }[are]


def recorded(safety: str) -> str:
    """Confirm a person's own answer."""
    return {
        "safe": _("Recorded: you are safe."),
        "needs_help": _("Recorded: you need help. Our staff see it now."),
        "not_there": _("Recorded: you are not there. We do not count you as missing."),
        "unclear": _("It is recorded. Our staff will read it."),
    }[safety]


def emergency(number: str) -> str:
    """Give the emergency number."""
    return _("Emergency number, day and night: %(number)s") % {"number": number}
