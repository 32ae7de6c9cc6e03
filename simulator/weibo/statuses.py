"""What Weibo does with posts and accounts: share, delete, list, and say who somebody is."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from simulator.accounts import Account
from simulator.forms import Form
from simulator.pictures import measure
from simulator.publications import Publication
from simulator.weibo.counting import domains, handed_out, has_topic, length
from simulator.weibo.errors import Refused

if TYPE_CHECKING:
    from simulator.world import World

TAKEN = ("image/jpeg", "image/gif", "image/png")
MAX_PICTURE_BYTES = 5 * 1024 * 1024
USUAL_LIST, LARGEST_LIST = 20, 100
_CHINA = timezone(timedelta(hours=8))
_HOUR = 3600


@dataclass(slots=True)
class Asked:
    """One request, let in."""

    account: Account
    form: Form
    base_url: str
    now: float
    hidden_seconds: float = 0


def share(world: "World", asked: Asked) -> dict[str, Any]:
    """Do POST 2/statuses/share: the text, from where it comes, and perhaps a picture."""
    account, text = asked.account, (asked.form.text("status") or "").strip()
    _from_where(asked)
    if not text:
        raise Refused(20008)
    if has_topic(text):
        # The documents do not take topics, and give no number for one.
        raise Refused(20021)
    most = world.limits["weibo_text_characters"]
    if most is not None and length(text) > most:
        raise Refused(20012)
    _link(account, text)
    _refuse_too_much(world, asked, text)
    pictures = _picture(world, asked)
    number = str(int(asked.now * 1000) * 1000 + secrets.randbelow(1000))
    while world.publications.search(platform="weibo", remote_id=number, limit=1):
        number = str(int(number) + 1)
    world.publications.add(account, number, text, asked.now, pictures=pictures)
    return _status(_standing(world, asked, number), asked)


def destroy(world: "World", asked: Asked) -> dict[str, Any]:
    """Do POST 2/statuses/destroy, and return what was deleted."""
    found = _standing(world, asked, asked.form.text("id") or "")
    world.publications.delete(asked.account, found.remote_id, asked.now)
    return _status(found, asked)


def user_timeline(world: "World", asked: Asked) -> dict[str, Any]:
    """Do GET 2/statuses/user_timeline: of the one whose token it is only, the newest first."""
    if asked.form.text("uid") not in (None, asked.account.platform_id):
        raise Refused(10017, "Parameter (uid)'s value invalid, expect (the authorized user)")
    count = min(max(1, asked.form.whole("count", USUAL_LIST)), LARGEST_LIST)
    until = asked.now - asked.hidden_seconds
    found = world.publications.standing(asked.account, until=until, limit=count)
    trim = asked.form.yes("trim_user")
    rows = [_status(each, asked, trim_user=trim) for each in found]
    return {"statuses": rows, "previous_cursor": 0, "next_cursor": 0, "total_number": len(rows)}


def get_uid(world: "World", asked: Asked) -> dict[str, Any]:  # noqa: ARG001 - one signature for every request
    """Do GET 2/account/get_uid."""
    return {"uid": int(asked.account.platform_id)}


def show(world: "World", asked: Asked) -> dict[str, Any]:
    """Do GET 2/users/show."""
    uid = asked.form.text("uid")
    if not uid:
        raise Refused(10016, "uid or screen_name")
    account = world.accounts.numbered("weibo", uid)
    if account is None:
        raise Refused(20003)
    return _user(account) | {"statuses_count": world.publications.count_standing(account)}


def _from_where(asked: Asked) -> None:
    rip, listed = asked.form.text("rip"), asked.account.secrets.get("public_ip")
    if not rip:
        raise Refused(10016, "rip")
    if listed and rip != listed:
        raise Refused(10004)


def _link(account: Account, text: str) -> None:
    """Refuse a text without a link, or without one to the domain to which the app is bound, where it is bound to one."""
    found, bound = domains(text), account.secrets.get("domain", "")
    if not any(not bound or f".{each}".endswith(f".{bound}") for each in found):
        raise Refused(10017, "text not find domain!")


def _refuse_too_much(world: "World", asked: Asked, text: str) -> None:
    """Refuse what was said before, and more than may be said in an hour."""
    minutes, most = world.limits["weibo_duplicate_minutes"], world.limits["weibo_posts_per_hour"]
    if minutes is not None and world.publications.says(asked.account, text, asked.now - minutes * 60):
        raise Refused(20019)
    if most is None:
        return
    before = world.publications.search(
        platform="weibo", account=asked.account.key, newest_first=True, limit=max(1, int(most))
    )
    if sum(each.created_at > asked.now - _HOUR for each in before) >= most:
        raise Refused(10024, "statuses/share")


def _picture(world: "World", asked: Asked) -> tuple[str, ...]:
    file = asked.form.files.get("pic")
    if file is None:
        if "pic" in asked.form.values:
            raise Refused(20007)
        return ()
    size = measure(file.content)
    if size is None or size.media_type not in TAKEN:
        raise Refused(20005)
    if len(file.content) >= MAX_PICTURE_BYTES:
        raise Refused(20006)
    name = secrets.token_hex(16)
    world.pictures.add(name, f"weibo:{asked.account.key}", size, file.content, asked.now)
    return (name,)


def _standing(world: "World", asked: Asked, number: str) -> Publication:
    found = world.publications.find(asked.account, number)
    if found is None:
        others = world.publications.search(platform="weibo", remote_id=number, limit=1) if number else []
        raise Refused(20102 if others and others[0].address != asked.account.address else 20101)
    return found


def _status(found: Publication, asked: Asked, *, trim_user: bool = False) -> dict[str, Any]:
    moment = datetime.fromtimestamp(found.created_at, UTC).astimezone(_CHINA)
    status: dict[str, Any] = {
        "created_at": moment.strftime("%a %b %d %H:%M:%S %z %Y"),
        "id": int(found.remote_id),
        "idstr": found.remote_id,
        "mid": found.remote_id,
        "text": handed_out(found.text),
        "source": '<a href="http://app.weibo.com/" rel="nofollow">an app</a>',
        "favorited": False,
        "truncated": False,
        "isLongText": False,
        "pic_urls": [{"thumbnail_pic": f"{asked.base_url}/_pictures/{each}"} for each in found.pictures],
    }
    return status | ({"uid": int(asked.account.platform_id)} if trim_user else {"user": _user(asked.account)})


def _user(account: Account) -> dict[str, Any]:
    return {
        "id": int(account.platform_id),
        "idstr": account.platform_id,
        "screen_name": account.address,
        "name": account.address,
        "domain": "",
        "profile_url": f"u/{account.platform_id}",
        "followers_count": account.followers,
        "verified": True,
    }
