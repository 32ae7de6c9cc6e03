"""The web server's door: it is loaded and checked once, before the server forks its processes, which share that memory."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
django.setup(set_prefix=False)

# The rooms can be asked only once they are set up.
from django.urls import reverse  # noqa: E402

from bot.webhook import receive  # noqa: E402
from config.boot import check_house, share  # noqa: E402
from config.door import Door  # noqa: E402

application = Door({reverse("telegram_webhook"): receive})
check_house()
share()
