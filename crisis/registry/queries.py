"""Asking the registry: which posts are competent, which accounts speak for them, which number helps."""

import hashlib
from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from crisis import clock
from crisis.journal.models import Entry
from crisis.places.areas import state_of
from crisis.places.grid import distance_km
from crisis.registry.keeping import Consent
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


def was_before_restore(moment: datetime) -> bool:
    """Tell whether something happened before a backup was put back: what followed from it may have left already."""
    return Installation.objects.filter(restored_at__gte=moment).exists()


def home_ministry() -> Ministry:
    """Return the ministry that is at home here."""
    return installation().home


def imported_at(ministry: Ministry) -> datetime | None:
    """Return when the ministry's posts and accounts were last brought in from their source, or None if it is not known."""
    rows = Entry.objects.filter(action="registry.import_posts", subject=f"ministry:{ministry.code}").order_by("-id")
    return rows.values_list("at", flat=True).first()


def valid(prefix: str, on: date) -> Q:
    """Return the condition that what has `valid_from` and `valid_to` holds on a day.

    Args:
        prefix: how the query comes to it ("post__"); blank for the rows themselves.
        on: the day.
    """
    begun = Q(**{f"{prefix}valid_from__isnull": True}) | Q(**{f"{prefix}valid_from__lte": on})
    return begun & (Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gte": on}))


def _consular(on: date) -> QuerySet[Jurisdiction]:
    gone = [Post.State.CLOSED, Post.State.PLANNED]
    competent = Jurisdiction.objects.filter(valid("", on), valid("post__", on), kind=Jurisdiction.Kind.CONSULAR)
    return competent.exclude(post__state__in=gone).select_related("post")


def serving_posts(ministry: Ministry) -> QuerySet[Post]:
    """Return a ministry's posts but those that are closed, or not open yet."""
    gone = [Post.State.CLOSED, Post.State.PLANNED]
    return Post.objects.filter(ministry=ministry).exclude(state__in=gone).select_related("ministry").order_by("code")


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

    def __init__(self, *, ministry: Ministry, on: date, countries: Collection[str] = ()) -> None:
        """Load it.

        Args:
            ministry: whose posts.
            on: the day.
            countries: only what holds for places there; none is everywhere.
        """
        self._by_country: dict[str, list[Jurisdiction]] = {}
        ours = _consular(on).filter(post__ministry=ministry)
        if countries:
            ours = ours.filter(country__in={*countries, *map(state_of, countries)})
        for row in ours.order_by("priority", "post__name", "pk"):
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
    return Competence(ministry=ministry, on=on, countries=[country]).post_for(country, region, point)


def agreed(on: date) -> QuerySet[Consent]:
    """Return the written consents that hold on a day."""
    return Consent.objects.filter(given_on__lte=on, until__gte=on, withdrawn_on=None)


def willing(on: date, prefix: str = "") -> Q:
    """Return the condition that an account is no person's, or that of one whose consent holds on a day.

    Args:
        on: the day.
        prefix: how the query comes to the account ("account__"); blank for accounts themselves.
    """
    theirs = Q(**{f"{prefix}holder__kind": Holder.Kind.PERSON})
    return ~theirs | Q(**{f"{prefix}holder__in": agreed(on).values("holder")})


def has_agreed(account: Account) -> bool:
    """Tell whether alerts may go through an account for all that its holder says: a person must have agreed, in writing."""
    if account.holder.kind != Holder.Kind.PERSON:
        return True
    return agreed(clock.now().date()).filter(holder=account.holder_id, to_broadcast=True).exists()


def accounts_for(posts: Sequence[Post], *, ministry: Ministry) -> list[Account]:
    """Return the LIVE accounts, each with its shadow, that speak in an alert for these posts.

    They are the posts' own, those of the whole ministry, and those of people there who have agreed to that in writing, today;
    accounts that never broadcast are left out, and those of projects, regions and communities.
    """
    whole = Q(holder__kind=Holder.Kind.DEPARTMENT, holder__ministry=ministry)
    willing = agreed(clock.now().date()).filter(to_broadcast=True).values("holder")
    people = Q(holder__kind=Holder.Kind.PERSON, holder__ministry=ministry, holder__in=willing)
    people &= Q(holder__of_post__in=posts) | Q(holder__of_post=None)
    accounts = Account.objects.filter(
        Q(holder__post__in=posts) | whole | people, mode=Mode.LIVE, is_home=True, archived_on=None
    )
    accounts = accounts.exclude(broadcast=Account.Broadcast.NEVER).select_related("holder__post", "shadow__holder")
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
    emergency, ordinary = DirectoryEntry.Purpose.EMERGENCY, DirectoryEntry.Purpose.POST
    wanted = Q(post=None, purpose=emergency) | (Q(post=post) if post else Q())
    entries = DirectoryEntry.objects.filter(wanted, ministry=ministry, kind=DirectoryEntry.Kind.PHONE)
    found = {(entry.post_id, entry.purpose): entry for entry in entries}
    own = post.pk if post else 0
    return Numbers(found.get((own, emergency)) or found.get((None, emergency)), found.get((own, ordinary)))


def outward_state() -> str:
    """Return what the home ministry says of itself on pages that are kept, as a short text that changes with any of it.

    It is its names, what it says of money, its posts, and their numbers and links.
    """
    ministry = home_ministry()
    posts = Post.objects.filter(ministry=ministry).order_by("pk").values_list("pk", "name", "state", "country")
    entries = DirectoryEntry.objects.filter(ministry=ministry).order_by("pk")
    told = [ministry.names, ministry.money_line, ministry.languages, list(posts)]
    told.append(list(entries.values_list("post", "kind", "purpose", "value")))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:24]


def directory_choices(ministry: Ministry, posts: Iterable[Post], kind: str) -> list[DirectoryEntry]:
    """Return the numbers or links that an alert for these posts may use: the ministry's first."""
    entries = DirectoryEntry.objects.filter(Q(post=None) | Q(post__in=list(posts)), ministry=ministry, kind=kind)
    return list(entries.select_related("post").order_by("post__name", "purpose"))


def posts_with_directory(posts: Iterable[Post]) -> list[Post]:
    """Return the posts with their numbers and links at hand."""
    wanted = Post.objects.filter(pk__in=[post.pk for post in posts]).order_by("country", "name")
    return list(wanted.prefetch_related(Prefetch("directory", DirectoryEntry.objects.order_by("kind", "purpose"))))
