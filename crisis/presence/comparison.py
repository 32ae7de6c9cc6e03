"""Coverage between dates and between ministries: counts of earlier days, ours and those of studies, beside today's."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from crisis.audience.tables import BadTable, lines, table
from crisis.journal.operations import append
from crisis.presence.models import CoverageCount
from crisis.presence.standing import Standing
from crisis.registry.coverage import Coverage, coverages
from crisis.registry.models import Ministry

_WHAT = {"posts": "posts", "website_links": "website_links", "platform": "platforms", "language": "languages"}
_MOST = 100_000  # posts; no ministry has more


@dataclass(frozen=True, slots=True)
class OnWebsites:
    """What the websites say: how many were read, and how many of those link to every account of their post."""

    read: int
    linking: int


def on_websites(standings: Iterable[Standing]) -> OnWebsites:
    """Count it."""
    read = [each for each in standings if each.visit is not None]
    return OnWebsites(len(read), sum(bool(each.accounts) and not each.unlinked for each in read))


@dataclass(frozen=True, slots=True)
class Column:
    """One count, to stand beside others.

    Attributes:
        whose, source: who was counted, and by whom.
        posts: how many posts there were.
        counted: (what, key) -> on how many posts; what was not counted is absent.
    """

    whose: str
    on: date
    source: str
    posts: int
    counted: dict[tuple[str, str], int]

    def share(self, key: tuple[str, str]) -> int | None:
        """Return on how many of its posts, in per cent; None where that was not counted, or there was no post."""
        return 100 * self.counted[key] // self.posts if key in self.counted and self.posts else None


def column(counted: dict[str, Any], *, whose: str, on: date, source: str) -> Column:
    """Return a count as a column."""
    told = {("website_links", ""): counted["website_links"]} if "website_links" in counted else {}
    for what in ("platforms", "languages"):
        told |= {(what, key): many for key, many in counted.get(what, {}).items()}
    return Column(whose, on, source, counted["posts"], told)


def columns(today: Coverage, *, ministry: str, on: date) -> list[Column]:
    """Return the kept counts, the oldest first, those of other ministries in the registry, and today's own as the last one."""
    kept = [column(row.counted, whose=row.whose, on=row.on, source=row.source) for row in CoverageCount.objects.all()]
    others = list(Ministry.objects.filter(is_home=False, posts__isnull=False).distinct().order_by("code"))
    for other, found in zip(others, coverages(others, on=on), strict=True):
        kept.append(column(asdict(found), whose=str(other), on=on, source="Tocsin"))
    return [*kept, column(asdict(today), whose=ministry, on=on, source="")]


def rows(of: list[Column]) -> list[tuple[str, str]]:
    """Return what any of the columns counts: platforms, the most used today first, then websites, then languages."""
    every = {key for each in of for key in each.counted}
    order = {"platforms": 0, "website_links": 1, "languages": 2}
    return sorted(every, key=lambda key: (order[key[0]], -of[-1].counted.get(key, 0), key[1]))


@transaction.atomic
def enter(*, data: bytes, whose: str, on: date, source: str, ministry: Ministry | None, now: datetime) -> CoverageCount:
    """Keep a count that somebody else made; entering it again takes the place of the first.

    Args:
        data: a CSV with the columns what, key and posts: what is posts, platform, language or website_links; key is the
            platform's slug or the language's code.
        whose: which ministry was counted, as people call it.
        on: the day for which it holds.
        source: who counted, and where it stands.
        ministry: the same one, where it is registered here.
        now: the time.

    Raises:
        BadTable: a line is wrong, or the number of all posts is missing; the message names the line, and nothing is kept.
    """
    found = table(data)
    if missing := sorted({"what", "key", "posts"} - set(found.header)):
        raise BadTable(f"the first line must name the columns what, key and posts; it lacks {', '.join(missing)}")
    counted: dict[str, Any] = {}
    for line in lines(found.text, found.delimiter):
        cells = dict(zip(found.header, (cell.strip() for cell in line.cells), strict=False))
        what, key, posts = cells.get("what", ""), cells.get("key", "").casefold(), cells.get("posts", "")
        if what not in _WHAT:
            raise BadTable(f"line {line.number}: what is one of {', '.join(_WHAT)}, not {what[:40]!r}")
        if not (posts.isascii() and posts.isdecimal() and len(posts) <= 9 and int(posts) <= _MOST):
            raise BadTable(f"line {line.number}: {posts[:40]!r} is no number of posts")
        if what in ("platform", "language"):
            if not key:
                raise BadTable(f"line {line.number}: which {what}?")
            counted.setdefault(_WHAT[what], {})[key] = int(posts)
        else:
            counted[what] = int(posts)
    _check(counted)
    row, _ = CoverageCount.objects.update_or_create(
        whose=whose, on=on, source=source, defaults={"counted": counted, "ministry": ministry}
    )
    append(actor="command", action="presence.enter_coverage", subject=f"coverage:{row.pk}", now=now, on=on.isoformat())
    return row


def _check(counted: dict[str, Any]) -> None:
    if not counted.get("posts"):
        raise BadTable("a line with posts is missing: of how many posts it was counted")
    every = [
        *counted.get("platforms", {}).values(),
        *counted.get("languages", {}).values(),
        counted.get("website_links", 0),
    ]
    if max(every, default=0) > counted["posts"]:
        raise BadTable(f"{max(every)} is more than all {counted['posts']} posts")


@transaction.atomic
def keep(today: Coverage, *, ministry: Ministry, on: date, now: datetime) -> CoverageCount:
    """Keep today's own coverage, to be compared with later; twice a day is once."""
    row, _ = CoverageCount.objects.update_or_create(
        whose=str(ministry), on=on, source="Tocsin", defaults={"counted": asdict(today), "ministry": ministry}
    )
    append(actor="command", action="presence.keep_coverage", subject=f"coverage:{row.pk}", now=now, on=on.isoformat())
    return row
