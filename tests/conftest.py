"""What every test may use."""

import os
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent

# How long an example takes is nothing that fails a test: machines are slow at times.
settings.register_profile("whatever the machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("whatever the machine")


@pytest.fixture
def unused_port() -> int:
    """A loopback port on which nobody listens."""
    return free_port()


@pytest.fixture
def samples() -> Path:
    """Third-party sample files, which are no part of the project."""
    folder = os.environ.get("TOCSIN_SAMPLES", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("TOCSIN_SAMPLES names no folder of sample files")
    return Path(folder)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how long it takes from sign-in to the first publication: waiting fails nothing, a busy machine would."""
    told = [dict(report.user_properties) for report in terminalreporter.stats.get("passed", [])]
    rows = [each["first publication"] for each in told if "first publication" in each]
    if rows:
        terminalreporter.section("From sign-in to the first publication, by two people on phones")
        for situation, fields, taps, words, busy_s, waited_s in rows:
            terminalreporter.line(
                f"{situation:<12} {fields} fields  {taps} taps  {words} words to read  {busy_s:3.0f} s of both people by the "
                f"keystroke-level model  {waited_s:3.0f} s of waiting"
            )
        whole_s = median(busy_s + waited_s for *_, busy_s, waited_s in rows)
        terminalreporter.line(f"median: {whole_s:.0f} s")
