"""Reading a Telegram channel back: a bot sees no history, but may be shown one message after the other by their numbers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from platforms.errors import PlatformError, PublicationGone, UnexpectedResponse, Unsupported

FARTHEST = 20  # messages after the last known one; in a channel where more was published since, a person looks
ABSENT_IN_A_ROW = 3  # a number alone may be missing because its message was deleted
LONGEST_S = 35.0  # for all of it: less than the lease of a reading


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands under one number.

    Attributes:
        text: blank where it is something else.
        missing: nothing stands there.
        hidden: something does, but what it is cannot be seen.
    """

    text: str = ""
    missing: bool = False
    hidden: bool = False


def refused_to_show(refused: PlatformError) -> Shown:
    """Read a refusal to show a message.

    Raises:
        Unsupported: the channel lets nothing be shown.
    """
    if isinstance(refused, PublicationGone):
        return Shown(missing=True)
    words = refused.detail.lower()
    if "protected content" in words or "forwards_restricted" in words:
        raise Unsupported(refused.detail, platform_code=refused.platform_code)
    # A notice of the channel itself ("pinned a message") is refused so, but other things may be too.
    if "can't be forwarded" in words or "message_id_invalid" in words:
        return Shown(hidden=True)
    raise refused


async def look_through(
    after: int, show: Callable[[int], Awaitable[Shown]], is_ours: Callable[[str], bool]
) -> int | None:
    """Look for our message among those that follow a known one.

    Args:
        after: the number of the last message known from before ours.
        show: shows what stands under a number.
        is_ours: tells whether a text is the one that is looked for.

    Returns:
        Its number; None if it is proven absent.

    Raises:
        Unsupported: it can be proven neither to stand there nor to be absent.
        PlatformError: the channel could not be read.
    """
    missing, hidden, last = 0, False, Shown()
    try:
        async with asyncio.timeout(LONGEST_S):
            for number in range(after + 1, after + FARTHEST + 1):
                seen = await show(number)
                if is_ours(seen.text):
                    return number
                hidden = hidden or seen.hidden
                missing = missing + 1 if seen.missing else 0
                if missing == ABSENT_IN_A_ROW:
                    last = await show(after)
                    break
    except TimeoutError:
        raise UnexpectedResponse("the channel could not be looked through in time") from None
    if missing < ABSENT_IN_A_ROW:
        raise Unsupported(f"more than {FARTHEST - ABSENT_IN_A_ROW} messages were published there since")
    if hidden:
        raise Unsupported("a message that cannot be seen was published there since")
    if last.missing:
        # It was deleted, or this is another channel by now: what does not follow it proves nothing.
        raise Unsupported("the last known message does not stand there any more")
    return None
