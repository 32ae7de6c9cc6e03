"""Does a way reach its person? A code goes there and comes back by the console; nobody is rung by a way before that."""

import secrets
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from crisis.encryption import blind_index, blind_indexes
from crisis.journal.operations import append
from crisis.staff.models import Officer
from crisis.staff.roster import Way
from crisis.staff.rostering import RosterError
from crisis.staff.signals import unconfirmed

CODE_HOLDS = timedelta(minutes=30)  # a mail server may keep a first letter waiting
NOT_BEFORE = timedelta(minutes=1)  # another code
MOST_TRIES = 5  # at a code of 6 digits: one in 200,000 by chance


@transaction.atomic
def ask(*, officer: Officer, kind: str, now: datetime) -> None:
    """Let a code be sent by a way of somebody's own; it is made by the worker that sends it.

    Raises:
        RosterError: there is no such way, it is confirmed, or a code was sent a moment ago.
    """
    way = Way.objects.select_for_update().filter(officer=officer, kind=kind, confirmed_at=None).first()
    if way is None:
        raise RosterError(_("There is nothing to confirm."))
    if way.asked_at is not None and now < way.asked_at + NOT_BEFORE:
        raise RosterError(_("A code was sent a moment ago. Wait a minute, then ask for another one."))
    way.asked_at = now
    way.save(update_fields=["asked_at"])
    transaction.on_commit(partial(unconfirmed.send, sender=None, way_id=way.pk))


@transaction.atomic
def make_code(*, way_id: int, now: datetime) -> tuple[Way, str] | None:
    """Return a way and the code that is sent there; an earlier code is worth nothing then.

    Returns:
        None if nobody waits for it: the way is gone or confirmed, or was asked for long ago.
    """
    way = Way.objects.select_for_update().filter(pk=way_id, confirmed_at=None, asked_at__gt=now - CODE_HOLDS).first()
    if way is None:
        return None
    code = f"{secrets.randbelow(1_000_000):06}"
    way.digest, way.code_until, way.tries = blind_index(_said(way, code)), now + CODE_HOLDS, 0
    way.save(update_fields=["digest", "code_until", "tries"])
    return way, code


def confirm(*, officer: Officer, kind: str, code: str, now: datetime) -> None:
    """Take the code that came by a way: from now on its person is rung there too.

    Raises:
        RosterError: it is wrong, too old, or was guessed too often.
    """
    waits = Way.objects.filter(officer=officer, kind=kind, confirmed_at=None, code_until__gt=now, tries__lt=MOST_TRIES)
    way = waits.exclude(digest="").first()
    # Counted in its own right: what is refused below must not forget the try.
    if way is None or not waits.filter(pk=way.pk).update(tries=F("tries") + 1):
        raise RosterError(_("This code is too old, or was tried too often. Ask for another one."))
    typed = "".join(code.split())
    found = Way.objects.filter(pk=way.pk, confirmed_at=None, digest__in=blind_indexes(_said(way, typed)))
    with transaction.atomic():
        if not found.update(confirmed_at=now, digest="", code_until=None):
            raise RosterError(_("This is not the code that we sent."))
        append(actor=officer.actor, action="staff.confirm_way", subject=f"officer:{officer.pk}", now=now, kind=kind)


def _said(way: Way, code: str) -> str:
    return f"staff way {way.pk} {way.address} {code}"
