"""Points and areas as staff type them: read, or refused with a reason."""

import re

from django.utils.translation import gettext as _

from crisis.places.rings import Corner, crosses_itself, flat, km_between, middle

MOST_CORNERS = 40
LARGEST_KM = 2_000  # from its middle to a corner: what is larger is named by its countries

_NUMBER = r"[+-]?\d{1,3}(?:\.\d+)?"
_POINT = re.compile(rf"\s*({_NUMBER})\s*[,\s]\s*({_NUMBER})\s*")


class BadRing(Exception):
    """What was typed is no point or no area; the message says why, for staff."""


def point(text: str) -> Corner | None:
    """Return a point typed as "35.68, 139.77" (north, then east), to 0.001 degree, or None where the text is none.

    Raises:
        BadRing: it is one that lies nowhere.
    """
    found = _POINT.fullmatch(text)
    if found is None:
        return None
    lat, lon = float(found[1]), float(found[2])
    if abs(lat) > 90 or abs(lon) > 180:
        raise BadRing(
            _("%(text)s lies nowhere: write degrees north (-90 to 90), then degrees east (-180 to 180).")
            % {"text": text.strip()}
        )
    return round(lat, 3), round(lon, 3)


def points(text: str) -> list[Corner]:
    """Return points typed as "35.6 139.5, 35.9 139.5", or one a line.

    Raises:
        BadRing: they are no pairs of numbers, or lie nowhere.
    """
    typed = [each for each in re.split(r"[\s;,]+", text) if each]
    pairs = [point(f"{lat} {lon}") for lat, lon in zip(typed[::2], typed[1::2], strict=False)]
    found = [each for each in pairs if each is not None]
    if 2 * len(found) != len(typed):
        raise BadRing(_("A corner is two numbers, degrees north and degrees east: 35.6 139.5, 35.9 139.5, 35.9 140.1"))
    return found


def corners(text: str) -> list[Corner]:
    """Return an area's corners, typed as `points` reads them.

    Raises:
        BadRing: they are too few, too many, too far apart, nowhere, or their sides cross.
    """
    ring = points(text)
    if len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    if not 3 <= len(ring) <= MOST_CORNERS or len(set(ring)) < len(ring):
        raise BadRing(
            _("An area has 3 to %(most)s corners, each of them once; these are %(given)s.")
            % {"most": MOST_CORNERS, "given": len(ring)}
        )
    if any(km_between(middle(ring), corner) > LARGEST_KM for corner in ring):
        raise BadRing(
            _("The area reaches more than %(most)s km from its middle: name the countries instead.")
            % {"most": LARGEST_KM}
        )
    if crosses_itself(flat(ring)):
        raise BadRing(_("Two sides of the area cross: give the corners in the order in which one walks around it."))
    return ring
