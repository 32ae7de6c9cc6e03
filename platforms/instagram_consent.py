"""Access to an Instagram account: through Facebook Login, by the page to which it is linked."""

from collections.abc import Mapping
from typing import Any, ClassVar

from platforms.contract import Identity
from platforms.graph_login import GraphLogin

_FACEBOOK = "https://www.facebook.com"


class InstagramConsent(GraphLogin):
    """Asks for access to professional accounts, and ends it."""

    # The third deletes; only tokens of Facebook Login may.
    # Source: developers.facebook.com, Instagram Platform, content publishing; IG Media, deleting.
    needed: ClassVar[tuple[str, ...]] = (
        "instagram_basic",
        "instagram_content_publish",
        "instagram_manage_contents",
        "pages_show_list",
        "pages_read_engagement",
    )
    fields: ClassVar[str] = "id,instagram_business_account{id,username}"

    def _dialogue(self) -> str:
        # Facebook asks, not Instagram; in a demo the simulator plays both.
        return self._endpoint.web_url if self._endpoint.loopback_only else _FACEBOOK

    def _account(self, page: Mapping[str, Any]) -> Identity | None:
        linked = page.get("instagram_business_account")
        if not isinstance(linked, dict) or not linked.get("id"):
            return None
        return Identity(str(linked["id"]), str(linked.get("username") or linked["id"]))
