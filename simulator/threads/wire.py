"""Threads on the wire: a Graph API of its own, by the account's own token."""

from typing import TYPE_CHECKING, ClassVar

from starlette.routing import Route as Address

from simulator.accounts import PLATFORMS, Account
from simulator.exchange import Exchange
from simulator.forms import Form
from simulator.graph.containers import Dialect, TwoStepsWire
from simulator.graph.errors import GraphError
from simulator.threads import consent
from simulator.threads.counting import LONGEST, length

if TYPE_CHECKING:
    from simulator.world import World


def routes(world: "World") -> list[Address]:
    """Return the addresses for programs."""
    return [*consent.routes(world), Address("/threads/v1.0/{path:path}", ThreadsWire(world, DIALECT))]


class ThreadsWire(TwoStepsWire):
    """Serves `/threads/v1.0/...`."""

    platform: ClassVar[str] = "threads"
    prefix: ClassVar[str] = "/threads/"
    secret: ClassVar[str] = "access_token"  # noqa: S105 - a name
    usual: ClassVar[str] = "v1.0"

    def _asks_for_access(self, exchange: Exchange, names: list[str]) -> bool:  # noqa: ARG002 - it has addresses of its own
        return False

    def _owns(self, account: Account, name: str) -> bool:  # noqa: ARG002 - whose it is is seen where it is looked up
        return name == "me" or name.isdecimal()

    def _serves(self, major: int, minor: int) -> bool:
        return (major, minor) == (1, 0)


def check(world: "World", account: Account, form: Form) -> tuple[str, str, str]:
    """Read the form of a container: its text, its picture's address, and what it answers."""
    kind, text, address = form.text("media_type"), form.text("text") or "", form.text("image_url") or ""
    if kind not in ("TEXT", "IMAGE"):
        raise GraphError(100, "(#100) Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}")
    if (kind == "TEXT" and not text) or (kind == "IMAGE") != bool(address):
        raise GraphError(100, "(#100) The parameters do not fit the media_type")
    if length(text) > LONGEST:
        raise GraphError(100, f"(#100) Param text must be at most {LONGEST} characters long.")
    reply_to = form.text("reply_to_id") or ""
    if reply_to and world.publications.find(account, reply_to) is None:
        raise GraphError(100, f"(#100) Param reply_to_id must be a post that can be answered, not {reply_to}")
    return text, address, reply_to


def _no_such_container(name: str) -> GraphError:
    return GraphError(
        24,
        "The requested resource does not exist",
        4279009,
        title=f"Media Not Found: the media with id {name} cannot be found",
    )


DIALECT = Dialect(
    platform="threads",
    make="threads",
    publish="threads_publish",
    listed="threads",
    text="text",
    state="status",
    why="error_message",
    page=PLATFORMS["threads"].page,
    check=check,
    no_such_container=_no_such_container,
)
