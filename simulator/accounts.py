"""The public accounts that are registered here: X handles, Facebook pages, Telegram channels and groups."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from simulator.store import Store

KINDS = ("channel", "group", "supergroup")


@dataclass(frozen=True, slots=True)
class Platform:
    """What is known of a platform here.

    `interface` is the address for programs, as people are told it; `id_digits` as many digits as its ids have (a Telegram
    channel's also begins with -100).
    """

    name: str
    interface: str
    id_digits: int
    address: re.Pattern[str]
    secrets: tuple[str, ...] = ()


PLATFORMS = {
    "x": Platform(
        "X",
        "/x/2/…",
        19,
        re.compile(r"@?\w{1,30}"),
        ("consumer_key", "consumer_secret", "access_token", "access_token_secret", "bearer_token"),
    ),
    "facebook": Platform(
        "Facebook", "/graph/v25.0/…", 15, re.compile(r"[\w.\-]{1,80}"), ("page_token", "app_secret", "granted_by")
    ),
    "telegram": Platform("Telegram", "/telegram/bot<TOKEN>/…", 10, re.compile(r"@?[A-Za-z]\w{1,63}")),
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
    number = low + digest % (9 * low)
    return f"-100{number}" if platform == "telegram" else str(number)


class Accounts:
    """Every account, in dictionaries, because each request of a platform asks for one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_key: dict[tuple[str, str], Account] = {}
        self._by_id: dict[tuple[str, str], Account] = {}
        self._by_token: dict[tuple[str, str], Account] = {}
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

    def holding(self, secret: str, token: str) -> Account | None:
        """Return the account whose `secret` (`access_token`, `bearer_token` or `page_token`) is `token`."""
        return self._by_token.get((secret, token))

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
        if not re.fullmatch(r"-?\d{1,30}", body["platform_id"]):
            raise ValueError(f"the platform_id of {address} is a number, not {body['platform_id']!r}")
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
                self._by_token.pop((name, value), None)
        self._by_key[account.platform, account.key] = account
        self._by_id[account.platform, account.platform_id] = account
        for name in ("access_token", "bearer_token", "page_token"):
            if name in account.secrets:
                self._by_token[name, account.secrets[name]] = account
