"""Telegram's webhook: the secret is compared in constant time, the update stored under its number, then acknowledged."""

import hmac
import json
import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crisis import clock
from crisis.checkins import inbox

log = logging.getLogger(__name__)
HEADER = "X-Telegram-Bot-Api-Secret-Token"
_IN_META = f"HTTP_{HEADER.replace('-', '_').upper()}"  # reading one header would read them all


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Store one update.

    Answers 403 without the secret, 400 for what is no update, 413 for what is too large, 200 once it is stored. Anything else
    makes Telegram send it again, which is harmless: the same number is stored once.
    """
    given = request.META.get(_IN_META, "")
    if not hmac.compare_digest(given.encode(), settings.TELEGRAM_WEBHOOK_SECRET.encode()):
        log.warning(
            "a webhook call without our secret was refused", extra={"from": request.META.get("REMOTE_ADDR", "")}
        )
        return JsonResponse({"error": "wrong secret"}, status=403)
    if len(request.body) > inbox.MAX_BYTES:
        log.warning("a webhook call was too large and refused", extra={"bytes": len(request.body)})
        return JsonResponse({"error": "too large"}, status=413)
    try:
        inbox.take_telegram(json.loads(request.body), now=clock.now())
    except (ValueError, RecursionError, inbox.NotAnUpdate) as error:
        log.warning("a webhook call was no update", extra={"error": type(error).__name__})
        return JsonResponse({"error": "no update"}, status=400)
    return JsonResponse({"ok": True})
