"""Instagram on the wire: the Graph API below an account, by the token of the page to which it is linked."""

import re
from typing import TYPE_CHECKING, ClassVar

from starlette.routing import Route as Address

from simulator.accounts import PLATFORMS, Account
from simulator.forms import Form
from simulator.graph.containers import Dialect, TwoStepsWire
from simulator.graph.errors import GraphError

if TYPE_CHECKING:
    from simulator.world import World

# developers.facebook.com, IG User, media: caption and alt_text.
LONGEST_CAPTION, MOST_HASHTAGS, LONGEST_ALT = 2200, 30, 1000
HASHTAG = re.compile(r"#\w+")


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs."""
    return [Address("/graph-instagram/{path:path}", InstagramWire(world, DIALECT))]


class InstagramWire(TwoStepsWire):
    """Serves `/graph-instagram/<version>/...`."""

    platform: ClassVar[str] = "instagram"
    prefix: ClassVar[str] = "/graph-instagram/"

    def _owns(self, account: Account, name: str) -> bool:  # noqa: ARG002 - as on every platform
        # A page's token says "me" of the page; whose the other numbers are is seen where they are looked up.
        return name.isdecimal()


def check(world: "World", account: Account, form: Form) -> tuple[str, str, str]:  # noqa: ARG001 - one signature for both platforms
    """Read the form of a container: its caption and its picture's address; nothing there answers."""
    caption, address = form.text("caption") or "", form.text("image_url") or ""
    if not address:
        raise GraphError(100, "(#100) The parameter image_url is required", 2207023)
    if len(caption.encode("utf-16-le")) // 2 > LONGEST_CAPTION or len(HASHTAG.findall(caption)) > MOST_HASHTAGS:
        raise GraphError(36004, "The submitted image caption was too long.", 2207010)
    if len(form.text("alt_text") or "") > LONGEST_ALT:
        raise GraphError(100, f"(#100) Param alt_text must be at most {LONGEST_ALT} characters long")
    return caption, address, ""


def _no_such_container(name: str) -> GraphError:
    return GraphError(24, f"The media with {name} cannot be found", 2207006)


DIALECT = Dialect(
    platform="instagram",
    make="media",
    publish="media_publish",
    listed="media",
    text="caption",
    state="status_code",
    why="status",
    page=PLATFORMS["instagram"].page,
    check=check,
    no_such_container=_no_such_container,
    counts=True,
)
