"""What X does when it is asked: post, delete, list, say who one is, take a picture."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.accounts import Account
from simulator.clock import x_time
from simulator.forms import Upload
from simulator.pictures import measure
from simulator.publications import Publication
from simulator.x import counting
from simulator.x.problems import duplicate, forbidden, invalid, missing, not_permitted, tweet_missing

if TYPE_CHECKING:
    from simulator.world import World

# X's OpenAPI description, TweetCreateRequest: any other field is refused.
CREATE_FIELDS = frozenset(
    [
        "card_uri",
        "community_id",
        "direct_message_deep_link",
        "edit_options",
        "for_super_followers_only",
        "geo",
        "made_with_ai",
        "media",
        "nullcast",
        "paid_partnership",
        "poll",
        "quote_tweet_id",
        "reply",
        "reply_settings",
        "share_with_followers",
        "text",
    ]
)
# docs.x.com, "media best practices": an image is at most 5 MB; 4 of them in one post.
MAX_IMAGE_BYTES = 5 * 1024 * 1024
MAX_IMAGES = 4
# X's ids count milliseconds since this moment (Unix milliseconds), shifted by 22 bits.
SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
Body = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """One request to X, let in: who asks, and what for. `name` is the id in the address, empty when there is none."""

    account: Account
    query: dict[str, str]
    body: Body
    now: float
    name: str = ""
    files: dict[str, Upload] = field(default_factory=dict)
    hidden_seconds: float = 0


def create(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do POST /2/tweets and return status and body.

    Raises:
        Problem: refused, and why.
    """
    unknown = set(asked.body) - CREATE_FIELDS
    if unknown:
        name = min(unknown)
        raise invalid(f"$.{name}: is not defined in the schema and the schema does not allow additional properties")
    text = asked.body.get("text", "")
    if not isinstance(text, str):
        raise invalid("$.text: must be a string")
    text = counting.normal(text)
    pictures = _pictures(world, asked)
    if not text and not pictures:
        raise invalid("Requires either text or media.", text="")
    longest = counting.MAX_WEIGHT_PREMIUM if asked.account.premium else counting.MAX_WEIGHT
    if counting.weight(text) > longest or counting.has_invalid_characters(text) or "edit_options" in asked.body:
        raise not_permitted()
    reply_to = _reply_to(world, asked)
    hours = world.limits["x_duplicate_hours"]
    if text and hours is not None and world.publications.says(asked.account, text, asked.now - hours * 3600):
        raise duplicate()
    tweet_id = str(_next_id(world, asked.now))
    world.publications.add(asked.account, tweet_id, text, asked.now, reply_to=reply_to, pictures=pictures)
    return 201, {"data": {"id": tweet_id, "text": counting.wire_text(text)[0], "edit_history_tweet_ids": [tweet_id]}}


def delete(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do DELETE /2/tweets/:id and return status and body."""
    if world.publications.find(asked.account, asked.name) is None:
        if any(found.deleted_at is None for found in world.publications.search(platform="x", remote_id=asked.name)):
            raise forbidden("You are not authorized to delete this Tweet.")
        raise tweet_missing(asked.name)
    world.publications.delete(asked.account, asked.name, asked.now)
    return 200, {"data": {"deleted": True}}


def timeline(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /2/users/:id/tweets and return status and body: newest first, what is hidden for now left out."""
    account = world.accounts.numbered("x", asked.name)
    if account is None:
        return 200, {"errors": [missing("user", asked.name)]}
    size = asked.query.get("max_results", "10")
    if not size.isdecimal() or not 5 <= int(size) <= 100:
        raise invalid(f"The `max_results` query parameter value [{size}] is not between 5 and 100", max_results=size)
    found = world.publications.standing(
        account,
        since=moment(asked.query, "start_time", 0),
        until=min(moment(asked.query, "end_time", 1e12), asked.now - asked.hidden_seconds),
        before_seq=_page(asked.query.get("pagination_token", "")),
        # The ids of X grow with time, so what lies between two of them is sifted from a list that is long enough.
        limit=int(size) + 1 if "until_id" not in asked.query else 10_000,
    )
    since_id, until_id = _id(asked.query, "since_id", 0), _id(asked.query, "until_id", 2**63)
    shown = [each for each in found if since_id < int(each.remote_id) < until_id]
    page = shown[: int(size)]
    meta: Body = {"result_count": len(page)}
    if not page:
        return 200, {"meta": meta}
    meta |= {"newest_id": page[0].remote_id, "oldest_id": page[-1].remote_id}
    if len(shown) > len(page):
        meta["next_token"] = base64.b32encode(str(page[-1].seq).encode()).decode().rstrip("=").lower()
    fields = set(asked.query.get("tweet.fields", "").split(","))
    return 200, {"data": [_tweet(each, account, fields) for each in page], "meta": meta}


def me(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do GET /2/users/me and return status and body."""
    account = asked.account
    user: Body = {"id": account.platform_id, "name": account.name, "username": account.address}
    fields = asked.query.get("user.fields", "").split(",")
    if "public_metrics" in fields:
        user["public_metrics"] = {
            "followers_count": account.followers,
            "following_count": 0,
            "tweet_count": world.publications.count_standing(account),
            "listed_count": 0,
        }
    if "verified" in fields:
        user["verified"] = account.premium
    return 200, {"data": user}


def upload(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do POST /2/media/upload, with base64 in JSON or with a file in a form, and return status and body."""
    if "media" in asked.files:
        content = asked.files["media"].content
    else:
        try:
            content = base64.b64decode(str(asked.body.get("media") or ""), validate=True)
        except binascii.Error as error:
            raise invalid("$.media: is not base64") from error
    if not content:
        raise invalid("$.media: is missing but it is required")
    size = measure(content)
    if size is None:
        raise invalid("media type unrecognized.")
    if len(content) > MAX_IMAGE_BYTES:
        raise invalid(f"File size exceeds {MAX_IMAGE_BYTES} bytes.")
    media_id = str(_next_id(world, asked.now))
    world.pictures.add(media_id, f"x:{asked.account.key}", size, content, asked.now)
    answer = {"id": media_id, "media_key": f"3_{media_id}", "size": len(content), "expires_after_secs": 86400}
    answer["image"] = {"image_type": size.media_type, "w": size.width, "h": size.height}
    return 200, {"data": answer}


def describe(world: "World", asked: Asked) -> tuple[int, Body]:
    """Do POST /2/media/metadata and return status and body."""
    media_id = str(asked.body.get("id", ""))
    alt_text = _object(_object(asked.body, "metadata"), "alt_text").get("text")
    if world.pictures.owned(media_id, f"x:{asked.account.key}") is None:
        raise invalid("Your media IDs are invalid.", id=media_id)
    # docs.x.com, media metadata: "must be <= 1000 characters".
    if not isinstance(alt_text, str) or not 1 <= len(alt_text) <= 1000:
        raise invalid("$.metadata.alt_text.text: must be 1 to 1000 characters")
    world.pictures.describe(media_id, alt_text)
    return 200, {"data": {"id": media_id, "associated_metadata": {"alt_text": {"text": alt_text}}}}


def _pictures(world: "World", asked: Asked) -> tuple[str, ...]:
    wanted = _object(asked.body, "media").get("media_ids") or []
    pictures = tuple(map(str, wanted)) if isinstance(wanted, list) else (str(wanted),)
    known = all(world.pictures.owned(media_id, f"x:{asked.account.key}") for media_id in pictures)
    if not known or len(pictures) > MAX_IMAGES:
        raise invalid("Your media IDs are invalid.", **{"media.media_ids": ",".join(pictures)})
    return pictures


def _reply_to(world: "World", asked: Asked) -> str | None:
    wanted = _object(asked.body, "reply").get("in_reply_to_tweet_id")
    if wanted is None:
        return None
    found = world.publications.search(platform="x", remote_id=str(wanted))
    if not any(each.deleted_at is None for each in found):
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    return str(wanted)


def _object(body: Body, name: str) -> Body:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise invalid(f"$.{name}: must be an object")
    return value


def _next_id(world: "World", now: float) -> int:
    wanted = (int(now * 1000) - SNOWFLAKE_EPOCH_MS) << 22
    world.last_x_id = max(wanted, world.last_x_id + 1)
    return world.last_x_id


def _tweet(publication: Publication, account: Account, fields: set[str]) -> Body:
    text, urls = counting.wire_text(publication.text)
    tweet: Body = {"id": publication.remote_id, "text": text, "edit_history_tweet_ids": [publication.remote_id]}
    if "created_at" in fields:
        tweet["created_at"] = x_time(publication.created_at)
    if "author_id" in fields:
        tweet["author_id"] = account.platform_id
    if "conversation_id" in fields:
        tweet["conversation_id"] = publication.reply_to or publication.remote_id
    if "referenced_tweets" in fields and publication.reply_to:
        tweet["referenced_tweets"] = [{"type": "replied_to", "id": publication.reply_to}]
    if "attachments" in fields and publication.pictures:
        tweet["attachments"] = {"media_keys": [f"3_{picture}" for picture in publication.pictures]}
    if "entities" in fields and urls:
        tweet["entities"] = {"urls": urls}
    if "public_metrics" in fields:
        tweet["public_metrics"] = dict.fromkeys(
            ("retweet_count", "reply_count", "like_count", "quote_count", "bookmark_count", "impression_count"), 0
        )
    return tweet


def _id(query: dict[str, str], name: str, otherwise: int) -> int:
    value = query.get(name, str(otherwise))
    if not value.isdecimal():
        raise invalid(f"The `{name}` query parameter value [{value}] is not valid", **{name: value})
    return int(value)


def moment(query: dict[str, str], name: str, otherwise: float) -> float:
    """Return a moment of the query, in Unix seconds."""
    value = query.get(name)
    if value is None:
        return otherwise
    if not TIME.fullmatch(value):
        raise invalid(f"Invalid '{name}':'{value}'. '{name}' must be a RFC3339 date-time", **{name: value})
    return datetime.fromisoformat(value).astimezone(UTC).timestamp()


def _page(token: str) -> int | None:
    if not token:
        return None
    try:
        return int(base64.b32decode(token.upper() + "=" * (-len(token) % 8)))
    except (binascii.Error, ValueError) as error:
        raise invalid("The `pagination_token` query parameter value is not valid", pagination_token=token) from error
