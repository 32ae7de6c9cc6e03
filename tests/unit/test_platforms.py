"""A further platform needs no line outside `platforms` and the simulator: what would need one is found here."""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from config import platforms
from platforms import catalog
from tests.conftest import ROOT
from tests.unit.test_house_rules import python

ROOMS = ("config", "crisis", "tasks", "bot", "console", "public", "atlas", "connect", "receipts", "watch", "demo")
# Citizens are written to on Telegram, and surveys of posts know X by its old name: neither is a list of platforms.
PRIVATE = {spec.slug for spec in catalog.private()}
SLUGS = {*catalog.slugs(), *PRIVATE} - {"telegram"}
NAMED: dict[str, set[str]] = {
    # The simulator's own addresses for the Graph API, and for mail.
    "config/platforms.py": {"facebook", "instagram", "email"},
    # Whose messages with links cost money.
    "config/settings/base.py": {"sms"},
    "config/settings/production.py": {"sms"},
    "crisis/audience/models.py": PRIVATE,  # the kinds of contacts, which are stored
    "crisis/checkins/models.py": {"email", "sms", "whatsapp"} & PRIVATE,  # which way an answer came, which is stored
    "crisis/audience/columns.py": {"email", "whatsapp"} & PRIVATE,  # columns of a file
    "crisis/staff/roster.py": {"email", "sms"},  # by which ways staff are rung, which is stored
    "crisis/registry/reading.py": {"x", "email"},
    "receipts/urls.py": {"whatsapp"},  # its webhook is of its own kind
    "crisis/registry/importing.py": {"email"},  # of a post's directory
    "console/views/inviting.py": {"email"},  # a field of a form
    "crisis/registry/lookalikes.py": {"x"},  # a letter
    "demo/examples.py": {"bluesky", "mastodon"},  # where accounts and fakes of an example are
    "demo/processes.py": {"threads"},  # how Celery's workers run
}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def of(slug: str) -> list[Path]:
    """A platform's own modules: its adapter, its consent, and what they are made of."""
    return [path for path in (ROOT / "platforms").glob("*.py") if path.stem.partition("_")[0] == slug]


def test_no_room_names_a_platform() -> None:
    found = {}
    for path in python():
        where = path.relative_to(ROOT)
        if where.parts[0] in ROOMS:
            words = {node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)}
            if named := SLUGS & {word for word in words if isinstance(word, str)}:
                found[str(where)] = named
    assert found == NAMED


@pytest.mark.parametrize("slug", catalog.slugs())
def test_every_adapter_keeps_to_the_rooms_contracts(slug: str) -> None:
    """What `.importlinter` says of the adapters by name holds for one that it does not name."""
    own = {f"platforms.{path.stem}" for path in of(slug)}
    needed = {f"platforms.{slug}"} | ({f"platforms.{slug}_consent"} if catalog.consent_class(slug) else set())
    assert needed <= own
    others = {f"platforms.{path.stem}" for other in catalog.slugs() if other != slug for path in of(other)}
    sdks = {name.partition(".")[0] for path in of(slug) for name in imported(path)}
    sdks -= {"platforms", "requests", "requests_oauthlib", *sys.stdlib_module_names}
    for path in of(slug):
        assert not imported(path) & others, "adapters never import one another"
        if path.stem.endswith("_consent"):
            assert not imported(path) & own, "a consent loads no adapter"
            assert not {name.partition(".")[0] for name in imported(path)} & sdks, "nor its SDK"
    for path in python():
        where = path.relative_to(ROOT)
        if where.parts[0] in ROOMS and where.parts[0] != "bot":  # the bot is Telegram's, and speaks its SDK
            found = imported(path)
            assert not found & own, f"{where}: adapters are reached through the catalogue"
            assert not {name.partition(".")[0] for name in found} & sdks, f"{where} loads an SDK"


def test_in_a_demo_every_platform_is_under_the_simulators_address() -> None:
    where = "http://127.0.0.1:8001"
    for found in (platforms.simulated_urls(where), platforms.simulated_web(where)):
        assert set(found) == {*catalog.slugs(), *PRIVATE}
        # The mail server listens beside it.
        assert all(url.startswith((f"{where}/", "smtp://127.0.0.1:80")) for url in found.values())


def test_live_every_platform_is_where_its_spec_says() -> None:
    urls, web = platforms.urls(), platforms.web()
    assert set(urls) == set(web) == {*catalog.slugs(), *PRIVATE}
    assert urls["telegram"] == "https://api.telegram.org/bot"
    assert urls["x"] == "https://api.x.com"
    assert urls["facebook"] == "https://graph.facebook.com"


def test_the_secrets_of_our_apps_are_settings_that_the_documents_name(settings: Any) -> None:
    names = platforms.app_secrets(str)
    assert {"TELEGRAM_BOT_TOKEN", "X_CONSUMER_KEY", "X_CONSUMER_SECRET", "FACEBOOK_APP_ID"} <= set(names)
    page = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in names)
    assert settings.APP_SECRETS.keys() == names.keys()
