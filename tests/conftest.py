"""What every test may use."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers import free_port

if TYPE_CHECKING:
    from tests.house import House

ROOT = Path(__file__).resolve().parent.parent


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


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[House]":
    """The whole house, started as `make run` does; shared by the tests that only use it."""
    from tests.house import start

    running = start(tmp_path_factory.mktemp("house"))
    running.wait_for("Another drill")
    yield running
    running.stop()
