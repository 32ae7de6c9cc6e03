"""What of the registry everybody may see: posts and their accounts, never shadows, nor people who have not agreed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from crisis import clock
from crisis.places.names import fold, town_name
from crisis.registry.addresses import known
from crisis.registry.models import Account, DirectoryEntry, Holder, Jurisdiction, Ministry, Mode, Post
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


def open_posts(*ministries: Ministry, on: date) -> QuerySet[Post]:
    """Return the posts of a ministry, or of several, that serve people on a day: neither planned nor closed."""
    gone = [Post.State.CLOSED, Post.State.PLANNED]
    return Post.objects.filter(valid("", on), ministry__in=ministries).exclude(state__in=gone)


def public_accounts(*, of: Collection[Ministry] | None = None) -> QuerySet[Account]:
    """Return the accounts of the home ministry, or of other ones, that everybody may see.

    They are real, still its own, and no person's without consent; nor is any only a service that we feed.
    """
    return _known(of).exclude(paused_why__in=GONE).filter(archived_on=None)


def former_accounts() -> QuerySet[Account]:
    """Return the accounts that were of `public_accounts` and are no more."""
    return _known().filter(Q(paused_why__in=GONE) | Q(archived_on__isnull=False))


def _known(of: Collection[Ministry] | None = None) -> QuerySet[Account]:
    fed = [spec.slug for spec in catalog.specs() if spec.by_administrator]
    whose = Q(is_home=True) if of is None else Q(holder__ministry__in=of)
    real = Account.objects.filter(whose, mode=Mode.LIVE).exclude(address="").exclude(platform__in=fed)
    return real.filter(willing(clock.now().date())).select_related("holder")


def listed(posts: QuerySet[Post], *, on: date, of: Collection[Ministry] | None = None) -> list[Listed]:
    """Return posts with what the atlas shows of each, in five queries.

    Args:
        posts: see `open_posts`.
        on: the day on which jurisdictions hold.
        of: whose posts they are, where that is not the home ministry.
    """
    rows = list(posts)
    keys = [post.pk for post in rows]
    served: dict[int, set[str]] = {}
    consular = Jurisdiction.objects.filter(valid("", on), kind=Jurisdiction.Kind.CONSULAR, post__in=keys)
    for post, country in consular.values_list("post", "country"):
        served.setdefault(post, set()).add(country)
    entries = DirectoryEntry.objects.filter(kind=DirectoryEntry.Kind.LINK, purpose=DirectoryEntry.Purpose.WEBSITE)
    sites = dict(entries.filter(post__in=keys).values_list("post", "value"))
    # A holder is one object for all its accounts, however many: making one for each would take most of the time.
    holders = {holder.pk: holder for holder in Holder.objects.filter(post__in=keys)}
    accounts: dict[int | None, list[Account]] = {}
    for account in public_accounts(of=of).select_related(None).filter(holder__post__in=keys):
        account.holder = holders[account.holder_id]
        accounts.setdefault(account.holder.post_id, []).append(account)
    return [
        Listed(
            post,
            tuple(accounts.get(post.pk, ())),
            tuple(sorted(served.get(post.pk, ()))),
            sites.get(post.pk, ""),
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
