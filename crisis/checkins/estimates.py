"""How many people are thought to be in a country, registered or not: a guess, never shown without its source and its age."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _

from crisis.checkins.inbox import clean
from crisis.journal.operations import append
from crisis.places.names import countries
from crisis.registry.models import Ministry, Post
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed, Right, reach_of, require

FURTHEST_EAST = timedelta(hours=14)  # of the clocks of the world


class Estimate(models.Model):
    """One guess; nothing is overwritten, the latest one of a country is shown.

    Attributes:
        people: how many.
        source: who says so ("tour operators", "consular register").
        as_of: the day for which it holds.
    """

    ministry = models.ForeignKey(Ministry, on_delete=models.CASCADE)
    country = models.CharField(max_length=2)
    people = models.PositiveIntegerField()
    source = models.CharField(max_length=120)
    as_of = models.DateField()
    by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        """The latest of a country is found by index."""

        indexes = [models.Index(fields=["ministry", "country", "as_of"], name="estimates_of_country")]

    def __str__(self) -> str:
        return f"{self.people} in {self.country}, {self.as_of}"


@transaction.atomic
def note_estimate(
    *, ministry: Ministry, country: str, people: int, source: str, as_of: date, by: Officer, now: datetime
) -> Estimate:
    """Note how many people are thought to be in a country.

    Raises:
        NotAllowed: the officer may not, or it is no country of their posts.
        ValueError: a value is none that can be, or nobody is named who says so.
    """
    require(by, Right.CASES)
    if country not in estimable(by, [country]):
        raise NotAllowed(_("This country is other posts': ask somebody who is not bound to some posts."))
    if country not in countries("en") or not 0 <= people <= 10_000_000:
        raise ValueError(_("Say a country, and how many people."))
    # It is tomorrow already where some posts are: UTC+14 at the most.
    if not source.strip() or as_of > (now + FURTHEST_EAST).date():
        raise ValueError(_("Say who says so, and for which day; not one that is still to come."))
    made = Estimate.objects.create(
        ministry=ministry, country=country, people=people, source=clean(source).strip()[:120], as_of=as_of, by=by,
        noted_at=now,
    )  # fmt: skip
    append(
        actor=by.actor, action="checkins.note_estimate", subject=f"estimate:{made.pk}", now=now, country=country,
        people=people,
    )  # fmt: skip
    return made


def estimable(officer: Officer, wanted: Iterable[str]) -> list[str]:
    """Return of which of some countries somebody may note an estimate: all, or those where their posts are.

    Whoever is there for one alert estimates none: what is noted holds for every other alert too.
    """
    reach = reach_of(officer, Right.CASES)
    if reach.everything:
        return list(wanted)
    posts = {pk for some, rollcall in reach.parts if some is not None and rollcall is None for pk in some}
    mine = set(Post.objects.filter(pk__in=posts).values_list("country", flat=True))
    return [country for country in wanted if country in mine]


def estimates(ministry: Ministry, wanted: Iterable[str]) -> dict[str, Estimate]:
    """Return the latest estimate of each of some countries, by country; one without any is left out."""
    rows = Estimate.objects.filter(ministry=ministry, country__in=list(wanted)).order_by("as_of", "pk")
    return {row.country: row for row in rows}
