"""The fault matrix stands on names of the product; a name that changes is to be seen here, not after an hour."""

import importlib
import os
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    monkeypatch.setitem(os.environ, "TOCSIN_VAR", str(tmp_path))
    return importlib.import_module("tests.faults.launcher")


def test_what_the_fault_matrix_cuts_short_is_there(launcher: object) -> None:
    assert launcher.absent() == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("crisis.broadcast.ledger", ["claim", "settle"]),
        ("crisis.broadcast.notice_ledger", ["claim_window", "settle_window"]),
    ],
)
def test_what_it_kills_at_is_there(module: str, names: list[str]) -> None:
    found = importlib.import_module(module)
    assert [name for name in names if not hasattr(found, name)] == []


def test_the_rows_of_the_short_form_are_at_least_ten() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "faults").glob("*.py"))
    assert text.count("short=(") >= 10
