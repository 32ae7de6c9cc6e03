"""The bot's pulse: it comes from the loop that handles the inbox, and stops with it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from bot.main import build
from bot.worker import work
from config.run_bot import shared_rate
from tests.functional.phones import Person


async def _work_for(seconds: float) -> None:
    application = build(shared_rate())
    async with application:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(work(application, asyncio.Event()), seconds)


@pytest.fixture
def pulse(settings: Any, tmp_path: Path, person: Callable[..., Person]) -> Path:
    settings.BOT_PULSE = str(tmp_path / "pulse")
    return tmp_path / "pulse"


def test_the_bot_leaves_a_pulse_while_it_works(pulse: Path) -> None:
    async_to_sync(_work_for)(0.5)
    assert pulse.exists()


def test_a_bot_whose_inbox_cannot_be_read_leaves_none(pulse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck(_: Any) -> int:
        await asyncio.sleep(60)
        return 0

    monkeypatch.setattr("bot.worker.drain", stuck)
    async_to_sync(_work_for)(0.5)
    assert not pulse.exists()


def test_a_pulse_that_cannot_be_written_stops_nothing(pulse: Path, settings: Any) -> None:
    settings.BOT_PULSE = str(pulse / "of" / "nowhere")
    async_to_sync(_work_for)(0.5)
    assert not pulse.exists()
