"""Connecting an account by its editor: headquarters makes a link, the platform asks the editor, the identity decides.

Nobody pastes a secret: it comes from the platform itself, and only for the account that the link is for.
"""

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from crisis.encryption import Secrets, UnreadableSecret
from crisis.journal.operations import append
from crisis.registry import cells
from crisis.registry.endpoints import app_secrets
from crisis.registry.models import Account, Credential, Installation, Invitation, Mode
from crisis.registry.operations import Access, RegistryError, connect, pause
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require
from platforms import catalog
from platforms.access import Granted
from platforms.contract import Identity, Target

LINK_HOLDS = timedelta(days=7)
ACTOR = "connect"  # the editor has no account with us: the journal names the invitation, and whose it is


class InvitationGone(RegistryError):
    """The link was used, is too old, or another one took its place."""


class WrongIdentity(RegistryError):
    """The platform named another account than the one that the link is for.

    Attributes:
        registered: whom it is for.
        seen: whom the platform named, for people.
    """

    def __init__(self, registered: str, seen: str) -> None:
        super().__init__(
            _("The link is for %(account)s, and the platform named %(seen)s.")
            % {"account": registered, "seen": seen or _("no account")}
        )
        self.registered, self.seen = registered, seen


class ModesMeet(RegistryError):
    """The same account would be used for real alerts and for drills."""

    def __init__(self, address: str) -> None:
        super().__init__(
            _("%(account)s is used already for the other mode: real alerts and drills never share an account.")
            % {"account": address}
        )


def digest(token: str) -> str:
    """Return what we keep of a token or a code."""
    return hashlib.sha256(token.encode()).hexdigest()


def handle(address: str) -> str:
    """Return an address as accounts are compared: without @, and without capitals."""
    return address.strip().removeprefix("@").casefold()


def usable(now: datetime) -> QuerySet[Invitation]:
    """Return the invitations whose link may be used."""
    rows = Invitation.objects.filter(used_at=None, revoked_at=None, expires_at__gt=now)
    return rows.select_related("account__holder__ministry", "account__shadow_of", "made_by")


@transaction.atomic
def invite(*, account: Account, by: Officer, now: datetime, address: str = "") -> str:
    """Make a link with which the account's editor connects it; earlier ones are void.

    Args:
        account: the account, connected or not.
        by: who sends the link.
        now: the time.
        address: the test account's handle, for a shadow that has none.

    Returns:
        The link's token. It is kept nowhere.

    Raises:
        NotAllowed: the officer may not.
        RegistryError: it cannot be connected; the message says why, and what to do.
    """
    require(by, Right.ACCOUNTS)
    wanted = _expected(account, address)
    token = secrets.token_urlsafe(32)
    void(account, now)
    made = Invitation.objects.create(
        account=account, address=wanted, digest=digest(token), made_by=by, made_at=now, expires_at=now + LINK_HOLDS
    )
    append(
        actor=by.actor,
        action="registry.invite",
        subject=f"account:{account.pk}",
        now=now,
        invitation=made.pk,
        expires_at=made.expires_at.isoformat(),
    )
    return token


def _expected(account: Account, address: str) -> str:
    """Return whom the platform must name."""
    spec = catalog.spec(account.platform)
    if spec is None:
        raise RegistryError(
            _("Tocsin cannot publish on %(platform)s yet: there is nothing to connect.")
            % {"platform": account.platform}
        )
    if spec.by_hand:
        raise RegistryError(
            _("A person publishes on %(shown)s: there is nothing to connect.") % {"shown": account.shown}
        )
    if spec.by_administrator:
        raise RegistryError(_("What this account needs is given by an administrator: manage.py connect_service."))
    if not account.is_home:
        raise RegistryError(_("This account belongs to another ministry."))
    if account.mode == Mode.LIVE and Installation.objects.get().kind == Installation.Kind.DEMO:
        raise RegistryError(_("This is a demo: its live accounts are never connected, only shadows are."))
    if missing := [name for name, value in app_secrets(account.platform).items() if not value]:
        names = ", ".join(spec.setting(name) for name in missing)
        raise RegistryError(
            _("Our app on %(platform)s is not set up: ask the administrator for %(names)s.")
            % {"platform": spec.name, "names": names}
        )
    wanted = handle(account.address or address)
    if not wanted:
        raise RegistryError(_("Say which test account this shadow shall use: a handle of the ministry's own."))
    return account.address or _free(account, f"@{wanted}" if spec.handle.at else wanted)


def _free(account: Account, address: str) -> str:
    """Return the address of a test account that no other of ours has."""
    try:
        clean = cells.handle(account.platform, address)
    except ValueError as error:
        raise RegistryError(str(error)) from None
    _keep_modes_apart(account, Identity("", clean))
    taken = Account.objects.filter(platform=account.platform, mode=account.mode, address_key=clean)
    if taken.exclude(pk=account.pk).exists():
        raise RegistryError(_("%(account)s is the test account of another shadow already.") % {"account": clean})
    return clean


def void(account: Account, now: datetime) -> None:
    """Let no link to an account that is not used yet be used any more."""
    Invitation.objects.filter(account=account, used_at=None, revoked_at=None).update(revoked_at=now)


def find(token: str, now: datetime) -> Invitation | None:
    """Return the invitation whose link it is, if it may still be used."""
    return usable(now).filter(digest=digest(token)).first()


def still_open(pk: int, now: datetime) -> Invitation:
    """Return an invitation by its number.

    Raises:
        InvitationGone: it can no longer be used.
    """
    found = usable(now).filter(pk=pk).first()
    if found is None:
        raise InvitationGone(_("This link was used, is too old, or a newer one took its place."))
    return found


def _grantor(platform: str, person: str) -> str:
    """Return a keyed digest of who allowed it, to know whether another account of ours hangs on the same person."""
    return salted_hmac("tocsin.grantor", f"{platform}:{person}", algorithm="sha256").hexdigest()


def complete(*, invitation: Invitation, granted: Sequence[Granted], now: datetime) -> Account:
    """Connect the account, if the platform named it; a paused one stays paused until a person releases it.

    Args:
        invitation: whose link began it.
        granted: every account for which the editor's consent speaks.
        now: the time.

    Raises:
        WrongIdentity: it is not among them; nothing is stored, and the link may be used again.
        ModesMeet: it is in use already for the other mode.
        InvitationGone: somebody was faster, or it is too old by now.
    """
    account = invitation.account
    ours = next((each for each in granted if _names(each, invitation.address)), None)
    if ours is None:
        refused(invitation, "wrong_identity", now, seen=sorted(each.identity.platform_id for each in granted)[:20])
        raise WrongIdentity(invitation.address, ", ".join(each.identity.address for each in granted[:5]))
    try:
        _keep_modes_apart(account, ours.identity)
    except ModesMeet:
        refused(invitation, "modes_meet", now)
        raise
    with transaction.atomic():
        if not usable(now).filter(pk=invitation.pk).update(used_at=now, problem="", claim_digest=""):
            raise InvitationGone(_("This link was used a moment ago."))
        connect(
            account=account,
            address=invitation.address,
            platform_id=ours.identity.platform_id,
            secrets=Secrets(ours.secrets),
            actor=ACTOR,
            now=now,
            on=now.date(),
            access=Access(
                scopes=ours.scopes,
                expires_at=ours.expires_at,
                grantor=_grantor(account.platform, ours.grantor) if ours.grantor else "",
                invitation=invitation.pk,
                invited_by=invitation.made_by,
            ),
        )
    return account


def _names(granted: Granted, address: str) -> bool:
    """Tell whether it is the registered account: by handle, or by number, alone or behind a name ("Embassy-in-Oslo-1863")."""
    wanted = handle(address)
    return wanted == handle(granted.identity.address) or not {wanted, wanted.rpartition("-")[2]}.isdisjoint(
        granted.also
    )


def _keep_modes_apart(account: Account, identity: Identity) -> None:
    keys = [handle(identity.address), f"@{handle(identity.address)}"]
    same = Q(address_key__in=keys)
    if number := identity.platform_id:
        same |= Q(platform_id=number) | Q(address_key=number) | Q(address_key__endswith=f"-{number}")
    others = Account.objects.filter(same, platform=account.platform).exclude(mode=account.mode)
    if others.exists():
        raise ModesMeet(identity.address)


def refused(invitation: Invitation, why: str, now: datetime, **seen: object) -> None:
    """Journal that a try came to nothing."""
    append(
        actor=ACTOR,
        action="registry.connect_refused",
        subject=f"account:{invitation.account_id}",
        now=now,
        invitation=invitation.pk,
        why=why,
        **seen,
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """What is left of an access after we forgot it: whom to tell, or None if the platform is not to be told."""

    target: Target | None = field(repr=False)


@transaction.atomic
def disconnect(*, account: Account, by: Officer, now: datetime) -> Ended:
    """Forget what an adapter needs, and pause the account. Whether the platform answers or not, the secret is gone here.

    Raises:
        NotAllowed: the officer may not.
        RegistryError: it is not connected.
    """
    require(by, Right.ACCOUNTS)
    credential = Credential.objects.filter(account=account).defer("secrets").first()
    if credential is None:
        raise RegistryError(_("%(account)s is not connected.") % {"account": account})
    # On the platform one consent may speak for several of our accounts: the others must not go with this one.
    shared = Credential.objects.filter(account__platform=account.platform, grantor=credential.grantor)
    alone = not credential.grantor or not shared.exclude(pk=credential.pk).exists()
    target = None
    if alone:
        with suppress(UnreadableSecret):
            kept = {**app_secrets(account.platform), **Credential.objects.get(pk=credential.pk).secrets}
            target = Target(address=account.address, platform_id=account.platform_id, secrets=kept)
    credential.delete()
    void(account, now)
    pause(account=account, why="disconnected", actor=by.actor, now=now)
    append(actor=by.actor, action="registry.disconnect", subject=f"account:{account.pk}", now=now)
    return Ended(target)


def note_revoked(*, account: Account, by: Officer, outcome: str, now: datetime) -> None:
    """Journal what the platform said to our ending it: "revoked", "kept" or the code of an error."""
    append(actor=by.actor, action="registry.revoke", subject=f"account:{account.pk}", now=now, outcome=outcome)
