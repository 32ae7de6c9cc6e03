"""Rotating the keys: whatever is stored encrypted is encrypted once more with the first of TOCSIN_KEYS."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Cast

from crisis.encryption import EncryptedSecretsField, SealedField, UnreadableSecret, is_current
from crisis.journal.operations import append
from crisis.registry.models import Credential
from crisis.staff.factors import anew

BATCH = 100  # rows of one transaction: connecting an account waits some milliseconds at most


@dataclass(slots=True)
class Rotation:
    """What came of one column.

    Attributes:
        column: "registry.Credential.secrets".
        rotated: how many were encrypted anew.
        current: how many stood under the first key already.
        unreadable: what fits none of the keys, by platform and address; it is left as it stands.
    """

    column: str
    rotated: int = 0
    current: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate(now: datetime) -> list[Rotation]:
    """Encrypt every stored secret with the first key; doing it again changes nothing, and a half-done one can be done again.

    Processes must know the new key first, or what they store meanwhile stands under the old one.

    Args:
        now: the time.

    Returns:
        What came of each encrypted column of the database, whichever room it is in.
    """
    return [*(_rotate(model, column, now) for model, column in columns()), _rotate_factors(now)]


def columns() -> Iterator[tuple[type[models.Model], str]]:
    """Return every encrypted column of the database."""
    for model in apps.get_models():
        for column in model._meta.concrete_fields:  # noqa: SLF001 - Django's documented way to a model's columns
            if isinstance(column, EncryptedSecretsField | SealedField):
                yield model, column.name


def _rotate(model: type[models.Model], column: str, now: datetime) -> Rotation:
    found = Rotation(f"{model._meta.label}.{column}")  # noqa: SLF001 - as above
    last = 0
    while True:
        with transaction.atomic():
            # As it is stored: the column itself would be opened, and one that cannot be would end the run.
            rows = model._default_manager.annotate(stored=Cast(column, models.TextField())).exclude(stored="")  # noqa: SLF001
            batch = list(
                rows.select_for_update().filter(pk__gt=last).order_by("pk").values_list("pk", "stored")[:BATCH]
            )
            if not batch:
                return found
            _take(model, column, batch, found, now)
        last = batch[-1][0]


def _take(model: type[models.Model], column: str, batch: list[tuple[int, str]], found: Rotation, now: datetime) -> None:
    rotated, lost = 0, []
    for pk, stored in batch:
        if is_current(stored):
            found.current += 1
            continue
        try:
            fields = model._meta.get_field(column).anew(stored)  # type: ignore[union-attr] # noqa: SLF001 - as above
        except (UnreadableSecret, ValueError):
            lost.append(pk)
            continue
        model._default_manager.filter(pk=pk).update(**fields)  # noqa: SLF001
        rotated += 1
    found.rotated += rotated
    found.unreadable += [_whose(model, pk) for pk in lost]
    if rotated or lost:
        append(
            actor="command",
            action="registry.rotate_keys",
            subject=f"column:{found.column}",
            now=now,
            rotated=rotated,
            unreadable=lost,
        )


def _rotate_factors(now: datetime) -> Rotation:
    """Rotate the second factors of the staff: their table is a library's, and its secrets stand among other data."""
    found = Rotation("mfa.Authenticator.data")
    lost = []
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            authenticator = Authenticator.objects.select_for_update(of=("self",)).get(pk=pk)
            try:
                changed = anew(authenticator)
            except UnreadableSecret:
                lost.append(pk)
                continue
        found.rotated += changed
        found.current += not changed
    found.unreadable = [f"second factor {pk}" for pk in lost]
    if found.rotated or lost:
        append(
            actor="command", action="registry.rotate_keys", subject=f"column:{found.column}", now=now,
            rotated=found.rotated, unreadable=lost,
        )  # fmt: skip
    return found


def _whose(model: type[models.Model], pk: int) -> str:
    """Return whose secret it is, for people: its platform and address, or which row of which table."""
    if model is not Credential:
        return f"{model._meta.label} {pk}"  # noqa: SLF001 - as above
    row = Credential.objects.defer("secrets").select_related("account__shadow_of").get(pk=pk)
    return str(row.account)
