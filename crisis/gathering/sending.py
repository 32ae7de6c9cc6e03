"""What a household is told, put together when it leaves, and the ledger of those messages: claimed, sent, settled."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from crisis.alerts.models import State
from crisis.audience.models import Contact
from crisis.checkins.silence import found
from crisis.gathering import codes
from crisis.gathering.models import Gathering, Pass
from crisis.wording.catalogue import words
from platforms.contract import Outgoing

LEASE = timedelta(seconds=60)
AT_ONCE = 200


def due(now: datetime) -> list[Pass]:
    """Return messages that may leave now: released, not withdrawn, of an alert that holds."""
    return list(Pass.free(now).filter(_holding(now)).select_related("contact").order_by("pk")[:AT_ONCE])


def _holding(now: datetime) -> Q:
    return Q(
        # Of somebody it may have become known since that they are in hospital, detained, missing or deceased.
        ~found("citizen", OuterRef("gathering__rollcall__alert__mode")),
        contact__state=Contact.State.ACTIVE,
        gathering__released_at__isnull=False,
        gathering__withdrawn_at=None,
        gathering__expires_at__gt=now,
        gathering__rollcall__alert__state=State.ISSUED,
        gathering__rollcall__alert__expires_at__gt=now,
    )


def call_unknown(**_: object) -> tuple[str, int]:
    """Own up, after a restore from backup, that nobody knows which households were told; also where nobody had released it."""
    return "personal codes", Pass.call_unknown(reason="restored")


def claim(pass_id: int, now: datetime) -> Pass | None:
    """Take one for sending; None if it may not leave any more, or somebody else has it."""
    holds = Q(pk__in=Pass.objects.filter(_holding(now)).values("pk"))
    if not Pass.take(pass_id, holds, now=now, lease=LEASE):
        return None
    return Pass.objects.select_related("citizen", "contact", "gathering__rollcall__alert__ministry").get(pk=pass_id)


def told(given: Pass) -> Outgoing | None:
    """Return what a household is told, with its code in it, which stands nowhere else; None if its key is gone."""
    gathering, citizen = given.gathering, given.citizen
    code = codes.of_digest(gathering.pk, citizen.pk, given.digest)
    if not code:
        return None
    alert = gathering.rollcall.alert
    drill = [words(citizen.language)["exercise_line"]] if alert.exercise else []
    with override(citizen.language):
        own = [
            _("Only for you. Your code: %(code)s. Number of people: %(people)s.")
            % {"people": given.people, "code": codes.shown(code)},
            _("Show it at the entrance. Do not pass this message on: the code works only once."),
            f"{settings.PUBLIC_URL}/pass/{code}?l={citizen.language}",
        ]
    money = alert.ministry.money_line.get(citizen.language, "")
    lines = [*drill, gathering.texts[citizen.language], *own, money, alert.marker, *drill]
    key = f"{alert.marker}-g{gathering.pk}-{given.pk}"
    return Outgoing(
        text="\n\n".join(line for line in lines if line), marker=alert.marker, language=citizen.language, key=key,
        subject=f"{alert.ministry.name(citizen.language)} {alert.marker}",
    )  # fmt: skip


def counted(gathering: Gathering) -> dict[str, int]:
    """Return how many messages are in each state, how many households came, and how many people."""
    rows = list(gathering.passes.values_list("state", "people", "used_at"))
    found = {str(label): sum(state == value for state, _, _ in rows) for value, label in Pass.State.choices}
    came = [people for _, people, used_at in rows if used_at]
    return {key: n for key, n in found.items() if n} | {
        _("Households called"): len(rows),
        _("Came"): len(came),
        _("People"): sum(came),
    }
