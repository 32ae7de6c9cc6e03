"""Live operation. Whatever is missing or unsafe stops the start, with a sentence that says what to do."""

from pathlib import Path
from typing import Any

import dj_database_url

from config import env, guard, platforms
from config.logging import configure
from config.settings.base import *  # noqa: F403
from config.settings.base import (
    AREAS_FILE,
    BASE_DIR,
    CASE_ALARM_MINUTES,
    COMPETENCES_FILE,
    EVERY_WAY_AT,
    GUIDELINES_FILE,
    LINKS_HOURLY,
    NEXT_WAY_AFTER,
    WATCH_DAYS,
    sqlite,
)

TOCSIN_MODE = "live"
DEBUG = False
guard.refuse_in_production()

SECRET_KEY = guard.require_key("TOCSIN_SECRET_KEY")
TOCSIN_KEYS = guard.require_fernet_keys("TOCSIN_KEYS")
PUBLIC_URL = guard.require_https("PUBLIC_URL")
ALLOWED_HOSTS = guard.require_words("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
LOOPBACK_ONLY = False
OUTBOUND_PROXY = env.text("OUTBOUND_PROXY", "")

DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(guard.require_server("DATABASE_URL"), conn_max_age=None, conn_health_checks=True)
}
if "postgresql" in DATABASES["default"]["ENGINE"]:
    # A database host that vanishes is noticed within half a minute; no statement of ours takes half as long as its limit.
    bounded = {
        "connect_timeout": 3, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000,
        "options": "-c statement_timeout=60000 -c lock_timeout=30000 -c idle_in_transaction_session_timeout=60000",
    }  # fmt: skip
    DATABASES["default"]["OPTIONS"] = {**bounded, **DATABASES["default"].get("OPTIONS", {})}
    if pool := env.number("DATABASE_POOL", 0):
        # The posts worker has hundreds of threads and at most this many connections; a pool keeps its own ages.
        DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
        DATABASES["default"]["OPTIONS"]["pool"] = {"max_size": pool, "timeout": 20}
elif "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"] |= sqlite(Path(DATABASES["default"]["NAME"]))
REDIS_URL = guard.require_server("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL

HOME_MINISTRY = guard.require_text("TOCSIN_MINISTRY")
AREAS_FILE = Path(env.text("TOCSIN_AREAS", str(AREAS_FILE)))
COMPETENCES_FILE = Path(env.text("TOCSIN_COMPETENCES", str(COMPETENCES_FILE)))
GUIDELINES_FILE = Path(env.text("TOCSIN_GUIDELINES", str(GUIDELINES_FILE)))
TELEGRAM_BOT_TOKEN = guard.require_text("TELEGRAM_BOT_TOKEN")
TELEGRAM_BOT_USERNAME = guard.require_text("TELEGRAM_BOT_USERNAME")
TELEGRAM_WEBHOOK_SECRET = guard.require_webhook_secret("TELEGRAM_WEBHOOK_SECRET")
TELEGRAM_MODE = "webhook"
WAY_RATES = platforms.rates(lambda name: env.number(name, 0))
DAILY_PEOPLE = platforms.daily_people(lambda name: env.number(name, 0))
LINKS_HOURLY = {"sms": env.number("SMS_LINKS_HOURLY", LINKS_HOURLY["sms"])}
NEXT_WAY_AFTER = env.number("NEXT_WAY_AFTER", NEXT_WAY_AFTER)
EVERY_WAY_AT = env.words("EVERY_WAY_AT", ",".join(EVERY_WAY_AT))
CASE_ALARM_MINUTES = env.number("CASE_ALARM_MINUTES", CASE_ALARM_MINUTES)
READS_DAILY = platforms.reads_daily(lambda name: env.number(name, 0))
BOT_PULSE = env.text("BOT_PULSE", "")
TELEGRAM_LINK = f"https://t.me/{TELEGRAM_BOT_USERNAME}"
APP_SECRETS = platforms.app_secrets(lambda name: env.text(name, "").strip())
METRICS_TOKEN = guard.optional_token("METRICS_TOKEN")
PROXIES_IN_FRONT = env.number("PROXIES_IN_FRONT", 1)
ACCESSIBILITY_CONTACT = guard.optional_contact("ACCESSIBILITY_CONTACT")
ACCESSIBILITY_ENFORCEMENT = guard.optional_contact("ACCESSIBILITY_ENFORCEMENT")
TELEGRAM_OPERATIONS_CHAT = env.text("TELEGRAM_OPERATIONS_CHAT", "")
CANARY_CHARGED = env.words("CANARY_CHARGED", "")
WATCH_DAYS = env.number("WATCH_DAYS", WATCH_DAYS)
PLATFORM_URLS = platforms.urls(lambda name: env.text(name, "").strip())
RECEIPTS_SECRETS = platforms.receipts_secrets(guard.optional_token)
VERIFY_TOKENS = platforms.verify_tokens(guard.optional_token)
WEBHOOK_SECRETS = platforms.webhook_secrets(lambda name: env.text(name, "").strip())
PLATFORM_WEB = platforms.web()

# The proxy in front ends TLS; it must set X-Forwarded-Proto itself and drop what a client sends.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
# Asked from the inner network, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

PAGES_DIR = env.text("PAGES_DIR", "") or str(BASE_DIR / "var" / "pages")
STATIC_ROOT = BASE_DIR / "static-collected"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
LOGGING = configure(level=env.text("LOG_LEVEL", "INFO"), form=env.text("LOG_FORMAT", "line"))
