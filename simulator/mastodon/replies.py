"""What people on other servers write beneath an account's statuses, as the account's own server shows it."""

from typing import TYPE_CHECKING, Any

from simulator.clock import x_time
from simulator.mastodon.counting import wire_html
from simulator.mastodon.errors import not_found
from simulator.mastodon.statuses import Asked, Body, as_json, show
from simulator.strangers import Words

if TYPE_CHECKING:
    from simulator.world import World


def show_any(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /api/v1/statuses/{id}: the account's own, or what answers one."""
    words = world.strangers.find("mastodon", asked.account.key, asked.name)
    return show(world, asked) if words is None else (200, _said(words, asked))


def context(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /api/v1/statuses/{id}/context: everything beneath it, the account's own too."""
    own = world.publications.find(asked.account, asked.name)
    if own is None and world.strangers.find("mastodon", asked.account.key, asked.name) is None:
        raise not_found()
    below: list[dict[str, Any]] = []
    waiting, mine = [asked.name], world.publications.standing(asked.account)
    while waiting:
        above = waiting.pop(0)
        said = [_said(each, asked) for each in world.strangers.beneath("mastodon", above)]
        found = said + [as_json(world, each, asked) for each in mine if each.reply_to == above]
        below += found
        waiting += [each["id"] for each in found]
    return 200, {"ancestors": [], "descendants": below}


def _said(words: Words, asked: Asked) -> dict[str, Any]:
    author = {"id": f"9{words.author}", "username": words.author, "acct": f"{words.author}@elsewhere.example"}
    return {
        "id": words.remote_id,
        "created_at": x_time(words.created_at),
        "in_reply_to_id": words.beneath,
        "visibility": "public",
        "content": wire_html(words.text),
        "uri": f"{asked.base_url}/mastodon/@{author['acct']}/{words.remote_id}",
        "account": author,
    }
