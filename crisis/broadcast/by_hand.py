"""What a person publishes, changes or takes away by hand: done, with its address, or not, and why; the first one settles it."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crisis.alerts.models import State
from crisis.broadcast import corrections
from crisis.broadcast.models import Attempt, Delivery, DeliveryState
from crisis.journal.models import Entry
from crisis.journal.operations import append
from crisis.registry.models import Account
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require

DECIDED = "broadcast.decide"
NOT_DONE = "not_by_hand"
LONGEST_WHY = 300
# What a person may say was published: also what was stopped or given up while it was being pasted, for it stands there.
_OPEN = (
    DeliveryState.HELD,
    DeliveryState.UNCONFIRMED,
    DeliveryState.FAILED,
    DeliveryState.STOPPED,
    DeliveryState.EXPIRED,
)
_SAID = {
    "stands": gettext_lazy("%(name)s said that it is done, %(seconds)d s ago: nothing was changed."),
    "not_published": gettext_lazy("%(name)s said that it is not done, %(seconds)d s ago: nothing was changed."),
    "send_again": gettext_lazy("%(name)s took it up again, %(seconds)d s ago: nothing was changed."),
}


class NotUndecided(Exception):
    """The delivery does not wait for a person (any more), or what was said of it cannot be; the message says which."""


@transaction.atomic
def done(*, delivery: Delivery, url: str, by: Officer, now: datetime) -> str:
    """Note that a person has done by hand what a delivery says.

    Args:
        delivery: of an account on which only a person publishes.
        url: where it stands; of a correction the earlier address holds where none is given.
        by: who did it.
        now: the time.

    Returns:
        What to say to whoever did it.

    Raises:
        NotUndecided: the address is not one of the account's, or somebody else was faster; the message says who.
    """
    require(by, Right.STOP)
    known = delivery.corrects.url if delivery.corrects else ""
    where = url.strip() or known
    if delivery.kind != Delivery.Kind.WITHDRAW or url.strip():
        _check(delivery.account, where)
    rows = Delivery.objects.filter(pk=delivery.pk, state__in=_OPEN)
    state = corrections.done(delivery)
    if not rows.update(state=state, posted_at=now, url=where[:300], not_before=None, reason="by_hand", detail=""):
        raise NotUndecided(_settled(delivery, now))
    corrections.note_by_hand(delivery)
    _note(delivery, "stands", "", by, now)
    if delivery.alert.state in (State.STOPPED, State.SUPERSEDED):
        return _("Noted: but this alert does not hold any more. Change it there to what holds now, or take it away.")
    return _("Noted: it is taken away.") if state == DeliveryState.WITHDRAWN else _("Noted: it stands there.")


@transaction.atomic
def not_done(*, delivery: Delivery, why: str, by: Officer, now: datetime) -> str:
    """Note that a person could not do by hand what a delivery says.

    Returns:
        What to say to whoever tried.

    Raises:
        NotUndecided: no reason is given, or somebody else was faster; the message says who.
    """
    require(by, Right.STOP)
    why = " ".join(why.split())[:LONGEST_WHY]
    if not why:
        raise NotUndecided(_("Say why it was not done: who reads it next must know what to do."))
    waiting = Delivery.objects.filter(pk=delivery.pk, state__in=[DeliveryState.HELD, DeliveryState.UNCONFIRMED])
    if not waiting.update(state=DeliveryState.FAILED, not_before=None, reason=NOT_DONE, detail=why):
        raise NotUndecided(_settled(delivery, now))
    _note(delivery, "not_published", why, by, now)
    return _("Noted: it was not done, and why.")


@transaction.atomic
def take_up(*, delivery: Delivery, by: Officer, now: datetime) -> None:
    """Let a delivery that was skipped or given up wait for a hand again.

    Raises:
        NotUndecided: it is neither, or the alert does not hold any more.
    """
    require(by, Right.STOP)
    again = [DeliveryState.SKIPPED, DeliveryState.FAILED]
    rows = Delivery.objects.filter(
        pk=delivery.pk, state__in=again, alert__state=State.ISSUED, alert__expires_at__gt=now
    )
    reason = "correct_by_hand" if delivery.corrects_id else "by_hand"
    if not rows.update(state=DeliveryState.HELD, not_before=None, reason=reason):
        raise NotUndecided(_settled(delivery, now))
    _note(delivery, "send_again", "", by, now)


def decide(*, delivery: Delivery, stands: bool, url: str, by: Officer, now: datetime) -> None:
    """Note that it is done, or let it wait for a hand again; see `done` and `take_up`."""
    if stands:
        done(delivery=delivery, url=url, by=by, now=now)
    else:
        take_up(delivery=delivery, by=by, now=now)


def who(deliveries: Iterable[Delivery]) -> dict[int, str]:
    """Return who has settled deliveries by hand, by their numbers; those that nobody has are left out."""
    subjects = {f"delivery:{each.pk}": each.pk for each in deliveries}
    said = Entry.objects.filter(subject__in=subjects, action=DECIDED).order_by("id").values_list("subject", "actor")
    actors = {subjects[subject]: actor for subject, actor in said}
    numbers = {actor.removeprefix("officer:") for actor in actors.values()}
    names = {f"officer:{each.pk}": str(each) for each in Officer.objects.filter(pk__in=filter(str.isdecimal, numbers))}
    return {pk: names[actor] for pk, actor in actors.items() if actor in names}


def _check(account: Account, url: str) -> None:
    """Refuse an address that is not one of the account's.

    Raises:
        NotUndecided: it is no https address, or of another host. A shadow's page on the simulator has no https.
    """
    own, given = urlsplit(account.address), urlsplit(url)
    if not given.netloc or given.scheme not in {"https", own.scheme}:
        raise NotUndecided(_("Give its address as it stands in the browser: https://…"))
    if _host(given.netloc) != _host(own.netloc):
        raise NotUndecided(
            _("%(given)s is not where %(account)s is: give the address of what stands there.")
            % {"given": given.netloc, "account": account.address}
        )


def _host(netloc: str) -> str:
    """Return a host as two are compared: a phone's browser shows another one of the same site."""
    host = netloc.casefold()
    for front in ("www.", "m.", "mobile."):
        host = host.removeprefix(front)
    return host


def _note(delivery: Delivery, outcome: str, detail: str, by: Officer, now: datetime) -> None:
    Attempt.objects.create(
        delivery=delivery, number=delivery.attempt, step="decide", started_at=now, ended_at=now, outcome=outcome,
        detail=detail,
    )  # fmt: skip
    append(actor=by.actor, action=DECIDED, subject=f"delivery:{delivery.pk}", now=now, outcome=outcome)


def _settled(delivery: Delivery, now: datetime) -> str:
    """Return who was faster, and what they said."""
    entry = Entry.objects.filter(subject=f"delivery:{delivery.pk}", action=DECIDED).order_by("-id").first()
    name = who([delivery]).get(delivery.pk)
    if entry is None or name is None:
        return _("This was settled meanwhile, or the alert does not hold any more.")
    said = _SAID.get(
        str(entry.data.get("outcome")), gettext_lazy("%(name)s settled it, %(seconds)d s ago: nothing was changed.")
    )
    return said % {"name": name, "seconds": round((now - entry.at).total_seconds())}
