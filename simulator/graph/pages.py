"""What the Graph API does with a page: publish, list, show, edit, delete."""

import base64
import binascii
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from simulator.accounts import Account
from simulator.clock import graph_time
from simulator.forms import Form
from simulator.graph.errors import GraphError, duplicate, no_such_object
from simulator.pictures import measure
from simulator.publications import Publication

if TYPE_CHECKING:
    from simulator.world import World

# Advice of the developer documentation and error 1366046: JPG or PNG, at most 4 MB.
MAX_PHOTO_BYTES = 4 * 1024 * 1024
LARGEST_LIST = 100
USUAL_LIST = 25
POST_FIELDS = frozenset(
    [
        "id",
        "message",
        "story",
        "created_time",
        "updated_time",
        "permalink_url",
        "is_published",
        "is_hidden",
        "from",
        "full_picture",
        "status_type",
        "attachments",
        "application",
    ]
)
PAGE_FIELDS = frozenset(
    [
        "id",
        "name",
        "username",
        "link",
        "fan_count",
        "followers_count",
        "about",
        "website",
        "is_published",
        "verification_status",
        "category",
    ]
)
Body = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """One request to the Graph API, let in.

    `name` is the object in the address, `base_url` how the client calls this simulator, `token_seen` the token when it
    came where anybody sees it (the next address of a list repeats it then, as Facebook does).
    """

    page: Account
    name: str
    version: str
    form: Form
    base_url: str
    now: float
    token_seen: str = ""
    hidden_seconds: float = 0


def publish(world: "World", asked: Asked) -> Body:
    """Do POST /{page}/feed and return the id of the new post."""
    message = _message(world, asked)
    link = asked.form.text("link")
    pictures = _attached(world, asked)
    if not message and not link and not pictures:
        raise GraphError(100, "(#100) The status you are trying to publish is empty or invalid", 1349125)
    if link is not None and not link.startswith(("http://", "https://")):
        raise GraphError(100, "(#100) link URL is not properly formatted", 1500010)
    if (asked.form.text("published") or "true").lower() not in ("true", "1"):
        raise GraphError(100, "(#100) The simulator keeps no unpublished posts")
    post_id = f"{asked.page.platform_id}_{_number()}"
    world.publications.add(asked.page, post_id, message, asked.now, link=link, pictures=pictures)
    return {"id": post_id}


def publish_photo(world: "World", asked: Asked) -> Body:
    """Do POST /{page}/photos and return the id of the photo and, when it is published, of its post."""
    upload = asked.form.files.get("source") or next(iter(asked.form.files.values()), None)
    if upload is None:
        if asked.form.text("url"):
            raise GraphError(100, "(#100) The simulator fetches no pictures: upload the file", 2069019)
        raise GraphError(324, "(#324) Missing or invalid image file", 1366046)
    size = measure(upload.content)
    if size is None or size.media_type not in ("image/jpeg", "image/png") or len(upload.content) > MAX_PHOTO_BYTES:
        raise GraphError(
            1366046,
            "Your photos couldn't be uploaded. Photos should be less than 4 MB and saved as JPG, PNG, GIF, TIFF, HEIF"
            " or WebP files.",
            title="Can't Read Files",
        )
    message = _message(world, asked, asked.form.text("message") or asked.form.text("caption") or "")
    photo_id = _number()
    alt_text = asked.form.text("alt_text_custom") or ""
    world.pictures.add(photo_id, f"facebook:{asked.page.key}", size, upload.content, asked.now, alt_text)
    if (asked.form.text("published") or "true").lower() not in ("true", "1"):
        return {"id": photo_id}
    post_id = f"{asked.page.platform_id}_{photo_id}"
    world.publications.add(asked.page, post_id, message, asked.now, pictures=(photo_id,))
    return {"id": photo_id, "post_id": post_id}


def list_posts(world: "World", asked: Asked) -> Body:
    """Do GET /{page}/published_posts or /feed: newest first, what is hidden for now left out."""
    limit = asked.form.whole("limit", USUAL_LIST)
    if not 1 <= limit <= LARGEST_LIST:
        raise GraphError(100, "(#100) Please reduce the amount of data you're asking for, then retry your request")
    fields = _fields(asked, POST_FIELDS, "created_time,message,id", "Post")
    found = world.publications.standing(
        asked.page,
        since=asked.form.whole("since"),
        until=min(asked.form.whole("until", 10**12), asked.now - asked.hidden_seconds),
        before_seq=_cursor(asked.form.text("after")),
        limit=limit + 1,
    )
    page = found[:limit]
    answer: Body = {"data": [_post(each, asked, fields) for each in page]}
    if page:
        before, after = (base64.urlsafe_b64encode(str(each.seq).encode()).decode() for each in (page[0], page[-1]))
        answer["paging"] = {"cursors": {"before": before, "after": after}}
        if len(found) > limit:
            again = {"fields": ",".join(fields), "limit": str(limit), "after": after}
            if asked.token_seen:
                again["access_token"] = asked.token_seen
            answer["paging"]["next"] = (
                f"{asked.base_url}/graph/{asked.version}/{asked.name}/published_posts?{urlencode(again)}"
            )
    return answer


def show_page(world: "World", asked: Asked) -> Body:  # noqa: ARG001 - one signature for every request
    """Do GET /{page}."""
    page = asked.page
    known: Body = {
        "id": page.platform_id,
        "name": page.name,
        "username": page.address,
        "link": f"{asked.base_url}/facebook/{page.address}",
        "fan_count": page.followers,
        "followers_count": page.followers,
        "about": "A page of the simulator",
        "website": "",
        "is_published": True,
        "verification_status": "not_verified",
        "category": "Government organisation",
    }
    return {name: known[name] for name in _fields(asked, PAGE_FIELDS, "id,name", "Page")}


def show_post(world: "World", asked: Asked) -> Body:
    """Do GET /{page_post}."""
    return _post(_standing(world, asked, "get"), asked, _fields(asked, POST_FIELDS, "created_time,message,id", "Post"))


def edit(world: "World", asked: Asked) -> Body:
    """Do POST /{page_post}."""
    _standing(world, asked, "post")
    message = _checked_length(world, asked.form.text("message") or "")
    if not message:
        raise GraphError(100, "(#100) The parameter message is required")
    world.publications.edit(asked.page, asked.name, message, asked.now)
    return {"success": True}


def delete(world: "World", asked: Asked) -> Body:
    """Do DELETE /{page_post}."""
    _standing(world, asked, "delete")
    world.publications.delete(asked.page, asked.name, asked.now)
    return {"success": True}


def _message(world: "World", asked: Asked, text: str | None = None) -> str:
    message = _checked_length(world, asked.form.text("message") or "" if text is None else text)
    seconds = world.limits["facebook_duplicate_seconds"]
    if message and seconds is not None and world.publications.says(asked.page, message, asked.now - seconds):
        raise duplicate()
    return message


def _checked_length(world: "World", message: str) -> str:
    longest = world.limits["facebook_text_characters"]
    if longest is not None and len(message) > longest:
        raise GraphError(100, f"(#100) Param message must be at most {int(longest)} characters long")
    return message.strip()


def _attached(world: "World", asked: Asked) -> tuple[str, ...]:
    """Return the photos of `attached_media`, which comes as one JSON list or as `attached_media[0]`, `[1]` ..."""
    raw = [value for name, value in sorted(asked.form.values.items()) if name.startswith("attached_media")]
    try:
        parsed = [json.loads(value) if isinstance(value, str) else value for value in raw]
        media = [each for value in parsed for each in (value if isinstance(value, list) else [value])]
        pictures = tuple(str(each["media_fbid"]) for each in media)
    except (ValueError, KeyError, TypeError) as error:
        raise GraphError(100, "(#100) Param attached_media must be an array of objects with media_fbid.") from error
    for picture in pictures:
        if world.pictures.owned(picture, f"facebook:{asked.page.key}") is None:
            raise no_such_object(picture, "post")
    return pictures


def _standing(world: "World", asked: Asked, verb: str) -> Publication:
    found = world.publications.find(asked.page, asked.name)
    if found is None:
        raise no_such_object(asked.name, verb)
    return found


def _fields(asked: Asked, known: frozenset[str], usual: str, node: str) -> list[str]:
    wanted = [
        field.partition("{")[0].partition(".")[0].strip() for field in (asked.form.text("fields") or usual).split(",")
    ]
    for field in wanted:
        if field not in known:
            raise GraphError(100, f"(#100) Tried accessing nonexisting field ({field}) on node type ({node})")
    return list(dict.fromkeys([*wanted, "id"]))


def _post(publication: Publication, asked: Asked, fields: list[str]) -> Body:
    page, (_, _, number) = asked.page, publication.remote_id.partition("_")
    known: Body = {
        "id": publication.remote_id,
        "message": publication.text or None,
        "created_time": graph_time(publication.created_at),
        "updated_time": graph_time(publication.edited_at or publication.created_at),
        "permalink_url": f"{asked.base_url}/facebook/{page.address}/posts/{number}",
        "is_published": True,
        "is_hidden": False,
        "from": {"name": page.name, "id": page.platform_id},
        "status_type": "added_photos" if publication.pictures else "mobile_status_update",
    }
    if publication.pictures:
        known["full_picture"] = f"{asked.base_url}/_pictures/{publication.pictures[0]}"
    if publication.link:
        known["attachments"] = {"data": [{"type": "share", "unshimmed_url": publication.link}]}
    # What a post does not have is left out, not null.
    return {name: known[name] for name in fields if known.get(name) is not None}


def _cursor(after: str | None) -> int | None:
    if not after:
        return None
    try:
        return int(base64.urlsafe_b64decode(after))
    except (binascii.Error, ValueError) as error:
        raise GraphError(100, "(#100) Invalid cursors values") from error


def _number() -> str:
    return str(10**14 + secrets.randbelow(9 * 10**14))
