"""Calling households to a place, letting it go, taking it back, and letting them in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.alerts.models import Rollcall
from crisis.audience.models import Citizen, Contact
from crisis.broadcast.ways import ways
from crisis.checkins.operations import is_open
from crisis.gathering import codes
from crisis.gathering.models import Gathering, Pass
from crisis.journal.operations import append
from crisis.registry.models import Post
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require

MOST = 2_000  # households of one gathering: more is no secret any more
LONGEST = 600  # characters of an instruction: with what stands around it, a message on every way


class NotCalled(Exception):
    """It cannot be done as asked; the message says why, in the officer's words."""


@transaction.atomic
def call(
    *,
    rollcall: Rollcall,
    citizens: Iterable[Citizen],
    texts: Mapping[str, str],
    expires_at: datetime,
    by: Officer,
    now: datetime,
    post: Post | None = None,
) -> Gathering:
    """Prepare an instruction, with a code for each household; nothing leaves before somebody else releases it.

    Args:
        rollcall: of an alert that holds.
        citizens: who is called, at most `MOST`; each stands for a household.
        texts: what they are told, in the language of each of them.
        expires_at: from then on no code opens the door.
        by: who writes it.
        now: the time.
        post: at which they gather, if it is one.

    Raises:
        NotAllowed: the officer may not.
        NotCalled: nobody is chosen, or too many, or a language is missing, or the time has passed. Nothing is stored.
    """
    require(by, Right.CALL)
    chosen = list(citizens)
    said = {language: text.strip() for language, text in texts.items() if text.strip()}
    if not is_open(rollcall, now):
        raise NotCalled(_("The alert does not hold any more, or asks no more: nobody can be called by it."))
    if not chosen:
        raise NotCalled(_("Nobody is chosen: there is nobody to write to."))
    if len(chosen) > MOST:
        raise NotCalled(
            _("More than %(most)s households are too many for an instruction that must not spread: choose fewer.")
            % {"most": MOST}
        )
    if expires_at <= now:
        raise NotCalled(_("The codes would have expired already."))
    if missing := sorted({citizen.language for citizen in chosen} - set(said)):
        raise NotCalled(
            _("Somebody reads %(languages)s: write it in that language too.") % {"languages": ", ".join(missing)}
        )
    if any(len(text) > LONGEST for text in said.values()):
        raise NotCalled(_("Keep it within %(most)s characters in each language.") % {"most": LONGEST})
    gathering = Gathering.objects.create(
        rollcall=rollcall, post=post, texts=said, made_at=now, made_by=by, expires_at=expires_at
    )
    best = _contacts(chosen)
    Pass.objects.bulk_create(
        Pass(
            gathering=gathering,
            citizen=citizen,
            contact=best.get(citizen.pk),
            digest=codes.digest(codes.made(gathering.pk, citizen.pk)),
            people=citizen.people,
            state=Pass.State.QUEUED if citizen.pk in best else Pass.State.NO_WAY,
        )
        for citizen in chosen
    )
    _note(gathering, "call", by, now, households=len(chosen))
    return gathering


def _contacts(citizens: list[Citizen]) -> dict[int, Contact]:
    """Return each one's preferred contact that works."""
    rows = Contact.objects.filter(citizen__in=citizens, state=Contact.State.ACTIVE, kind__in=ways())
    return {contact.citizen_id: contact for contact in rows.order_by("-rank", "-id")}


@transaction.atomic
def release(*, gathering: Gathering, by: Officer, now: datetime) -> None:
    """Let it go. Whoever wrote it may not.

    Raises:
        NotAllowed: the officer may not.
        NotCalled: it is theirs, or it was released, withdrawn or has expired.
    """
    require(by, Right.APPROVE)
    if gathering.made_by_id == by.pk:
        raise NotCalled(_("You wrote it: somebody else must release it."))
    rows = Gathering.objects.filter(pk=gathering.pk, released_at=None, withdrawn_at=None, expires_at__gt=now)
    if not rows.update(released_at=now, released_by=by):
        raise NotCalled(_("It was released or withdrawn meanwhile, or has expired."))
    _note(gathering, "release", by, now)


@transaction.atomic
def withdraw(*, gathering: Gathering, by: Officer, now: datetime) -> None:
    """Let no code open the door any more, and no message leave; one person is enough.

    Raises:
        NotAllowed: the officer may not.
    """
    require(by, Right.CALL)
    if Gathering.objects.filter(pk=gathering.pk, withdrawn_at=None).update(withdrawn_at=now):
        _note(gathering, "withdraw", by, now)


@dataclass(frozen=True, slots=True)
class Shown:
    """What staff at the door see of a code.

    Attributes:
        given: whose it is; None: it is none of ours.
        problem: why nobody is let in; blank if they may be.
    """

    given: Pass | None
    problem: str


def look(typed: str, now: datetime) -> Shown:
    """Tell whose code it is, and whether it opens the door; nothing is changed."""
    code = codes.normal(typed)
    rows = Pass.objects.select_related("citizen", "gathering__rollcall__alert", "gathering__post", "used_by")
    given = rows.filter(digest__in=codes.digests(code)).first() if code else None
    if given is None:
        return Shown(None, _("This is no code of ours. Let nobody in on it."))
    gathering = given.gathering
    if given.used_at is not None:
        return Shown(
            given,
            _("Used already, at %(at)s UTC, checked by %(name)s.")
            % {"at": f"{given.used_at:%H:%M}", "name": given.used_by},
        )
    if gathering.withdrawn_at is not None:
        return Shown(given, _("Withdrawn: this gathering does not take place."))
    if gathering.released_at is None:
        return Shown(given, _("Not released yet: nobody has been told this code."))
    return Shown(given, "Expired." if gathering.expires_at <= now else "")


@transaction.atomic
def let_in(*, typed: str, by: Officer, now: datetime) -> Shown:
    """Mark a code as used, once; a second time says when and by whom it was.

    Raises:
        NotAllowed: the officer may not.
    """
    require(by, Right.CASES)
    found = look(typed, now)
    if found.given is None or found.problem:
        return found
    if not Pass.objects.filter(pk=found.given.pk, used_at=None).update(used_at=now, used_by=by):
        return look(typed, now)
    append(
        actor=by.actor, action="gathering.let_in", subject=f"citizen:{found.given.citizen_id}", now=now,
        gathering=found.given.gathering_id, people=found.given.people,
    )  # fmt: skip
    return found


def _note(gathering: Gathering, what: str, by: Officer, now: datetime, **data: int) -> None:
    append(actor=by.actor, action=f"gathering.{what}", subject=f"gathering:{gathering.pk}", now=now, **data)
