"""Accounts that pass for ours: those that we know, listed with the day of their report and of their end."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crisis.journal.operations import append
from crisis.registry.addresses import NoAddress, canonical
from crisis.registry.keeping import Fake
from crisis.registry.models import Account, Mode
from crisis.registry.operations import RegistryError
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require

LONGEST_NOTE = 300


@transaction.atomic
def list_fake(*, link: str, platform: str, reported_on: date, note: str, by: Officer, now: datetime) -> Fake:
    """List an account that passes for ours; from then on whoever asks about it is warned.

    Args:
        link: its page, or its name.
        platform: its slug, where only a name is given.
        reported_on: the day on which the platform was told.
        note: for staff.
        by: who lists it.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        RegistryError: it names no account, it is ours, or listed already; or the day lies ahead.
    """
    require(by, Right.PROPOSE)
    try:
        found = canonical(link, platform)
    except NoAddress as error:
        raise RegistryError(f"{error}.") from error
    if reported_on > now.date():
        raise RegistryError(_("The day of the report lies ahead."))
    if len(note) > LONGEST_NOTE:
        raise RegistryError(
            _("The note has %(many)s characters, at most %(most)s.") % {"many": len(note), "most": LONGEST_NOTE}
        )
    same = {"platform": found.platform, "address_key": found.key}
    if Account.objects.filter(mode=Mode.LIVE, archived_on=None, **same).exists():
        raise RegistryError(
            _("%(account)s is in the registry: archive it first.") % {"account": f"{found.platform} {found.address}"}
        )
    try:
        with transaction.atomic():
            fake = Fake.objects.create(address=found.address, reported_on=reported_on, note=note, noted_by=by, **same)
    except IntegrityError as error:
        account = f"{found.platform} {found.address}"
        raise RegistryError(_("%(account)s is listed already.") % {"account": account}) from error
    append(actor=by.actor, action="registry.list_fake", subject=f"fake:{fake.pk}", now=now, platform=found.platform)
    return fake


@transaction.atomic
def note_gone(*, fake: Fake, gone_on: date | None, by: Officer, now: datetime) -> None:
    """Note the day on which a fake was found to be gone, or that it is there again.

    Args:
        fake: which.
        gone_on: the day; None: it is there.
        by: who saw it.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        RegistryError: the day lies ahead, or before the report.
    """
    require(by, Right.PROPOSE)
    if gone_on is not None and not fake.reported_on <= gone_on <= now.date():
        raise RegistryError(_("It was gone between the day of its report and today."))
    Fake.objects.filter(pk=fake.pk).update(gone_on=gone_on)
    append(
        actor=by.actor, action="registry.fake_gone" if gone_on else "registry.fake_is_back", subject=f"fake:{fake.pk}", now=now
    )  # fmt: skip
