"""The Makefile's environment: installed once, again when a lock is newer, and whole after an interruption."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Stands in for the venv's python: writes down what it is asked, and has a pip only where there is one.
PYTHON = """#!/bin/sh
echo "$0 $*" >> {log}
case "$*" in
"-m pip --version") test -e {folder}/.venv/has-pip;;
"-m pip install"*) test ! -e {folder}/no-network;;
"-m venv"*) touch {folder}/.venv/has-pip;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "has-pip").touch()
    for name in ("demo", "dev"):
        old(tmp_path / "requirements" / f"{name}.txt", 30)
    for path in (tmp_path / ".venv" / "bin" / "python", tmp_path / ".venv" / "bin" / "pybabel", tmp_path / "python3"):
        path.write_text(PYTHON.format(log=tmp_path / "log", folder=tmp_path))
        path.chmod(0o755)
        os.utime(path, (1_700_000_000 - 60, 1_700_000_000 - 60))
    return tmp_path


def old(path: Path, seconds: int) -> None:
    path.touch()
    os.utime(path, (1_700_000_000 - seconds, 1_700_000_000 - seconds))


def make(folder: Path, target: str) -> tuple[int, str]:
    (folder / "log").write_text("")
    words = ["make", "-C", str(folder), f"PYTHON={folder / 'python3'}", target]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, (folder / "log").read_text()


def test_what_the_tests_have_installed_serves_the_demo(folder: Path) -> None:
    old(folder / ".venv" / ".dev", 10)
    code, log = make(folder, "setup")
    assert (code, "pip install" in log) == (0, False)
    assert (folder / ".venv" / ".demo").exists()
    assert make(folder, "setup") == (0, "")


@pytest.mark.parametrize("lock", ["demo", "dev"])
def test_a_newer_lock_is_installed_for_the_demo_too(folder: Path, lock: str) -> None:
    old(folder / ".venv" / ".dev", 20)
    old(folder / "requirements" / f"{lock}.txt", 10)
    code, log = make(folder, "setup")
    assert code == 0
    assert "-r requirements/demo.txt" in log


@pytest.mark.parametrize(("target", "mark"), [("setup", ".demo"), (".venv/.dev", ".dev")])
def test_an_installation_that_was_cut_off_is_done_again(folder: Path, target: str, mark: str) -> None:
    (folder / "no-network").touch()
    code, _ = make(folder, target)
    assert code != 0
    assert not (folder / ".venv" / mark).exists()

    (folder / "no-network").unlink()
    code, log = make(folder, target)
    assert (code, "pip install" in log) == (0, True)
    assert (folder / ".venv" / mark).exists()


@pytest.mark.parametrize("target", ["setup", ".venv/.dev"])
def test_a_venv_without_pip_is_made_anew(folder: Path, target: str) -> None:
    (folder / ".venv" / "has-pip").unlink()
    code, log = make(folder, target)
    assert code == 0
    assert log.index("-m venv --clear .venv") < log.index("-m pip install")
