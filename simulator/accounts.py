"""The platforms that are played here, and the public accounts that are registered on them."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from simulator.store import Store

KINDS = ("channel", "group", "supergroup")
NUMBER = re.compile(r"-?\d{1,30}")


@dataclass(frozen=True, slots=True)
class Platform:
    """What is known of a platform here.

    Attributes:
        name: as people know it.
        interface: the address for programs, as people are told it; blank where only people publish.
        page: the address of the page of one publication, with `{name}` and `{id}` in it.
        address: what an address there looks like.
        id_digits: as many digits as its ids have, behind `id_prefix` and before `id_suffix`.
        identity: what an id looks like.
        ids_begin_with_account: a publication's id is the account's and its own, with "_" between; its page shows only its own.
        at: its names are written with an @.
        secrets: what an account may have of them.
        tokens: those among the secrets by which a request names its account, unique on this platform.
        apps: apps may ask for access to accounts.
        consent: the address of its OAuth 2.0 consent screen, behind the platform's own; blank if it has another kind, or none.
        lists: what was published can be listed, by programs.
        notices_duplicates: it refuses what was published before.
    """

    name: str
    interface: str
    page: str
    address: re.Pattern[str]
    id_digits: int
    id_prefix: str = ""
    id_suffix: str = ""
    identity: re.Pattern[str] = NUMBER
    ids_begin_with_account: bool = False
    at: bool = True
    secrets: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    apps: bool = False
    consent: str = ""
    lists: bool = True
    notices_duplicates: bool = False


PLATFORMS = {
    "x": Platform(
        "X",
        interface="/x/2/…",
        page="/x/{name}/status/{id}",
        address=re.compile(r"@?\w{1,30}"),
        id_digits=19,
        secrets=("consumer_key", "consumer_secret", "access_token", "access_token_secret", "bearer_token"),
        tokens=("access_token", "bearer_token"),
        apps=True,
        notices_duplicates=True,
    ),
    "facebook": Platform(
        "Facebook",
        interface="/graph/v25.0/…",
        page="/facebook/{name}/posts/{id}",
        address=re.compile(r"[\w.\-]{1,80}"),
        id_digits=15,
        ids_begin_with_account=True,
        at=False,
        secrets=("page_token", "app_secret", "granted_by"),
        tokens=("page_token",),
        apps=True,
        notices_duplicates=True,
    ),
    "instagram": Platform(
        "Instagram",
        interface="/graph-instagram/v25.0/…",
        page="/instagram/{name}/p/{id}",
        address=re.compile(r"@?[\w.]{1,30}"),
        id_digits=17,
        secrets=("page_token", "app_secret", "granted_by"),
        tokens=("page_token",),
        apps=True,
    ),
    "threads": Platform(
        "Threads",
        interface="/threads/v1.0/…",
        page="/threads/{name}/post/{id}",
        address=re.compile(r"@?[\w.]{1,30}"),
        id_digits=17,
        secrets=("access_token",),
        tokens=("access_token",),
        apps=True,
        consent="/oauth/authorize",
    ),
    "linkedin": Platform(
        "LinkedIn",
        interface="/linkedin/rest/…",
        page="/linkedin/{name}/feed/update/{id}",
        address=re.compile(r"[\w\-]{1,100}"),
        id_digits=8,
        at=False,
        secrets=(
            *("access_token", "earlier_token", "refresh_token", "client_id", "granted_by", "scope"),
            *("access_until", "refresh_until"),
        ),
        tokens=("access_token", "earlier_token", "refresh_token"),
        apps=True,
        consent="/oauth/v2/authorization",
        notices_duplicates=True,
    ),
    "mastodon": Platform(
        "Mastodon",
        interface="/mastodon/api/v1/…",
        page="/mastodon/@{name}/{id}",
        address=re.compile(r"@?\w{1,40}@[\w.\-]{3,120}"),
        id_digits=18,
        secrets=("access_token", "client_id", "client_secret"),
        tokens=("access_token",),
        apps=True,
        consent="/oauth/authorize",
    ),
    "bluesky": Platform(
        "Bluesky",
        interface="/bluesky/xrpc/…",
        page="/bluesky/profile/{name}/post/{id}",
        address=re.compile(r"@?(?:[A-Za-z0-9\-]{1,63}\.)+[A-Za-z0-9\-]{1,63}"),
        id_digits=24,
        id_prefix="did:plc:",
        identity=re.compile(r"did:(plc|web):[a-z0-9.\-]{4,250}"),
        at=True,
        # `dpop_key` and `client_key` are texts of which keys are made; the thumbprints are of their public halves.
        secrets=(
            *("access_token", "refresh_token", "dpop_key", "dpop_jkt", "client_id", "client_key"),
            *("scope", "access_until", "pds", "issuer"),
        ),
        tokens=("access_token", "refresh_token"),
        apps=True,
        consent="/oauth/authorize",
    ),
    "weibo": Platform(
        "Weibo",
        interface="/weibo/2/…",
        page="/weibo/{name}/detail/{id}",
        address=re.compile(r"@?[\w\-]{1,40}"),
        id_digits=10,
        # `domain` is the one to which every post must link, blank for any; `public_ip` the only one from which it may come.
        secrets=("access_token", "access_until", "domain", "public_ip"),
        tokens=("access_token",),
        apps=True,
        consent="/oauth2/authorize",
        notices_duplicates=True,
    ),
    "flickr": Platform(
        "Flickr",
        interface="/flickr/services/rest/",
        page="/flickr/photos/{name}/{id}",
        address=re.compile(r"@?[\w\-]{1,32}"),
        id_digits=9,
        id_suffix="@N02",
        identity=re.compile(r"\d{1,20}@N\d\d"),
        at=False,
        # `perms` is what its token may do: read, write (and read) or delete (and both); blank is delete.
        secrets=("api_key", "api_secret", "access_token", "access_token_secret", "perms"),
        tokens=("access_token",),
        apps=True,
    ),
    "telegram": Platform(
        "Telegram",
        interface="/telegram/bot<TOKEN>/…",
        page="/telegram/{name}/{id}",
        address=re.compile(r"@?[A-Za-z]\w{1,63}"),
        id_digits=10,
        id_prefix="-100",
        lists=False,
    ),
    "apprise": Platform(
        "Other service",
        interface="/apprise/notify/NAME",
        page="/apprise/{name}/{id}",
        address=re.compile(r"[\w.\-]{1,60}"),
        id_digits=12,
        at=False,
        secrets=("service_url",),
        lists=False,
    ),
    "manual": Platform(
        "By hand",
        interface="",
        page="/manual/{name}/{id}",
        address=re.compile(r"[\w.\-]{1,80}"),
        id_digits=12,
        at=False,
        lists=False,
    ),
}


def fold(address: str) -> str:
    """Return `address` as accounts are compared: small letters, without a leading @."""
    return address.removeprefix("@").casefold()


@dataclass(slots=True)
class Account:
    """One public account.

    `kind` matters for Telegram only (a group has its own flood limit), `admins` too: the user names of the bots that
    may post, None for every registered bot. `premium` lets an X account write long posts.
    """

    platform: str
    address: str
    platform_id: str
    name: str
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    kind: str = "channel"
    followers: int = 0
    premium: bool = False
    admins: list[str] | None = None

    @property
    def key(self) -> str:
        """The address as it is compared and stored."""
        return fold(self.address)


def invented_id(platform: str, address: str) -> str:
    """Make up the platform's id of an account: the same address always gets the same one, whatever was reset."""
    digest = int.from_bytes(hashlib.sha256(f"{platform}:{fold(address)}".encode()).digest()[:12], "big")
    low = 10 ** (PLATFORMS[platform].id_digits - 1)
    return f"{PLATFORMS[platform].id_prefix}{low + digest % (9 * low)}{PLATFORMS[platform].id_suffix}"


class Accounts:
    """Every account, in dictionaries, because each request of a platform asks for one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_key: dict[tuple[str, str], Account] = {}
        self._by_id: dict[tuple[str, str], Account] = {}
        self._by_token: dict[tuple[str, str, str], Account] = {}
        for row in store.rows("SELECT body FROM accounts"):
            self._remember(Account(**json.loads(row["body"])))

    def __len__(self) -> int:
        return len(self._by_key)

    def forget(self) -> None:
        """Forget every account (the table is emptied by the store)."""
        self._by_key.clear()
        self._by_id.clear()
        self._by_token.clear()

    def all(self, platform: str | None = None) -> list[Account]:
        """Return the accounts of one platform, or of all, in order of address."""
        chosen = (account for (slug, _), account in self._by_key.items() if platform in (None, slug))
        return sorted(chosen, key=lambda account: (account.platform, account.key))

    def named(self, platform: str, address: str) -> Account | None:
        """Return the account with this handle, page name or channel name; a leading @ and capitals do not matter."""
        return self._by_key.get((platform, fold(address)))

    def numbered(self, platform: str, platform_id: str) -> Account | None:
        """Return the account with this id of the platform."""
        return self._by_id.get((platform, platform_id))

    def holding(self, platform: str, secret: str, token: str) -> Account | None:
        """Return the platform's account whose `secret`, one of the platform's tokens, is `token`."""
        return self._by_token.get((platform, secret, token))

    def upsert(self, items: Iterable[dict[str, Any]]) -> list[Account]:
        """Register accounts, or change those that are here; what an item leaves out stays as it was.

        Raises:
            ValueError: an item makes no sense; nothing at all is stored then.
        """
        accounts = [self._read(item) for item in items]
        self._check_ids(accounts)
        with self._store.transaction():
            self._store.write_many(
                "INSERT OR REPLACE INTO accounts (platform, key, body) VALUES (?, ?, ?)",
                ((account.platform, account.key, json.dumps(asdict(account))) for account in accounts),
            )
        for account in accounts:
            self._remember(account)
        return accounts

    def give(self, account: Account, secrets: dict[str, str]) -> None:
        """Replace the secrets of an account: somebody has allowed an app something, or has ended it."""
        self.upsert([{"platform": account.platform, "address": account.address, "secrets": secrets}])

    def _read(self, item: dict[str, Any]) -> Account:
        platform, address = str(item.get("platform")), str(item.get("address", ""))
        if platform not in PLATFORMS:
            raise ValueError(f"platform is one of {', '.join(PLATFORMS)}, not {platform!r}")
        if not PLATFORMS[platform].address.fullmatch(address):
            raise ValueError(f"{address!r} cannot be an address on {platform}")
        old = self._by_key.get((platform, fold(address)))
        body: dict[str, Any] = (
            asdict(old) if old else {"platform": platform, "platform_id": invented_id(platform, address)}
        )
        body["name"] = str(item.get("name") or body.get("name") or address)
        body["address"] = "@" + address.removeprefix("@") if platform == "telegram" else address.removeprefix("@")
        if item.get("platform_id"):
            body["platform_id"] = str(item["platform_id"])
        if not PLATFORMS[platform].identity.fullmatch(body["platform_id"]):
            raise ValueError(f"the platform_id of {address} cannot be {body['platform_id']!r}")
        if item.get("secrets") is not None:
            unknown = set(item["secrets"]) - set(PLATFORMS[platform].secrets)
            if unknown:
                raise ValueError(f"{platform} has no secrets called {', '.join(sorted(unknown))}")
            body["secrets"] = {name: str(value) for name, value in item["secrets"].items() if value}
        for name in ("kind", "followers", "premium", "admins"):
            if name in item:
                body[name] = item[name]
        if body.get("kind", "channel") not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        return Account(**body)

    def _check_ids(self, accounts: list[Account]) -> None:
        owners = {(account.platform, account.platform_id): account.key for account in self._by_key.values()}
        for account in accounts:
            owner = owners.setdefault((account.platform, account.platform_id), account.key)
            if owner != account.key:
                raise ValueError(f"{account.address} and {owner} cannot both be number {account.platform_id}")

    def _remember(self, account: Account) -> None:
        old = self._by_key.get((account.platform, account.key))
        if old is not None:
            self._by_id.pop((old.platform, old.platform_id), None)
            for name, value in old.secrets.items():
                self._by_token.pop((old.platform, name, value), None)
        self._by_key[account.platform, account.key] = account
        self._by_id[account.platform, account.platform_id] = account
        for name in PLATFORMS[account.platform].tokens:
            if name in account.secrets:
                self._by_token[account.platform, name, account.secrets[name]] = account
