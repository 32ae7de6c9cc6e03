"""Whose an alert is: somebody bound to some posts writes and reviews only what concerns nobody else's."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from crisis.alerts.areas import reaches
from crisis.alerts.models import Alert, Area
from crisis.registry.models import Ministry
from crisis.registry.queries import competent_posts
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed, Right, reach_of, require


def require_area(by: Officer, right: Right, areas: Iterable[Area], *, ministry: Ministry, now: datetime) -> None:
    """Let an officer pass who holds a right for every post that serves an area.

    Raises:
        NotAllowed: they hold it not, or another post serves it too, or none does.
    """
    require(by, right)
    mine = reach_of(by, right)
    if mine.everything:
        return
    posts = competent_posts(reaches(areas), ministry=ministry, on=now.date())
    if not posts or not all(mine.holds(post.pk, None) for post in posts):
        raise NotAllowed(_("This concerns other posts than yours: ask somebody who is not bound to some posts."))


def require_alert(by: Officer, right: Right, alert: Alert, *, now: datetime) -> None:
    """Let an officer pass who holds a right for every post that serves where an alert holds.

    Raises:
        NotAllowed: see `require_area`.
    """
    require_area(by, right, alert.areas.all(), ministry=alert.ministry, now=now)
