"""What X shows to whoever listens: GET /2/tweets/search/recent, for one conversation, and GET /2/users/{id}/mentions."""

import re
from typing import TYPE_CHECKING

from simulator.clock import x_time
from simulator.strangers import Words
from simulator.x.problems import forbidden, invalid
from simulator.x.tweets import Asked, Body, moment

if TYPE_CHECKING:
    from simulator.world import World

_QUERY = re.compile(r"conversation_id:(\d+) -from:(\w+)")
_WEEK_S = 7 * 24 * 3600
FIELDS = frozenset(["id", "text", "author_id", "created_at", "conversation_id"])


def search(world: "World", asked: Asked) -> tuple[int, Body]:
    """Return status 200 and the answers beneath a post."""
    query = _QUERY.fullmatch(asked.query.get("query", ""))
    if query is None:
        raise invalid("Invalid 'query'.", query=asked.query.get("query", ""))
    found = world.strangers.beneath("x", query[1])
    return 200, _listed(asked, found, 10)


def mentions(world: "World", asked: Asked) -> tuple[int, Body]:
    """Return status 200 and the posts that name the account, answers to it too."""
    if asked.name != asked.account.platform_id:
        raise forbidden("You may see your own mentions only.")
    name = re.compile(rf"@{re.escape(asked.account.key)}(?!\w)", re.IGNORECASE)
    found = [each for each in world.strangers.all() if each.platform == "x" and name.search(each.text)]
    return 200, _listed(asked, found, 5)


def _listed(asked: Asked, found: list[Words], least: int) -> Body:
    size = asked.query.get("max_results", "10")
    if not size.isdecimal() or not least <= int(size) <= 100:
        raise invalid(
            f"The `max_results` query parameter value [{size}] is not between {least} and 100", max_results=size
        )
    since = moment(asked.query, "start_time", asked.now - _WEEK_S)
    if not asked.now - _WEEK_S - 60 <= since <= asked.now - 10:
        raise invalid("'start_time' must be within the last seven days, and 10 seconds before the request")
    fields = {"id", "text", *(asked.query.get("tweet.fields") or "").split(",")} - {""}
    if fields - FIELDS:
        raise invalid("The `tweet.fields` query parameter value is not one of the known ones")
    found = [each for each in found if each.created_at >= since]
    rows = [
        {
            "id": each.remote_id,
            "text": each.text,
            "author_id": each.author,
            "created_at": x_time(each.created_at),
            "conversation_id": each.beneath,
        }
        for each in reversed(found)
    ][: int(size)]
    body: Body = {"meta": {"result_count": len(rows)}}
    if rows:
        body["data"] = [{name: row[name] for name in fields} for row in rows]
    return body
