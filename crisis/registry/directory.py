"""The directory kept by hand: numbers and links added, changed, verified and ended by whoever may, each for their own posts."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from crisis.journal.operations import append
from crisis.registry import cells
from crisis.registry.models import CHECK_EVERY, DirectoryEntry, Ministry, Post
from crisis.registry.operations import RegistryError
from crisis.staff.models import Officer
from crisis.staff.reach import Reach
from crisis.staff.rights import Right, require_at

LONGEST_VERIFIER = 120  # characters, as is a value's below
LONGEST_VALUE = 200
TYPED = "typed in the console"  # the source of what an import leaves as it is
UNVERIFIED = {"verified_on": None, "verified_by": "", "check_on": None}


def in_reach(reach: Reach) -> QuerySet[DirectoryEntry]:
    """Return the home ministry's entries in reach: a post's are its own, the ministry's are for whoever reaches everything."""
    rows = DirectoryEntry.objects.filter(ministry__is_home=True)
    return rows if reach.everything else rows.filter(post__in=reach.posts)


def entries(reach: Reach, *, post: str, on: date) -> list[DirectoryEntry]:
    """Return the entries in reach, those whose check is due first, of these the one that has waited longest.

    Args:
        reach: of whoever asks.
        post: only of the post with this number; "ministry": only the ministry's own; blank: all.
        on: today.
    """
    rows = in_reach(reach).select_related("post", "ministry")
    if post == "ministry":
        rows = rows.filter(post=None)
    elif post:
        rows = rows.filter(post=int(post)) if post.isdecimal() and len(post) <= 18 else rows.none()
    listed = rows.order_by(F("verified_on").asc(nulls_first=True), F("post__name").asc(nulls_first=True), "purpose")
    return sorted(listed, key=lambda entry: not entry.is_stale(on))


@transaction.atomic
def add_entry(
    *, ministry: Ministry, post: Post | None, kind: str, purpose: str, value: str, by: Officer, now: datetime
) -> DirectoryEntry:
    """Add a number or link; it counts as verified only once somebody has dialled or opened it.

    Args:
        ministry: whose.
        post: of which post; None: of the whole ministry.
        kind, purpose: values of `DirectoryEntry.Kind` and `DirectoryEntry.Purpose`.
        value: as typed.
        by: who adds it.
        now: the time.

    Raises:
        NotAllowed: `by` may not, or not for this post.
        RegistryError: it is none of that kind, or one for the same purpose stands there already.
    """
    require_at(by, Right.DIRECTORY, post.pk if post else None)
    if kind not in DirectoryEntry.Kind.values or purpose not in DirectoryEntry.Purpose.values:
        raise RegistryError(_("Choose what it is, and what it is for."))
    clean = checked(kind, value)
    try:
        with transaction.atomic():
            entry = DirectoryEntry.objects.create(
                ministry=ministry, post=post, kind=kind, purpose=purpose, value=clean, source=TYPED
            )
    except IntegrityError as error:
        raise RegistryError(_("There is one for this purpose already: change that one.")) from error
    _note(entry, "registry.add_entry", by.actor, now)
    return entry


@transaction.atomic
def change_entry(*, entry: DirectoryEntry, value: str, was: str, by: Officer, now: datetime) -> None:
    """Write another number or link in an entry's place; it is not the one that was verified.

    Args:
        entry: which.
        value: as typed.
        was: what stood there when the page was shown.
        by: who changes it.
        now: the time.

    Raises:
        NotAllowed: `by` may not, or not for this post.
        RegistryError: it is none of that kind, or somebody else has changed it meanwhile; nothing is changed then.
    """
    require_at(by, Right.DIRECTORY, entry.post_id)
    clean = checked(entry.kind, value)
    if clean == was:
        return
    rows = DirectoryEntry.objects.filter(pk=entry.pk, value=was)
    if not rows.update(value=clean, source=TYPED, **UNVERIFIED):
        raise RegistryError(_("Somebody else has changed it meanwhile. Look again; nothing of yours was stored."))
    _note(entry, "registry.change_entry", by.actor, now, before=was, after=clean)


@transaction.atomic
def verify_entry(*, entry: DirectoryEntry, value: str, check_on: date | None, by: Officer, now: datetime) -> None:
    """Note that an officer has just dialled the number, or opened the link, and that it is what it is said to be.

    Args:
        entry: which.
        value: what was dialled or opened: another one is not verified by it.
        check_on: when somebody is to do so again; None: after `CHECK_EVERY`.
        by: who.
        now: the time.

    Raises:
        NotAllowed: `by` may not, or not for this post.
        RegistryError: it was changed meanwhile, or the next check lies behind us or too far ahead.
    """
    require_at(by, Right.DIRECTORY, entry.post_id)
    name = str(by)[:LONGEST_VERIFIER]
    note_check(entry=entry, value=value, by=name, now=now, actor=by.actor, check_on=check_on)


@transaction.atomic
def note_check(
    *, entry: DirectoryEntry, value: str, by: str, now: datetime, actor: str, check_on: date | None = None
) -> None:
    """Note that somebody vouches for an entry.

    Args:
        entry: which.
        value: see `verify_entry`.
        by: who; shown to staff, and kept out of the journal.
        now: the time.
        actor: who says so, for the journal.
        check_on: see `verify_entry`.

    Raises:
        RegistryError: it was changed meanwhile; nobody is named, or too long; or the next check is not in the future, or too
            far in it.
    """
    if not by.strip() or len(by) > LONGEST_VERIFIER:
        raise RegistryError(_("Say who has verified it, in at most %(most)s characters.") % {"most": LONGEST_VERIFIER})
    latest = now.date() + 2 * CHECK_EVERY
    if check_on is not None and not now.date() < check_on <= latest:
        raise RegistryError(_("The next check is after today, and no later than {day}.").format(day=latest))
    due = check_on or now.date() + CHECK_EVERY
    # Asked in the same breath: another number, typed a moment ago, is not verified by this one.
    rows = DirectoryEntry.objects.filter(pk=entry.pk, value=value)
    if not rows.update(verified_on=now.date(), verified_by=by.strip(), check_on=due):
        raise RegistryError(_("Somebody has changed it meanwhile: look again, and verify what stands there now."))
    _note(entry, "registry.verify_entry", actor, now, check_on=due.isoformat())


@transaction.atomic
def end_entry(*, entry: DirectoryEntry, was: str, by: Officer, now: datetime) -> None:
    """Take a number or link out of the directory: nothing gives it any more.

    Args:
        entry: which.
        was: what stood there when the page was shown.
        by: who takes it out.
        now: the time.

    Raises:
        NotAllowed: `by` may not, or not for this post.
        RegistryError: somebody else has changed it meanwhile, or taken it out; nothing is changed then.
    """
    require_at(by, Right.DIRECTORY, entry.post_id)
    number = entry.pk
    if not DirectoryEntry.objects.filter(pk=number, value=was).delete()[0]:
        raise RegistryError(_("Somebody else has changed it meanwhile. Look again; nothing of yours was stored."))
    entry.pk = number
    _note(entry, "registry.end_entry", by.actor, now, before=was)


def checked(kind: str, value: str) -> str:
    """Return a number or an address as it is stored.

    Raises:
        RegistryError: it is none; the message says how it is written.
    """
    clean = " ".join(value.split())
    try:
        if not clean or len(clean) > LONGEST_VALUE:
            raise ValueError(clean)
        return cells.phone(clean) if kind == DirectoryEntry.Kind.PHONE else _page(clean)
    except ValueError as error:
        raise RegistryError(
            _("Write the number as it is dialled from abroad: +32 2 501 40 00")
            if kind == DirectoryEntry.Kind.PHONE
            else _("Write the whole address: https://…")
        ) from error


def _page(text: str) -> str:
    if not text.startswith("https://"):
        raise ValueError(text)
    return cells.website(text)


def _note(entry: DirectoryEntry, action: str, actor: str, now: datetime, **more: str) -> None:
    """Journal it; numbers and links of the directory are public."""
    append(
        actor=actor, action=action, subject=f"entry:{entry.pk}", now=now, kind=entry.kind, purpose=entry.purpose,
        post=entry.post.code if entry.post else "", **more,
    )  # fmt: skip
