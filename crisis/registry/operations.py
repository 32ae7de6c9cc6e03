"""Changing the registry: installing, adding accounts and their shadows, connecting, releasing and pausing them."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crisis.encryption import Secrets
from crisis.journal.operations import append
from crisis.registry import cells
from crisis.registry.models import Account, Credential, DirectoryEntry, Holder, Installation, Ministry, Mode
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require
from platforms import catalog

NOT_RELEASED = gettext_noop("not released yet")
RETIRED = gettext_noop("no longer in the imported list")
ARCHIVED = gettext_noop("archived")
GONE = (RETIRED, ARCHIVED)  # why an account is paused that is ours no more
LONGEST_HOLDER = 160  # characters


class MixedInstallation(Exception):
    """The database and the settings are not of one kind of operation."""


class RegistryError(Exception):
    """What was asked contradicts the registry; the message says how."""


def check_installation(*, mode: str) -> Installation:
    """Return the installation if it is of this kind.

    Args:
        mode: "demo" or "live", as the settings say.

    Raises:
        MixedInstallation: nothing is installed, or it is of the other kind.
    """
    installation = Installation.objects.select_related("home").first()
    if installation is None:
        raise MixedInstallation("Nothing is installed in this database yet: run `manage.py install` first.")
    if installation.kind != mode:
        raise MixedInstallation(
            f"This database was installed for {installation.get_kind_display().upper()}, and the settings are {mode.upper()}. "
            "A demo never becomes live, nor the other way round: give each its own database."
        )
    return installation


def read_ministries(path: Path) -> dict[str, dict[str, Any]]:
    """Read a file of ministries.

    Raises:
        RegistryError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RegistryError(f"{path.name} cannot be read: {error}") from error


@transaction.atomic
def install(*, mode: str, home: str, ministries: dict[str, dict[str, Any]], now: datetime) -> Installation:
    """Decide once what this database is for; doing it again brings the ministries up to date.

    Args:
        mode: "demo" or "live", for good.
        home: the code of the ministry that is at home here.
        ministries: as `read_ministries` returns them.
        now: the time.

    Raises:
        RegistryError: the home ministry is not among them, another one is at home here, or an account of a whole ministry is
            described badly; then nothing is changed.
        MixedInstallation: the database is of the other kind.
    """
    if home not in ministries:
        raise RegistryError(f"Unknown ministry {home!r}. Known: {', '.join(sorted(ministries))}.")
    standing = Installation.objects.select_related("home").first()
    if standing is not None:
        check_installation(mode=mode)
        if standing.home.code != home:
            raise RegistryError(f"{standing.home} is at home in this database; {home} cannot move in.")
    rows = {code: _ministry(code, fields, is_home=code == home, now=now) for code, fields in ministries.items()}
    if standing is None:
        standing = Installation.objects.create(kind=mode, home=rows[home], installed_at=now)
        append(actor="command", action="registry.install", subject=f"ministry:{home}", now=now, kind=mode)
    return standing


def _ministry(code: str, fields: dict[str, Any], *, is_home: bool, now: datetime) -> Ministry:
    entries = fields.get("directory", [])
    plain = {key: value for key, value in fields.items() if key not in ("directory", "accounts", "posts")}
    plain.setdefault("break_glass_after", None)  # a line that is gone from the file allows nothing any more
    ministry, _ = Ministry.objects.update_or_create(code=code, defaults={**plain, "is_home": is_home})
    for entry in entries:
        standing, created = DirectoryEntry.objects.get_or_create(
            ministry=ministry, post=None, kind=entry["kind"], purpose=entry["purpose"], defaults=entry
        )
        if not created and standing.value != entry["value"] and standing.verified_on is None:
            DirectoryEntry.objects.filter(pk=standing.pk).update(**entry)
    for entry in fields.get("accounts", []):
        _department_account(ministry, entry, now)
    return ministry


def _department_account(ministry: Ministry, entry: dict[str, Any], now: datetime) -> None:
    """Let the whole ministry have an account as its entry describes it; one that no entry names any more is left as it is."""
    where = f"{ministry.code}, accounts"
    unknown = sorted(entry.keys() - {"platform", "address", "languages", "broadcast", "holder"})
    platform, broadcast = str(entry.get("platform", "")), str(entry.get("broadcast", Account.Broadcast.YES))
    languages, name = entry.get("languages", []), str(entry.get("holder", "")) or str(ministry)
    if unknown:
        raise RegistryError(f"{where}: nobody reads {', '.join(unknown)}.")
    if platform not in cells.PLATFORMS:
        raise RegistryError(f"{where}: platform {platform!r} is none of {', '.join(cells.PLATFORMS)}.")
    if broadcast not in Account.Broadcast.values:
        raise RegistryError(f"{where}: broadcast {broadcast!r} is none of {', '.join(Account.Broadcast.values)}.")
    try:
        address = cells.handle(platform, str(entry.get("address", "")))
        spoken = list(cells.languages("|".join(languages)))
    except (TypeError, ValueError) as error:
        raise RegistryError(f"{where}: {error}.") from error
    if len(name) > LONGEST_HOLDER:
        raise RegistryError(f"{where}: the holder's name has {len(name)} characters, at most {LONGEST_HOLDER}.")
    holder, _ = Holder.objects.get_or_create(ministry=ministry, kind=Holder.Kind.DEPARTMENT, name=name)
    standing = Account.objects.filter(platform=platform, address_key=address.casefold(), mode=Mode.LIVE).first()
    if standing is None:
        chosen = Account.Broadcast(broadcast)
        add_account(holder=holder, platform=platform, address=address, languages=spoken, broadcast=chosen, now=now)
    elif standing.holder_id != holder.pk:
        raise RegistryError(f"{where}: {standing} already belongs to {standing.holder}.")
    else:
        both(standing).filter(archived_on=None).update(languages=spoken, broadcast=broadcast)


def both(account: Account) -> QuerySet[Account]:
    """Return a LIVE account with its shadow."""
    return Account.objects.filter(Q(pk=account.pk) | Q(shadow_of=account.pk))


def retire(*, account: Account, why: str, actor: str, now: datetime) -> None:
    """Let no alert go through an account any more, nor anybody be told that it is ours.

    Args:
        account: a LIVE one; its shadow goes with it.
        why: one of `GONE`.
        actor: for the journal.
        now: the time.
    """
    rows = both(account)
    rows.update(broadcast=Account.Broadcast.NEVER, paused_why=why)
    rows.filter(paused_at=None).update(paused_at=now)
    append(actor=actor, action="registry.retire", subject=f"account:{account.pk}", now=now, why=why)


def reference_ministry(code: str) -> tuple[Ministry, bool]:
    """Return a ministry; an unknown one becomes reference data, which no alert can target.

    Returns:
        The ministry, and whether it is new.
    """
    return Ministry.objects.get_or_create(
        code=code, defaults={"names": {"en": f"Ministry {code}"}, "languages": ["en"]}
    )


@transaction.atomic
def add_account(
    *,
    holder: Holder,
    platform: str,
    address: str,
    now: datetime,
    languages: list[str] | None = None,
    broadcast: Account.Broadcast = Account.Broadcast.YES,
) -> Account:
    """Add a LIVE account and its EXERCISE shadow; both start paused.

    Raises:
        RegistryError: the address is registered already.
    """
    key = address.casefold()
    if Account.objects.filter(platform=platform, address_key=key, mode=Mode.LIVE).exists():
        raise RegistryError(_("%(account)s is registered already.") % {"account": f"{platform} {address}"})
    common: dict[str, Any] = {
        "holder": holder,
        "platform": platform,
        "languages": languages or [],
        "broadcast": broadcast,
        "is_home": holder.ministry.is_home,
        "paused_at": now,
        "paused_why": NOT_RELEASED,
    }
    account = Account.objects.create(address=address, address_key=key, mode=Mode.LIVE, **common)
    Account.objects.create(mode=Mode.EXERCISE, shadow_of=account, **common)
    append(actor="import", action="registry.add_account", subject=f"account:{account.pk}", now=now, platform=platform)
    return account


@dataclass(frozen=True, slots=True)
class Access:
    """How access to an account was given: what for, until when, through which invitation of whom; see `Credential`."""

    scopes: Sequence[str] = ()
    expires_at: datetime | None = None
    grantor: str = ""
    invitation: int | None = None
    invited_by: Officer | None = None


@transaction.atomic
def connect(
    *,
    account: Account,
    address: str,
    platform_id: str,
    secrets: Secrets,
    actor: str,
    now: datetime,
    on: date | None = None,
    access: Access | None = None,
) -> None:
    """Store what an adapter needs to publish on an account.

    Args:
        account: the account.
        address: its address on the platform (a shadow gets one with this).
        platform_id: the platform's number for it, or blank.
        secrets: encrypted before they are stored.
        actor: who did it, for the journal.
        now: the time.
        on: the day it was verified, if it was.
        access: how it was given, where somebody gave it.
    """
    access = access or Access()
    account.address, account.address_key, account.platform_id = address, address.casefold(), platform_id
    account.verified_on = on or account.verified_on
    account.save(update_fields=["address", "address_key", "platform_id", "verified_on"])
    given = {
        "scopes": list(access.scopes),
        "expires_at": access.expires_at,
        "connected_by": access.invited_by,
        "grantor": access.grantor,
        "renew_after": None,
        "renew_code": "",
    }
    Credential.objects.update_or_create(account=account, defaults={"secrets": secrets, "stored_at": now, **given})
    append(
        actor=actor,
        action="registry.connect",
        subject=f"account:{account.pk}",
        now=now,
        secrets=sorted(secrets),
        scopes=given["scopes"],
        expires_at=access.expires_at.isoformat() if access.expires_at else None,
        invitation=access.invitation,
        invited_by=access.invited_by.actor if access.invited_by else None,
    )


def is_by_hand(account: Account) -> bool:
    """Tell whether only a person publishes there: nothing is connected, and nothing need be."""
    spec = catalog.spec(account.platform)
    return spec is not None and spec.by_hand


@transaction.atomic
def release(*, account: Account, by: Officer, now: datetime) -> None:
    """Let an account publish.

    Raises:
        NotAllowed: the officer may not.
        RegistryError: a live account in a demo, one that is not connected, or one that the imported list no longer names.
    """
    require(by, Right.ACCOUNTS)
    _release(account, actor=by.actor, now=now)


def _release(account: Account, *, actor: str, now: datetime) -> None:
    installation = Installation.objects.get()
    if installation.kind == Installation.Kind.DEMO and account.mode == Mode.LIVE:
        raise RegistryError(_("This is a demo: its live accounts stay paused, only shadows are used."))
    if account.paused_why == RETIRED:
        raise RegistryError(
            _("%(account)s is no longer in the imported list: it is released once a list names it again.")
            % {"account": account}
        )
    if account.paused_why == ARCHIVED:
        raise RegistryError(
            _("%(account)s is archived: it is released once it was proposed and reviewed again.") % {"account": account}
        )
    if not is_by_hand(account) and not Credential.objects.filter(account=account).exists():
        raise RegistryError(_("%(account)s is not connected: there is nothing to publish with.") % {"account": account})
    Account.objects.filter(pk=account.pk).update(paused_at=None, paused_why="")
    append(actor=actor, action="registry.release", subject=f"account:{account.pk}", now=now)


def release_shadow(*, account: Account, actor: str, now: datetime) -> None:
    """Let a shadow publish; for the demo's own set-up, where no person releases anything.

    Raises:
        RegistryError: it is no shadow.
    """
    if account.mode != Mode.EXERCISE:
        raise RegistryError(_("Only a person releases a live account."))
    _release(account, actor=actor, now=now)


def pause(*, account: Account, why: str, actor: str, now: datetime) -> None:
    """Let nothing more leave through an account until a person releases it.

    Args:
        account: the account.
        why: shown to staff and journalled, so it names nobody.
        actor: which part of the house, for the journal.
        now: the time.
    """
    _pause(account, shown=why, journalled=why, actor=actor, now=now)


def pause_by_hand(*, account: Account, by: Officer, now: datetime) -> None:
    """Let nothing more leave through an account, because a person wants it so; staff read who, the journal knows the number.

    Raises:
        NotAllowed: the officer may not.
    """
    require(by, Right.ACCOUNTS)
    _pause(account, shown=f"by {by}", journalled="by hand", actor=by.actor, now=now)


@transaction.atomic
def _pause(account: Account, *, shown: str, journalled: str, actor: str, now: datetime) -> None:
    Account.objects.filter(pk=account.pk, paused_at=None).update(paused_at=now, paused_why=shown[:200])
    append(actor=actor, action="registry.pause", subject=f"account:{account.pk}", now=now, why=journalled[:200])


@transaction.atomic
def pause_house(*, why: str, actor: str, now: datetime) -> None:
    """Let nothing at all leave, until somebody resumes.

    Args:
        why: a stable code.
        actor: which part of the house, for the journal.
        now: the time.
    """
    Installation.objects.update(paused_at=now, paused_why=why)
    append(actor=actor, action="registry.pause_house", subject="installation:1", now=now, why=why)


def note_restore(*, now: datetime) -> None:
    """Remember that a backup was put back."""
    Installation.objects.update(restored_at=now)


@transaction.atomic
def resume_house(*, actor: str, now: datetime) -> None:
    """Let everything go on."""
    Installation.objects.update(paused_at=None, paused_why="")
    append(actor=actor, action="registry.resume_house", subject="installation:1", now=now)
