"""The alerts' pages: drawn once a language for everybody, kept in memory and on disk, and asked for anew once a second."""

import logging
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import Error, connection, transaction
from django.template.loader import render_to_string

from crisis.alerts.areas import reaches
from crisis.alerts.models import Alert, Info, State
from crisis.alerts.operations import frame
from crisis.alerts.queries import public_chain, public_states
from crisis.checkins.operations import is_open, rollcall_of
from crisis.registry.queries import competent_posts, numbers, outward_state, posts_with_directory
from crisis.sharing import shared
from crisis.wording.catalogue import words
from crisis.wording.slots import moment
from public import copies
from public.texts import TEXTS

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=1)  # a page from memory needs no question for so long
# While somebody asks a database that does not answer, others are shown what memory holds for so long, then the copy.
BELIEVED = timedelta(seconds=10)
PATIENCE_S = 2.0  # for a database that is slow, and for whoever asks it already
LEFT_ALONE = timedelta(seconds=3)  # a database that failed; every request would wait for it
REGISTRY_S = 10  # how old what we know of the registry may be
MOST = 200  # codes of which memory holds the pages, some 100 kB each; more are not asked for at a time


class Unknown(Exception):
    """No alert of ours that is out has this code."""


class Unreachable(Exception):
    """The database does not answer."""


@dataclass(frozen=True, slots=True)
class _Kept:
    pages: dict[str, bytes]
    state: str
    checked_at: datetime


class Shelf:
    """The pages of this process. One thread at a time asks the database; nobody else waits for it who can be served."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._asking = threading.Lock()
        self._asking_since: datetime | None = None
        self._down_until: datetime | None = None

    def pages(self, code: str, now: datetime) -> dict[str, bytes]:
        """Return a code's pages as they are now, by the language that stands first on each; see `draw`.

        Raises:
            Unknown: there is none.
            Unreachable: nobody can tell now.
        """
        kept = self._kept.get(code)
        age = now - kept.checked_at if kept else None
        if kept and age is not None and abs(age) < FRESH:
            return kept.pages
        if self._down_until and now < self._down_until:
            raise Unreachable
        believed = kept is not None and age is not None and timedelta() <= age < BELIEVED
        since = self._asking_since
        slow = since is not None and now - since > timedelta(seconds=PATIENCE_S)
        if not self._asking.acquire(timeout=0 if believed or slow else PATIENCE_S):
            if believed and kept:
                return kept.pages
            raise Unreachable
        self._asking_since = now
        try:
            return self._anew(code, now)
        except Error as error:
            self._down_until = now + LEFT_ALONE
            log.warning("pages are shown from their copies", extra={"error": type(error).__name__})
            raise Unreachable from error
        finally:
            self._asking_since = None
            self._asking.release()

    def forget(self, code: str) -> None:
        """Ask for a code anew at the next request."""
        self._kept.pop(code, None)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._down_until = None

    def _anew(self, code: str, now: datetime) -> dict[str, bytes]:
        with patiently():
            state = states([code], now).get(code, "")
            if not state:
                self.forget(code)
                raise Unknown
            kept = self._kept.get(code)
            if kept and kept.state == state:
                found = kept.pages
            else:
                found = {language: page.encode() for language, page in draw(code, now).items()}
            if not copies.still_holds(code, state, now):
                keep(code, state, now)
        self._down_until = None
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[code] = _Kept(found, state, now)
        return found


shelf = Shelf()


def states(codes: Collection[str], now: datetime) -> dict[str, str]:
    """Return what decides how the pages of codes look now, as short texts, without codes that are unknown.

    It changes with their alerts, and with what the registry holds that stands on every page: a number that was wrong is
    corrected on the pages of alerts that are out, in memory and on disk.
    """
    found = public_states(codes, now)
    registry = shared("public:registry", outward_state, seconds=REGISTRY_S) if found else ""
    return {code: f"{state}-{registry}" for code, state in found.items()}


@contextmanager
def patiently() -> Iterator[None]:
    """Let no statement take longer than a reader waits; SQLite's readers never wait, and its transactions would be writers'."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [int(PATIENCE_S * 1000)])
        yield


def keep(code: str, state: str, now: datetime) -> None:
    """Write a code's copy: as it is, and as it will be when it has expired."""
    ends = _ends_at(code, now)
    drawn = draw(code, now, copied=True)
    ended = draw(code, ends, copied=True) if ends else drawn
    copies.write(code, copies.Copy(state, ends.isoformat() if ends else "", drawn, ended), now)


def _ends_at(code: str, now: datetime) -> datetime | None:
    newest = public_chain(code)[0]
    return newest.expires_at if newest.expires_at and newest.expires_at > now else None


def draw(code: str, now: datetime, *, copied: bool = False) -> dict[str, str]:
    """Draw a code's pages: each says everything in every language, and by the language that stands first it is found.

    Args:
        code: of a chain that is out.
        now: the time that they show.
        copied: for when nothing else can be reached: they say so, and ask nothing.

    Returns:
        By language, in the ministry's order: whoever reads none of them gets the first.
    """
    alert = public_chain(code)[0]
    found = competent_posts(reaches(alert.areas.all()), ministry=alert.ministry, on=now.date())
    rollcall = rollcall_of(alert)
    asked = rollcall is not None and is_open(rollcall, now)
    sections = _sections(alert, now, asked=asked, copied=copied)
    context = {
        "alert": alert,
        "address": frame(alert).link,
        "status": status(alert, now),
        "posts": posts_with_directory(found),
        "emergency": numbers(None, alert.ministry).emergency,
        "asked": asked,
        "copied": copied,
    }
    pages: dict[str, str] = {}
    for first in list(sections) or [settings.LANGUAGE_CODE]:
        ordered = [sections[language] for language in sorted(sections, key=lambda each: each != first)]
        told = {"language": first, "sections": ordered, "names": [(code, s["name"]) for code, s in sections.items()]}
        pages[first] = render_to_string("public/alert.html", context | told)
    return pages


def status(alert: Alert, now: datetime) -> str:
    """Return the alert's status: live, exercise, cancelled, stopped or expired."""
    if alert.msg_type == Alert.MsgType.CANCEL:
        return "cancelled"
    if alert.state == State.STOPPED:
        return "stopped"
    if alert.expires_at is not None and alert.expires_at <= now:
        return "expired"
    return alert.mode


def _sections(alert: Alert, now: datetime, *, asked: bool, copied: bool) -> dict[str, dict[str, object]]:
    """Return what is said in each language, in the ministry's order; languages that it does not name come last."""
    order = {language: at for at, language in enumerate(alert.ministry.languages)}
    infos = sorted(
        (info for info in alert.infos.all() if info.complete), key=lambda each: order.get(each.language, len(order))
    )
    return {info.language: _section(alert, info, now, asked=asked, copied=copied) for info in infos}


def _section(alert: Alert, info: Info, now: datetime, *, asked: bool, copied: bool) -> dict[str, object]:
    texts, fixed, stands = TEXTS.get(info.language, TEXTS["en"]), words(info.language), status(alert, now)
    drill = fixed["exercise_line"] if alert.exercise else ""
    return {
        "language": info.language,
        "name": texts["language"],
        "info": info,
        "status": texts[stands],
        "label": texts.get(f"label_{stands}", ""),
        "updated": texts["updated"] if alert.msg_type == Alert.MsgType.UPDATE else "",
        "texts": texts,
        "copy": texts["copy"].format(at=copies.AS_OF) if copied else "",
        "no_check_in": texts["no_check_in"] if copied and asked else "",
        "emergency": _labelled(fixed, texts["emergency"], "").rstrip(" "),
        "issued": _labelled(fixed, texts["issued"], _in_utc(alert.issued_at, info.language)),
        "until": _labelled(fixed, texts["until"], _in_utc(alert.expires_at, info.language)),
        "exercise": drill,
        "description": info.description.replace(drill, "").strip() if drill else info.description,
        "check_in": frame(alert).check_in if asked and not copied else "",
        "source": alert.ministry.name(info.language),
        "money": alert.ministry.money_line.get(info.language, ""),
    }


def _labelled(fixed: Mapping[str, str], label: str, value: str) -> str:
    return fixed["labelled"].format(label=label, value=value)


def _in_utc(at: datetime | None, language: str) -> str:
    return f"{moment(at.astimezone(UTC), language)} UTC" if at else ""
