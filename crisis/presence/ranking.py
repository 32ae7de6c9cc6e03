"""Who reaches most, publishes most, was last heard: by account, post, country, part of the world and platform."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Literal

from crisis.places.parts import part_of
from crisis.presence.models import Source, origin_in
from crisis.registry.atlas import open_posts, public_accounts
from crisis.registry.models import Holder, Ministry, Post

By = Literal["account", "post", "country", "part", "platform"]
Of = Literal["followers", "posts_per_week", "last_post_on", "answer_minutes"]
Value = int | float | date
BY: tuple[By, ...] = ("account", "post", "country", "part", "platform")
OF: tuple[Of, ...] = ("followers", "posts_per_week", "last_post_on", "answer_minutes")


def _median(values: Iterable[Value]) -> float:
    return float(median(float(each) for each in values if not isinstance(each, date)))


def _last(values: Iterable[Value]) -> date:
    return max(each for each in values if isinstance(each, date))


def _sum(values: Iterable[Value]) -> float:
    return sum(each for each in values if not isinstance(each, date))


# What a group's figure is, from those of its accounts; and whether more is better.
_GROUPED: dict[Of, tuple[Callable[[Sequence[Value]], Value], bool]] = {
    "followers": (_sum, True),
    "posts_per_week": (_sum, True),
    "last_post_on": (_last, True),
    "answer_minutes": (_median, False),
}


@dataclass(slots=True)
class Line:
    """One place in a ranking.

    Attributes:
        key: the account's or the post's key, a country's or a part's code, or a platform's slug.
        accounts: the keys of those that it is about.
        values: what is known of them.
        days: for which days those hold.
        sources: where they come from.
        value: of all of them together; None where nothing is known.
        place: 1 is first, equal values share one; None where nothing is known: nobody is ranked without data.
    """

    key: str
    post: Post | None = None
    accounts: list[int] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    sources: set[Source] = field(default_factory=set)
    value: Value | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The measured ones, in order, and how many there are in all."""

    lines: tuple[Line, ...]
    measured: int
    of: int


def ranking(ministry: Ministry, *, by: By, of: Of, on: date) -> Ranking:
    """Rank what is public.

    Args:
        ministry: whose posts; the accounts of the whole ministry count by account and by platform.
        by: what is ranked.
        of: by which figure. A group has the sum of its accounts' followers or publications, its latest publication, the median
            of its answers' times.
        on: the day on which posts are open.
    """
    posts = {post.pk: post for post in open_posts(ministry, on=on)}
    lines: dict[str, Line] = {}
    if by in ("post", "country", "part"):
        for post in posts.values():
            key = _key_of_post(post, by)
            lines.setdefault(key, Line(key, post if by == "post" else None))
    # Values only: of thousands of accounts, making objects would take longer than everything else.
    told = public_accounts().values_list(
        "pk", "platform", "holder__kind", "holder__post_id", f"latest__{of}", "latest__origins"
    )
    for account, platform, kind, post_id, value, origins in told:
        found = posts.get(post_id or 0)
        if found is None and (kind == Holder.Kind.POST or by not in ("account", "platform")):
            continue
        key = str(account) if by == "account" else platform if by == "platform" else ""
        if found is not None and not key:
            key = _key_of_post(found, by)
        line = lines.setdefault(key, Line(key, found))
        line.accounts.append(account)
        origin = origin_in(origins or {}, of)
        if value is not None and origin is not None:
            line.values.append(value)
            line.days.append(origin[0])
            line.sources.add(origin[1])
    return _placed(lines.values(), of)


def _key_of_post(post: Post, by: By) -> str:
    return {"post": str(post.pk), "country": post.country, "part": part_of(post.country)}[by]


def _placed(lines: Iterable[Line], of: Of) -> Ranking:
    every = list(lines)
    measured = [line for line in every if line.values]
    together, more_is_better = _GROUPED[of]
    for line in measured:
        line.value = together(line.values)
    measured.sort(key=lambda line: line.key)
    measured.sort(key=lambda line: line.value, reverse=more_is_better)  # type: ignore[arg-type,return-value]
    for number, line in enumerate(measured, start=1):
        before = measured[number - 2] if number > 1 else None
        line.place = before.place if before is not None and before.value == line.value else number
    return Ranking(tuple(measured), len(measured), len(every))
