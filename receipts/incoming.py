"""What people write back by SMS, by the contract of docs/sms-gateway.md: proved, read, and taken by the domain."""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crisis import clock
from crisis.audience.addresses import AddressError, found, normal
from crisis.audience.models import Contact
from crisis.checkins.models import CheckIn
from crisis.checkins.replies import take
from receipts.views import LATER_S, is_proved

log = logging.getLogger(__name__)
_WAY = Contact.Kind.SMS
LONGEST_TEXT = 1600  # characters: ten joined messages, more than phones write
LONGEST_ID = 120
LARGEST = 10_000  # bytes: that text with every character escaped, and the rest
_LAST = 2**33  # seconds: a moment after that is a mistake


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the gateway tells it; `sender` as it stands there."""

    id: str
    sender: str
    text: str
    at: datetime


@csrf_exempt  # no browser: the signature is the proof
@require_POST
def message(request: HttpRequest) -> HttpResponse:
    """Take one message.

    Answers 403 for what is not signed with our secret or too old, 400 for what is no message, 503 for "not now, repeat", and 200
    for everything else, whoever wrote it: the gateway learns nothing about who is known.
    """
    # Before the body is read: nobody makes us hold, or sign, what no message can be.
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > LARGEST:
        return _none()
    if not is_proved(request, settings.RECEIPTS_SECRETS.get(_WAY, "")):
        log.warning("a message without our signature was refused", extra={"way": _WAY})
        return JsonResponse({"error": "signature"}, status=403)
    told = _message(request.body)
    if told is None:
        return _none()
    try:
        _take(told)
    except OperationalError:
        log.exception("a message could not be stored; the gateway repeats it", extra={"way": _WAY})
        return JsonResponse({"error": "not now"}, status=503, headers={"Retry-After": str(LATER_S)})
    return JsonResponse({"ok": True})


def _take(told: Message) -> None:
    contact = _contact(told.sender)
    if contact is None:
        # Nothing is kept of somebody who has not subscribed, the number least of all.
        log.info("a message from nobody whom we know", extra={"way": _WAY})
        return
    reply = take(
        contact=contact, text=told.text, source=CheckIn.Source.SMS, ref=told.id, written_at=told.at, now=clock.now()
    )
    log.info("a message was taken", extra={"way": _WAY, "contact": contact.pk, "became": reply.became})


def _contact(sender: str) -> Contact | None:
    try:
        return found(_WAY, normal(_WAY, sender))
    except AddressError:
        return None


def _none() -> HttpResponse:
    return JsonResponse({"error": "no message"}, status=400)


def _message(body: bytes) -> Message | None:
    try:
        told: Any = json.loads(body)
        number, sender, text, at = (told[name] for name in ("id", "from", "text", "at"))
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    strings = all(isinstance(each, str) for each in (number, sender, text))
    if not strings or not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < _LAST:
        return None
    if not 0 < len(number) <= LONGEST_ID or len(text) > LONGEST_TEXT or len(sender) > LONGEST_ID:
        return None
    return Message(number, sender, text, datetime.fromtimestamp(at, UTC))
