"""What every installation shares. Times are stored in UTC; texts are written by the rooms, never here."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.schedules import schedule
from kombu.entity import Queue

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = BASE_DIR / "data"
GUIDELINES_FILE = DATA_DIR / "guidelines.toml"  # what a ministry expects of the presence of each post
AREAS_FILE = DATA_DIR / "areas.csv"  # where disputed areas count, and who serves whom by decision
COMPETENCES_FILE = DATA_DIR / "competences.toml"  # what regions and communities abroad are for

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "crisis.journal",
    "crisis.places",
    "crisis.staff",
    "crisis.registry",
    "crisis.audience",
    "crisis.alerts",
    "crisis.outward",
    "crisis.broadcast",
    "crisis.health",
    "crisis.checkins",
    "crisis.gathering",
    "crisis.presence",
    "crisis.privacy",
    "tasks",
    "console",
    "public",
    "atlas",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.policy.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.speech.SpeechMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "console.shift.ShiftMiddleware",
    "axes.middleware.AxesMiddleware",
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
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
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
FORMAT_MODULE_PATH = ["config.formats"]

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]

# Not in a cookie, where a browser would keep the names that some of them hold.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SHIFT_LONGEST_S = 12 * 3600  # after which everybody signs in again
SHIFT_IDLE_S = 2 * 3600  # without a click; an officer who only watches is not thrown out of a crisis within minutes
SESSION_COOKIE_AGE = SHIFT_LONGEST_S
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

# --- Signing in: the second factor (allauth) and the lock-out (axes) ---------------------------------------------------
SECOND_FACTOR_REQUIRED = True  # for what lets something out; only the demo does without
SECOND_FACTOR_MINUTES = 10  # for which one that was shown counts
ACCOUNT_ADAPTER = "console.entrance.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_ADAPTER = "console.entrance.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # half a minute before and after: phones' clocks differ
ACCOUNT_RATE_LIMITS = {"reset_password": "5/m/ip"}  # the rest as allauth has it
# Of one name from one place: whoever tries from elsewhere locks nobody out, least of all the duty officer.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "config.entrance.address"
AXES_CLIENT_STR_CALLABLE = "config.entrance.nobody"
AXES_LOCKOUT_TEMPLATE = "console/locked.html"
AXES_DISABLE_ACCESS_LOG = True  # who came in stands in the session; nothing more is kept of it
AXES_VERBOSE = False
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
# Links that somebody asked for (to confirm or manage an address) an hour, for the whole house: each SMS costs money, and without
# a limit strangers could spend it through our public pages. A house of 100,000 people confirms some tens an hour.
LINKS_HOURLY = {"sms": 300}
# Minutes after which a notice of which it is not known that it has arrived is followed by the person's next way.
NEXT_WAY_AFTER = 5
# CAP severities of which everybody is told by all their ways at once. Of an "extraordinary threat to life" an unread chat costs
# more than a message that is read twice; of anything less the second message is noise, and an SMS is paid for nothing.
EVERY_WAY_AT = ["Extreme"]
# Minutes after which an open case that nobody looks after is an alarm.
CASE_ALARM_MINUTES = 10
BOT_PULSE = ""  # a file that the bot touches while it gets on with its inbox; blank is none
WATCH_DAYS = 14  # metrics count the alerts that were issued in so many days
# How many proxies of ours stand before the web process, each of which adds to X-Forwarded-For whom it was asked by.
PROXIES_IN_FRONT = 0
ACCESSIBILITY_CONTACT = ""  # an e-mail or https address that the accessibility statement names
ACCESSIBILITY_ENFORCEMENT = ""  # https address of the body to which people may complain after that
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
    "tasks.casework.count": {"queue": "sweep"},
    "tasks.casework.*": {"queue": "slow"},
    "tasks.presence.*": {"queue": "slow"},
    "tasks.listening.*": {"queue": "slow"},
    "tasks.links.*": {"queue": "slow"},
    "tasks.statistics.*": {"queue": "slow"},
    "tasks.websites.*": {"queue": "slow"},
    "tasks.duty.*": {"queue": "corrections"},
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
    "replies_of_staff": {"task": "tasks.casework.tell", "schedule": schedule(10.0), "options": {"expires": 10.0}},
    "names": {"task": "tasks.casework.index_names", "schedule": schedule(10.0), "options": {"expires": 10.0}},
    "boards": {"task": "tasks.casework.count", "schedule": schedule(2.0), "options": {"expires": 4.0}},
    "cases": {"task": "tasks.casework.watch", "schedule": schedule(60.0), "options": {"expires": 60.0}},
    "presence": {"task": "tasks.presence.tick", "schedule": schedule(300.0), "options": {"expires": 300.0}},
    "listen": {"task": "tasks.listening.listen", "schedule": schedule(60.0), "options": {"expires": 60.0}},
    "answer": {"task": "tasks.listening.answer", "schedule": schedule(10.0), "options": {"expires": 10.0}},
    "forget": {"task": "tasks.links.forget", "schedule": schedule(300.0), "options": {"expires": 300.0}},
    "statistics": {"task": "tasks.statistics.count", "schedule": schedule(60.0), "options": {"expires": 60.0}},
    "websites": {"task": "tasks.websites.visit", "schedule": schedule(60.0), "options": {"expires": 60.0}},
    "renew": {"task": "tasks.renewals.renew", "schedule": schedule(60.0), "options": {"expires": 60.0}},
}
