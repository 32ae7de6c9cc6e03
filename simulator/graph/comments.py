"""What the Graph API does with people who write to a page: list comments, answer one, answer a private message."""

from typing import TYPE_CHECKING

from simulator.clock import graph_time
from simulator.graph.errors import GraphError, no_such_object
from simulator.graph.pages import LARGEST_LIST, USUAL_LIST, Asked, Body

if TYPE_CHECKING:
    from simulator.world import World

FIELDS = frozenset(["id", "message", "created_time", "from", "parent", "permalink_url"])
WINDOW_S = 24 * 3600  # documented: after the person's last message
LONGEST_MESSAGE, LONGEST_COMMENT = 2000, 8000


def list_comments(world: "World", asked: Asked) -> Body:
    """Do GET /{page_post}/comments: with filter=stream every comment, else only those right beneath the post."""
    if world.publications.find(asked.page, asked.name) is None:
        raise no_such_object(asked.name)
    limit = asked.form.whole("limit", USUAL_LIST)
    if not 1 <= limit <= LARGEST_LIST:
        raise GraphError(100, "(#100) Please reduce the amount of data you're asking for, then retry your request")
    fields = [
        each.partition("{")[0].strip() for each in (asked.form.text("fields") or "id,message,created_time").split(",")
    ]
    for field in fields:
        if field not in FIELDS:
            raise GraphError(100, f"(#100) Tried accessing nonexisting field ({field}) on node type (Comment)")
    found = world.strangers.beneath("facebook", asked.name)
    if asked.form.text("filter") == "stream":
        found += [each for comment in list(found) for each in world.strangers.beneath("facebook", comment.remote_id)]
    since, after = asked.form.whole("since"), max(0, asked.form.whole("after"))
    found = sorted((each for each in found if int(each.created_at) >= since), key=lambda each: each.created_at)
    if asked.form.text("order") != "chronological":
        found.reverse()
    page, rest = found[after : after + limit], found[after + limit :]
    rows = [
        {
            "id": each.remote_id,
            "message": each.text,
            "created_time": graph_time(each.created_at),
            "from": {"id": asked.page.platform_id if each.by_account else each.author, "name": "Somebody"},
        }
        for each in page
    ]
    answer: Body = {"data": [{name: row[name] for name in {*fields, "id"} if name in row} for row in rows]}
    if page:
        answer["paging"] = {"cursors": {"before": str(after), "after": str(after + len(page))}}
        if rest:
            answer["paging"]["next"] = (
                f"{asked.base_url}/graph/{asked.version}/{asked.name}/comments?after={after + len(page)}"
            )
    return answer


def answer_comment(world: "World", asked: Asked) -> Body:
    """Do POST /{comment}/comments."""
    message = (asked.form.text("message") or "").strip()
    if not 0 < len(message) <= LONGEST_COMMENT:
        raise GraphError(100, "(#100) Param message must be a non-empty string")
    standing = world.strangers.find("facebook", asked.page.key, asked.name)
    if standing is None:
        raise no_such_object(asked.name, "post")
    # Facebook has two levels: an answer to an answer stands beside it.
    said = world.strangers.add(
        "facebook", asked.page.key, asked.page.platform_id, message, asked.now, beneath=asked.name, by_account=True
    )
    return {"id": said.remote_id}


def respond(world: "World", asked: Asked) -> Body:
    """Do POST /{page}/messages: within 24 hours after the person's last message, and never to begin with."""
    recipient, message = asked.form.object("recipient"), asked.form.object("message")
    person, text = str(recipient.get("id", "")), message.get("text")
    if asked.form.text("messaging_type") != "RESPONSE":
        raise GraphError(100, "(#100) Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_MESSAGE:
        raise GraphError(100, "(#100) Length of param message[text] must be less than or equal to 2000")
    if not world.strangers.wrote("facebook", person, since=asked.now - WINDOW_S, key=asked.page.key):
        raise GraphError(10, "(#10) This message is sent outside of allowed window.", 2018278)
    said = world.strangers.add("facebook", asked.page.key, person, text, asked.now, by_account=True)
    return {"recipient_id": person, "message_id": said.remote_id}
