"""The refusals at the door: what must never start, and what must never be mixed."""

import ipaddress
import os
import re
from urllib.parse import unquote, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config import env

# Telegram's own rule for setWebhook's secret_token.
_WEBHOOK_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_PLACEHOLDERS = ("changeme", "change-me", "example", "default", "insecure", "secret", "password")
# Passwords that stand in examples: tocsin.env.example's own, and what a server begins with.
_NO_PASSWORDS = frozenset({*_PLACEHOLDERS, "postgres", "redis", "tocsin", "pass", "passwd"})
_DEMO_ONLY = ("SIMULATOR_URL", "TOCSIN_VAR", "DEMO_USERS", "TOCSIN_DEMO")


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def require_loopback(name: str, url: str) -> str:
    """Return the address if it is on this machine.

    Raises:
        ImproperlyConfigured: it is not. The message holds no more of it than the host.
    """
    parts = urlsplit(url)
    if parts.scheme in ("redis+socket", "unix"):
        return url
    if not parts.hostname or not is_loopback(parts.hostname):
        raise ImproperlyConfigured(
            f"{name} points to {parts.hostname!r}. The demo never leaves this machine: use 127.0.0.1, or unset {name}."
        )
    return url


def refuse_in_production() -> None:
    """Stop a live start that carries anything of the demo.

    Raises:
        ImproperlyConfigured: DEBUG is on, or a setting of the demo stands in the environment.
    """
    if env.flag("DEBUG") or env.flag("DJANGO_DEBUG"):
        raise ImproperlyConfigured("DEBUG is on. Live operation never shows debug pages: unset DEBUG.")
    for name in _DEMO_ONLY:
        if os.environ.get(name):
            raise ImproperlyConfigured(
                f"{name} belongs to the demo. Live operation has no simulator and no demo users: unset it."
            )


def require_text(name: str) -> str:
    """Read what may not be blank.

    Raises:
        ImproperlyConfigured: it is missing or blank.
    """
    value = env.text(name).strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is blank: fill it in (tocsin.env.example says what it is).")
    return value


def require_words(name: str) -> list[str]:
    """Read a list that has something in it.

    Raises:
        ImproperlyConfigured: it is missing or blank.
    """
    require_text(name)
    return env.words(name)


def require_server(name: str) -> str:
    """Read the address of a server, whose password is none that stands in an example.

    Raises:
        ImproperlyConfigured: it is missing or blank, or has such a password. The message never holds it.
    """
    value = require_text(name)
    try:
        password = unquote(urlsplit(value).password or "")
    except ValueError:  # its words may hold the password
        raise ImproperlyConfigured(f"{name} is no address. A password with / # ? or @ is written in % codes.") from None
    if password.lower().strip("<>{}$*") in _NO_PASSWORDS or (password and not password.strip("<>{}$*")):
        raise ImproperlyConfigured(f"{name} has the password of an example: put the server's own there.")
    return value


def require_key(name: str) -> str:
    """Read a secret of at least 40 characters that is no placeholder.

    Raises:
        ImproperlyConfigured: it is missing, short, or looks like a default. The message never holds it.
    """
    value = env.text(name)
    if len(value) < 40 or len(set(value)) < 12 or any(word in value.lower() for word in _PLACEHOLDERS):
        raise ImproperlyConfigured(
            f"{name} is a default or too weak. Make one: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    return value


def require_fernet_keys(name: str) -> list[str]:
    """Read the keys that encrypt credentials, phone numbers and e-mail addresses; the first one encrypts.

    Raises:
        ImproperlyConfigured: none is given, or one is no Fernet key.
    """
    keys = env.words(name)
    make = "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
    if not keys:
        raise ImproperlyConfigured(f"{name} is empty. Make a key: {make}")
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} holds something that is no Fernet key. Make one: {make}") from error
        if len(set(key)) < 12:
            raise ImproperlyConfigured(f"{name} holds a default key. Make one: {make}")
    return keys


def require_https(name: str) -> str:
    """Read the public address of this installation, without a slash at its end.

    Raises:
        ImproperlyConfigured: it is not https, or it is this machine.
    """
    value = env.text(name).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or is_loopback(parts.hostname):
        raise ImproperlyConfigured(f"{name} must be the public https:// address that citizens open.")
    return value


def optional_contact(name: str) -> str:
    """Read where people may write to, by e-mail or on a page; blank where it is left out.

    Raises:
        ImproperlyConfigured: it is neither an https address nor one of e-mail.
    """
    value = env.text(name, "").strip()
    if value and not re.fullmatch(r"https://\S+|[^\s@:/]+@[^\s@:/]+", value):
        raise ImproperlyConfigured(f"{name} must be an https:// or an e-mail address, or blank.")
    return value


def require_webhook_secret(name: str) -> str:
    """Read the secret that Telegram sends with each update.

    Raises:
        ImproperlyConfigured: it is short, has characters that Telegram refuses, or nearly always the same one.
    """
    value = env.text(name)
    if not 24 <= len(value) <= 256 or not set(value) <= _WEBHOOK_ALPHABET:
        raise ImproperlyConfigured(f"{name} must have 24 to 256 of the characters A-Z a-z 0-9 _ -.")
    if len(set(value)) < 8:
        raise ImproperlyConfigured(
            f"{name} is too weak. Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return value


def optional_token(name: str) -> str:
    """Read a secret that may be left out; a blank one switches off what it guards.

    Raises:
        ImproperlyConfigured: it is short, or looks like a default. The message never holds it.
    """
    value = env.text(name, "")
    if value and (len(value) < 24 or len(set(value)) < 8 or any(word in value.lower() for word in _PLACEHOLDERS)):
        raise ImproperlyConfigured(
            f"{name} is a default or too weak. Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return value
