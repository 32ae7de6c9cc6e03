"""What of the registry everybody may see: posts and their accounts, never shadows, nor people who have not agreed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from crisis import clock
from crisis.places.names import fold, town_name
from crisis.registry.addresses import known
from crisis.registry.models import Account, DirectoryEntry, Jurisdiction, Ministry, Mode, Post
from crisis.registry.operations import GONE
from crisis.registry.queries import valid, willing
from platforms import catalog

_LANGUAGES = ("nl", "fr", "de", "en")


@dataclass(frozen=True, slots=True)
class Listed:
    """A post as everybody may see it.

    Attributes:
        accounts: its public ones.
        countries: those of its consular jurisdiction.
        website: its address, or blank.
    """

    post: Post
    accounts: tuple[Account, ...]
    countries: tuple[str, ...]
    website: str


def open_posts(ministry: Ministry, *, on: date) -> QuerySet[Post]:
    """Return a ministry's posts that serve people on a day: neither planned nor closed."""
    gone = [Post.State.CLOSED, Post.State.PLANNED]
    return Post.objects.filter(valid("", on), ministry=ministry).exclude(state__in=gone)


def public_accounts(*, of: Ministry | None = None) -> QuerySet[Account]:
    """Return the accounts of the home ministry, or of another one, that everybody may see.

    They are real, still its own, and no person's without consent; nor is any only a service that we feed.
    """
    return _known(of).exclude(paused_why__in=GONE).filter(archived_on=None)


def former_accounts() -> QuerySet[Account]:
    """Return the accounts that were of `public_accounts` and are no more."""
    return _known().filter(Q(paused_why__in=GONE) | Q(archived_on__isnull=False))


def _known(of: Ministry | None = None) -> QuerySet[Account]:
    fed = [spec.slug for spec in catalog.specs() if spec.by_administrator]
    whose = Q(is_home=True) if of is None else Q(holder__ministry=of)
    real = Account.objects.filter(whose, mode=Mode.LIVE).exclude(address="").exclude(platform__in=fed)
    return real.filter(willing(clock.now().date())).select_related("holder")


def listed(posts: QuerySet[Post], *, on: date, of: Ministry | None = None) -> list[Listed]:
    """Return posts with what the atlas shows of each, in four queries.

    Args:
        posts: see `open_posts`.
        on: the day on which jurisdictions hold.
        of: whose posts they are, where that is not the home ministry.
    """
    served = Jurisdiction.objects.filter(valid("", on), kind=Jurisdiction.Kind.CONSULAR)
    sites = DirectoryEntry.objects.filter(kind=DirectoryEntry.Kind.LINK, purpose=DirectoryEntry.Purpose.WEBSITE)
    rows = list(posts.prefetch_related(Prefetch("jurisdictions", served), Prefetch("directory", sites)))
    accounts: dict[int | None, list[Account]] = {}
    for account in public_accounts(of=of).filter(holder__post__in=[post.pk for post in rows]):
        accounts.setdefault(account.holder.post_id, []).append(account)
    return [
        Listed(
            post,
            tuple(accounts.get(post.pk, ())),
            tuple(sorted({row.country for row in post.jurisdictions.all()})),
            next((site.value for site in post.directory.all()), ""),
        )
        for post in rows
    ]


def platform_name(slug: str) -> str:
    """Return a platform's name for people, whether it has an adapter or not."""
    spec = catalog.spec(slug)
    if spec is not None and spec.by_hand:
        return "Web"  # where a person publishes is, for readers, a page like others
    return known()[slug].name if slug in known() else slug.capitalize()


def find(text: str, posts: Iterable[Listed]) -> list[Listed]:
    """Return the posts that a word means: by their name, their town in four languages, or an account's address.

    Args:
        text: as somebody typed it.
        posts: among which.
    """
    wanted = fold(text.replace("@", " "))
    if not wanted:
        return []
    return [each for each in posts if any(wanted in name for name in _names(each))]


def _names(each: Listed) -> list[str]:
    post = each.post
    towns = [town_name(post.city, post.country, language) for language in _LANGUAGES]
    return [fold(name) for name in (post.name, post.city, *towns, *(account.address for account in each.accounts))]


def by_platform(slug: str) -> Q:
    """Return the condition that a post has a public account on a platform."""
    return Q(holder__in=public_accounts().filter(platform=slug).values("holder"))
