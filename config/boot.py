"""What every long-running process does before it opens its door, or forks."""

import gc
import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.urls import get_resolver

from platforms import catalog

log = logging.getLogger(__name__)


def check_house() -> None:
    """Refuse to run a house whose database belongs to another kind of operation.

    Raises:
        ImproperlyConfigured: nothing is installed yet; the file of areas is wrong; or the database is a demo's and the settings
            are live, or the other way round; or a live database holds demo users or simulated citizens.
    """
    from crisis import clock
    from crisis.audience.queries import has_simulated
    from crisis.places.areas import BadAreas
    from crisis.places.borders import countries_with_borders
    from crisis.registry.models import Installation
    from crisis.registry.operations import MixedInstallation, check_installation
    from crisis.staff.models import Officer

    for spec in catalog.outdated(clock.now().date()):
        log.warning(
            "the version of a platform's interface grows old: update before it ends", extra={"platform": spec.slug}
        )
    try:
        countries_with_borders()  # reads the file of areas, and holds it ready
    except BadAreas as error:
        raise ImproperlyConfigured(str(error)) from error
    try:
        installation = check_installation(mode=settings.TOCSIN_MODE)
    except MixedInstallation as error:
        raise ImproperlyConfigured(str(error)) from error
    if installation.kind != Installation.Kind.LIVE:
        return
    if Officer.objects.filter(is_demo=True).exists():
        raise ImproperlyConfigured(
            "This live database holds users of the demo, whose passwords everybody knows: remove them."
        )
    if has_simulated():
        raise ImproperlyConfigured("This live database holds simulated citizens: it is no live database.")


def share() -> None:
    """Hold ready what the web server's processes will share, and nothing that each must have for itself."""
    from crisis.checkins.intent import hold_ready

    # Every page's module is loaded now, and not by each process again.
    get_resolver().url_patterns  # noqa: B018
    hold_ready()
    for connection in connections.all(initialized_only=True):
        connection.close()
        if pool := getattr(connection, "close_pool", None):
            pool()
    # The collector would touch, and so copy, all that is shared.
    gc.collect()
    gc.freeze()
