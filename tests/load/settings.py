"""The demo's settings, on a database that the benchmark chooses, before a Telegram that only counts, at a rate of its choice."""

import os
import sys
from typing import Any

import dj_database_url

from config.guard import require_loopback
from config.logging import configure
from config.settings.base import sqlite
from config.settings.demo import *  # noqa: F403
from config.settings.demo import PLATFORM_URLS, TELEGRAM_MODE, VAR_DIR

# Where they are installed, httpx loads a command line with them, and Celery a monitor: the tools of the tests bring them, no
# installation of ours has them.
for _name in ("rich", "pygments", "psutil"):
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type]

_database: Any = sqlite(VAR_DIR / "load.sqlite3")
if url := os.environ.get("LOAD_DATABASE_URL"):
    _database = dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True)
    if pool := int(os.environ.get("LOAD_POOL", "0")):
        _database |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
        _database["OPTIONS"] = {**_database.get("OPTIONS", {}), "pool": {"max_size": pool, "timeout": 20}}
DATABASES = {"default": _database}

TELEGRAM_RATE = float(os.environ.get("LOAD_RATE", "100000"))
_SINK = require_loopback("LOAD_SINK", os.environ["LOAD_SINK"])
PLATFORM_URLS = {**PLATFORM_URLS, "telegram": f"{_SINK}/bot"}
if tls := os.environ.get("LOAD_TLS"):
    PLATFORM_URLS |= {"x": f"{require_loopback('LOAD_TLS', tls)}/x", "facebook": f"{tls}/graph"}
ROOT_URLCONF = "tests.load.urls"
TELEGRAM_MODE = os.environ.get("LOAD_TELEGRAM", TELEGRAM_MODE)
PROXIES_IN_FRONT = 1  # as in production: whoever calls stands in X-Forwarded-For
LOGGING = configure(level="WARNING")
