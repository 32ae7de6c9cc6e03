"""The tests: a demo's rules, a database of their own (SQLite, or PostgreSQL by TOCSIN_TEST_DATABASE_URL), no process started."""

import os
import tempfile
from pathlib import Path
from typing import Any

import dj_database_url
from cryptography.fernet import Fernet

from config import platforms
from config.logging import configure
from config.settings.base import *  # noqa: F403
from config.settings.base import INSTALLED_APPS, sqlite

TOCSIN_MODE = "demo"
DEBUG = False
VAR_DIR = Path(tempfile.gettempdir()) / f"tocsin-tests-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
VAR_DIR.mkdir(exist_ok=True)
INSTALLED_APPS = [*INSTALLED_APPS, "demo"]
SECRET_KEY = "tests only"  # noqa: S105
TOCSIN_KEYS = [Fernet.generate_key().decode()]
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
PUBLIC_URL = "http://127.0.0.1:8000"
SIMULATOR_URL = "http://127.0.0.1:1"
LOOPBACK_ONLY = True
SECOND_FACTOR_REQUIRED = False
IGNORED_ENVIRONMENT: list[str] = []

if url := os.environ.get("TOCSIN_TEST_DATABASE_URL"):
    DATABASES: dict[str, Any] = {"default": dj_database_url.parse(url)}
else:
    DATABASES = {"default": sqlite(VAR_DIR / "unused.sqlite3")}
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / f"test-{os.getpid()}.sqlite3")}
REDIS_URL = "redis://127.0.0.1:1/0"
CELERY_BROKER_URL = REDIS_URL

HOME_MINISTRY = "BE"
TELEGRAM_BOT_TOKEN = "123456789:test-token-of-the-bot"  # noqa: S105
TELEGRAM_BOT_USERNAME = "tocsin_test_bot"
TELEGRAM_WEBHOOK_SECRET = "webhook-secret-of-the-tests"  # noqa: S105
TELEGRAM_MODE = "polling"
TELEGRAM_LINK = "http://127.0.0.1:1/tocsin_test_bot"
APP_SECRETS = platforms.app_secrets(lambda name: f"test-{name}") | {
    "TELEGRAM_BOT_TOKEN": TELEGRAM_BOT_TOKEN,
    "EMAIL_SENDER": "alerts@tocsin.example",
}
METRICS_TOKEN = "metrics-token-of-the-tests"  # noqa: S105
CANARY_CHARGED = platforms.charged()
PLATFORM_URLS = platforms.simulated_urls(SIMULATOR_URL)
RECEIPTS_SECRETS = platforms.receipts_secrets(lambda name: f"test-{name}")
VERIFY_TOKENS = platforms.verify_tokens(lambda name: f"test-{name}")
WEBHOOK_SECRETS = platforms.webhook_secrets(lambda name: f"test-{name}")
PLATFORM_WEB = platforms.simulated_web(SIMULATOR_URL)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
PAGES_DIR = str(VAR_DIR / "pages")
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # As in the demo and in production: a template that names a file that is not there fails.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
LOGGING = configure(level="DEBUG")
