"""What is encrypted at rest: credentials, phone numbers, e-mail addresses. Keys come from the setting TOCSIN_KEYS."""

import base64
import hashlib
import hmac
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac


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


def blind_index(text: str) -> str:
    """Return what stands for a text where it must be found without being read: an HMAC under the first key, 64 characters."""
    return _blind(settings.TOCSIN_KEYS[0], text)


def blind_indexes(text: str) -> list[str]:
    """Return what may stand for a text while keys are being rotated: its index under each of them."""
    return [_blind(key, text) for key in settings.TOCSIN_KEYS]


def form_number(form: str, *said: object) -> str:
    """Return the number of what a form says: its own, and a digest of the words, so that the same sent again is known.

    It is keyed, so that nobody who reads a row finds a sealed address out by trying them all.

    Args:
        form: the form's own number.
        said: what it says.
    """
    words = "\0".join(map(str, (form, *said))).encode("utf-8", "replace")
    return f"{form}:{salted_hmac('tocsin.form', words, algorithm='sha256').hexdigest()[:24]}"


def _blind(key: str, text: str) -> str:
    # A key of its own, derived: what signs an index never encrypts.
    own = hmac.digest(key.encode(), b"tocsin blind index", hashlib.sha256)
    return hmac.new(own, text.encode(), hashlib.sha256).hexdigest()


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

    def anew(self, stored: str) -> dict[str, Any]:
        """Return what a row is given to stand under the first key.

        Raises:
            UnreadableSecret, ValueError: what is stored fits none of the keys, or is none of ours.
        """
        return {self.name: Secrets(json.loads(open_sealed(stored)))}


if TYPE_CHECKING:
    _PlainField = models.TextField[str, str]
else:
    _PlainField = models.TextField


class SealedField(_PlainField):
    """A column of one text that whoever writes it has sealed; it is opened only by whoever needs it, never on reading a row."""

    def __init__(self, *args: Any, index: str = "", **kwargs: Any) -> None:
        """Make it.

        Args:
            args, kwargs: of a TextField.
            index: the column that holds the text's blind index, or blank.
        """
        self.index = index
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Say how it is made, for migrations."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, [*args], {**kwargs, **({"index": self.index} if self.index else {})}

    def anew(self, stored: str) -> dict[str, Any]:
        """Return what a row is given to stand under the first key, its blind index too; see `EncryptedSecretsField.anew`."""
        text = open_sealed(stored)
        return {self.name: seal(text)} | ({self.index: blind_index(text)} if self.index else {})


def lock(content: bytes) -> tuple[str, bytes]:
    """Encrypt something large under a key of its own.

    Returns:
        The key, sealed, and the content: whoever rotates the keys touches the first only.
    """
    key = Fernet.generate_key()
    # Fernet writes base64, which is for texts: a third more than what a column of bytes needs.
    return seal(key.decode()), base64.urlsafe_b64decode(Fernet(key).encrypt(content))


def unlock(key: str, content: bytes) -> bytes:
    """Decrypt what `lock` has returned.

    Raises:
        UnreadableSecret: the key fits none of ours, or the content not the key.
    """
    try:
        return Fernet(open_sealed(key).encode()).decrypt(base64.urlsafe_b64encode(content))
    except InvalidToken as error:
        raise UnreadableSecret("What is stored does not fit its own key.") from error
