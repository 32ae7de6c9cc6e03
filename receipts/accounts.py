"""What people write privately to our accounts, as a platform's webhook tells it: proved on the raw bytes, kept as letters."""

import hashlib
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crisis import clock
from crisis.checkins.letters import Written, receive
from crisis.checkins.unverified import Letter
from crisis.registry.models import Account
from receipts.views import LATER_S
from receipts.whatsapp import is_metas, ours

log = logging.getLogger(__name__)
LONGEST_ID = 200
_LAST_MS = 2**43  # milliseconds: a moment after that is a mistake


@csrf_exempt  # no browser: the signature is the proof
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, slug: str) -> HttpResponse:
    """Hear private messages; a GET is the platform's question whether this address is ours.

    Answers 403 for what is not signed by our app's secret, 400 for what is no JSON object, 503 for "not now, repeat", and 200
    for everything else: what was taken before, and what is to an account that is none of ours.
    """
    if slug not in settings.VERIFY_TOKENS:
        raise Http404
    if request.method == "GET":
        return ours(request, settings.VERIFY_TOKENS[slug])
    if not is_metas(request, settings.WEBHOOK_SECRETS.get(slug, "")):
        log.warning("a letter without our signature was refused", extra={"platform": slug})
        return JsonResponse({"error": "signature"}, status=403)
    try:
        told: Any = json.loads(request.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return JsonResponse({"error": "no webhook"}, status=400)
    try:
        for page, written in _letters(told):
            _keep(slug, page, written)
    except OperationalError:
        log.exception("a letter could not be stored; the platform repeats it", extra={"platform": slug})
        return JsonResponse({"error": "not now"}, status=503, headers={"Retry-After": str(LATER_S)})
    return JsonResponse({"ok": True})


def _keep(slug: str, page: str, written: Written) -> None:
    account = Account.objects.filter(platform=slug, platform_id=page, is_home=True).order_by("pk").first()
    if account is None:
        log.info("a letter to no account of ours", extra={"platform": slug})
        return
    letter = receive(account=account, way=Letter.Way.PRIVATE, written=written, now=clock.now())
    if letter is not None:
        log.info("a letter was kept", extra={"platform": slug, "account": account.pk, "letter": letter.pk})


def _letters(told: dict[str, Any]) -> Iterator[tuple[str, Written]]:
    """Return what was written, each with the number of the account; what has not the form of a message is passed over."""
    for entry in _objects(told.get("entry")):
        for event in _objects(entry.get("messaging")):
            page, sender = (_id(event.get(name)) for name in ("recipient", "sender"))
            at = event.get("timestamp")
            if page and sender and isinstance(at, int) and not isinstance(at, bool) and 0 <= at < _LAST_MS:
                moment = datetime.fromtimestamp(at / 1000, UTC)
                if (written := _written(event, sender, moment)) is not None:
                    yield page, written


def _written(event: dict[str, Any], sender: str, at: datetime) -> Written | None:
    message, press, edit = (event.get(name) for name in ("message", "postback", "message_edit"))
    if isinstance(message, dict) and not message.get("is_echo"):
        number, text = message.get("mid"), _text(message.get("text"))
        kinds = [str(each.get("type", "file"))[:20] for each in _objects(message.get("attachments"))]
        # What no rule reads is named, so that a person sees that something came.
        said = " ".join([*(f"[{kind}]" for kind in kinds), text]).strip()
    elif isinstance(press, dict):
        said = _text(press.get("title"))
        number = (
            press.get("mid")
            or hashlib.sha256(f"{sender}:{at.timestamp()}:{said}".encode("utf-8", "replace")).hexdigest()
        )
    elif isinstance(edit, dict):
        said = _text(edit.get("text"))
        number = f"{edit.get('mid')}:{edit.get('num_edit')}"
    else:
        return None  # it was delivered, or read, or is our own
    if not isinstance(number, str) or not 0 < len(number) <= LONGEST_ID or not said:
        return None
    return Written(number, sender, said, at)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _id(value: Any) -> str:
    number = value.get("id") if isinstance(value, dict) else None
    return number if isinstance(number, str) and 0 < len(number) <= LONGEST_ID else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
