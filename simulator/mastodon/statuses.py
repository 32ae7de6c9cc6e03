"""What a Mastodon server does with statuses: post, edit, delete, list, and show how one was edited."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.accounts import Account, fold
from simulator.clock import x_time
from simulator.forms import Form, Upload
from simulator.mastodon.counting import LINK_CHARACTERS, length, stored, wire_html
from simulator.mastodon.errors import Refused, invalid, not_found
from simulator.mastodon.state import KEY_SECONDS
from simulator.pictures import measure
from simulator.publications import Publication

if TYPE_CHECKING:
    from simulator.world import World

Body = dict[str, Any] | list[dict[str, Any]]
LARGEST_LIST, USUAL_LIST = 40, 20
MOST_PICTURES, MAX_PICTURE_BYTES = 4, 16 * 1024 * 1024
VISIBILITIES = ("public", "unlisted", "private", "direct")


@dataclass(slots=True)
class Asked:
    """One request, let in. `lists` are the parameters that may come several times, by their names without brackets."""

    account: Account
    name: str
    form: Form
    lists: dict[str, list[str]]
    base_url: str
    now: float
    key: str = ""
    files: dict[str, Upload] = field(default_factory=dict)
    hidden_seconds: float = 0


def post(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do POST /api/v1/statuses. A key that was used in this hour answers with what it made."""
    state, account = world.mastodon, asked.account
    made, until = state.keys.get((account.key, asked.key), ("", 0.0))
    if asked.key and made and until > asked.now:
        return 200, as_json(world, _standing(world, asked, made), asked)
    reply_to = asked.form.text("in_reply_to_id")
    answers = world.publications.find(account, reply_to or "") or world.strangers.find(
        "mastodon", account.key, reply_to or ""
    )
    if reply_to and answers is None:
        raise Refused(404, "The post you are trying to reply to does not appear to exist.")
    text, pictures = _text(world, asked), _pictures(world, asked)
    if used := _attached(world, asked, pictures):
        raise invalid(f"Media {', '.join(sorted(used))} not found or already attached to another post")
    if not text and not pictures:
        raise invalid("Text can't be blank")
    if (asked.form.text("visibility") or "public") not in VISIBILITIES:
        raise invalid("Visibility is not included in the list")
    # Snowflakes: milliseconds, and sixteen bits more.
    state.last_id = max(state.last_id + 1, int(asked.now * 1000) << 16)
    remote_id = str(state.last_id)
    world.publications.add(account, remote_id, text, asked.now, reply_to=reply_to or None, pictures=pictures)
    state.languages[remote_id] = asked.form.text("language")
    if asked.key:
        state.keys[account.key, asked.key] = (remote_id, asked.now + KEY_SECONDS)
    return 200, as_json(world, _standing(world, asked, remote_id), asked)


def edit(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do PUT /api/v1/statuses/{id}: pictures that are not named again are gone."""
    before = _standing(world, asked, asked.name)
    text, pictures = _text(world, asked), _pictures(world, asked)
    if not text and not pictures:
        raise invalid("Text can't be blank")
    if (text, pictures) != (before.text, before.pictures):
        edits = world.mastodon.edits[before.remote_id]
        edits.append({"content": wire_html(before.text), "created_at": x_time(before.edited_at or before.created_at)})
        world.publications.edit(asked.account, before.remote_id, text, asked.now)
        world.publications.show(asked.account, before.remote_id, pictures)
    return 200, as_json(world, _standing(world, asked, asked.name), asked)


def delete(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do DELETE /api/v1/statuses/{id}, and return it with the text of which it was made."""
    found = _standing(world, asked, asked.name)
    world.publications.delete(asked.account, found.remote_id, asked.now)
    return 200, as_json(world, found, asked) | {"text": found.text}


def show(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /api/v1/statuses/{id}."""
    return 200, as_json(world, _standing(world, asked, asked.name), asked)


def source(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /api/v1/statuses/{id}/source: the text as it was sent."""
    found = _standing(world, asked, asked.name)
    return 200, {"id": found.remote_id, "text": found.text, "spoiler_text": ""}


def history(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /api/v1/statuses/{id}/history: every text that stood there, the oldest first."""
    found = _standing(world, asked, asked.name)
    now = {"content": wire_html(found.text), "created_at": x_time(found.edited_at or found.created_at)}
    more = {"spoiler_text": "", "sensitive": False, "account": person(asked), "emojis": []}
    return 200, [each | more for each in (*world.mastodon.edits[found.remote_id], now)]


def listed(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /api/v1/accounts/{id}/statuses: the newest first, what is hidden for now left out."""
    if asked.name != asked.account.platform_id:
        raise not_found()
    limit = min(max(1, asked.form.whole("limit", USUAL_LIST)), LARGEST_LIST)
    found = world.publications.standing(asked.account, until=asked.now - asked.hidden_seconds, limit=limit)
    if asked.form.yes("exclude_replies"):
        found = [each for each in found if not each.reply_to]
    return 200, [as_json(world, each, asked) for each in found]


def upload(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do POST /api/v2/media. Where `mastodon_media_seconds` says so, the server works on it for so long."""
    file = asked.files.get("file")
    size = measure(file.content) if file else None
    if file is None or size is None:
        raise invalid("File can't be blank" if file is None else "File content type is invalid")
    if len(file.content) > MAX_PICTURE_BYTES:
        raise invalid("File must be less than 16 MB")
    world.mastodon.last_id = max(world.mastodon.last_id + 1, int(asked.now * 1000) << 16)
    number = str(world.mastodon.last_id)
    alt_text = asked.form.text("description") or ""
    world.pictures.add(number, _owner(asked.account), size, file.content, asked.now, alt_text)
    ready = not world.limits["mastodon_media_seconds"]
    return 200 if ready else 202, _picture(world, number, asked.base_url, ready=ready)


def media(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /api/v1/media/{id}: 206 as long as the server works on it."""
    if world.pictures.owned(asked.name, _owner(asked.account)) is None:
        raise not_found()
    ready = _is_ready(world, asked.name, asked.now)
    return 200 if ready else 206, _picture(world, asked.name, asked.base_url, ready=ready)


def verify(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /api/v1/accounts/verify_credentials."""
    counted = {"statuses_count": world.publications.count_standing(asked.account)}
    return 200, person(asked) | counted | {"source": {"privacy": "public", "language": None, "note": "", "fields": []}}


def instance(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /api/v2/instance, which tells a server's own limits."""
    rules = {
        "max_characters": int(world.limits["mastodon_status_characters"] or 0),
        "max_media_attachments": MOST_PICTURES,
        "characters_reserved_per_url": LINK_CHARACTERS,
    }
    return 200, {
        "domain": asked.account.key.rpartition("@")[2],
        "title": "A server of the simulator",
        "version": "4.5.0",
        "languages": ["en"],
        "configuration": {"statuses": rules, "media_attachments": {"image_size_limit": MAX_PICTURE_BYTES}},
        "api_versions": {"mastodon": 7},
    }


def person(asked: Asked) -> dict[str, Any]:
    """Return an account as its own server shows it."""
    account = asked.account
    name = fold(account.address).partition("@")[0]
    return {
        "id": account.platform_id,
        "username": name,
        "acct": name,
        "display_name": account.name,
        "url": f"{asked.base_url}/mastodon/@{account.key}",
        "followers_count": account.followers,
        "bot": False,
        "locked": False,
    }


def _text(world: "World", asked: Asked) -> str:
    text = stored(asked.form.text("status") or "")
    allowed = world.limits["mastodon_status_characters"]
    if allowed is not None and length(text) > allowed:
        raise invalid(f"Text character limit of {allowed:.0f} exceeded")
    return text


def _pictures(world: "World", asked: Asked) -> tuple[str, ...]:
    named = tuple(asked.lists.get("media_ids", ()))
    if len(named) > MOST_PICTURES:
        raise invalid("Cannot attach more than 4 files")
    for each in named:
        if world.pictures.owned(each, _owner(asked.account)) is None:
            raise invalid(f"Media {each} not found or already attached to another post")
        if not _is_ready(world, each, asked.now):
            raise Refused(422, "Cannot attach files that have not finished processing. Try again in a moment!")
    return named


def _attached(world: "World", asked: Asked, pictures: tuple[str, ...]) -> set[str]:
    shown = {each for found in world.publications.standing(asked.account) for each in found.pictures}
    return shown.intersection(pictures)


def _is_ready(world: "World", number: str, now: float) -> bool:
    # Its number tells when it came.
    return now >= (int(number) >> 16) / 1000 + (world.limits["mastodon_media_seconds"] or 0)


def _owner(account: Account) -> str:
    return f"mastodon:{account.key}"


def _standing(world: "World", asked: Asked, remote_id: str) -> Publication:
    found = world.publications.find(asked.account, remote_id)
    if found is None:
        raise not_found()
    return found


def _picture(world: "World", number: str, base_url: str, *, ready: bool = True) -> dict[str, Any]:
    url = f"{base_url}/_pictures/{number}" if ready else None
    return {
        "id": number,
        "type": "image",
        "url": url,
        "preview_url": url,
        "description": world.pictures.alt_text(number),
    }


def as_json(world: "World", found: Publication, asked: Asked) -> dict[str, Any]:
    """Return a status as the interface hands it out."""
    address = f"{asked.base_url}/mastodon/@{asked.account.key}/{found.remote_id}"
    return {
        "id": found.remote_id,
        "created_at": x_time(found.created_at),
        "edited_at": x_time(found.edited_at) if found.edited_at else None,
        "in_reply_to_id": found.reply_to,
        "in_reply_to_account_id": asked.account.platform_id if found.reply_to else None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": world.mastodon.languages.get(found.remote_id),
        "uri": address,
        "url": address,
        "content": wire_html(found.text),
        "reblog": None,
        "account": person(asked),
        "media_attachments": [_picture(world, each, asked.base_url) for each in found.pictures],
        "mentions": [],
        "tags": [],
        "emojis": [],
        "card": None,
        "poll": None,
    }
