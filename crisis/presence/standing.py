"""How each post stands: its accounts with what is known of them, and what its website was found to link to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from crisis.presence.models import Latest, Source, WebsiteVisit
from crisis.registry.atlas import Listed, listed, open_posts
from crisis.registry.models import Account, Ministry, Post


@dataclass(frozen=True, slots=True)
class Standing:
    """One post.

    Attributes:
        post: which.
        accounts: its public ones.
        website: its address, or blank.
        languages: that its accounts speak.
        visit: what its website was last found to link to; None if it was never read whole.
    """

    post: Post
    accounts: tuple[Account, ...]
    website: str
    languages: frozenset[str]
    visit: WebsiteVisit | None

    def _latest(self) -> list[Latest]:
        return [each.latest for each in self.accounts if hasattr(each, "latest")]

    @property
    def followers(self) -> int | None:
        """Whoever follows those of its accounts of which it is known; None if it is known of none."""
        known = [each.followers for each in self._latest() if each.followers is not None]
        return sum(known) if known else None

    @property
    def last_post_on(self) -> date | None:
        """The day of the latest publication on any of its accounts, as far as known."""
        return max((each.last_post_on for each in self._latest() if each.last_post_on is not None), default=None)

    @property
    def demo(self) -> bool:
        """Whether some of what is known is demo data."""
        return any(source == Source.DEMO for each in self._latest() for _, source in each.origins.values())

    @property
    def read_at(self) -> datetime | None:
        """When its website was last read whole."""
        return self.visit.read_at if self.visit else None

    @property
    def unlinked(self) -> list[Account]:
        """Its accounts to which its website does not link; none if nobody has read the website."""
        if self.visit is None:
            return []
        linked = {account.pk for account in self.visit.linked.all()}
        return [account for account in self.accounts if account.pk not in linked]

    @property
    def dead(self) -> Sequence[str]:
        """Addresses to which its website links and where nothing is any more."""
        return self.visit.dead if self.visit else ()


def standings(ministry: Ministry, *, on: date) -> list[Standing]:
    """Return how each open post stands, in nine queries."""
    return of_listed(listed(open_posts(ministry, on=on), on=on), ministry)


def of_listed(posts: Sequence[Listed], ministry: Ministry) -> list[Standing]:
    """Return how posts stand that the atlas has listed."""
    latest = {
        each.account_id: each for each in Latest.objects.filter(account__in=[a.pk for p in posts for a in p.accounts])
    }
    for account in (account for each in posts for account in each.accounts):
        if account.pk in latest:
            account.latest = latest[account.pk]
    visits = WebsiteVisit.objects.filter(post__in=[each.post.pk for each in posts], read_at__isnull=False)
    # A visit to another address than the registry's says nothing of this one.
    read = {(visit.post_id, visit.url): visit for visit in visits.prefetch_related("linked")}
    return [
        Standing(
            each.post,
            each.accounts,
            each.website,
            frozenset(code for account in each.accounts for code in account.languages or ministry.languages),
            read.get((each.post.pk, each.website)),
        )
        for each in posts
    ]
