"""python -m config.run_bot: the bot's process."""

import os
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from bot.limiter import Rate


def shared_rate() -> "Rate":
    """Return what the bot shares with the workers: neither room knows the other."""
    from bot.limiter import Rate
    from tasks import throttle

    return Rate(
        permit=lambda: throttle.take(throttle.for_replies()),
        reserve=lambda chat: throttle.reserve([chat], burst_ms=throttle.ANSWER_BURST_MS)[0],
        halt=lambda seconds: throttle.halt(throttle.TELEGRAM, seconds=seconds),
    )


def main() -> None:
    """Set Django up, check the house, run the bot."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.demo")
    django.setup()
    from bot.main import main as run
    from config.boot import check_house
    from crisis.checkins.intent import hold_ready

    check_house()
    hold_ready()
    run(shared_rate())


if __name__ == "__main__":
    main()
