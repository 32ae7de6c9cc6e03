"""The room keeps to its walls: what it imports, what it calls itself, how long its files are."""

import ast
import sys
from pathlib import Path

import pytest

ROOM = Path(__file__).parents[2] / "simulator"
FILES = sorted(ROOM.rglob("*.py"))
ALLOWED = set(sys.stdlib_module_names) | {"starlette", "uvicorn", "twitter_text", "regex", "cryptography", "simulator"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOM)))
def test_a_file_imports_nothing_from_other_rooms(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.partition(".")[0] in ALLOWED


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOM)))
def test_a_file_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert ast.get_docstring(ast.parse(text))


def test_the_clock_is_read_in_one_place() -> None:
    readers = [path.name for path in FILES if "datetime.now(" in path.read_text(encoding="utf-8")]
    assert readers == ["clock.py"]
