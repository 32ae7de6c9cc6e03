"""Making officers and granting roles."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from crisis.journal.operations import append
from crisis.staff.models import Grant, Officer, Role


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
