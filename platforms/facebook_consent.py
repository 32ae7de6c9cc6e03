"""Access to a Facebook page."""

from collections.abc import Mapping
from typing import Any, ClassVar

from platforms.contract import Identity
from platforms.graph_login import GraphLogin


class FacebookConsent(GraphLogin):
    """Asks for access to pages, and ends it."""

    needed: ClassVar[tuple[str, ...]] = ("pages_show_list", "pages_manage_posts", "pages_read_engagement")
    fields: ClassVar[str] = "id,username"

    def _account(self, page: Mapping[str, Any]) -> Identity | None:
        return Identity(str(page["id"]), str(page.get("username") or page["id"]))
