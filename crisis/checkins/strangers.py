"""Somebody whom we do not know: what is said to them, once, and how often anybody is answered at all."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from crisis.alerts.models import Alert
from crisis.alerts.queries import current
from crisis.checkins.models import CheckIn, InboxUpdate
from crisis.checkins.signals import knocked
from crisis.encryption import blind_index, seal
from crisis.outward.queries import said as outward
from crisis.registry.models import Ministry, Mode, Post
from crisis.registry.queries import numbers
from crisis.wording.catalogue import CatalogueError, words

ONCE_IN = timedelta(hours=24)  # one answer a number: the platform lets us write so long after somebody wrote
MOST_HOURLY = 300  # strangers who are answered, all together: somebody who writes from many numbers empties no purse
MOST_LANGUAGES = 3


@transaction.atomic
def knock(*, source: CheckIn.Source, kind: str, address: str, ref: str, now: datetime) -> bool:
    """Count what came from an address that nobody has given us; its words and the address are kept nowhere.

    Args:
        source, kind: which way it came, and by which one it is answered.
        address: in its normal form. It is handed on sealed; what stays is a digest that only our key can make.
        ref: its number there; the same one again counts once.
        now: the time.

    Returns:
        Whether it is answered: after the commit `knocked` is sent then.
    """
    digest = hashlib.sha256(ref.encode("utf-8", "replace")).hexdigest()
    who = f"stranger:{blind_index(f'{source}:{address}')[:30]}"
    earlier = InboxUpdate.objects.filter(chat=who, received_at__gt=now - ONCE_IN).exists()
    _, is_new = InboxUpdate.objects.get_or_create(
        source=source,
        ref=digest[:60],
        defaults={
            "chat": who,
            "payload": {},
            "received_at": now,
            "state": InboxUpdate.State.HANDLED,
            "handled_at": now,
        },
    )
    if not is_new or earlier:
        return False
    lately = InboxUpdate.objects.filter(source=source, chat__startswith="stranger:", pk__gt=_first_of_an_hour(now))
    if lately.values("chat").distinct().count() > MOST_HOURLY:
        return False
    told = {"kind": kind, "sealed": seal(address), "key": f"RE-{digest[:40].upper()}"}
    transaction.on_commit(partial(knocked.send, sender=None, **told))
    return True


def _first_of_an_hour(now: datetime) -> int:
    """Return the number of the last row before the hour: rows are found by their numbers, not by their times."""
    before = InboxUpdate.objects.filter(received_at__lte=now - timedelta(hours=1)).order_by("-pk")
    return before.values_list("pk", flat=True).first() or 0


def alert_now(now: datetime) -> Alert | None:
    """Return the alert whose page helps a stranger: the one that holds now, LIVE before a drill; None if there is no such one."""
    held = list(current(now).order_by("-pk")[:20])
    live = [alert for alert in held if alert.mode == Mode.LIVE] or held
    codes = {alert.code for alert in live}
    return live[0] if len(codes) == 1 else None


def text_for_stranger(
    name: str,
    *,
    languages: Iterable[str],
    ministry: Ministry,
    post: Post | None,
    link: str,
    exercise: bool = False,
    number: bool = True,
) -> str:
    """Return what is said, in some languages, one paragraph each.

    Args:
        name: "phone" wrote to our number, "private" to an account, "public" beneath what it published.
        languages: in this order; those that have no words of ours are left out, and too many too.
        ministry: whose number helps, and whose language is spoken if there is no other.
        post: whose number helps first.
        link: where people tell us how they are.
        exercise: it belongs to a drill, and says so.
        number: whether it says whom to call.
    """
    best = numbers(post, ministry).best if number else ""
    said: list[str] = []
    for language in dict.fromkeys([*languages, *ministry.languages]):
        if said and language not in languages:
            break
        try:
            fixed = words(language)
        except CatalogueError:
            continue
        lines = [f"{fixed['exercise']}."] if exercise else []
        lines.append(outward(f"stranger_{name}", of=post, language=language, link=link))
        if best:
            lines.append(fixed["labelled"].format(label=fixed["sms_number"], value=best))
        said.append(" ".join(lines))
        if len(said) == MOST_LANGUAGES:
            break
    return "\n\n".join(said)
