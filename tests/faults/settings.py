"""The demo's settings, on a database and behind a Redis address that the harness chooses, with time-outs cut short."""

import os
from typing import Any, cast

import dj_database_url
from celery.schedules import schedule

from config.logging import configure
from config.settings.base import sqlite
from config.settings.demo import *  # noqa: F403
from config.settings.demo import CELERY_BEAT_SCHEDULE, VAR_DIR

if url := os.environ.get("FAULTS_DATABASE_URL"):
    DATABASES = {
        "default": cast("dict[str, Any]", dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True))
    }
else:
    # A folder of its own, on which a small disk can be mounted.
    (VAR_DIR / "disk").mkdir(exist_ok=True)
    DATABASES = {"default": sqlite(VAR_DIR / "disk" / "tocsin.sqlite3")}

# A platform that says nothing is given up after seconds, so that a row takes seconds.
HTTP_CONNECT_S = 1.0
HTTP_READ_S = 2.0
TELEGRAM_READ_S = 2.0
# What a ministry may buy; the limiter is not what is tested.
TELEGRAM_RATE = 1000.0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# The sweep alone: a canary would be one more who asks, and no row is about it.
CELERY_BEAT_SCHEDULE = {"sweep": CELERY_BEAT_SCHEDULE["sweep"] | {"schedule": schedule(1.0)}}
LOGGING = configure(level="WARNING")
