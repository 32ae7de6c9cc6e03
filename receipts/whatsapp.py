"""WhatsApp's webhook: proved on the raw bytes, then each status settled in the ledger. What people write is not heard here."""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crisis import clock
from crisis.audience.models import Contact
from crisis.broadcast.receipts import Heard, Word, hear
from receipts.views import answer

log = logging.getLogger(__name__)
_KIND = Contact.Kind.WHATSAPP
_STATES = {"delivered": "delivered", "read": "delivered", "failed": "failed"}
_NOT_THERE = 131026  # no WhatsApp on that phone, or too old a one: believed the second time


@csrf_exempt  # no browser: the signature is the proof
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest) -> HttpResponse:
    """Hear statuses; a GET is the platform's question whether this address is ours.

    Answers 403 for what is not signed by our app's secret, 400 for what is no JSON object, 503 for "not yet, repeat": the
    platform sends it again, which is harmless.
    """
    if request.method == "GET":
        return _ours(request)
    secret = settings.APP_SECRETS.get(f"{_KIND}_app_secret".upper(), "")
    proof = "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    given = request.headers.get("X-Hub-Signature-256", "")
    if not hmac.compare_digest(given.encode(), proof.encode()) or not secret:
        log.warning("a receipt without our signature was refused", extra={"way": _KIND})
        return JsonResponse({"error": "signature"}, status=403)
    try:
        words = list(_words(json.loads(request.body)))
    except (ValueError, RecursionError, TypeError, AttributeError, KeyError):
        return JsonResponse({"error": "no webhook"}, status=400)
    heard = [hear(kind=_KIND, word=word, now=clock.now()) for word in words]
    return answer(Heard.NOT_YET if Heard.NOT_YET in heard else Heard.SETTLED)


def _ours(request: HttpRequest) -> HttpResponse:
    token = settings.APP_SECRETS.get(f"{_KIND}_verify_token".upper(), "")
    same = hmac.compare_digest(request.GET.get("hub.verify_token", "").encode(), token.encode())
    if not (token and same):
        return HttpResponse(status=403)
    return HttpResponse(request.GET.get("hub.challenge", "")[:200], content_type="text/plain")


def _words(told: dict[str, Any]) -> Iterator[Word]:
    for entry in told.get("entry", []):
        for change in entry.get("changes", []):
            for status in change["value"].get("statuses", []):
                if state := _STATES.get(status["status"]):
                    codes = [error.get("code") for error in status.get("errors", [])]
                    code = str(codes[0])[:20] if codes else ""
                    reference = str(status.get("biz_opaque_callback_data", ""))
                    yield Word(reference, str(status["id"])[:120], state, code, seems_gone=_NOT_THERE in codes)
