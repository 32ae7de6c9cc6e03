"""What every installation shares. Times are stored in UTC; texts are written by the rooms, never here."""

from pathlib import Path
from typing import Any

from celery.schedules import schedule
from kombu.entity import Queue

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = BASE_DIR / "data"
AREAS_FILE = DATA_DIR / "areas.csv"  # where disputed areas count, and who serves whom by decision

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "crisis.journal",
    "crisis.places",
    "crisis.staff",
    "crisis.registry",
    "crisis.audience",
    "crisis.alerts",
    "crisis.broadcast",
    "crisis.health",
    "crisis.checkins",
    "crisis.gathering",
    "crisis.privacy",
    "tasks",
    "console",
    "public",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "console.context.house",
            ],
        },
    }
]

AUTH_USER_MODEL = "staff.Officer"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "console:login"
LOGIN_REDIRECT_URL = "console:home"
LOGOUT_REDIRECT_URL = "console:login"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("nl", "Nederlands"), ("fr", "Français"), ("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # one shift
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # bytes; the largest thing posted to us is a form or one Telegram update


def sqlite(path: Path) -> dict[str, Any]:
    """Describe an SQLite database that many processes may write to.

    With Django's defaults 353 of 600 concurrent writes failed; with these, none: a writer takes its lock at the
    start of the transaction and waits up to 20 s for it, readers never wait, and a commit is on the disk.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }


# --- Tocsin ---------------------------------------------------------------------------------------------------------
MESSAGES_DIR = BASE_DIR / "templates" / "messages"
ALERT_LANGUAGES = [code for code, _ in LANGUAGES]
HTTP_CONNECT_S = 3.0
HTTP_READ_S = 10.0
# Telegram's server itself holds some refusals back for 3 s before it answers.
TELEGRAM_READ_S = 15.0
# Messages a second of the bot's token, for everything together. Source: core.telegram.org/bots/faq, "My bot is hitting limits".
# More would be paid broadcasts, which this house does not send; the benchmarks raise it to find our own limit.
TELEGRAM_RATE = 30.0
OUTBOUND_PROXY = ""
WAY_RATES: dict[str, int] = {}  # messages a second of the other ways, where they are not what their specs say
# Copies of the alerts' pages: what is shown when the database cannot be reached.
PAGES_DIR = str(BASE_DIR / "var" / "pages")
READS_DAILY: dict[str, int] = {}  # comments a day, where a platform charges for each that is read; none is none
DAILY_PEOPLE: dict[str, int] = {}  # how many people a way may write to in 24 hours; none is no limit
# Minutes after which a notice of which it is not known that it has arrived is followed by the person's next way.
NEXT_WAY_AFTER = 5
BOT_PULSE = ""  # a file that the bot touches while it gets on with its inbox; blank is none
WATCH_DAYS = 14  # metrics count the alerts that were issued in so many days
# How many proxies of ours stand before the web process, each of which adds to X-Forwarded-For whom it was asked by.
PROXIES_IN_FRONT = 0
METRICS_TOKEN = ""  # without one there is no /metrics
METRICS_ON_LOOPBACK = False  # whether a request from this machine needs none
# The private chat in which the canary tries Telegram end to end, and through which channels are read back; blank is neither.
TELEGRAM_OPERATIONS_CHAT = ""
CANARY_CHARGED: list[str] = []  # platforms whose accounts are tried although the platform charges for it

# --- Celery: the legs of the fan-out; the ledger in the database is the truth ------------------------------------------
CELERY_TASK_IGNORE_RESULT = True  # completion is counted in the ledger; a result backend costs 75 % more CPU per task
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.1}
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # An orphaned message is back after 121 s instead of after an hour and 100 s.
    "visibility_timeout": 120,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    # A half-open connection recovers in 10 s; with the defaults, never.
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 5,
    "queue_order_strategy": "priority",
}
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 15
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 30  # a child loads its adapter before it says that it is there
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "slow"
# Queues apart, so that bulk never stands before a public post, a retraction or the sweep. Of several queues a worker takes the
# first that holds something, in the order of its -Q: a correction overtakes whatever waits.
CELERY_TASK_QUEUES = [Queue(name) for name in ("sweep", "corrections", "posts", "first", "urgent", "bulk", "slow")]  # type: ignore[no-untyped-call]
CELERY_TASK_ROUTES = {
    "tasks.broadcast.*": {"queue": "posts"},
    "tasks.notices.*": {"queue": "bulk"},
    "tasks.sweep.*": {"queue": "sweep"},
    "tasks.rounds.*": {"queue": "slow"},
    "tasks.renewals.*": {"queue": "slow"},
    "tasks.replies.*": {"queue": "slow"},
    "tasks.retention.*": {"queue": "slow"},
    "tasks.passes.*": {"queue": "slow"},
    "tasks.lists.*": {"queue": "slow"},
    "tasks.invitations.*": {"queue": "slow"},
    "tasks.ladder.*": {"queue": "slow"},
    "tasks.presence.*": {"queue": "slow"},
    "tasks.listening.*": {"queue": "slow"},
    "tasks.links.*": {"queue": "slow"},
}
CELERY_BEAT_SCHEDULE = {
    # A tick that waited longer than its period is worthless: the next one does the same work.
    "sweep": {"task": "tasks.sweep.tick", "schedule": schedule(2.0), "options": {"expires": 4.0}},
    "canary": {"task": "tasks.rounds.canary", "schedule": schedule(60.0), "options": {"expires": 60.0}},
    "tally": {"task": "tasks.rounds.tally", "schedule": schedule(60.0), "options": {"expires": 60.0}},
    # Once a night; what one round does not finish the next one does.
    "purge": {"task": "tasks.retention.purge", "schedule": schedule(120.0), "options": {"expires": 120.0}},
    "passes": {"task": "tasks.passes.tell", "schedule": schedule(10.0), "options": {"expires": 10.0}},
    "lists": {"task": "tasks.lists.work", "schedule": schedule(30.0), "options": {"expires": 30.0}},
    "invitations": {"task": "tasks.invitations.send", "schedule": schedule(10.0), "options": {"expires": 10.0}},
    "ladder": {"task": "tasks.ladder.climb", "schedule": schedule(60.0), "options": {"expires": 60.0}},
    "presence": {"task": "tasks.presence.tick", "schedule": schedule(300.0), "options": {"expires": 300.0}},
    "listen": {"task": "tasks.listening.listen", "schedule": schedule(60.0), "options": {"expires": 60.0}},
    "answer": {"task": "tasks.listening.answer", "schedule": schedule(10.0), "options": {"expires": 10.0}},
    "forget": {"task": "tasks.links.forget", "schedule": schedule(300.0), "options": {"expires": 300.0}},
    "renew": {"task": "tasks.renewals.renew", "schedule": schedule(60.0), "options": {"expires": 60.0}},
}
