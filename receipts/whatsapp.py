"""WhatsApp's webhook: proved on the raw bytes; each status is settled in the ledger, what people write is taken as a reply."""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crisis import clock
from crisis.audience.addresses import AddressError, found, normal
from crisis.audience.models import Contact
from crisis.broadcast.receipts import Heard, Word, hear
from crisis.checkins.models import CheckIn
from crisis.checkins.replies import take, take_place
from crisis.checkins.strangers import knock
from receipts.views import LATER_S, answer
from receipts.written import Message, messages

log = logging.getLogger(__name__)
_KIND = Contact.Kind.WHATSAPP
_STATES = {"delivered": "delivered", "read": "delivered", "failed": "failed"}
_NOT_THERE = 131026  # no WhatsApp on that phone, or too old a one: believed the second time


@csrf_exempt  # no browser: the signature is the proof
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest) -> HttpResponse:
    """Hear statuses and messages; a GET is the platform's question whether this address is ours.

    Answers 403 for what is not signed by our app's secret, 400 for what is no JSON object, 503 for "not yet, repeat": the
    platform sends it again, which is harmless.
    """
    if request.method == "GET":
        return ours(request, settings.APP_SECRETS.get(f"{_KIND}_verify_token".upper(), ""))
    if not is_metas(request, settings.APP_SECRETS.get(f"{_KIND}_app_secret".upper(), "")):
        log.warning("a receipt without our signature was refused", extra={"way": _KIND})
        return JsonResponse({"error": "signature"}, status=403)
    try:
        told = json.loads(request.body)
        words, written = list(_words(told)), list(messages(told))
    except (ValueError, RecursionError, TypeError, AttributeError, KeyError):
        return JsonResponse({"error": "no webhook"}, status=400)
    try:
        heard = [hear(kind=_KIND, word=word, now=clock.now()) for word in words]
        for message in written:
            _take(message)
    except OperationalError:
        log.exception("a message could not be stored; the platform repeats it", extra={"way": _KIND})
        return JsonResponse({"error": "not now"}, status=503, headers={"Retry-After": str(LATER_S)})
    return answer(Heard.NOT_YET if Heard.NOT_YET in heard else Heard.SETTLED)


def _take(message: Message) -> None:
    """Take one message, as a text by SMS is taken; the same one again changes nothing."""
    try:
        address = normal(_KIND, f"+{message.sender.removeprefix('+')}")
    except AddressError:
        # The platform may name people by a number of its own, which nobody has given us.
        log.info("a message from somebody without a number", extra={"way": _KIND})
        return
    contact = found(_KIND, address)
    now = clock.now()
    if contact is None:
        knock(source=CheckIn.Source.WHATSAPP, kind=_KIND, address=address, ref=message.id, now=now)
        log.info("a message from nobody whom we know", extra={"way": _KIND})
        return
    source = CheckIn.Source.WHATSAPP
    if message.place is not None:
        reply = take_place(
            contact=contact, to=message.place, source=source, ref=message.id, written_at=message.at, now=now
        )
    else:
        reply = take(
            contact=contact, text=message.text, beside=message.beside, source=source, ref=message.id,
            written_at=message.at, now=now,
        )  # fmt: skip
    log.info("a message was taken", extra={"way": _KIND, "contact": contact.pk, "became": reply.became})


def is_metas(request: HttpRequest, secret: str) -> bool:
    """Tell whether the raw bytes of a request are signed with our app's secret, as Meta signs its webhooks."""
    proof = "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    given = request.headers.get("X-Hub-Signature-256", "")
    return hmac.compare_digest(given.encode("utf-8", "replace"), proof.encode()) and bool(secret)


def ours(request: HttpRequest, token: str) -> HttpResponse:
    """Answer Meta's question whether an address is ours."""
    same = hmac.compare_digest(request.GET.get("hub.verify_token", "").encode("utf-8", "replace"), token.encode())
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
