"""The codes: made from the household's numbers and a key, so that none is stored; found by a keyed digest of what is shown."""

import hashlib
import hmac

from django.conf import settings

from crisis.encryption import blind_index, blind_indexes

# Neither 0 and O, nor 1, I and L, nor U (which is read as V): 8 of 30 are 39 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8


def made(gathering: int, citizen: int, key: str | None = None) -> str:
    """Return a household's code for a gathering; the same whenever it is asked for, under one key.

    Args:
        gathering, citizen: their ids.
        key: one of TOCSIN_KEYS; the first, unless another is given.
    """
    own = hmac.digest((key or settings.TOCSIN_KEYS[0]).encode(), b"tocsin gathering code", hashlib.sha256)
    number = int.from_bytes(hmac.digest(own, f"{gathering}:{citizen}".encode(), hashlib.sha256))
    letters = []
    for _ in range(LENGTH):
        number, at = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[at])
    return "".join(letters)


def of_digest(gathering: int, citizen: int, digest: str) -> str:
    """Return the code that a stored digest stands for, also after a key was put in front; blank if its key is gone."""
    for key in settings.TOCSIN_KEYS:
        code = made(gathering, citizen, key)
        if digest in digests(code):
            return code
    return ""


def normal(typed: str) -> str:
    """Return a code as it is digested, from how it was typed, or from the address that was scanned; blank if it is none."""
    last = typed.strip().rstrip("/").rpartition("/")[2]
    letters = "".join(each for each in last.upper() if each not in " -\u00a0.")
    return letters if len(letters) == LENGTH and set(letters) <= set(ALPHABET) else ""


def shown(code: str) -> str:
    """Return a code for people to read: in two halves."""
    return f"{code[:4]}-{code[4:]}"


def digest(code: str) -> str:
    """Return what is stored of a code."""
    return blind_index(f"gathering code {code}")


def digests(code: str) -> list[str]:
    """Return what may be stored of it while keys are being rotated."""
    return blind_indexes(f"gathering code {code}")
