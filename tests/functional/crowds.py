"""A crowd in the database, without phones: for what is done to many at once."""

from crisis.audience.addresses import sealed
from crisis.audience.models import Citizen, Contact, Stay
from crisis.places.grid import cell_of, rounded
from crisis.places.queries import search
from crisis.registry.queries import home_ministry
from tests.functional.factories import NOW

FIRST_CHAT = 8_700_000_000


def crowd(number: int, where: str = "Tokyo", *, second: int = 0) -> list[Citizen]:
    """Subscribe so many people with a chat each, who all stay at one place.

    Args:
        number: how many.
        where: the place.
        second: each so-many-th one has a mailbox too; 0 is nobody.
    """
    town, ministry = search(where, limit=1)[0], home_ministry()
    lat, lon = rounded(town.lat), rounded(town.lon)
    people = Citizen.objects.bulk_create(
        Citizen(
            ministry=ministry, name=f"n{n}", language=("nl", "fr", "en")[n % 3], in_exercises=True, subscribed_at=NOW
        )
        for n in range(number)
    )
    Contact.objects.bulk_create(
        Contact(citizen=person, address=str(FIRST_CHAT + n), linked_at=NOW) for n, person in enumerate(people)
    )
    Contact.objects.bulk_create(
        Contact(citizen=person, kind=Contact.Kind.EMAIL, linked_at=NOW, **sealed(f"n{n}@example.org"))
        for n, person in enumerate(people)
        if second and n % second == 0
    )
    Stay.objects.bulk_create(
        Stay(
            citizen=person,
            country=town.country,
            region=town.region,
            lat=lat,
            lon=lon,
            cell=cell_of(lat, lon),
            place_name=town.name,
            time_zone=town.time_zone,
            confirmed_at=NOW,
        )
        for person in people
    )
    return people
