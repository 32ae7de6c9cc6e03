"""Asking the registry: which posts are competent, which accounts speak for them, which number helps."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from crisis.places.areas import state_of
from crisis.places.grid import distance_km
from crisis.registry.models import (
    WARN_DAYS,
    Account,
    Credential,
    DirectoryEntry,
    Holder,
    Installation,
    Jurisdiction,
    Ministry,
    Mode,
    Post,
    brief,
)
from platforms.errors import BadCredentials


@dataclass(frozen=True, slots=True)
class Reach:
    """A country that an area touches: as a whole (regions is None), or only some of its regions."""

    country: str
    regions: frozenset[str] | None = None


def installation() -> Installation:
    """Return what this database is for.

    Raises:
        Installation.DoesNotExist: nothing is installed.
    """
    return Installation.objects.select_related("home").get()


def house_paused() -> str:
    """Return why nothing at all may leave this house for now, as a stable code; "" if it may."""
    rows = Installation.objects.exclude(paused_at=None).values_list("paused_why", flat=True)
    return next(iter(rows), "")


def home_ministry() -> Ministry:
    """Return the ministry that is at home here."""
    return installation().home


def _valid(prefix: str, on: date) -> Q:
    begun = Q(**{f"{prefix}valid_from__isnull": True}) | Q(**{f"{prefix}valid_from__lte": on})
    return begun & (Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gte": on}))


def _consular(on: date) -> QuerySet[Jurisdiction]:
    gone = [Post.State.CLOSED, Post.State.PLANNED]
    competent = Jurisdiction.objects.filter(_valid("", on), _valid("post__", on), kind=Jurisdiction.Kind.CONSULAR)
    return competent.exclude(post__state__in=gone).select_related("post")


def competent_posts(reaches: Iterable[Reach], *, ministry: Ministry, on: date) -> list[Post]:
    """Return the posts whose consular jurisdiction meets an area.

    A whole country meets every jurisdiction in it; a part meets those of its regions and those of the whole country.

    Args:
        reaches: what the area touches.
        ministry: whose posts.
        on: the day; a post or jurisdiction that is not valid then is not competent.
    """
    ours = _consular(on).filter(post__ministry=ministry)
    named = set(ours.values_list("country", flat=True))
    wanted = Q(pk__in=[])
    for reach in reaches:
        country = _answering(reach.country, named)
        condition = Q(country=country)
        if country != reach.country:
            condition &= Q(region="")
        elif reach.regions is not None:
            condition &= Q(region="") | Q(region__in=reach.regions)
        wanted |= condition
    rows = ours.filter(wanted).order_by("post__country", "post__name")
    return list({row.post_id: row.post for row in rows}.values())


def _answering(country: str, named: Container[str]) -> str:
    """Return the country whose jurisdictions hold for a place: its own, or else those of the one that it is served with."""
    return country if country in named else state_of(country)


class Competence:
    """Answers, for many people at once, which post serves somebody: loaded once, asked without a query."""

    def __init__(self, *, ministry: Ministry, on: date) -> None:
        self._by_country: dict[str, list[Jurisdiction]] = {}
        for row in _consular(on).filter(post__ministry=ministry).order_by("priority", "post__name", "pk"):
            self._by_country.setdefault(row.country, []).append(row)

    def post_for(self, country: str, region: str, point: tuple[float, float] | None) -> Post | None:
        """Return the post that serves a place.

        The jurisdiction of the place's own region goes first, then the priority; distance breaks the last tie only.

        Args:
            country: two-letter code.
            region: the region's code, or blank.
            point: (lat, lon) in degrees, if known.
        """
        answering = _answering(country, self._by_country)
        rows = self._by_country.get(answering, [])
        fitting = [row for row in rows if row.region in ("", region if answering == country else "")]

        def rank(row: Jurisdiction) -> tuple[int, int, float]:
            post = row.post
            far = 0.0
            if point is not None:
                far = distance_km(*point, post.lat, post.lon) if post.lat is not None and post.lon is not None else 1e9
            return (0 if row.region else 1, row.priority, far)

        best = min(fitting, key=rank, default=None)
        return best.post if best else None


def post_for(
    *, country: str, region: str, point: tuple[float, float] | None, ministry: Ministry, on: date
) -> Post | None:
    """Return the post that serves one place, or None; see `Competence.post_for`."""
    return Competence(ministry=ministry, on=on).post_for(country, region, point)


def accounts_for(posts: Sequence[Post], *, ministry: Ministry) -> list[Account]:
    """Return the LIVE accounts, each with its shadow, that speak in an alert for these posts.

    They are the posts' own and those of the whole ministry; accounts that never broadcast are left out.
    """
    whole = Q(holder__kind=Holder.Kind.DEPARTMENT, holder__ministry=ministry)
    accounts = Account.objects.filter(Q(holder__post__in=posts) | whole, mode=Mode.LIVE, is_home=True)
    accounts = accounts.exclude(broadcast=Account.Broadcast.NEVER).select_related("holder__post", "shadow")
    return list(accounts.order_by("holder__kind", "holder__name", "platform"))


def ending_soon(now: datetime) -> QuerySet[Credential]:
    """Return the accesses of our accounts of which staff are warned: they end, or have ended, by themselves.

    Not those that are short by nature and renewed again and again; but whatever the platform refused to renew, at once.
    """
    near = Q(expires_at__lt=now + timedelta(days=max(WARN_DAYS)))
    quiet = Q(account__platform__in=brief(), renew_code="", expires_at__gt=now)
    refused = Q(renew_code=BadCredentials.code)
    rows = Credential.objects.filter(near & ~quiet | refused, account__is_home=True).defer("secrets")
    return rows.select_related("account__shadow_of").order_by("expires_at", "pk")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whom to call, best first."""

    emergency: DirectoryEntry | None
    post: DirectoryEntry | None

    @property
    def best(self) -> str:
        """The number to give somebody who needs help now, or blank."""
        entry = self.emergency or self.post
        return entry.value if entry else ""


def numbers(post: Post | None, ministry: Ministry) -> Numbers:
    """Return the numbers that help at a post: its own emergency number, else the ministry's, and its ordinary one."""
    entries = DirectoryEntry.objects.filter(ministry=ministry, kind=DirectoryEntry.Kind.PHONE)
    emergency, ordinary = DirectoryEntry.Purpose.EMERGENCY, DirectoryEntry.Purpose.POST
    own = {entry.purpose: entry for entry in entries.filter(post=post)} if post else {}
    general = entries.filter(post=None, purpose=emergency).first()
    return Numbers(own.get(emergency) or general, own.get(ordinary))


def directory_choices(ministry: Ministry, posts: Iterable[Post], kind: str) -> list[DirectoryEntry]:
    """Return the numbers or links that an alert for these posts may use: the ministry's first."""
    entries = DirectoryEntry.objects.filter(Q(post=None) | Q(post__in=list(posts)), ministry=ministry, kind=kind)
    return list(entries.select_related("post").order_by("post__name", "purpose"))


def posts_with_directory(posts: Iterable[Post]) -> list[Post]:
    """Return the posts with their numbers and links at hand."""
    wanted = Post.objects.filter(pk__in=[post.pk for post in posts]).order_by("country", "name")
    return list(wanted.prefetch_related(Prefetch("directory", DirectoryEntry.objects.order_by("kind", "purpose"))))
