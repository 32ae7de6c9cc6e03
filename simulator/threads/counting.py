"""How long a text is on Threads: characters, an emoji as the bytes of its UTF-8. Counted by Unicode's properties of emoji."""

import regex

# What is drawn as an emoji, and what joins, colours and closes one.
EMOJI = regex.compile(
    r"[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\u200d\ufe0f\u20e3\U000e0020-\U000e007f]"
)
LONGEST = 500


def length(text: str) -> int:
    """Return how long Threads takes a text to be."""
    emoji = EMOJI.findall(text)
    return len(text) - len(emoji) + sum(len(each.encode()) for each in emoji)
