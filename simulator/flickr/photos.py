"""What Flickr does with photos: uploads, lists, changed words, deletions; a description is HTML, and is handed out as such."""

import html
import json
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.accounts import Account
from simulator.flickr.errors import Refused
from simulator.forms import Form
from simulator.pictures import measure

if TYPE_CHECKING:
    from simulator.world import World

PAGE_SIZE, LARGEST_PAGE = 100, 500  # flickr.people.getPhotos
SHOWN_OF_A_LINK = 60  # signs; about so much is shown of a longer one
_TAG = re.compile(r"<[^>]*(>|$)")
_LINK = re.compile(r"https?://([^\s<]+)")
_UNLIKE = re.compile(r"[^a-z0-9:=]")
_MACHINE = re.compile(r"[a-z]\w*:[a-z]\w*=.+")


@dataclass(slots=True)
class Asked:
    """One request that was let in; lists leave out what is younger than `hidden` seconds."""

    account: Account
    form: Form
    base_url: str
    now: float
    hidden: float = 0


def upload(world: "World", asked: Asked) -> dict[str, Any]:
    """Do POST services/upload."""
    number = str(54 * 10**9 + secrets.randbelow(10**9))
    _keep(world, asked, number, asked.form.text("title") or "")
    text = _read_by_people(asked.form.text("description") or "")
    world.publications.add(asked.account, number, text, asked.now, pictures=(_picture(number),))
    tags = json.dumps([_UNLIKE.sub("", tag.lower()) for tag in (asked.form.text("tags") or "").split()])
    world.store.write("INSERT OR REPLACE INTO settings VALUES (?, ?)", _row_of_tags(number), tags)
    return {"photoid": number}


def replace(world: "World", asked: Asked) -> dict[str, Any]:
    """Do POST services/replace: another picture, under the same number and the same words."""
    number = _own(world, asked)
    _keep(world, asked, number, world.pictures.alt_text(_picture(number)))
    return {"photoid": number}


def set_meta(world: "World", asked: Asked) -> dict[str, Any]:
    """Do flickr.photos.setMeta."""
    number = _own(world, asked)
    title, description = asked.form.text("title"), asked.form.text("description")
    if title is None and description is None:
        raise Refused(2, "At least one of title or description must be set")
    if title is not None:
        world.pictures.describe(_picture(number), title)
    if description is not None:
        world.publications.edit(asked.account, number, _read_by_people(description), asked.now)
    return {}


def delete(world: "World", asked: Asked) -> dict[str, Any]:
    """Do flickr.photos.delete."""
    world.publications.delete(asked.account, _own(world, asked), asked.now)
    return {}


def get_photos(world: "World", asked: Asked) -> dict[str, Any]:
    """Do flickr.people.getPhotos: the newest first."""
    form = asked.form
    if form.text("user_id") not in ("me", asked.account.platform_id):
        raise Refused(2, "Unknown user")
    size = min(max(1, form.whole("per_page", PAGE_SIZE)), LARGEST_PAGE)
    since, until = form.whole("min_upload_date"), asked.now - asked.hidden
    found = world.publications.standing(asked.account, since=since, until=until, limit=10_000)
    begin = (max(1, form.whole("page", 1)) - 1) * size
    extras = (form.text("extras") or "").split(",")
    rows = []
    for each in found[begin : begin + size]:
        title = world.pictures.alt_text(_picture(each.remote_id))
        row: dict[str, Any] = {"id": each.remote_id, "owner": asked.account.platform_id, "title": title, "ispublic": 1}
        if "description" in extras:
            row["description"] = {"_content": _handed_out(each.text)}
        if "machine_tags" in extras:
            row["machine_tags"] = " ".join(_machine_tags(world, each.remote_id))
        rows.append(row)
    pages = -(-len(found) // size)
    return {"photos": {"page": 1, "pages": pages, "perpage": size, "total": len(found), "photo": rows}}


def login(world: "World", asked: Asked) -> dict[str, Any]:  # noqa: ARG001 - one signature for every method
    """Do flickr.test.login."""
    return {"user": {"id": asked.account.platform_id, "username": {"_content": asked.account.name}}}


def get_info(world: "World", asked: Asked) -> dict[str, Any]:
    """Do flickr.people.getInfo."""
    account = world.accounts.numbered("flickr", asked.form.text("user_id") or "")
    if account is None:
        raise Refused(1, "User not found")
    person = {
        "id": account.platform_id,
        "nsid": account.platform_id,
        "username": {"_content": account.name},
        "photosurl": {"_content": f"{asked.base_url}/flickr/photos/{account.address}/"},
        "profileurl": {"_content": f"{asked.base_url}/flickr/people/{account.address}/"},
        "photos": {"count": {"_content": world.publications.count_standing(account)}},
    }
    return {"person": person}


def _picture(number: str) -> str:
    return f"flickr-{number}"


def _keep(world: "World", asked: Asked, number: str, title: str) -> None:
    photo = asked.form.files.get("photo")
    if photo is None:
        raise Refused(2)
    if not photo.content:
        raise Refused(4)
    size = measure(photo.content)
    if size is None:
        raise Refused(5)
    owner = f"flickr:{asked.account.key}"
    world.pictures.add(_picture(number), owner, size, photo.content, asked.now, title)


def _own(world: "World", asked: Asked) -> str:
    number = asked.form.text("photo_id") or ""
    if world.publications.find(asked.account, number) is None:
        raise Refused(1)
    return number


def _row_of_tags(number: str) -> str:
    return f"flickr tags {number}"


def _machine_tags(world: "World", number: str) -> list[str]:
    row = world.store.row("SELECT value FROM settings WHERE name = ?", _row_of_tags(number))
    return [tag for tag in (json.loads(row["value"]) if row else []) if _MACHINE.fullmatch(tag)]


def _read_by_people(description: str) -> str:
    """Return what people see of a description: what looks like a tag is none of its words."""
    return html.unescape(_TAG.sub("", description))


def _handed_out(text: str) -> str:
    """Return a description as programs get it: escaped, with links, which show their address shortened and without "https://"."""

    def link(found: re.Match[str]) -> str:
        shown = found[1] if len(found[1]) <= SHOWN_OF_A_LINK else f"{found[1][: SHOWN_OF_A_LINK - 3]}..."
        return f'<a href="{found[0]}" rel="noreferrer nofollow">{shown}</a>'

    return _LINK.sub(link, html.escape(text))
