"""A number for each form that is given out, signed: cookies may be off, and the same form sent twice is known again.

Whoever sends a form for somebody else gains little: these forms use no session and no cookie, so that a page of somebody else
can do no more through a visitor's browser than it could by itself, but for the visitor's place; see `public.crossing`.
"""

import secrets
from datetime import datetime, timedelta

from django.core import signing

_SALT = "tocsin.slip"
HOLDS = timedelta(days=1)  # a page may stand open for a night


def give(form: str, now: datetime) -> str:
    """Return what stands in a form: a fresh number and when it was given, signed.

    Args:
        form: which form it is for.
        now: the time.
    """
    return signing.Signer(salt=_SALT).sign(f"{form}.{secrets.token_hex(16)}.{int(now.timestamp())}")


def taken(slip: str, form: str, now: datetime) -> str:
    """Return the number, of 32 characters; blank if it is none of ours, is for another form, or too old."""
    try:
        given, number, at = signing.Signer(salt=_SALT).unsign(slip[:300]).rsplit(".", 2)
        age = now.timestamp() - int(at)
    except (signing.BadSignature, ValueError):
        return ""
    return number if given == form and age <= HOLDS.total_seconds() else ""
