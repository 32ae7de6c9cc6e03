"""What people send and no text can say: noted with their case, fetched, kept encrypted, shown to staff, purged with the case."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from crisis.checkins.enclosures import Attachment, Content
from crisis.checkins.holding import require_grave
from crisis.checkins.models import CheckIn
from crisis.encryption import lock, unlock
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require

MAX_BYTES = (
    5_000_000  # of one file; Telegram itself gives a bot up to 20 MB (https://core.telegram.org/bots/api#getfile)
)
MOST = 20  # files of one case: more helps nobody, and fills the disk
# What is kept, by its first bytes, whatever its sender calls it; each is shown by every browser without anything more.
JPEG, OGG, MP4 = "image/jpeg", "audio/ogg", "video/mp4"
TYPES = {JPEG: "jpg", OGG: "ogg", MP4: "mp4"}
FETCHED = frozenset(
    {"photo", "voice", "video", "video_note", "animation"}
)  # always of these types; others by what they say
LEASE = timedelta(seconds=90)  # the longest fetch takes half of it
MAX_TRIES = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as its platform describes it; any of it may be untrue.

    Attributes:
        kind: what the person's app calls it.
        remote_id: the platform's name for it; blank if there is none that can be used.
        size: in bytes; 0 where it is not said.
        media_type: as the sender's app says; blank where it says none.
        album: the same for all that were sent together; blank for what was sent alone.
    """

    kind: str
    remote_id: str = ""
    size: int = 0
    media_type: str = ""
    album: str = ""

    @property
    def obstacle(self) -> str:
        """Why it is only named; blank if it is to be fetched."""
        if self.kind not in FETCHED and self.media_type not in TYPES:
            return "files of this kind are only named"
        if not self.remote_id:
            return "the platform did not say where it is"
        return f"it is larger than {MAX_BYTES // 1_000_000} MB" if self.size > MAX_BYTES else ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claim on a file that is to be fetched; `try_number` counts from 1."""

    id: int
    remote_id: str
    try_number: int


@transaction.atomic
def add(*, checkin: CheckIn, sent: Sent, now: datetime) -> Attachment | None:
    """Note a file with the case of the words that came with it; once, however often it is noted.

    Args:
        checkin: the words; without a case nobody would look at the file, and it is not noted.
        sent: the file.
        now: the time.
    """
    if checkin.case_id is None:
        return None
    known = Attachment.objects.filter(checkin=checkin).first()
    if known is not None:
        return known
    problem = sent.obstacle
    if (
        not problem
        and Attachment.objects.filter(case=checkin.case_id).exclude(state=Attachment.State.NAMED).count() >= MOST
    ):
        problem = f"the case has {MOST} files already"
    return Attachment.objects.create(
        checkin=checkin,
        case_id=checkin.case_id,
        kind=sent.kind[:12],
        remote_id="" if problem else sent.remote_id,
        album=sent.album[:64],
        state=Attachment.State.NAMED if problem else Attachment.State.WAITING,
        problem=problem,
        not_before=now,
        at=now,
    )


def continues_album(attachment: Attachment) -> bool:
    """Tell whether it belongs to others that were sent before it, which were answered."""
    if not attachment.album:
        return False
    same = Attachment.objects.filter(case=attachment.case_id, album=attachment.album, pk__lt=attachment.pk)
    return same.exists()


def claim(*, now: datetime, limit: int = 2) -> list[Waiting]:
    """Take files that are to be fetched, the oldest first; nobody else fetches them until the lease ends."""
    due = Attachment.objects.filter(state=Attachment.State.WAITING, not_before__lte=now)
    taken = []
    for pk, moment in due.order_by("pk").values_list("pk", "not_before")[:limit]:
        mine = Attachment.objects.filter(pk=pk, state=Attachment.State.WAITING, not_before=moment)
        if mine.update(not_before=now + LEASE, tries=F("tries") + 1):
            taken.append(pk)
    rows = Attachment.objects.filter(pk__in=taken).order_by("pk")
    return [Waiting(row.pk, row.remote_id, row.tries) for row in rows]


def keep(*, waiting: Waiting, content: bytes, now: datetime) -> bool:
    """Keep a file that was fetched; False if it is none that staff can open, and only its name stays."""
    media_type = type_of(content)
    if media_type is None or len(content) > MAX_BYTES:
        too_large = f"it is larger than {MAX_BYTES // 1_000_000} MB"
        _name(waiting, too_large if media_type else "it is no JPEG, Ogg or MP4")
        return False
    key, sealed = lock(content)
    with transaction.atomic():
        mine = Attachment.objects.filter(pk=waiting.id, state=Attachment.State.WAITING)
        kept = mine.update(
            state=Attachment.State.KEPT, media_type=media_type, size=len(content), key=key, remote_id="", problem=""
        )
        if kept:
            Content.objects.create(attachment_id=waiting.id, sealed=sealed)
            append(actor="bot", action="checkins.keep_attachment", subject=f"attachment:{waiting.id}", now=now)
    return True


def failed(*, waiting: Waiting, for_good: bool, now: datetime) -> bool:
    """Note that a file could not be fetched; it is tried again a little later, and only named after some tries.

    Args:
        waiting: the claim.
        for_good: the platform says that it never will be.
        now: the time.

    Returns:
        Whether it was given up.
    """
    if for_good or waiting.try_number >= MAX_TRIES:
        _name(waiting, "it could not be fetched")
        return True
    again = now + timedelta(seconds=2.0**waiting.try_number)
    Attachment.objects.filter(pk=waiting.id, state=Attachment.State.WAITING).update(not_before=again)
    return False


def type_of(content: bytes) -> str | None:
    """Return what a file's first bytes show it to be; None if that is nothing that is kept."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"OggS\0"):
        return OGG
    return MP4 if content[4:8] == b"ftyp" else None


@transaction.atomic
def opened(*, attachment: Attachment, by: Officer, now: datetime) -> bytes:
    """Return a kept file's bytes, and note in the journal who has opened it.

    Raises:
        NotAllowed: the officer may not, or the case is restricted.
        Content.DoesNotExist: it is not kept, or not any more.
        UnreadableSecret: a key was removed too early.
    """
    require(by, Right.CASES, of=attachment.case, reading=True)
    require_grave(by, attachment.case)
    sealed = Content.objects.get(attachment=attachment).sealed
    content = unlock(attachment.key, bytes(sealed))
    append(
        actor=by.actor,
        action="checkins.open_attachment",
        subject=f"attachment:{attachment.pk}",
        now=now,
        case=attachment.case_id,
    )
    return content


@transaction.atomic
def purge(*, cases: Collection[int]) -> int:
    """Delete whatever people have sent with some cases; it lives no longer than its case.

    Args:
        cases: their numbers.

    Returns:
        How many files there were.
    """
    rows = Attachment.objects.filter(case__in=list(cases))
    number = rows.count()
    rows.delete()
    return number


def _name(waiting: Waiting, problem: str) -> None:
    Attachment.objects.filter(pk=waiting.id, state=Attachment.State.WAITING).update(
        state=Attachment.State.NAMED, problem=problem, remote_id=""
    )
