"""Typed reading of the environment; a secret may also stand in a file, named by NAME_FILE."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """Read one variable, or the file that NAME_FILE points to.

    Args:
        name: the variable's name.
        default: what holds when neither is set; None means that it must be set.

    Raises:
        ImproperlyConfigured: it is not set and has no default, both forms are set, or the file cannot be read.
            The message never holds the value.
    """
    value, path = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value and path:
        raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set: keep one.")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from error
    if value is not None:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE, the path of a file that holds it).")
    return default


def flag(name: str, *, default: bool = False) -> bool:
    """Read a yes or no.

    Raises:
        ImproperlyConfigured: the value is neither.
    """
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")


def number(name: str, default: int) -> int:
    """Read a whole number.

    Raises:
        ImproperlyConfigured: the value is not one.
    """
    value = os.environ.get(name)
    try:
        return default if value is None else int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str, default: str | None = None) -> list[str]:
    """Read a list, its items separated by commas; blanks are dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]
