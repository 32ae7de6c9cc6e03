"""The house's own rules, where a machine can hold them."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from platforms import catalog
from tests import on_postgres
from tests.conftest import ROOT

ROOMS = [
    "config",
    "crisis",
    "platforms",
    "tasks",
    "bot",
    "console",
    "public",
    "atlas",
    "connect",
    "receipts",
    "watch",
    "demo",
    "simulator",
]
FORBIDDEN = {"utils", "helpers", "services", "managers", "misc", "common"}


def sources() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def python() -> list[Path]:
    return [path for path in sources() if path.suffix == ".py" and "migrations" not in path.parts]


def test_no_file_is_longer_than_400_lines() -> None:
    long = [path.relative_to(ROOT) for path in python() if len(path.read_text(encoding="utf-8").splitlines()) > 400]
    assert long == []


def test_no_adapter_is_longer_than_about_200_lines() -> None:
    for name in catalog.slugs():
        lines = (ROOT / "platforms" / f"{name}.py").read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 260, name


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python()
        if path.parts[len(ROOT.parts)] in ROOMS
        and path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_is_for(room: str) -> None:
    text = (ROOT / room / "__init__.py").read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), room


def test_no_room_has_a_drawer_for_everything() -> None:
    assert [path for path in python() if path.stem in FORBIDDEN] == []


def test_nothing_unfinished_is_called_done() -> None:
    mark = re.compile(r"#.*\b(TODO|FIXME|XXX)\b|NotImplementedError")
    found = [
        str(path.relative_to(ROOT))
        for path in python()
        if path.name != Path(__file__).name and mark.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_requirements_are_pinned_by_hash_and_name_no_index() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"--(extra-)?index-url|--find-links|https?://", text), path.name
        pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert all("==" in line for line in pinned), path.name


def test_the_locks_agree_and_hold_what_pyproject_asks_for() -> None:
    import tomllib

    locked = {
        path.stem: set(re.findall(r"^([a-z0-9-]+)==(\S+)", path.read_text(), re.MULTILINE))
        for path in (ROOT / "requirements").glob("*.txt")
    }
    assert locked["demo"] <= locked["dev"]
    assert locked["production"] <= locked["dev"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {"production": project["dependencies"] + project["optional-dependencies"]["production"]}
    asked["demo"] = project["dependencies"] + project["optional-dependencies"]["demo"]
    for name, wanted in asked.items():
        names = {pinned for pinned, _ in locked[name]}
        for requirement in wanted:
            asked_for = re.split(r"[<>=\[ ]", requirement)[0].lower().replace(".", "-")
            assert asked_for in names, (name, requirement)


def test_every_relative_link_in_the_documents_leads_somewhere() -> None:
    for path in sources():
        if path.suffix == ".md":
            for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text(encoding="utf-8")):
                assert (path.parent / target).exists(), f"{path.relative_to(ROOT)}: {target}"


def test_every_command_of_the_makefile_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        for target in re.findall(r"`make ([a-z-]+)", (ROOT / name).read_text(encoding="utf-8")):
            assert target in targets, f"{name}: make {target}"


def test_what_postgresql_is_spared_is_there() -> None:
    named = [f"test_{name}.py" for names in on_postgres.NOT_HERE.values() for name in names]
    assert [name for name in named if not (ROOT / "tests" / "functional" / name).is_file()] == []
