"""What every test may use."""

import os
from pathlib import Path

import pytest

from tests.servers import free_port

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
