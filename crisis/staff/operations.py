"""Making officers, giving and taking roles, letting volunteers in."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.journal.operations import append
from crisis.language import within
from crisis.staff.models import OF_POSTS, Grant, Officer, Role
from crisis.staff.rights import Right, require

# Without what is taken for something else when it is read out: 0 and o, 1 and l and i.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _LETTERS_EACH = 4, 4  # 79 bits
LONGEST_HELP = timedelta(days=7)  # a volunteer who stays longer is let in again


class NotGiven(Exception):
    """This role cannot be given or taken so; the message says why."""


@transaction.atomic
def add_officer(
    *, username: str, name: str, password: str, roles: Iterable[Role], now: datetime, is_demo: bool = False
) -> Officer:
    """Make an officer, or give an existing one the roles; an existing password stays.

    Args:
        username: the name to sign in with.
        name: the person's name as colleagues see it.
        password: for a new officer; its strength is the caller's to check.
        roles: granted, in addition to those held.
        now: the time.
        is_demo: the account belongs to the demo.
    """
    officer, made = Officer.objects.get_or_create(username=username, defaults={"first_name": name, "is_demo": is_demo})
    if made:
        officer.set_password(password)
        officer.save(update_fields=["password"])
    for role in roles:
        _, new = Grant.objects.get_or_create(officer=officer, role=role, defaults={"granted_at": now})
        if new:
            append(actor="command", action="staff.grant", subject=f"officer:{officer.pk}", now=now, role=role)
    return officer


@transaction.atomic
def give(*, officer: Officer, role: Role, posts: Collection[int], by: Officer, now: datetime) -> None:
    """Give somebody a role, or give it anew with other posts.

    Args:
        officer: who gets it.
        role: any but a volunteer's, who is let in.
        posts: by their ids, to which it is bound; empty is the whole ministry.
        by: an administrator.
        now: the time.

    Raises:
        NotAllowed: `by` is none.
        NotGiven: it is their own, or a volunteer's, or it cannot be bound to posts. Nothing is changed.
    """
    _another(officer, by)
    if role == Role.VOLUNTEER:
        raise NotGiven(_("Volunteers are let in by an officer, for one alert, on the page Volunteers."))
    if posts and role not in OF_POSTS:
        raise NotGiven(
            _("The role %(role)s is for the whole ministry: choose no posts.") % {"role": within(role.label)}
        )
    grant, _made = Grant.objects.update_or_create(
        officer=officer, role=role, defaults={"bound": bool(posts), "granted_at": now}
    )
    grant.posts.set(posts)
    append(
        actor=by.actor, action="staff.grant", subject=f"officer:{officer.pk}", now=now, role=role, posts=sorted(posts)
    )


@transaction.atomic
def take(*, officer: Officer, role: Role, by: Officer, now: datetime) -> None:
    """Take a role away; without it nothing of it is allowed from the next click on.

    Raises:
        NotAllowed: `by` is no administrator.
        NotGiven: it is their own.
    """
    _another(officer, by)
    if Grant.objects.filter(officer=officer, role=role).delete()[0]:
        append(actor=by.actor, action="staff.take", subject=f"officer:{officer.pk}", now=now, role=role)


def _another(officer: Officer, by: Officer) -> None:
    require(by, Right.ROLES)
    if officer.pk == by.pk:
        raise NotGiven(_("Nobody gives or takes their own roles: ask another administrator."))


@transaction.atomic
def let_in(
    *, name: str, rollcall_id: int, posts: Collection[int], until: datetime, by: Officer, now: datetime
) -> tuple[Officer, str]:
    """Let a volunteer in for one rollcall, until a time.

    Args:
        name: the person's name as colleagues see it.
        rollcall_id: of which alert; an open one, which the caller has seen to.
        posts: by their ids, if it is for some only.
        until: when it ends by itself.
        by: an officer or an administrator.
        now: the time.

    Returns:
        The volunteer, and a password, which is shown once and stored nowhere.

    Raises:
        NotAllowed: `by` may not.
        NotGiven: there is no name, or the end lies behind us or too far ahead.
    """
    require(by, Right.VOLUNTEERS)
    if not (called := " ".join(name.split())[:150]):
        raise NotGiven(_("Say who it is."))
    if not now < until <= now + LONGEST_HELP:
        raise NotGiven(_("A volunteer is let in for at most %(days)s days.") % {"days": LONGEST_HELP.days})
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_EACH)) for _ in range(_GROUPS))
    username = f"volunteer-{''.join(secrets.choice(_LETTERS) for _ in range(5))}"
    officer = Officer.objects.create_user(username, password=password, first_name=called)
    grant = Grant.objects.create(
        officer=officer, role=Role.VOLUNTEER, rollcall_id=rollcall_id, bound=bool(posts), granted_at=now,
        expires_at=until,
    )  # fmt: skip
    grant.posts.set(posts)
    append(
        actor=by.actor, action="staff.let_in", subject=f"officer:{officer.pk}", now=now, rollcall=rollcall_id,
        posts=sorted(posts), until=until.isoformat(),
    )  # fmt: skip
    return officer, password


@transaction.atomic
def end_help(*, officer: Officer, by: Officer, now: datetime) -> None:
    """Let a volunteer in no longer, now.

    Raises:
        NotAllowed: `by` may not.
    """
    require(by, Right.VOLUNTEERS)
    current = Grant.objects.filter(officer=officer, role=Role.VOLUNTEER, expires_at__gt=now)
    if current.update(expires_at=now):
        append(actor=by.actor, action="staff.end_help", subject=f"officer:{officer.pk}", now=now)
