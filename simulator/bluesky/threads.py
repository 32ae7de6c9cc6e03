"""What everybody sees of a thread on Bluesky: an account's posts, and what people who are nobody's account write beneath."""

from typing import TYPE_CHECKING, Any

from simulator.bluesky.errors import Refused, invalid
from simulator.bluesky.records import COLLECTION, Asked, Body, uri_of, written
from simulator.bluesky.validation import record_cid
from simulator.clock import x_time
from simulator.publications import Publication
from simulator.strangers import Words

if TYPE_CHECKING:
    from simulator.world import World

DEEPEST = 1000


def thread(world: "World", asked: Asked) -> Body:
    """Do app.bsky.feed.getPostThread: a post, and so many levels of answers."""
    depth = asked.text("depth") or "6"
    if not depth.isdecimal() or int(depth) > DEEPEST:
        raise invalid(f"Error: depth can not be greater than {DEEPEST}")
    uri = asked.text("uri")
    rkey = uri.rpartition("/")[2]
    own = world.publications.find(asked.account, rkey)
    if own is not None and uri == uri_of(asked.account, rkey):
        return {"thread": _own(world, asked, own, int(depth))}
    words = world.strangers.find("bluesky", asked.account.key, rkey)
    if words is not None and uri == _uri(words):
        return {"thread": _said(world, asked, words, int(depth))}
    raise Refused(400, "NotFound", f"Post not found: {uri}")


def _own(world: "World", asked: Asked, found: Publication, depth: int) -> dict[str, Any]:
    author = {"did": asked.account.platform_id, "handle": asked.account.key}
    record = written(world, asked, found)
    uri = uri_of(asked.account, found.remote_id)
    return _view(uri, author, record, found.created_at, _below(world, asked, found.remote_id, depth))


def _said(world: "World", asked: Asked, words: Words, depth: int) -> dict[str, Any]:
    author = {"did": f"did:plc:{words.author}", "handle": f"n{words.author}.elsewhere.example"}
    record = {"$type": COLLECTION, "text": words.text, "createdAt": x_time(words.created_at)}
    return _view(_uri(words), author, record, words.created_at, _below(world, asked, words.remote_id, depth))


def _below(world: "World", asked: Asked, above: str, depth: int) -> list[dict[str, Any]]:
    if not depth:
        return []
    said = [_said(world, asked, each, depth - 1) for each in world.strangers.beneath("bluesky", above)]
    mine = [each for each in world.publications.standing(asked.account) if each.reply_to == above]
    gone = {"$type": "app.bsky.feed.defs#notFoundPost", "uri": f"at://did:plc:gone/{COLLECTION}/1", "notFound": True}
    return [*said, *(_own(world, asked, each, depth - 1) for each in mine), *([gone] if said else [])]


def _view(
    uri: str, author: dict[str, str], record: dict[str, Any], at: float, replies: list[dict[str, Any]]
) -> dict[str, Any]:
    post = {"uri": uri, "cid": record_cid(record), "author": author, "record": record, "indexedAt": x_time(at)}
    return {"$type": "app.bsky.feed.defs#threadViewPost", "post": post, "replies": replies}


def _uri(words: Words) -> str:
    return f"at://did:plc:{words.author}/{COLLECTION}/{words.remote_id}"


def account_of(world: "World", uri: str) -> str:
    """Return beneath whose account a post stands, or whose it is, by its name.

    Raises:
        Refused: there is no such post.
    """
    did = uri.removeprefix("at://").partition("/")[0]
    if world.accounts.numbered("bluesky", did) is not None:
        return did
    rkey = uri.rpartition("/")[2]
    for each in world.strangers.all():
        if (each.platform, each.remote_id) == ("bluesky", rkey):
            return each.key
    raise Refused(400, "NotFound", f"Post not found: {uri}")
