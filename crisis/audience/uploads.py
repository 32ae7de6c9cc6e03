"""A list of people on its way in, as a person moves it: taken in, its columns confirmed, brought in or thrown away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.audience import columns
from crisis.audience.lists import Upload
from crisis.audience.models import ImportedFile
from crisis.audience.signals import brought
from crisis.audience.tables import BadTable, lines, table
from crisis.encryption import seal
from crisis.journal.operations import append
from crisis.registry.models import Ministry
from crisis.staff.models import Officer

MOST_ROWS = 200_000
LONGEST_KEPT = timedelta(days=5 * 366)  # whoever keeps people for longer brings their list in again
State = Upload.State


class BadList(Exception):
    """What was asked cannot be done with this list; the message says why, and holds nothing of anybody on it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a list comes from: its file's name, who gave it, by what right it is kept, and the last day on which it is.

    `language` is of whoever's row names none; blank makes that a mistake.
    """

    name: str
    source: str
    legal_basis: str
    expires_on: date
    language: str = ""


def take_in(*, data: bytes, origin: Origin, ministry: Ministry, by: Officer | None, now: datetime) -> Upload:
    """Store a file, encrypted, with a proposal which of its columns is which.

    Raises:
        BadList: it is no such file, it is empty, or its origin is not said.
    """
    if not origin.source.strip() or not origin.legal_basis.strip():
        raise BadList(_("Say who gave the list, and by what right its people are kept."))
    if len(origin.source) > 200 or len(origin.legal_basis) > 300:
        raise BadList(_("The source has at most 200 characters, the legal basis 300."))
    if not now.date() < origin.expires_on <= now.date() + LONGEST_KEPT:
        raise BadList(_("The list expires on a day to come, within five years."))
    if origin.language and origin.language not in ministry.languages:
        raise BadList(_("The language is one of %(languages)s.") % {"languages": ", ".join(ministry.languages)})
    try:
        found = table(data)
        rows = sum(1 for _ in lines(found.text, found.delimiter))
    except BadTable as error:
        raise BadList(_("The file cannot be read: %(error)s.") % {"error": error}) from error
    if not 0 < rows <= MOST_ROWS:
        raise BadList(
            _("The file has no rows.")
            if not rows
            else _("The file has more than %(most)s rows: divide it.") % {"most": f"{MOST_ROWS:,}"}
        )
    return Upload.objects.create(
        ministry=ministry, name=origin.name[:200], source=origin.source.strip(), legal_basis=origin.legal_basis.strip(),
        expires_on=origin.expires_on, language=origin.language, content=seal(found.text), encoding=found.encoding,
        delimiter=found.delimiter, header=list(found.header), columns=columns.proposed(found.header), lines=rows,
        uploaded_at=now, uploaded_by=by,
    )  # fmt: skip


@transaction.atomic
def confirm_columns(*, upload: Upload, mapping: Mapping[str, str]) -> None:
    """Say which of their columns is which of ours, and have every row checked; nothing is written meanwhile.

    Args:
        upload: not one that is being brought in already.
        mapping: theirs by ours.

    Raises:
        BadList: the mapping cannot be used, or it is too late.
    """
    upload = _locked(upload)
    if upload.state not in (State.COLUMNS, State.CHECKING, State.CHECKED):
        raise BadList(_("This list is being brought in already."))
    if why := columns.problem(mapping, upload.header):
        raise BadList(f"{why[0].upper()}{why[1:]}.")
    upload.columns = dict(mapping)
    _restart(upload, State.CHECKING)


@transaction.atomic
def bring_in(
    *, upload: Upload, leave_out: bool, update_known: bool, invite: bool, by: Officer | None, now: datetime
) -> None:
    """Have a checked list brought in, in batches: whatever breaks, it goes on where it was.

    Args:
        upload: one that was checked.
        leave_out: its bad rows are left out.
        update_known: who is here already, by an address, is given what the list says; else they stay as they are.
        invite: who is new gets an invitation to link a chat.
        by: who decided it; None is the command line.
        now: the time.

    Raises:
        BadList: it was not checked, it has bad rows that are not left out, or nothing would be left.
    """
    upload = _locked(upload)
    if upload.state != State.CHECKED:
        raise BadList(_("This list is not checked, or is being brought in already."))
    if upload.bad and not leave_out:
        raise BadList(
            _("%(bad)s rows are bad: leave them out, or mend the file and begin anew.") % {"bad": f"{upload.bad:,}"}
        )
    if not upload.good and not (update_known and upload.known):
        raise BadList(_("No row is left that can be brought in."))
    upload.leave_out, upload.update_known, upload.invite = leave_out, update_known, invite
    upload.file = ImportedFile.objects.create(
        ministry=upload.ministry, name=upload.name, source=upload.source, legal_basis=upload.legal_basis,
        expires_on=upload.expires_on, imported_at=now, imported_by=by,
    )  # fmt: skip
    append(
        actor=by.actor if by else "command", action="audience.import", subject=f"list:{upload.file.pk}", now=now,
        rows=upload.lines, good=upload.good, known=upload.known, bad=upload.bad, invite=invite, update=update_known,
    )  # fmt: skip
    _restart(upload, State.BRINGING)


@transaction.atomic
def discard(*, upload: Upload) -> None:
    """Throw a list away that nothing came of.

    Raises:
        BadList: it is being brought in.
    """
    upload = _locked(upload)
    if upload.state == State.BRINGING:
        raise BadList(_("This list is being brought in already."))
    upload.delete()


def _locked(upload: Upload) -> Upload:
    try:
        return Upload.objects.select_for_update().get(pk=upload.pk)
    except Upload.DoesNotExist as error:
        raise BadList(_("Somebody has thrown this list away.")) from error


def _restart(upload: Upload, state: Upload.State) -> None:
    upload.state, upload.seen, upload.good, upload.known, upload.bad, upload.problems = state, 0, 0, 0, 0, []
    # Whoever works on it by the old rules finds that the turn is over.
    upload.turn, upload.lease_until = upload.turn + 1, None
    upload.save()
    transaction.on_commit(lambda: brought.send(sender=Upload))
