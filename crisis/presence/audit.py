"""The audit of posts' websites: which are due for a visit, what a visit found, which accounts are missing, unknown or gone."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from crisis.presence.models import WebsiteVisit
from crisis.registry.addresses import NoAddress, canonical
from crisis.registry.atlas import listed, open_posts, public_accounts
from crisis.registry.models import Account, Ministry
from crisis.registry.profiles import page_of
from platforms import catalog

EVERY = timedelta(days=7)
AGAIN = timedelta(days=1)  # after a visit that read nothing
# Nobody else visits for a post that was taken; a worker that died with it costs no more than this.
TAKEN = timedelta(minutes=5)
Key = tuple[str, str]  # an account: its platform, and its address in small letters, without "@"
MOST_STRANGE = 50  # unknown accounts of one website that are kept


@transaction.atomic
def enrol(ministry: Ministry, now: datetime) -> None:
    """Keep one visit for each open post that has a website, and none for any other; a new address is due at once."""
    sites = {
        each.post.pk: each.website
        for each in listed(open_posts(ministry, on=now.date()), on=now.date())
        if each.website
    }
    WebsiteVisit.objects.exclude(post__in=sites).delete()
    standing = {visit.post_id: visit for visit in WebsiteVisit.objects.all()}
    new = [WebsiteVisit(post_id=post, url=url, due_at=now) for post, url in sites.items() if post not in standing]
    WebsiteVisit.objects.bulk_create(new, ignore_conflicts=True)  # somebody else may be enrolling too
    for post, url in sites.items():
        if post in standing and standing[post].url != url:
            WebsiteVisit.objects.filter(post=post).update(
                url=url, due_at=now, read_at=None, outcome="", strange=[], dead=[]
            )


def due(now: datetime, *, limit: int) -> list[WebsiteVisit]:
    """Return whose websites are visited next."""
    return list(WebsiteVisit.objects.filter(due_at__lte=now).select_related("post").order_by("due_at", "pk")[:limit])


def take(visit: WebsiteVisit, now: datetime) -> bool:
    """Take a visit; False if somebody else has."""
    return bool(WebsiteVisit.objects.filter(pk=visit.pk, due_at=visit.due_at).update(due_at=now + TAKEN))


@transaction.atomic
def note_read(visit: WebsiteVisit, links: Iterable[str], now: datetime) -> dict[str, str]:
    """Keep what a website links to; nothing, where another address stands in the registry since it was taken.

    Args:
        visit: whose.
        links: every address on it, whole.
        now: the time.

    Returns:
        The page of each account that it links to, by the address as it stands there: so that it can be seen whether it is gone.
    """
    ours = {_key(account): account for account in public_accounts()}
    found: dict[Key, str] = {}
    for url in links:
        key = _key_at(url)
        if key is None:
            continue
        spec = catalog.spec(key[0])
        # On many servers: such an address may be anything, unless it is one of ours.
        if key in ours or spec is None or not spec.federated:
            found.setdefault(key, url)
    linked = [ours[key] for key in found if key in ours]
    strange = [url for key, url in found.items() if key not in ours][:MOST_STRANGE]
    if not _still(visit).update(
        visited_at=now, read_at=now, outcome="read", strange=strange, dead=[], due_at=now + EVERY
    ):
        return {}
    visit.linked.set(linked)
    return {url: page_of(ours[key]) if key in ours else url for key, url in found.items()}


def note_dead(visit: WebsiteVisit, addresses: Iterable[str]) -> None:
    """Keep which of the addresses on a website lead to what is no longer there."""
    _still(visit).update(dead=sorted(addresses))


def note_unread(visit: WebsiteVisit, why: str, now: datetime, *, again: timedelta = AGAIN) -> None:
    """Keep why a website could not be read; what was read before still stands, with its day."""
    _still(visit).update(visited_at=now, outcome=why, due_at=now + again)


def _still(visit: WebsiteVisit) -> QuerySet[WebsiteVisit]:
    """Return a visit as it was taken: a website that has moved since is another one, and is visited anew."""
    return WebsiteVisit.objects.filter(pk=visit.pk, url=visit.url)


def visits(ministry: Ministry, *, on: date) -> QuerySet[WebsiteVisit]:
    """Return the visits of a ministry's open posts."""
    rows = WebsiteVisit.objects.filter(post__in=open_posts(ministry, on=on))
    return rows.select_related("post").prefetch_related("linked").order_by("post__country", "post__name")


def _key(account: Account) -> Key:
    return _key_at(account.address) or (account.platform, account.address_key.removeprefix("@"))


def _key_at(url: str) -> Key | None:
    """Return which account a link leads to; None if it leads to none, or is no link."""
    if "://" not in url:
        return None
    try:
        found = canonical(url)
    except NoAddress:
        return None
    return found.platform, found.key.removeprefix("@")
