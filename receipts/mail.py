"""What people answer to an e-mail, by the contract of docs/mail-gateway.md: proved, known by our own token, read, taken."""

import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parseaddr, parsedate_to_datetime

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crisis import clock
from crisis.audience.addresses import AddressError, normal
from crisis.audience.models import Contact
from crisis.audience.replying import contact_of_address
from crisis.checkins.models import CheckIn
from crisis.checkins.replies import take
from crisis.encryption import blind_indexes
from receipts.quotes import is_automatic, own_words
from receipts.views import LATER_S, is_signed

log = logging.getLogger(__name__)
_WAY = Contact.Kind.EMAIL
LARGEST = 10_000_000  # bytes: some photos from a phone
OLDEST = timedelta(days=7)  # what says that it was written before is wrong about it, or too late to answer anything
MOST_ADDRESSES = 50
# Any address in a header, whatever else is wrong with that: only one with our own token is of use.
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
# The standard library stumbles over mail that nobody should send in more ways than it documents.
_STUMBLES = (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)


@dataclass(frozen=True, slots=True)
class _Mail:
    """An e-mail, as far as it is read; `beside` says what no rule can read."""

    ref: str
    text: str
    at: datetime
    beside: str = ""


@csrf_exempt  # no browser: the signature is the proof
@require_POST
def message(request: HttpRequest) -> HttpResponse:
    """Take one e-mail, whole as the mail server got it.

    Answers 403 for what is not signed with our secret or too old, 413 for what is too large, 503 for "not now, repeat", and 200
    for everything else, whoever wrote it: the gateway learns nothing about who is known.
    """
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > LARGEST:
        return JsonResponse({"error": "too large"}, status=413)
    raw = request.read(LARGEST)
    if not is_signed(request, raw, settings.RECEIPTS_SECRETS.get(_WAY, "")):
        log.warning("an e-mail without our signature was refused", extra={"way": _WAY})
        return JsonResponse({"error": "signature"}, status=403)
    try:
        _take(raw, request.headers.get("Tocsin-Recipient", ""))
    except OperationalError:
        log.exception("an e-mail could not be stored; the gateway repeats it", extra={"way": _WAY})
        return JsonResponse({"error": "not now"}, status=503, headers={"Retry-After": str(LATER_S)})
    return JsonResponse({"ok": True})


def _take(raw: bytes, recipient: str) -> None:
    now = clock.now()
    mail, whole = _parsed(raw)
    contact = next((found for each in _recipients(mail, recipient) if (found := contact_of_address(each))), None)
    if contact is None or contact.kind != _WAY:
        # Nothing is kept of somebody whom no address of ours names.
        log.info("an e-mail to none of our addresses", extra={"way": _WAY})
        return
    if is_automatic(mail):
        log.info("a machine's e-mail was passed over", extra={"way": _WAY, "contact": contact.pk})
        return
    read = _read(mail, raw, contact, now, whole=whole)
    reply = take(
        contact=contact,
        text=read.text,
        source=CheckIn.Source.EMAIL,
        ref=read.ref,
        written_at=read.at,
        now=now,
        beside=read.beside,
    )
    log.info("an e-mail was taken", extra={"way": _WAY, "contact": contact.pk, "became": reply.became})


def _parsed(raw: bytes) -> tuple[EmailMessage, bool]:
    """Return an e-mail, and whether more of it than its head could be read: what is nested without end could not."""
    try:
        return message_from_bytes(raw, policy=policy.default), True
    except _STUMBLES:
        return BytesHeaderParser(policy=policy.default).parsebytes(raw), False


def _recipients(mail: EmailMessage, envelope: str) -> list[str]:
    """Return to whom it went: as the gateway says, else as it says itself."""
    if envelope:
        return [envelope]
    found = [value for name in _TO for value in _values(mail, name)]
    return [address for value in found for address in _ADDRESS.findall(value)][:MOST_ADDRESSES]


def _values(mail: EmailMessage, name: str) -> list[str]:
    try:
        return [str(value) for value in mail.get_all(name, [])]
    except _STUMBLES:
        return []


def _read(mail: EmailMessage, raw: bytes, contact: Contact, now: datetime, *, whole: bool) -> _Mail:
    ref = "".join(_values(mail, "Message-ID")).strip() or hashlib.sha256(raw).hexdigest()
    try:
        text, more = own_words(mail) if whole else ("", True)
    except _STUMBLES:
        text, more = "", True
    beside = "attachment" if more else ""
    if not _is_from(mail, contact):
        # Whoever was forwarded our e-mail holds its token too: a person reads what they say, and no rule believes it.
        beside = "written from another address"
    return _Mail(ref, text, _written_at(mail, now), beside)


def _is_from(mail: EmailMessage, contact: Contact) -> bool:
    found = _values(mail, "From")
    try:
        return len(found) == 1 and contact.address in blind_indexes(normal(_WAY, parseaddr(found[0])[1]))
    except AddressError:
        return False


def _written_at(mail: EmailMessage, now: datetime) -> datetime:
    """Return when it says that it was written; now, where it says nothing that can be."""
    try:
        at = parsedate_to_datetime("".join(_values(mail, "Date")))
    except _STUMBLES:
        return now
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return at if now - OLDEST < at <= now else now
