"""From the settings to a platform's consent screen: the one place of the web where a platform is spoken to."""

from django.conf import settings
from django.urls import reverse

from crisis.registry.endpoints import endpoint
from platforms import catalog
from platforms.access import Connects, Revokes


def screen(slug: str) -> Connects | Revokes | None:
    """Return what asks for access on a platform, and ends it.

    Raises:
        KeyError: there is none.
    """
    return catalog.consent(slug, endpoint(slug))


def callback(slug: str) -> str:
    """Return the address of ours to which a platform sends the editor back; it is registered with our app there."""
    return f"{settings.PUBLIC_URL}{reverse('connect:callback', args=[slug])}"
