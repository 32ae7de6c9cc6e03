"""What the bot says back: plain values, turned into Telegram's keyboards elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Press:
    """A button under a message: its words and what comes back when it is pressed."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a citizen.

    Attributes:
        text: plain, in the citizen's language.
        buttons: rows of buttons under it.
        asks_place: with a button that shares the location.
        toast: what shows over the chat at once when a button was pressed; blank is the beginning of the text.
    """

    text: str
    buttons: tuple[tuple[Press, ...], ...] = ()
    asks_place: bool = False
    toast: str = ""
