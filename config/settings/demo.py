"""The demo: everything on this machine, loopback platforms only, exercises only. `make run` runs on these settings."""

import os
from pathlib import Path

from config import env, platforms
from config.guard import require_loopback
from config.logging import configure
from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR, INSTALLED_APPS, sqlite
from demo import state

TOCSIN_MODE = "demo"
DEBUG = False
VAR_DIR = Path(os.environ.get("TOCSIN_VAR", BASE_DIR / "var")).resolve()
_STATE = state.load(VAR_DIR)

# A real token or database that happens to be in the environment is not used, and `make run` says so.
_REAL = {"DATABASE_URL", "PUBLIC_URL", "TOCSIN_KEYS", "TOCSIN_SECRET_KEY", "OUTBOUND_PROXY", "METRICS_TOKEN"}
_REAL |= {*platforms.app_secrets(str), *platforms.own_servers()}
IGNORED_ENVIRONMENT = sorted(
    name for name in os.environ if name.removesuffix("_FILE") in _REAL or name.startswith("TELEGRAM_")
)

INSTALLED_APPS = [*INSTALLED_APPS, "demo"]
SECRET_KEY = _STATE.secret_key
TOCSIN_KEYS = [_STATE.keys]
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
PUBLIC_URL = _STATE.web_url
SIMULATOR_URL = _STATE.simulator_url
LOOPBACK_ONLY = True
# Its passwords are known to everybody: a second factor would guard nothing. Whoever wants to try one may set it up, or have it
# asked for as in live operation.
SECOND_FACTOR_REQUIRED = env.flag("SECOND_FACTOR")
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True

DATABASES = {"default": sqlite(VAR_DIR / "tocsin.sqlite3")}
REDIS_URL = require_loopback(
    "REDIS_URL", env.text("REDIS_URL", f"redis://:{_STATE.redis_password}@127.0.0.1:{_STATE.redis_port}/0")
)
CELERY_BROKER_URL = REDIS_URL
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 2  # Ctrl-C stops at once; what a task was doing, the ledger knows

HOME_MINISTRY = env.text("TOCSIN_MINISTRY", "BE")
TELEGRAM_BOT_TOKEN = _STATE.bot_token
TELEGRAM_BOT_USERNAME = "tocsin_demo_bot"
TELEGRAM_WEBHOOK_SECRET = _STATE.webhook_secret
TELEGRAM_MODE = "polling"
TELEGRAM_LINK = f"{SIMULATOR_URL}/{TELEGRAM_BOT_USERNAME}"
APP_SECRETS = platforms.app_secrets(_STATE.app_secret) | {
    "TELEGRAM_BOT_TOKEN": TELEGRAM_BOT_TOKEN,
    "EMAIL_SENDER": "alerts@tocsin.example",
}
ACCESSIBILITY_CONTACT = "accessibility@tocsin.example"
ACCESSIBILITY_ENFORCEMENT = "https://ombudsman.example/accessibility"
METRICS_ON_LOOPBACK = True  # it answers on loopback only, and all of it is play
TELEGRAM_OPERATIONS_CHAT = state.OPERATIONS_CHAT
CANARY_CHARGED = platforms.charged()  # the simulator charges nothing
PLATFORM_URLS = platforms.simulated_urls(SIMULATOR_URL)
RECEIPTS_SECRETS = platforms.receipts_secrets(_STATE.app_secret)
VERIFY_TOKENS = platforms.verify_tokens(_STATE.app_secret)
WEBHOOK_SECRETS = platforms.webhook_secrets(_STATE.app_secret)
PLATFORM_WEB = platforms.simulated_web(SIMULATOR_URL)

PAGES_DIR = str(VAR_DIR / "pages")
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
LOGGING = configure(level=env.text("LOG_LEVEL", "INFO"))
