"""The demo's own secrets and ports, kept in var/demo.json (mode 0600), made on first use, never a real one."""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from cryptography.fernet import Fernet

DEFAULT_PORT = 8000
# A person on the simulator, in whose chat the canary tries Telegram and channels are read back.
OPERATIONS_CHAT = "6900000001"


@dataclass(frozen=True, slots=True)
class DemoState:
    """What the processes of one demo must agree on.

    Attributes:
        port: the web server's port; the simulator listens one above, the embedded Redis two above.
    """

    port: int
    secret_key: str
    keys: str
    bot_token: str
    webhook_secret: str
    redis_password: str

    def app_secret(self, name: str) -> str:
        """Return a secret of our app on a platform, by the name of its setting: made up, and always the same here."""
        return hmac.new(self.secret_key.encode(), name.encode(), hashlib.sha256).hexdigest()[:32]

    @property
    def web_url(self) -> str:
        """Where the console and the public pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def simulator_url(self) -> str:
        """Where the loopback platforms are."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def redis_port(self) -> int:
        """Where the embedded Redis-compatible server listens."""
        return self.port + 2


def _new() -> DemoState:
    return DemoState(
        port=DEFAULT_PORT,
        secret_key=secrets.token_urlsafe(50),
        keys=Fernet.generate_key().decode(),
        bot_token=f"{secrets.randbelow(9 * 10**8) + 10**8}:demo{secrets.token_hex(15)}",
        webhook_secret=secrets.token_urlsafe(32),
        redis_password=secrets.token_urlsafe(24),
    )


def load(var: Path) -> DemoState:
    """Read the state, or make it on first use.

    Args:
        var: the folder of run-time files.
    """
    path = var / "demo.json"
    var.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept = json.loads(path.read_text(encoding="utf-8"))
        # What an earlier version kept here, and this one does not, is passed over.
        return DemoState(**{each.name: kept[each.name] for each in fields(DemoState)})
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        state = _new()
        json.dump(asdict(state), file, indent=1)
    return state


def set_port(var: Path, port: int) -> DemoState:
    """Remember the web server's port, so that `make drill` finds the house that runs."""
    state = replace(load(var), port=port)
    part = var / "demo.json.part"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(state), file, indent=1)
    part.replace(var / "demo.json")
    return state
