"""What the bot says back: plain values, turned into Telegram's keyboards elsewhere."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Press:
    """A button under a message: its words and what comes back when it is pressed."""

    label: str
    data: str


Buttons = tuple[tuple[Press, ...], ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file that follows a message."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a citizen.

    Attributes:
        text: plain, in the citizen's language.
        buttons: rows of buttons under it.
        asks_place: with a button that shares the location.
        in_place: it takes the place of the message whose button was pressed, so that names do not stay on the screen.
        toast: what shows over the chat at once when a button was pressed; blank is the beginning of the text.
        marker: of the alert that it shows; blank for everything else.
        file: what follows it, or None.
    """

    text: str
    buttons: Buttons = ()
    asks_place: bool = False
    toast: str = ""
    in_place: bool = False
    marker: str = ""
    file: File | None = None
