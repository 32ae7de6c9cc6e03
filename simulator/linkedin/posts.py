"""What LinkedIn's Posts API does for an organisation: publish, list, show, edit, delete, take pictures, tell roles."""

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from simulator.accounts import Account, invented_id
from simulator.exchange import Answer, json_answer
from simulator.linkedin import littletext
from simulator.linkedin.errors import LinkedInError, duplicate, no_role, not_found, unprocessable
from simulator.pictures import measure
from simulator.publications import Publication

if TYPE_CHECKING:
    from simulator.world import World

LARGEST_LIST = 100
# learn.microsoft.com, Images API: JPG, GIF and PNG.
TAKEN = ("image/jpeg", "image/png", "image/gif")
UPLOADS = "/linkedin/dms-uploads/"


@dataclass(slots=True)
class Asked:
    """One request, let in: whose token, the names in the address, its query, its JSON, and how the client calls us."""

    account: Account
    names: list[str]
    query: dict[str, str]
    body: Any
    base_url: str
    now: float
    content: bytes = b""
    hidden_seconds: float = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def author(self) -> str:
        """The organisation as LinkedIn names it."""
        return f"urn:li:organization:{self.account.platform_id}"


def publish(world: "World", asked: Asked) -> Answer:
    """Do POST /posts; the id is in a header, and the body is empty."""
    entity = asked.body if isinstance(asked.body, dict) else {}
    if entity.get("author") != asked.author:
        raise no_role(f"partnerApiPostsExternal.CREATE of {entity.get('author')}")
    needed = {"visibility": "PUBLIC", "lifecycleState": "PUBLISHED"}
    if any(entity.get(name) != value for name, value in needed.items()) or not isinstance(
        entity.get("distribution"), dict
    ):
        raise LinkedInError(400, "visibility, distribution and lifecycleState are required", code="MISSING_FIELD")
    commentary = _commentary(world, entity)
    text = littletext.shown(commentary)
    pictures = _pictures(world, asked, entity)
    if not text and not pictures:
        raise unprocessable("A post needs a commentary or content", "MISSING_CONTENT", "Empty post")
    _refuse_twice(world, asked, text)
    urn = f"urn:li:share:7{10**17 + secrets.randbelow(9 * 10**17)}"
    world.publications.add(asked.account, urn, text, asked.now, pictures=pictures)
    return Answer(201, b"", (("x-restli-id", urn), ("x-linkedin-id", urn)), None)


def list_posts(world: "World", asked: Asked) -> Answer:
    """Do the finder q=author."""
    if asked.query.get("author") != asked.author:
        raise no_role(f"partnerApiPostsExternal.FINDER-author of {asked.query.get('author')}")
    count = asked.query.get("count", "10")
    if not count.isdecimal() or not 1 <= int(count) <= LARGEST_LIST:
        raise LinkedInError(400, f"count {count} is not valid", code="ILLEGAL_ARGUMENT")
    found = world.publications.standing(asked.account, until=asked.now - asked.hidden_seconds, limit=int(count))
    return _ok({"elements": [_post(each, asked) for each in found], "paging": _paging(int(count), len(found))})


def show_post(world: "World", asked: Asked) -> Answer:
    """Do GET /posts/{urn}."""
    return _ok(_post(_standing(world, asked), asked))


def edit(world: "World", asked: Asked) -> Answer:
    """Do a partial update of the commentary."""
    found = _standing(world, asked)
    patch = asked.body.get("patch", {}).get("$set") if isinstance(asked.body, dict) else None
    if not isinstance(patch, dict) or set(patch) != {"commentary"}:
        raise LinkedInError(400, "only the commentary can be updated here", code="ILLEGAL_ARGUMENT")
    text = littletext.shown(_commentary(world, patch))
    world.publications.edit(asked.account, found.remote_id, text, asked.now)
    return Answer(204, b"", (), None)


def delete(world: "World", asked: Asked) -> Answer:
    """Do DELETE /posts/{urn}; once more is the same."""
    found = world.publications.find(asked.account, asked.names[1])
    if found is not None:
        world.publications.delete(asked.account, found.remote_id, asked.now)
    return Answer(204, b"", (), None)


def begin_upload(world: "World", asked: Asked) -> Answer:  # noqa: ARG001 - one signature for every request
    """Do the action initializeUpload: an address to which the picture is put, and the picture's name."""
    wanted = asked.body.get("initializeUploadRequest") if isinstance(asked.body, dict) else None
    if asked.query.get("action") != "initializeUpload" or not isinstance(wanted, dict):
        raise LinkedInError(400, "initializeUploadRequest is required", code="MISSING_FIELD")
    if wanted.get("owner") != asked.author:
        raise no_role(f"images of {wanted.get('owner')}")
    name = f"C5600AQ{secrets.token_urlsafe(16)}"
    value = {
        "uploadUrlExpiresAt": int((asked.now + 3600) * 1000),
        "uploadUrl": f"{asked.base_url}{UPLOADS}{quote(name)}/uploaded-image/0?ca=vector_ads",
        "image": f"urn:li:image:{name}",
    }
    return _ok({"value": value})


def upload(world: "World", asked: Asked) -> Answer:
    """Take the picture itself."""
    size = measure(asked.content)
    if size is None or size.media_type not in TAKEN:
        raise LinkedInError(400, "The media type of the picture is not supported", code="UNSUPPORTED_MEDIA")
    owner = f"linkedin:{asked.account.key}"
    world.pictures.add(f"urn:li:image:{asked.names[0]}", owner, size, asked.content, asked.now)
    return Answer(201, b"", (), None)


def roles(world: "World", asked: Asked) -> Answer:  # noqa: ARG001
    """Do the finder q=roleAssignee: where the member has a role. One of them is of no use to us, as there."""
    if asked.query.get("q") != "roleAssignee":
        raise LinkedInError(400, "only the finder roleAssignee is played here", code="ILLEGAL_ARGUMENT")
    person = f"urn:li:person:{person_of(asked.account)}"
    elements = [
        {"role": role, "organization": urn, "roleAssignee": person, "state": state}
        for role, urn, state in (
            ("ANALYST", "urn:li:organization:1000", "APPROVED"),
            ("ADMINISTRATOR", "urn:li:organization:1001", "REQUESTED"),
            ("ADMINISTRATOR", asked.author, "APPROVED"),
        )
    ]
    return _ok({"elements": elements, "paging": _paging(100, len(elements))})


def organizations(world: "World", asked: Asked) -> Answer:  # noqa: ARG001
    """Do GET /organizations?ids=List(...): those that the member administers."""
    ids = asked.query.get("ids", "").removeprefix("List(").removesuffix(")").split(",")
    account = asked.account
    shown = {"id": int(account.platform_id), "vanityName": account.address, "localizedName": account.name}
    results = {account.platform_id: shown} if account.platform_id in ids else {}
    missing = {name: {"status": 403, "message": "Not enough permissions"} for name in ids if name not in results}
    return _ok({"results": results, "statuses": {}, "errors": missing})


def network_size(world: "World", asked: Asked) -> Answer:  # noqa: ARG001
    """Do GET /networkSizes/{organization}?edgeType=COMPANY_FOLLOWED_BY_MEMBER: of its own organisation alone."""
    if asked.query.get("edgeType") != "COMPANY_FOLLOWED_BY_MEMBER":
        raise LinkedInError(400, "only the followers of an organisation are played here", code="ILLEGAL_ARGUMENT")
    if asked.names[-1] != asked.author:
        raise LinkedInError(403, "Not enough permissions to access: GET /networkSizes", code="ACCESS_DENIED")
    return _ok({"firstDegreeSize": asked.account.followers})


def person_of(account: Account) -> str:
    """Return LinkedIn's name for the member who allowed it."""
    return account.secrets.get("granted_by") or f"p{invented_id('linkedin', f'person:{account.key}')}"


def _commentary(world: "World", entity: dict[str, Any]) -> str:
    commentary = entity.get("commentary", "")
    if not isinstance(commentary, str):
        raise LinkedInError(400, "commentary is a string", code="ILLEGAL_ARGUMENT")
    most = world.limits["linkedin_text_units"]
    if most is not None and littletext.length(commentary) > most:
        message = f"commentary :: text length ({littletext.length(commentary)}) exceeds the maximum ({int(most)})"
        raise unprocessable(message, "FIELD_LENGTH_TOO_LONG", message)
    return commentary


def _pictures(world: "World", asked: Asked, entity: dict[str, Any]) -> tuple[str, ...]:
    media = (entity.get("content") or {}).get("media") if isinstance(entity.get("content") or {}, dict) else None
    if not media:
        return ()
    urn = str(media.get("id", ""))
    if world.pictures.owned(urn, f"linkedin:{asked.account.key}") is None:
        raise unprocessable(f"{urn} is not a picture of this owner", "INVALID_CONTENT", "Unknown media")
    world.pictures.describe(urn, str(media.get("altText", "")))
    return (urn,)


def _refuse_twice(world: "World", asked: Asked, text: str) -> None:
    """Refuse what was said before, even if it was deleted since: LinkedIn remembers it for a day or two."""
    hours = world.limits["linkedin_duplicate_hours"]
    if hours is None:
        return
    said = world.publications.search(platform="linkedin", account=asked.account.key, newest_first=True, limit=200)
    for each in said:
        if each.text == text and each.created_at > asked.now - hours * 3600:
            raise duplicate(each.remote_id)


def _standing(world: "World", asked: Asked) -> Publication:
    found = world.publications.find(asked.account, asked.names[1])
    if found is None:
        raise not_found(asked.names[1])
    return found


def _post(publication: Publication, asked: Asked) -> dict[str, Any]:
    created = int(publication.created_at * 1000)
    post: dict[str, Any] = {
        "id": publication.remote_id,
        "author": asked.author,
        "commentary": littletext.written(publication.text),
        "visibility": "PUBLIC",
        "lifecycleState": "PUBLISHED",
        "createdAt": created,
        "publishedAt": created,
        "lastModifiedAt": int((publication.edited_at or publication.created_at) * 1000),
        "lifecycleStateInfo": {"isEditedByAuthor": publication.edited_at is not None},
    }
    if publication.pictures:
        post["content"] = {"media": {"id": publication.pictures[0]}}
    return post


def _paging(count: int, found: int) -> dict[str, Any]:
    return {"start": 0, "count": count, "total": found, "links": []}


def _ok(body: dict[str, Any]) -> Answer:
    return json_answer(200, body)
