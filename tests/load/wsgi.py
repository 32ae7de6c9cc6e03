"""The web as it is, whose door knows the address that does nothing too."""

from config import wsgi  # noqa: F401 - checked, set up and shared as in production: only then can the rooms be asked

# isort: split
from bot.webhook import receive
from config.door import Door
from tests.load.urls import nothing

application = Door({"/telegram/webhook": receive, "/nothing": nothing})
