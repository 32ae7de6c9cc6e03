"""Logs for people and machines: one line an event, UTC, ids as key=value or as JSON, and no secret in any of them."""

import json
import logging
import re
import sys
import time
import traceback
from types import TracebackType
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# What must never be written, whoever logs it: Telegram's token stands in its URLs, Graph's in queries, OAuth's in headers.
_SECRETS = [
    (re.compile(r"(/bot|\b)\d{6,12}:[A-Za-z0-9_-]{20,}"), r"\1<token>"),
    (
        re.compile(
            r"(?i)\b(access_token|appsecret_proof|client_secret|fb_exchange_token|token|password|secret_token|oauth_\w+)=[^&\s\"']+"
        ),
        r"\1=<hidden>",
    ),
    # The link that ends somebody's e-mails.
    (re.compile(r"(/leave/)[A-Za-z0-9_:%-]{20,}"), r"\1<link>"),
    # A household's code.
    (re.compile(r"(/pass(?:es)?/)[A-Z0-9-]{8,9}(?![A-Za-z0-9])"), r"\1<code>"),
    # The links that are one citizen's own.
    (re.compile(r"(/(?:confirm|manage|stay|c)/)[A-Za-z0-9_-]{20,}"), r"\1<link>"),
    (re.compile(r"(/check-in/)[0-9a-f]{32}"), r"\1<link>"),
    # The link by which somebody says whether a relative may be told where they are.
    (re.compile(r"(/seek/answer/)[A-Za-z0-9_:.%-]{20,}"), r"\1<link>"),
    # The link with which somebody of the staff sets a password.
    (re.compile(r"(/account/invitation/)[A-Za-z0-9_-]{20,}"), r"\1<link>"),
    # An editor's link, and what a platform's consent screen brings back.
    (re.compile(r"(/connect/)[A-Za-z0-9_-]{43}"), r"\1<link>"),
    (re.compile(r"(?i)([?&])(code|state|denied)=[^&\s\"']+"), r"\1\2=<hidden>"),
    (re.compile(r"(?i)\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 <hidden>"),
    (re.compile(r"(?i)\b(oauth_(?:token|signature|consumer_key|verifier|callback))=\"[^\"]*\""), r'\1="<hidden>"'),
    (re.compile(r"(?i)\b(rediss?|postgres(?:ql)?)://[^@\s/]*@"), r"\1://<hidden>@"),
]
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "data"}


def redact(text: str) -> str:
    """Return the text with every known shape of a secret hidden."""
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was given as `extra`; of a task that broke, Celery gives its name and arguments: ids only, in this house."""
    found = {key: value for key, value in record.__dict__.items() if key not in _STANDARD and not key.startswith("_")}
    told = record.__dict__.get("data")
    if isinstance(told, dict) and "args" in told:
        found |= {"task": told.get("name"), "args": str(told["args"])}
    return found


class LineFormatter(logging.Formatter):
    """Format a record as one line: time, level, logger, words, then its extra fields as key=value; all of it redacted."""

    converter = staticmethod(time.gmtime)
    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """Add the fields that were given as `extra`."""
        line = super().formatMessage(record)
        return line + "".join(f" {key}={value}" for key, value in sorted(_fields(record).items()))

    def format(self, record: logging.LogRecord) -> str:
        """Return the whole line, with its traceback if there is one, redacted."""
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """Format a record as one JSON object on one line: at, level, logger, words, its extra fields, and its traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the whole line; each value is redacted before it is quoted, because a quoted secret has another shape."""
        line: dict[str, Any] = {
            "at": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "words": redact(record.getMessage()),
        }
        for key, value in sorted(_fields(record).items()):
            line.setdefault(key, value if isinstance(value, bool | int | float | None) else _redacted(key, value))
        if record.exc_info:
            line["trace"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _redacted(key: str, value: object) -> str:
    """Return a field's value as text; its name is part of the shape of some secrets."""
    return redact(f"{key}={value}").removeprefix(f"{key}=")


def _show_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print what ends a process, redacted: some libraries put the token itself into their error."""
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


FORMS = {"line": "config.logging.LineFormatter", "json": "config.logging.JsonFormatter"}


def configure(*, level: str, form: str = "line") -> dict[str, Any]:
    """Return Django's LOGGING, and let errors that nobody catches be redacted too.

    Args:
        level: the least level of our own loggers. The SDKs never log below WARNING: httpx writes Telegram's token at
            INFO, tweepy its bearer token at DEBUG.
        form: "line" for people, "json" for what collects logs.

    Raises:
        ImproperlyConfigured: it is neither.
    """
    if form not in FORMS:
        raise ImproperlyConfigured(f"LOG_FORMAT must be {' or '.join(FORMS)}, not {form!r}.")
    sys.excepthook = _show_uncaught
    quiet = (
        "httpx",
        "httpcore",
        "tweepy",
        "requests_oauthlib",
        "oauthlib",
        "urllib3",
        "telegram",
        "celery",
        "redis",
        "kombu",
        "amqp",
        "django.utils.autoreload",
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": {"()": FORMS[form]}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "chosen"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in quiet},
    }
