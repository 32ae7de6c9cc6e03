"""The ways to citizens: which of them this house has, and what each of them needs to know of a text."""

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


def spec_of(kind: str) -> PlatformSpec:
    """Return what is true of a way."""
    spec = catalog.spec(kind)
    assert spec is not None  # noqa: S101 - every kind of contact has one, by a test
    return spec
