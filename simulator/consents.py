"""Apps that ask for access to accounts, and what people have allowed them: OAuth 1.0a, Facebook Login, OAuth 2.0."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from simulator.accounts import PLATFORMS
from simulator.store import Store

# How long people and programs may take; the platforms' own figures are of this order.
CODE_SECONDS = 600
SHORT_TOKEN_SECONDS = 3600
LONG_TOKEN_SECONDS = 60 * 86400


@dataclass(slots=True)
class App:
    """One app on a platform: its key and secret, and the addresses to which people may be sent back."""

    platform: str
    key: str
    secret: str = field(repr=False)
    callbacks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Asked:
    """A request token of OAuth 1.0a: an app has asked, and somebody has, or has not yet, answered."""

    app: App
    secret: str = field(repr=False)
    callback: str
    until: float
    account: str = ""
    verifier: str = field(default="", repr=False)


@dataclass(slots=True)
class Allowed:
    """What a person allowed an app on Facebook: which permissions, for which pages."""

    app: App
    callback: str
    user_id: str
    permissions: dict[str, bool]
    pages: list[str]
    until: float


@dataclass(slots=True)
class Grant:
    """What a code of OAuth 2.0 stands for: an account, allowed to an app, until it is used or too old.

    `challenge` is PKCE's (RFC 7636), blank where the app sent none; `subject` whatever a platform binds the code to.
    """

    app: App
    callback: str
    account: str
    scopes: list[str]
    until: float
    challenge: str = ""
    subject: str = ""
    used: bool = False


class Consents:
    """The apps, which are kept, and what is under way, which a restart forgets."""

    def __init__(self, store: Store) -> None:
        self._store = store
        row = store.row("SELECT value FROM settings WHERE name = 'apps'")
        self._apps = {
            (each["platform"], each["key"]): App(**each) for each in (json.loads(row["value"]) if row else [])
        }
        self.asked: dict[str, Asked] = {}
        self.codes: dict[str, Allowed | None] = {}
        self.people: dict[str, Allowed] = {}
        self.grants: dict[str, Grant] = {}
        # What an app said beforehand that it would ask (RFC 9126), by the address that stands for it.
        self.pushed: dict[str, dict[str, str]] = {}

    def forget(self) -> None:
        """Forget everything (the table is emptied by the store)."""
        for table in (self._apps, self.asked, self.codes, self.people, self.grants, self.pushed):
            table.clear()

    def app(self, platform: str, key: str) -> App | None:
        """Return the app with this key."""
        return self._apps.get((platform, key))

    def upsert(self, items: Iterable[dict[str, Any]]) -> list[App]:
        """Register apps, or change those that are here.

        Raises:
            ValueError: an item makes no sense.
        """
        found = []
        for item in items:
            known = [slug for slug, each in PLATFORMS.items() if each.apps]
            if item.get("platform") not in known:
                raise ValueError(f"an app is of {', '.join(known)}, not {item.get('platform')!r}")
            if not item.get("key") or not item.get("secret"):
                raise ValueError("an app has a key and a secret")
            callbacks = [str(each) for each in item.get("callbacks", [])]
            found.append(App(item["platform"], str(item["key"]), str(item["secret"]), callbacks))
        self._apps |= {(app.platform, app.key): app for app in found}
        kept = json.dumps([asdict(app) for app in self._apps.values()])
        self._store.write("INSERT OR REPLACE INTO settings VALUES ('apps', ?)", kept)
        return found

    def may_send_back(self, app: App, callback: str) -> bool:
        """Tell whether an address is registered with an app; a query behind it does not matter."""
        return callback.partition("?")[0] in app.callbacks


def token(prefix: str) -> str:
    """Make up a token."""
    return f"{prefix}{secrets.token_urlsafe(32)}"
