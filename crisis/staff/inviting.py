"""Letting people in: invited by an administrator with a link by e-mail, in by a password of their own, out when they leave."""

import secrets
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crisis.encryption import blind_index, blind_indexes, seal
from crisis.journal.operations import append
from crisis.staff.invited import StaffInvitation
from crisis.staff.models import Officer
from crisis.staff.operations import NotGiven
from crisis.staff.rights import Right, require
from crisis.staff.roster import Way
from crisis.staff.rostering import RosterError, as_email
from crisis.staff.signals import invited

LINK_HOLDS = timedelta(days=3)


class LinkGone(Exception):
    """The link was used, is too old, or another one took its place."""


@transaction.atomic
def invite(*, username: str, name: str, email: str, language: str, by: Officer, now: datetime) -> Officer:
    """Make an officer who can do nothing yet, and let a link be sent with which they set their own password.

    Args:
        username: to sign in with.
        name: as colleagues see it.
        email: where the link goes; it is a way to ring them once they have come by it.
        language: of the letter, and of the console for them.
        by: an administrator.
        now: the time.

    Raises:
        NotAllowed: `by` is none.
        NotGiven: something is missing, or taken by somebody else; nothing is stored.
    """
    require(by, Right.ROLES)
    called, chosen = " ".join(name.split())[:150], username.strip()
    if not called:
        raise NotGiven(_("Say who it is."))
    if Officer.objects.filter(username__iexact=chosen).exists():
        raise NotGiven(_("Somebody else signs in with this name already."))
    officer = Officer(username=chosen, first_name=called, language=language, is_active=False)
    officer.set_unusable_password()
    try:
        address = as_email(email.strip())
        officer.clean_fields(exclude=["password"])
    except RosterError as error:
        raise NotGiven(str(error)) from error
    except ValidationError as error:
        raise NotGiven(" ".join(error.messages)) from error
    if Way.objects.filter(kind=Way.Kind.EMAIL, address__in=blind_indexes(address)).exists():
        raise NotGiven(_("Somebody else of the staff is reached there already."))
    try:
        with transaction.atomic():
            officer.save()
            Way.objects.create(
                officer=officer, kind=Way.Kind.EMAIL, address=blind_index(address), sealed=seal(address), linked_at=now
            )
    except IntegrityError as error:
        raise NotGiven(_("Somebody else has this name or address already.")) from error
    _invite(officer, by, now)
    return officer


@transaction.atomic
def invite_again(*, officer: Officer, by: Officer, now: datetime) -> None:
    """Let another link be sent; the earlier one is worth nothing.

    Raises:
        NotAllowed: `by` is no administrator.
        NotGiven: the person has set a password already, or no e-mail address of theirs is known.
    """
    require(by, Right.ROLES)
    if officer.has_usable_password():
        raise NotGiven(_("They have set their password already."))
    if not Way.objects.filter(officer=officer, kind=Way.Kind.EMAIL).exists():
        raise NotGiven(_("No e-mail address of theirs is known."))
    _invite(officer, by, now)


def _invite(officer: Officer, by: Officer, now: datetime) -> None:
    fresh = {
        "made_by": by,
        "made_at": now,
        "expires_at": now + LINK_HOLDS,
        "digest": "",
        "sent_at": None,
        "used_at": None,
    }
    StaffInvitation.objects.update_or_create(officer=officer, defaults=fresh)
    append(
        actor=by.actor, action="staff.invite", subject=f"officer:{officer.pk}", now=now,
        expires_at=(now + LINK_HOLDS).isoformat(),
    )  # fmt: skip
    transaction.on_commit(partial(invited.send, sender=None, officer_id=officer.pk))


@transaction.atomic
def make_link(*, officer_id: int, now: datetime) -> tuple[Way, str] | None:
    """Return where somebody's link goes, and its token, which is kept nowhere; an earlier one is worth nothing then.

    Returns:
        None if nothing is to be sent: the invitation is over, or was sent.
    """
    rows = StaffInvitation.objects.select_for_update().filter(
        officer=officer_id, used_at=None, sent_at=None, expires_at__gt=now
    )
    invitation = rows.first()
    way = Way.objects.filter(officer=officer_id, kind=Way.Kind.EMAIL).select_related("officer").first()
    if invitation is None or way is None:
        return None
    token = secrets.token_urlsafe(32)
    invitation.digest = blind_index(said(token))
    invitation.save(update_fields=["digest"])
    return way, token


def note_sent(*, token: str, now: datetime) -> None:
    """Note that the mail server has taken a link; one that was asked for meanwhile is still to be sent."""
    StaffInvitation.objects.filter(digest__in=blind_indexes(said(token)), used_at=None).update(sent_at=now)


def invitation_of(token: str, now: datetime) -> StaffInvitation | None:
    """Return whose link it is, if it may be used."""
    rows = StaffInvitation.objects.filter(digest__in=blind_indexes(said(token)), used_at=None, expires_at__gt=now)
    found = rows.select_related("officer").first()
    return None if found is not None and found.forgotten and not found.officer.is_active else found


@transaction.atomic
def accept(*, token: str, password: str, language: str, now: datetime) -> Officer:
    """Let somebody in who has come by their link, with a password of their own; so they have shown that the address is theirs.

    Whoever had forgotten their password has another one then, and nothing else of theirs changes: their second factor is asked
    for as before, and wherever they were signed in they are no more.

    Raises:
        LinkGone: see there.
        ValidationError: the password is too weak; its messages say why.
    """
    found = invitation_of(token, now)
    # Asked once more: somebody may have shut them out, or have sent another link, a moment ago.
    if found is None or not StaffInvitation.objects.filter(
        pk=found.pk, digest=found.digest, used_at=None, expires_at__gt=now
    ).update(used_at=now, digest=""):
        raise LinkGone
    officer = found.officer
    validate_password(password, officer)
    officer.set_password(password)
    if found.forgotten:
        officer.save(update_fields=["password"])
        append(actor=officer.actor, action="staff.new_password", subject=f"officer:{officer.pk}", now=now)
        return officer
    officer.language, officer.is_active = language, True
    officer.save(update_fields=["password", "language", "is_active"])
    Way.objects.filter(officer=officer, kind=Way.Kind.EMAIL, confirmed_at=None).update(confirmed_at=now)
    append(actor=officer.actor, action="staff.accept", subject=f"officer:{officer.pk}", now=now)
    return officer


@transaction.atomic
def deactivate(*, officer: Officer, by: Officer, now: datetime) -> None:
    """Let somebody in no more, from their next click on; a link that waits for them is worth nothing.

    Raises:
        NotAllowed: `by` is no administrator.
        NotGiven: it is themselves.
    """
    require(by, Right.ROLES)
    if officer.pk == by.pk:
        raise NotGiven(_("Nobody shuts themselves out: ask another administrator."))
    StaffInvitation.objects.filter(officer=officer, used_at=None).update(expires_at=now, digest="")
    Officer.objects.filter(pk=officer.pk).update(is_active=False)
    append(actor=by.actor, action="staff.deactivate", subject=f"officer:{officer.pk}", now=now)


@transaction.atomic
def let_back(*, officer: Officer, by: Officer, now: datetime) -> None:
    """Let somebody in again who was shut out, with their password and what roles they still hold.

    Raises:
        NotAllowed: `by` is no administrator.
        NotGiven: it is themselves, or they never set a password.
    """
    require(by, Right.ROLES)
    if officer.pk == by.pk or not officer.has_usable_password():
        raise NotGiven(_("They have never set a password: invite them again."))
    Officer.objects.filter(pk=officer.pk).update(is_active=True)
    append(actor=by.actor, action="staff.let_back", subject=f"officer:{officer.pk}", now=now)


def said(token: str) -> str:
    """Return what of a link's token is kept as a digest."""
    return f"staff invitation {token}"
