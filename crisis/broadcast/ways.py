"""The ways to citizens: which of them this house has, what each needs to know of a text, and which of somebody's comes first."""

from django.conf import settings
from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.expressions import Combinable

from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.registry.endpoints import is_set_up
from platforms import catalog
from platforms.contract import PlatformSpec


def ways() -> list[str]:
    """Return the kinds of contacts that can be written to: Telegram, whose bot every house has, and what else is set up."""
    private = [spec.slug for spec in catalog.private()]
    return [
        kind for kind in Contact.Kind.values if kind == Contact.Kind.TELEGRAM or (kind in private and is_set_up(kind))
    ]


def by_every_way(alert: Alert) -> bool:
    """Tell whether everybody is told of an alert by all their ways at once, as its severity asks for."""
    return alert.severity in settings.EVERY_WAY_AT


def spec_of(kind: str) -> PlatformSpec:
    """Return what is true of a way."""
    spec = catalog.spec(kind)
    assert spec is not None  # noqa: S101 - every kind of contact has one, by a test
    return spec


# Of ways that a person has put in no order, the first: what costs nothing and asks back before what costs or may lie unread.
_ORDER = (Contact.Kind.TELEGRAM, Contact.Kind.WHATSAPP, Contact.Kind.EMAIL, Contact.Kind.SMS)
_STEP = 10  # more than there are kinds: the person's own order goes before ours


def turn(prefix: str = "") -> Combinable:
    """Return in which turn a contact comes among those of its person, the preferred one first; no two share one.

    Args:
        prefix: how the query reaches the contact ("citizen__contacts__").
    """
    ours = Case(
        *(When(**{f"{prefix}kind": kind}, then=Value(place)) for place, kind in enumerate(_ORDER)),
        default=Value(len(_ORDER)),
        output_field=IntegerField(),
    )
    return F(f"{prefix}rank") * _STEP + ours


def turn_sql(alias: str) -> str:
    """Return the SQL of `turn` for a table's alias; constants only."""
    cases = " ".join(f"WHEN '{kind.value}' THEN {place}" for place, kind in enumerate(_ORDER))
    return f"({alias}.rank * {_STEP} + CASE {alias}.kind {cases} ELSE {len(_ORDER)} END)"


def is_first(contact: Contact) -> bool:
    """Tell whether somebody's contact is the one by which they are told first."""
    active = Contact.objects.filter(citizen=contact.citizen_id, kind__in=ways(), state=Contact.State.ACTIVE)
    return active.annotate(turn=turn()).order_by("turn").values_list("pk", flat=True).first() == contact.pk


def kinds_sql() -> str:
    """Return the kinds that can be written to, as an SQL list; constants of ours only."""
    return ", ".join(f"'{kind}'" for kind in ways())


def tell_delivery() -> list[str]:
    """Return the ways that say when a person has a notice, and are heard here: a house's own server needs a secret for it."""
    heard = [kind for kind in ways() if not spec_of(kind).own_server or settings.RECEIPTS_SECRETS.get(kind)]
    return [kind for kind in heard if spec_of(kind).tells_delivery]
