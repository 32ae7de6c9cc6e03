"""Copies of the alerts' pages on the local disk: what is shown when the database cannot be reached. No database here."""

import json
import logging
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)

_CODE = re.compile(r"[A-Z0-9]{6}|front")  # an alert's, in capitals; or the first page, see `front`
_NOTED_EVERY = timedelta(seconds=5)  # a copy that still holds is marked so; not for each of a thousand requests
AS_OF = "@@as-of@@"  # stands in a copy where the time is told


@dataclass(frozen=True, slots=True)
class Copy:
    """One code's pages as they were.

    Attributes:
        state: what decided how they looked, see `crisis.alerts.queries.public_state`.
        ends_at: when what they say ends by itself, in ISO 8601; blank if it has ended.
        pages: until then, by the language that stands first on each; `ended`: from then on.
    """

    state: str
    ends_at: str
    pages: dict[str, str]
    ended: dict[str, str]


def write(code: str, copy: Copy, now: datetime) -> None:
    """Put a copy in the place of the one before, whole or not at all. A disk that refuses is told to the log only."""
    path = _path(code)
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as file:
            json.dump(asdict(copy), file)
            file.flush()
            os.fsync(file.fileno())
        os.utime(file.name, (now.timestamp(), now.timestamp()))
        Path(file.name).chmod(0o644)  # what everybody may read; the sweep writes it, and the web shows it
        Path(file.name).replace(path)
    except OSError as error:
        log.warning("a page has no copy: the disk refuses", extra={"code": code, "error": type(error).__name__})


def still_holds(code: str, state: str, now: datetime) -> bool:
    """Mark a copy as true now if it shows this state; False if it does not, or there is none."""
    path = _path(code)
    if path is None:
        return False
    try:
        noted = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    except OSError:
        return False
    found = _read(path)
    if found is None or found.state != state:
        return False
    if now - noted > _NOTED_EVERY:
        with suppress(OSError):
            os.utime(path, (now.timestamp(), now.timestamp()))
    return True


def shown(code: str, now: datetime) -> dict[str, str]:
    """Return the pages of a code from its copy, by language, with the time of which they are; none if there is no copy."""
    path = _path(code)
    found = _read(path) if path else None
    if path is None or found is None:
        return {}
    try:
        at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    except OSError:
        return {}
    over = bool(found.ends_at) and datetime.fromisoformat(found.ends_at) <= now
    pages = found.ended if over else found.pages
    return {language: page.replace(AS_OF, f"{at:%Y-%m-%d %H:%M} UTC") for language, page in pages.items()}


def _path(code: str) -> Path | None:
    return Path(settings.PAGES_DIR) / f"{code}.json" if _CODE.fullmatch(code) else None


def _read(path: Path) -> Copy | None:
    try:
        return Copy(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
