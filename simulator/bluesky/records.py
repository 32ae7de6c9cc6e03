"""What a personal data server does with records and blobs, and what it tells of accounts."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.accounts import Account
from simulator.bluesky.errors import Refused, invalid
from simulator.bluesky.validation import check_key, check_post, cid, pictures_of, record_cid
from simulator.clock import x_time
from simulator.pictures import measure
from simulator.publications import Publication

if TYPE_CHECKING:
    from simulator.world import World

COLLECTION = "app.bsky.feed.post"
LARGEST_LIST, USUAL_LIST = 100, 50
Body = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """One request, let in. `account` is whose repository it is about."""

    account: Account
    values: dict[str, Any]
    base_url: str
    now: float
    content: bytes = field(default=b"", repr=False)
    hidden_seconds: float = 0

    def text(self, name: str) -> str:
        """Return a parameter as text."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""


def put(world: "World", asked: Asked) -> Body:
    """Do com.atproto.repo.putRecord: the same record once more changes nothing, and says so by its commit."""
    rkey = _key(asked)
    record = check_post(asked.values.get("record"))
    shown = pictures_of(record)
    owner = _owner(asked.account)
    for ref, alt in shown:
        if world.pictures.owned(ref, owner) is None:
            raise Refused(400, "BlobNotFound", f"Could not find blob: {ref}")
        world.pictures.describe(ref, alt)
    before = world.publications.find(asked.account, rkey)
    current = record_cid(written(world, asked, before)) if before else None
    if "swapRecord" in asked.values and asked.values["swapRecord"] != current:
        raise Refused(400, "InvalidSwap", f"Record was at {current or 'null'}")
    told = {"uri": uri_of(asked.account, rkey), "cid": record_cid(record), "validationStatus": "valid"}
    if current == told["cid"]:
        return told
    pictures = tuple(ref for ref, _ in shown)
    if before is None:
        reply = (record.get("reply") or {}).get("parent", {}).get("uri", "").rpartition("/")[2]
        world.publications.add(
            asked.account, rkey, record["text"], asked.now, reply_to=reply or None, pictures=pictures
        )
    else:
        world.publications.edit(asked.account, rkey, record["text"], asked.now)
        world.publications.show(asked.account, rkey, pictures)
    world.bluesky.records[asked.account.platform_id, rkey] = record
    return {**told, "commit": _commit(told["cid"], asked.now)}


def delete(world: "World", asked: Asked) -> Body:
    """Do com.atproto.repo.deleteRecord: what is not there is no error."""
    rkey = _key(asked)
    if world.publications.find(asked.account, rkey) is None:
        return {}
    world.publications.delete(asked.account, rkey, asked.now)
    world.bluesky.records.pop((asked.account.platform_id, rkey), None)
    return {"commit": _commit(rkey, asked.now)}


def get(world: "World", asked: Asked) -> Body:
    """Do com.atproto.repo.getRecord."""
    rkey = asked.text("rkey")
    found = world.publications.find(asked.account, rkey)
    if found is None or found.created_at > asked.now - asked.hidden_seconds or asked.text("collection") != COLLECTION:
        raise Refused(400, "RecordNotFound", f"Could not locate record: {uri_of(asked.account, rkey)}")
    return _told(world, asked, found)


def listed(world: "World", asked: Asked) -> Body:
    """Do com.atproto.repo.listRecords: the newest first."""
    limit = asked.text("limit")
    most = min(max(1, int(limit) if limit.isdecimal() else USUAL_LIST), LARGEST_LIST)
    found = world.publications.standing(asked.account, until=asked.now - asked.hidden_seconds, limit=most)
    return {"records": [_told(world, asked, each) for each in found]}


def upload(world: "World", asked: Asked) -> Body:
    """Do com.atproto.repo.uploadBlob."""
    size = measure(asked.content)
    if not asked.content or size is None:
        raise invalid("Request encoding (Content-Type) required but not provided")
    ref = cid(asked.content, 0x55)
    world.pictures.add(ref, _owner(asked.account), size, asked.content, asked.now)
    return {"blob": {"$type": "blob", "ref": {"$link": ref}, "mimeType": size.media_type, "size": len(asked.content)}}


def session(world: "World", asked: Asked) -> Body:  # noqa: ARG001 - one signature for every request
    """Do com.atproto.server.getSession."""
    return {"did": asked.account.platform_id, "handle": asked.account.key, "active": True}


def describe(world: "World", asked: Asked) -> Body:  # noqa: ARG001
    """Do com.atproto.repo.describeRepo."""
    return {
        "handle": asked.account.key,
        "did": asked.account.platform_id,
        "didDoc": document(asked.account, asked.base_url),
        "collections": [COLLECTION],
        "handleIsCorrect": True,
    }


def resolve(world: "World", asked: Asked) -> Body:  # noqa: ARG001
    """Do com.atproto.identity.resolveHandle."""
    return {"did": asked.account.platform_id}


def document(account: Account, base_url: str) -> Body:
    """Return an account's document, as the directory of numbers has it."""
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": account.platform_id,
        "alsoKnownAs": [f"at://{account.key}"],
        "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": base_url}],
    }


def _key(asked: Asked) -> str:
    if asked.text("collection") != COLLECTION:
        raise invalid(f"Collections other than {COLLECTION} are not played here")
    check_key(asked.text("rkey"))
    return asked.text("rkey")


def _told(world: "World", asked: Asked, found: Publication) -> Body:
    record = written(world, asked, found)
    return {"uri": uri_of(asked.account, found.remote_id), "cid": record_cid(record), "value": record}


def written(world: "World", asked: Asked, found: Publication) -> Body:
    """Return the record of a post; after a restart, what can be told of it."""
    bare = {"$type": COLLECTION, "text": found.text, "createdAt": x_time(found.created_at)}
    return world.bluesky.records.get((asked.account.platform_id, found.remote_id), bare)


def _commit(rev: str, now: float) -> Body:
    return {"cid": cid(f"{rev}{now}".encode(), 0x71), "rev": f"{int(now * 1e6):x}"}


def uri_of(account: Account, rkey: str) -> str:
    """Return the address of a post."""
    return f"at://{account.platform_id}/{COLLECTION}/{rkey}"


def _owner(account: Account) -> str:
    return f"bluesky:{account.key}"
