"""The web server's door: it is loaded and checked once, before the server forks its processes, which share that memory."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
application = get_wsgi_application()

from config.boot import check_house, share  # noqa: E402 - the rooms can be asked only once they are set up

check_house()
share()
