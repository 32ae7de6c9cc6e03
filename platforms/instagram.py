"""Instagram through the Graph API: a picture with a caption, by its address; nothing there can be edited."""

from typing import ClassVar

from platforms.audience import audience
from platforms.containers import Containers, Words
from platforms.contract import Audience, Outgoing, PlatformSpec, Target
from platforms.errors import Unsupported
from platforms.specs.instagram import INSTAGRAM

_ALT_LENGTH = 1000  # characters. Source: developers.facebook.com, IG User, media, alt_text


class InstagramAdapter(Containers):
    """Publishes the alert's card with the text as its caption."""

    spec: ClassVar[PlatformSpec] = INSTAGRAM
    words: ClassVar[Words] = Words(
        interface=f"{INSTAGRAM.base_url}/v25.0",
        make="media",
        publish="media_publish",
        listed="media",
        text="caption",
        state="status_code",
        why="status",
        token="page_token",  # noqa: S106 - a name
    )

    def count(self, target: Target) -> Audience:
        """Ask for the account's figures. Source: developers.facebook.com, IG User, fields."""
        content = self._ask(target, "GET", target.platform_id, "reading", fields="id,followers_count,media_count")
        return audience(content, followers="followers_count", publications="media_count")

    def _content(self, out: Outgoing) -> dict[str, str]:
        if out.media is None or not out.media.url:
            raise Unsupported("nothing is published there without a picture that has an address")
        described = {"alt_text": out.media.alt} if 0 < len(out.media.alt) <= _ALT_LENGTH else {}
        return {"image_url": out.media.url, "caption": out.text, **described}
