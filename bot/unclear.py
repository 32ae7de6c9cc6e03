"""Places that may count in one country or another: the person says which, and with it which post."""

from datetime import datetime

from bot import texts
from bot.replies import Press, Reply
from crisis.audience.models import Contact
from crisis.audience.operations import Place
from crisis.places.borders import countries_at
from crisis.places.names import country_name
from crisis.registry.queries import Competence


def asked(contact: Contact, place: Place, now: datetime) -> list[Reply]:
    """Return the question in which country a place counts for the person; nothing where that is clear.

    Args:
        contact: who; with its citizen.
        place: where.
        now: the time, for whoever serves it today.
    """
    countries = countries_at(place.lat, place.lon)
    if len(countries) <= 1:
        return []
    citizen = contact.citizen
    competence = Competence(ministry=citizen.ministry, on=now.date())
    rows = []
    for country in countries:
        post = competence.post_for(country, "", (place.lat, place.lon))
        name = country_name(country, citizen.language)
        # Within 10 m, so that the answer means the same area; a stay keeps 1 km.
        data = f"w:{country}:{place.lat:.4f}:{place.lon:.4f}"
        rows.append((Press(f"{name} – {post.name}" if post else name, data),))
    return [Reply(texts.which_country(), tuple(rows))]


def chosen(lat: str, lon: str) -> Place | None:
    """Return the place that a button's data means, or None if it is none of ours."""
    try:
        place = Place(float(lat), float(lon))
    except ValueError:
        return None
    return place if abs(place.lat) <= 90 and abs(place.lon) <= 180 else None
