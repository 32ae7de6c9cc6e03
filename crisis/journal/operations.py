"""Appending to the journal, sealing it, verifying it."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.journal.models import Entry, Head

SEAL_AT_ONCE = 2_000  # rows of one tick: a few tens of milliseconds


def append(*, actor: str, action: str, subject: str, now: datetime, **data: Any) -> None:
    """Write one entry in the caller's transaction, unchained; the sealer chains it within two seconds.

    Args:
        actor: "officer:ID" or a process's name.
        action: "room.verb".
        subject: "kind:ID".
        now: when.
        data: ids, numbers, states, digests; JSON values only, no personal data.
    """
    entry(actor=actor, action=action, subject=subject, now=now, **data).save()


def entry(*, actor: str, action: str, subject: str, now: datetime, **data: Any) -> Entry:
    """Return one entry, not yet written; the arguments are those of `append`."""
    return Entry(at=now, actor=actor, action=action, subject=subject, data=data)


def append_all(entries: Iterable[Entry]) -> None:
    """Write many entries at once in the caller's transaction."""
    Entry.objects.bulk_create(entries)


def canonical(entry: Entry) -> bytes:
    """Return the bytes that are chained: the entry's fields as JSON with sorted keys and no spaces."""
    fields = {
        "position": entry.position,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "data": entry.data,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _digest(previous: str, entry: Entry) -> str:
    return hashlib.sha256(previous.encode() + canonical(entry)).hexdigest()


def seal() -> int:
    """Chain the committed entries that are not chained yet; two sealers at once wait for one another.

    Returns:
        How many were chained.
    """
    with transaction.atomic():
        Head.objects.get_or_create(pk=1)
        head = Head.objects.select_for_update().get(pk=1)
        entries = list(Entry.objects.filter(position=None).order_by("id")[:SEAL_AT_ONCE])
        for entry in entries:
            head.position += 1
            entry.position, entry.previous = head.position, head.digest
            entry.digest = head.digest = _digest(head.digest, entry)
        Entry.objects.bulk_update(entries, ["position", "previous", "digest"], batch_size=200)
        head.save()
    return len(entries)


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the chain does not hold: the entry's position and what is wrong with it."""

    position: int
    why: str


def verify() -> Broken | None:
    """Walk the whole chain.

    Returns:
        The first place where it does not hold, or None.
    """
    previous, expected = "0" * 64, 0
    for entry in _sealed():
        expected += 1
        if entry.position != expected:
            return Broken(expected, _("an entry is missing"))
        if entry.previous != previous or entry.digest != _digest(previous, entry):
            return Broken(expected, _("the entry was changed after it was sealed"))
        previous = entry.digest
    head = Head.objects.filter(pk=1).first()
    if head is not None and (head.position, head.digest) != (expected, previous):
        return Broken(head.position, _("entries at the end are missing"))
    return None


def _sealed() -> Iterator[Entry]:
    return Entry.objects.exclude(position=None).order_by("position").iterator(chunk_size=2_000)
