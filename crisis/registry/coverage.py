"""Where nobody would be heard: which post is on which platform, in which languages, counted by posts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from crisis.registry.atlas import Listed, listed, open_posts
from crisis.registry.models import Ministry


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many posts there are, and on how many of them something is true.

    Attributes:
        posts: those that serve people.
        platforms: with a public account there, by the platform's slug, the most first.
        website_links: with the address of a website in the registry.
        languages: with an account that speaks it, by its code, the most first.
    """

    posts: int
    platforms: dict[str, int]
    website_links: int
    languages: dict[str, int]


def coverage(ministry: Ministry, *, on: date) -> Coverage:
    """Return a ministry's coverage on a day."""
    return coverages([ministry], on=on)[0]


def coverages(ministries: Sequence[Ministry], *, on: date) -> list[Coverage]:
    """Return the coverage of each ministry on a day, in their order, in as many queries as for one."""
    posts: dict[int, list[Listed]] = {}
    for each in listed(open_posts(*ministries, on=on), on=on, of=ministries):
        posts.setdefault(each.post.ministry_id, []).append(each)
    return [counted(posts.get(ministry.pk, ()), ministry) for ministry in ministries]


def counted(posts: Iterable[Listed], ministry: Ministry) -> Coverage:
    """Count what is known of posts; each counts once for a platform or a language, however many accounts it has there."""
    every = list(posts)
    platforms = Counter(slug for each in every for slug in {account.platform for account in each.accounts})
    spoken = [{code for account in each.accounts for code in account.languages or ministry.languages} for each in every]
    return Coverage(
        posts=len(every),
        platforms=_most_first(platforms),
        website_links=sum(bool(each.website) for each in every),
        languages=_most_first(Counter(code for codes in spoken for code in codes)),
    )


def _most_first(numbers: Counter[str]) -> dict[str, int]:
    return dict(sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0])))
