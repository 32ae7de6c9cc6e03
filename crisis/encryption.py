"""What is encrypted at rest: credentials, phone numbers, e-mail addresses. Keys come from the setting TOCSIN_KEYS."""

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _box() -> MultiFernet:
    return _fernet(tuple(settings.TOCSIN_KEYS))


class UnreadableSecret(Exception):
    """A stored secret fits none of the keys in TOCSIN_KEYS."""


def seal(text: str) -> str:
    """Encrypt with the first key."""
    return _box().encrypt(text.encode()).decode()


def open_sealed(sealed: str) -> str:
    """Decrypt with whichever key fits.

    Raises:
        UnreadableSecret: none does. The message never holds the text.
    """
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret("A stored secret fits none of TOCSIN_KEYS: was a key removed too early?") from error


def is_current(sealed: str) -> bool:
    """Tell whether a text stands under the first key, so that it needs none of the others."""
    try:
        _fernet(tuple(settings.TOCSIN_KEYS[:1])).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


class Secrets(dict[str, str]):
    """Named secrets that never show themselves."""

    def __repr__(self) -> str:
        """Show the names only."""
        return f"<Secrets {sorted(self)}>"

    __str__ = __repr__


if TYPE_CHECKING:
    _TextField = models.TextField[Secrets, Secrets]
else:
    _TextField = models.TextField


class EncryptedSecretsField(_TextField):
    """A column of named secrets, encrypted as one piece."""

    def from_db_value(self, value: str | None, *_: object) -> Secrets:
        """Decrypt what the database holds."""
        return Secrets(json.loads(open_sealed(value))) if value else Secrets()

    def to_python(self, value: Any) -> Secrets:
        """Take a plain dictionary."""
        return value if isinstance(value, Secrets) else Secrets(value or {})

    def get_prep_value(self, value: Any) -> str:
        """Encrypt for the database."""
        return seal(json.dumps(dict(value), sort_keys=True)) if value else ""
