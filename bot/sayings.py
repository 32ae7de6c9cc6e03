"""The bot's words about households and about what is no text; see `bot.texts`."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def who_is_safe(event: str) -> str:
    """Ask which of a household are safe, by name."""
    return _("Who is safe? Tap each name, then Done.\n%(event)s") % {"event": event}


def how_many_safe(event: str, people: int) -> str:
    """Ask how many of a household are safe."""
    return _("How many of you %(people)d are safe?\n%(event)s") % {"people": people, "event": event}


def me() -> str:
    """Name the person who answers, between the names of the household."""
    return _("Me")


def done() -> str:
    """Name the button that ends the ticking."""
    return _("Done")


def noted() -> str:
    """Say over the chat that a tick is kept."""
    return _("Noted.")


def nobody_ticked() -> str:
    """Say that nobody is ticked."""
    return _("You have not tapped any name yet.")


def only_you() -> str:
    """Say that somebody answers for nobody else."""
    return _("You answer for yourself only. How are you?")


def some_are_safe(safe: int, event: str) -> str:
    """Confirm that some are safe; without names, because a phone is read at a checkpoint."""
    said = ngettext("Recorded: %(safe)d of you is safe.", "Recorded: %(safe)d of you are safe.", safe) % {"safe": safe}
    return f"{said}\n{event}"


def how_are_others(others: int) -> str:
    """Ask how the others are."""
    return ngettext("How is the other person?", "How are the other %(others)d people?", others) % {"others": others}


def others_buttons() -> dict[str, str]:
    """Name the answers to that, by what comes back."""
    return {
        "help": _("🆘 They need help"),
        "no_word": _("We have no word of them"),
        "not_there": _("They are not there"),
        "safe": _("✅ They are safe too"),
    }


def others_recorded(are: str) -> str:
    """Confirm how the others are."""
    return {
        "needs_help": _("Recorded: the others need help. Our staff see it now."),
        "no_word": _("Recorded: you have no word of the others. Our staff see it, and we do not count them as safe."),
        "not_there": _("Recorded: the others are not there. We do not count them as missing."),
    }[are]


def what_and_where() -> str:
    """Ask for what is needed, and where."""
    return _(
        "What do they need, and where are they? Write it here, or share the location. If a life is in danger, call the local "
        "emergency services first."
    )


def some_safe(safe: int, people: int) -> str:
    """Name an answer that is for some only."""
    return _("%(safe)d of %(people)d safe") % {"safe": safe, "people": people}


def position_added() -> str:
    """Say that a position joined what staff read; without the position."""
    return _("We have added your position for our staff.")


def will_open() -> str:
    """Say that staff can open what was sent, and that words are faster."""
    return _("Our staff can open it. Words are faster: if you can, also write what it shows or says.")


def not_opened() -> str:
    """Say, later, that something could not be opened after all."""
    return _("Our staff could not open what you sent. Please write in words what it shows or says.")
