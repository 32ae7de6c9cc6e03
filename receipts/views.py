"""Receipts by the contract of docs/sms-gateway.md: proved, read, settled in the ledger."""

import hashlib
import hmac
import json
import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crisis import clock
from crisis.broadcast.receipts import Heard, Word, hear

log = logging.getLogger(__name__)
FRESH = timedelta(minutes=5)  # older words may be somebody's recording
LATER_S = 5
_KNOWN = ("delivered", "failed")


@csrf_exempt  # no browser: the signature is the proof
@require_POST
def gateway(request: HttpRequest, way: str) -> HttpResponse:
    """Hear one receipt.

    Answers 403 for what is not signed with our secret or too old, 400 for what is no receipt, 503 for "not yet, repeat", and
    200 for everything that need not be repeated.
    """
    if not is_proved(request, settings.RECEIPTS_SECRETS.get(way, "")):
        log.warning("a receipt without our signature was refused", extra={"way": way})
        return JsonResponse({"error": "signature"}, status=403)
    word = _word(request.body)
    if word is None:
        return JsonResponse({"error": "no receipt"}, status=400)
    return answer(hear(kind=way, word=word, now=clock.now())) if word.status else JsonResponse({"ok": True})


def answer(heard: Heard) -> HttpResponse:
    """Return what a sender of receipts is told."""
    if heard == Heard.NOT_YET:
        return JsonResponse({"error": "not yet"}, status=503, headers={"Retry-After": str(LATER_S)})
    return JsonResponse({"ok": True, "known": heard == Heard.SETTLED})


def is_proved(request: HttpRequest, secret: str) -> bool:
    """Tell whether a request is signed with a secret, and young enough."""
    return is_signed(request, request.body, secret)


def is_signed(request: HttpRequest, body: bytes, secret: str) -> bool:
    """Tell whether a request's body, read already, is signed with a secret, and young enough."""
    at = request.headers.get("Tocsin-Timestamp", "")
    proof = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    given = request.headers.get("Tocsin-Signature", "")
    same = hmac.compare_digest(given.encode(), f"sha256={proof}".encode())
    # Its age is asked only once the moment is proved to be the sender's.
    return bool(secret) and same and at.isdecimal() and abs(clock.now().timestamp() - int(at)) <= FRESH.total_seconds()


def _word(body: bytes) -> Word | None:
    try:
        told: Any = json.loads(body)
        reference, number, status = (str(told[name]) for name in ("reference", "id", "status"))
        code = str(told.get("code", ""))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    return Word(reference, number[:120], status if status in _KNOWN else "", code[:20], gone=code == "number")
