"""Live operation refuses whatever is unsafe or of the demo; each refusal is proven in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config.boot import check_house
from crisis.audience.models import Citizen
from crisis.registry.models import Account, Installation
from crisis.staff.models import Officer
from tests.conftest import ROOT
from tests.functional.factories import citizen

GOOD = {
    "TOCSIN_MINISTRY": "BE",
    "PUBLIC_URL": "https://alerts.example.org",
    "ALLOWED_HOSTS": "alerts.example.org",
    "TOCSIN_SECRET_KEY": "vJ8s-kQ2xw7L0aPzR4nT6yB9cD1eF3gH5iK8mN0oQ2rS4tU6vW",
    "TOCSIN_KEYS": Fernet.generate_key().decode(),
    "REDIS_URL": "redis://:k9-Vw3@redis:6379/0",
    "TELEGRAM_BOT_TOKEN": "123456789:AAAA-a-token-of-the-right-form-0123",
    "TELEGRAM_BOT_USERNAME": "ministry_bot",
    "TELEGRAM_WEBHOOK_SECRET": "a-webhook-secret-of-good-length",
}


def run(code: str, tmp_path: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run Python under the production settings."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= GOOD | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'live.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
    }
    for name, value in changes.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def manage(tmp_path: Path, *words: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    return run(
        f"from django.core.management import execute_from_command_line as go; go(['manage.py', *{words!r}])",
        tmp_path,
        **changes,
    )


START = "import django; django.setup(); from django.conf import settings; print(settings.TOCSIN_MODE, settings.DEBUG)"


def test_it_asks_for_a_second_factor_and_sends_cookies_over_tls_only(tmp_path: Path) -> None:
    asked = "SECOND_FACTOR_REQUIRED SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SESSION_COOKIE_HTTPONLY AXES_ENABLED"
    code = f"{START}; print(*(getattr(settings, name) for name in {asked.split()!r}))"
    assert run(code, tmp_path).stdout.splitlines()[-1] == "True True True True True"


def test_with_everything_set_it_starts(tmp_path: Path) -> None:
    done = run(START, tmp_path)
    assert done.stdout.strip() == "live False", done.stderr


def test_live_nobody_reads_metrics_without_a_token_and_logs_can_be_json(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.conf import settings as s; import logging;"
        "print(repr(s.METRICS_TOKEN), s.METRICS_ON_LOOPBACK, s.CANARY_CHARGED); logging.getLogger('x').warning('hello')"
    )
    done = run(code, tmp_path, LOG_FORMAT="json")
    assert done.stdout.strip() == "'' False []", done.stderr
    assert json.loads(done.stderr.splitlines()[-1])["words"] == "hello"


REFUSALS: list[tuple[dict[str, str | None], str]] = [
    ({"DEBUG": "1"}, "DEBUG is on"),
    ({"DJANGO_DEBUG": "true"}, "DEBUG is on"),
    ({"SIMULATOR_URL": "http://127.0.0.1:8001"}, "belongs to the demo"),
    ({"TOCSIN_VAR": "/tmp/var"}, "belongs to the demo"),  # noqa: S108
    ({"DEMO_USERS": "1"}, "belongs to the demo"),
    ({"TOCSIN_SECRET_KEY": "changeme-changeme-changeme-changeme-changeme"}, "default or too weak"),
    ({"TOCSIN_SECRET_KEY": None}, "Set TOCSIN_SECRET_KEY"),
    ({"TOCSIN_KEYS": None}, "Set TOCSIN_KEYS"),
    ({"TOCSIN_KEYS": "A" * 43 + "="}, "default key"),
    ({"PUBLIC_URL": "http://alerts.example.org"}, "https://"),
    ({"PUBLIC_URL": "https://127.0.0.1:8000"}, "https://"),
    ({"ALLOWED_HOSTS": None}, "Set ALLOWED_HOSTS"),
    ({"DATABASE_URL": None}, "Set DATABASE_URL"),
    ({"REDIS_URL": None}, "Set REDIS_URL"),
    ({"TELEGRAM_BOT_TOKEN": None}, "Set TELEGRAM_BOT_TOKEN"),
    ({"TELEGRAM_WEBHOOK_SECRET": "short"}, "24 to 256"),
    ({"TELEGRAM_WEBHOOK_SECRET": "a" * 40}, "TELEGRAM_WEBHOOK_SECRET is too weak"),
    ({"TELEGRAM_BOT_TOKEN": ""}, "TELEGRAM_BOT_TOKEN is blank"),
    ({"TELEGRAM_BOT_USERNAME": " "}, "TELEGRAM_BOT_USERNAME is blank"),
    ({"TOCSIN_MINISTRY": ""}, "TOCSIN_MINISTRY is blank"),
    ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is blank"),
    ({"DATABASE_URL": ""}, "DATABASE_URL is blank"),
    ({"REDIS_URL": ""}, "REDIS_URL is blank"),
    (
        {"DATABASE_URL": "postgres://tocsin:PASSWORD@postgres:5432/tocsin"},
        "DATABASE_URL has the password of an example",
    ),
    ({"REDIS_URL": "redis://:PASSWORD@redis:6379/0"}, "REDIS_URL has the password of an example"),
    ({"REDIS_URL": "redis://:%3Cchangeme%3E@redis:6379/0"}, "REDIS_URL has the password of an example"),
    ({"METRICS_TOKEN": "password"}, "METRICS_TOKEN is a default or too weak"),
    ({"SMS_RECEIPTS_SECRET": "short"}, "SMS_RECEIPTS_SECRET is a default or too weak"),
    ({"EMAIL_RECEIPTS_SECRET": "password"}, "EMAIL_RECEIPTS_SECRET is a default or too weak"),
    ({"LOG_FORMAT": "xml"}, "LOG_FORMAT must be line or json"),
]


@pytest.mark.parametrize(("changes", "why"), REFUSALS, ids=[f"{next(iter(row[0]))}-{row[1]}" for row in REFUSALS])
def test_it_refuses_to_start(tmp_path: Path, changes: dict[str, str | None], why: str) -> None:
    done = run(START, tmp_path, **changes)
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert why in done.stderr
    for value in changes.values():
        assert value is None or len(value) < 20 or value not in done.stderr.splitlines()[-1], (
            "the message holds no secret"
        )


def test_the_example_as_it_ships_starts_nothing(tmp_path: Path) -> None:
    lines = (ROOT / "tocsin.env.example").read_text(encoding="utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_USERNAME", "DATABASE_URL", "REDIS_URL", "TELEGRAM_WEBHOOK_SECRET"):
        assert name in run(START, tmp_path, **{name: example[name]}).stderr, name


def test_a_live_house_on_sqlite_lets_many_processes_write(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.db import connection as c; c.ensure_connection();"
        "mode = c.cursor().execute('PRAGMA journal_mode').fetchone()[0];"
        "print(c.transaction_mode, c.settings_dict['OPTIONS']['timeout'], mode)"
    )
    done = run(code, tmp_path, DATABASE_POOL="16")
    assert done.stdout.split() == ["IMMEDIATE", "20", "wal"], done.stderr


def test_a_live_house_starts_with_every_account_paused_and_no_demo(tmp_path: Path) -> None:
    assert manage(tmp_path, "migrate", "-v0").returncode == 0
    early = run("import config.wsgi", tmp_path)
    assert "Nothing is installed" in early.stderr
    assert manage(tmp_path, "install").returncode == 0, "installed as LIVE, for BE"
    assert manage(tmp_path, "import_posts", str(ROOT / "data" / "posts.csv"), "--ministry", "BE").returncode == 0
    before_the_fork = "from django.db import connection; import sys, gc, config.wsgi;"
    shared = run(
        f"{before_the_fork} print(connection.connection, 'console.views.home' in sys.modules, gc.get_freeze_count() > 0)",
        tmp_path,
    )
    assert shared.stdout.split() == ["None", "True", "True"], "a connection belongs to one process; " + shared.stderr
    told = run(
        "import config.wsgi; from crisis.registry.models import *; from crisis.staff.models import Officer;"
        "print(Installation.objects.get().kind, Account.objects.count(), Account.objects.filter(paused_at=None).count(),"
        "Officer.objects.count(), Account.objects.exclude(credential=None).count())",
        tmp_path,
    )
    assert told.stdout.split() == ["live", "238", "0", "0", "0"], told.stderr

    for command in ("drill", "run", "stop"):
        done = manage(tmp_path, command)
        assert done.returncode != 0, "live operation has no demo: it starts no drill"
        assert f"Unknown command: '{command}'" in done.stderr


def test_the_webs_door_checks_the_house(tmp_path: Path) -> None:
    """A database that a demo was installed in never opens as live."""
    sqlite = f"sqlite:///{tmp_path / 'live.sqlite3'}"
    assert manage(tmp_path, "migrate", "-v0").returncode == 0
    done = run(
        "import django; django.setup(); from crisis.registry.operations import *; from django.conf import settings;"
        "from crisis.clock import now; from pathlib import Path;"
        "install(mode='demo', home='BE', ministries=read_ministries(Path('data/ministries.toml')), now=now())",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    celery = "from config.celery import app; app.start({!r})"
    for code in (
        "import config.wsgi",
        "from config.run_bot import main; main()",
        celery.format(["worker", "-P", "solo", "-Q", "posts"]),
        celery.format(["beat", "--pidfile=", "-s", str(tmp_path / "beat")]),
    ):
        refused = run(code, tmp_path, DATABASE_URL=sqlite, REDIS_URL="redis://127.0.0.1:1/0")
        assert "was installed for DEMO, and the settings are LIVE" in refused.stderr, code
        assert refused.returncode != 0


@pytest.fixture
def live(settings: Any) -> None:
    settings.TOCSIN_MODE = "live"
    Installation.objects.update(kind="live")


def test_demo_users_never_stand_in_a_live_house(live: None) -> None:
    with pytest.raises(ImproperlyConfigured, match="users of the demo"):
        check_house()
    Officer.objects.update(is_demo=False)
    check_house()


def test_simulated_citizens_never_stand_in_a_live_house(live: None) -> None:
    Officer.objects.update(is_demo=False)
    contact = citizen()
    Citizen.objects.filter(pk=contact.citizen_id).update(simulated=True)
    with pytest.raises(ImproperlyConfigured, match="simulated citizens"):
        check_house()


def test_a_new_citizen_of_a_live_house_is_in_no_exercise(live: None) -> None:
    from crisis.audience.operations import subscribe
    from tests.functional.factories import NOW

    contact, _ = subscribe(address="1", name="Emma", language="fr", now=NOW)
    assert not contact.citizen.in_exercises
    assert Account.objects.filter(mode="live", paused_at=None).count() == 0


# --- the demo's own refusals -----------------------------------------------------------------------------------------------


def demo(tmp_path: Path, code: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return run(
        code, tmp_path, DJANGO_SETTINGS_MODULE="config.settings.demo", TOCSIN_VAR=str(tmp_path / "var"), **changes
    )


def test_the_demo_ignores_every_real_token(tmp_path: Path) -> None:
    done = demo(
        tmp_path,
        "import django; django.setup(); from django.conf import settings as s;"
        "print(*s.IGNORED_ENVIRONMENT); print(s.TELEGRAM_BOT_TOKEN, s.DATABASES['default']['NAME'], s.PUBLIC_URL, s.TOCSIN_KEYS)",
        X_CONSUMER_KEY="a-real-key",
        FACEBOOK_APP_SECRET_FILE="/run/secrets/facebook",
        REDIS_URL="redis://127.0.0.1:6379/0",
    )
    ignored, used = done.stdout.splitlines()
    assert {"TELEGRAM_BOT_TOKEN", "DATABASE_URL", "X_CONSUMER_KEY", "FACEBOOK_APP_SECRET_FILE", "TOCSIN_KEYS"} <= set(
        ignored.split()
    )
    assert GOOD["TELEGRAM_BOT_TOKEN"] not in used
    assert "live.sqlite3" not in used
    assert "alerts.example.org" not in used
    assert GOOD["TOCSIN_KEYS"] not in used


@pytest.mark.parametrize("url", ["redis://redis.ministry.example:6379/0", "rediss://10.0.0.5/0"])
def test_the_demo_refuses_a_broker_elsewhere(tmp_path: Path, url: str) -> None:
    done = demo(tmp_path, "import django; django.setup()", REDIS_URL=url)
    assert "The demo never leaves this machine" in done.stderr


def test_the_demos_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    code = "import django; django.setup(); from django.conf import settings; print(settings.SECRET_KEY)"
    first, second = (demo(tmp_path, code, REDIS_URL="redis://127.0.0.1:6379/0").stdout for _ in range(2))
    assert first == second != ""
    assert (tmp_path / "var" / "demo.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("slug", "elsewhere"),
    [("x", "https://api.x.com"), ("email", "smtps://mail.example.org"), ("sms", "https://sms.example.org")],
)
def test_every_platform_of_the_demo_is_on_this_machine(tmp_path: Path, slug: str, elsewhere: str) -> None:
    done = demo(
        tmp_path,
        "import django; django.setup(); from django.conf import settings as s; from tasks import wiring;"
        "from platforms import catalog; private = [spec.slug for spec in catalog.private()];"
        "[(wiring.messenger if slug in private else wiring.adapter)(slug) for slug in s.PLATFORM_URLS];"
        f"s.PLATFORM_URLS['{slug}'] = '{elsewhere}'; (wiring.messenger if '{slug}' in private else wiring.adapter)('{slug}')",
        REDIS_URL="redis://127.0.0.1:6379/0",
    )
    assert "is not this machine" in done.stderr
    assert "AdapterMisconfigured" in done.stderr


def test_a_wrong_file_of_areas_stops_the_start_with_its_line(settings: Any, tmp_path: Path) -> None:
    settings.AREAS_FILE = tmp_path / "areas.csv"
    settings.AREAS_FILE.write_text(
        "area,name,where,country,served_with,reason\nx,X,country XK,XK,RS,\n", encoding="utf-8"
    )
    with pytest.raises(ImproperlyConfigured, match="Line 2 of the file of areas: the reason is missing"):
        check_house()
