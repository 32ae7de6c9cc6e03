"""Threads through its own Graph API: a text, with or without a picture; what it answers hangs under it."""

from typing import ClassVar

from platforms.containers import Containers, Words
from platforms.contract import Outgoing, PlatformSpec
from platforms.specs.threads import THREADS

_ALT_LENGTH = 1000  # characters. Source: developers.facebook.com, Threads API, accessibility


class ThreadsAdapter(Containers):
    """Publishes a text, and the alert's card if there is one."""

    spec: ClassVar[PlatformSpec] = THREADS
    words: ClassVar[Words] = Words(
        interface=f"{THREADS.base_url}/v1.0",
        make="threads",
        publish="threads_publish",
        listed="threads",
        text="text",
        state="status",
        why="error_message",
        token="access_token",  # noqa: S106 - a name
    )

    def _content(self, out: Outgoing) -> dict[str, str]:
        fields = {"media_type": "TEXT", "text": out.text}
        if out.media is not None and out.media.url:
            fields |= {"media_type": "IMAGE", "image_url": out.media.url}
            if 0 < len(out.media.alt) <= _ALT_LENGTH:
                fields["alt_text"] = out.media.alt
        return fields | ({"reply_to_id": out.reply_to} if out.reply_to else {})
