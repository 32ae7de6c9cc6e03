"""Each post's page is looked at once a year by its editor, in one form; whose look is due is listed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from crisis.journal.operations import append
from crisis.registry import cells
from crisis.registry.addresses import NoAddress, canonical
from crisis.registry.atlas import open_posts
from crisis.registry.directory import add_entry, change_entry, end_entry
from crisis.registry.keeping import PostReview
from crisis.registry.models import Account, DirectoryEntry, Holder, Ministry, Mode, Post
from crisis.registry.operations import RegistryError
from crisis.registry.proposing import AtPost, Wish, may_broadcast, propose_archive, propose_change, propose_new
from crisis.staff.models import Officer
from crisis.staff.reach import Reach
from crisis.staff.rights import Right, require

EVERY = timedelta(days=365)
LONGEST_HOURS = 300
_WHY = "yearly look"
PURPOSES = (DirectoryEntry.Purpose.EMERGENCY, DirectoryEntry.Purpose.POST)


@dataclass(frozen=True, slots=True)
class Look:
    """What an editor found, or changed.

    Attributes:
        accounts: those that the editor was shown, by number, each with its languages; None: it is proposed to be archived.
        new: links to accounts that the registry lacks; each is proposed.
        hours: when it is open, as people read it.
        phones: its numbers by purpose, each as the editor was shown it and as they left it; blank: it has none.
    """

    accounts: Mapping[int, str | None]
    new: tuple[str, ...] = ()
    hours: str = ""
    phones: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def changed_phones(self) -> dict[str, tuple[str, str]]:
        """The numbers that the editor has changed."""
        left = {purpose: (was, value.strip()) for purpose, (was, value) in self.phones.items()}
        return {purpose: (was, value) for purpose, (was, value) in left.items() if value != was}


@dataclass(frozen=True, slots=True)
class Due:
    """A post with the day of its last look, and of its next one; None: it was never looked at, so that it is due."""

    post: Post
    last: date | None
    next: date | None

    def overdue(self, on: date) -> bool:
        """Tell whether the look is due on a day."""
        return self.next is None or self.next <= on


def in_reach(reach: Reach) -> QuerySet[Post]:
    """Return the posts whose page somebody may keep."""
    return Post.objects.filter(reach.rows(post="pk"))


def dues(posts: Iterable[Post]) -> list[Due]:
    """Return when each post's page is to be looked at, what is due longest first."""
    rows = list(posts)
    last = dict(
        PostReview.objects.order_by()
        .filter(post__in=[each.pk for each in rows])
        .values_list("post")
        .annotate(Max("at"))
    )
    found = [
        Due(each, last[each.pk].date(), last[each.pk].date() + EVERY) if each.pk in last else Due(each, None, None)
        for each in rows
    ]
    return sorted(found, key=lambda due: (due.next or date.min, due.post.code))


def all_dues(ministry: Ministry, *, reach: Reach, on: date) -> list[Due]:
    """Return when each open post's page, of those that somebody may keep, is to be looked at."""
    return dues(open_posts(ministry, on=on).filter(pk__in=in_reach(reach).values("pk")))


def last_review(post: Post) -> PostReview | None:
    """Return the last look at a post's page."""
    return post.reviews.first()


def accounts_of(post: Post) -> list[Account]:
    """Return a post's LIVE accounts that are not archived."""
    return list(Account.objects.filter(holder__post=post, mode=Mode.LIVE, archived_on=None).exclude(address=""))


def phones_of(post: Post) -> dict[str, str]:
    """Return a post's own numbers, by purpose."""
    entries = DirectoryEntry.objects.filter(post=post, kind=DirectoryEntry.Kind.PHONE, purpose__in=PURPOSES)
    return dict.fromkeys(PURPOSES, "") | dict(entries.values_list("purpose", "value"))


@transaction.atomic
def note_look(*, post: Post, look: Look, by: Officer, now: datetime) -> PostReview:
    """Note an editor's look. What is right is verified today; what is new or gone is proposed, for another person to review.

    Args:
        post: whose page.
        look: what was found.
        by: the editor.
        now: the time.

    Raises:
        NotAllowed: the officer may not, or it is another post's.
        RegistryError: something cannot be taken, or somebody else has changed a number since it was shown; then nothing is.
    """
    require(by, Right.PROPOSE, of=AtPost(post.pk))
    languages = _languages(look)
    for account in accounts_of(post):
        if account.pk in languages:
            _look_at(account, languages[account.pk], by, now)
    holder = Holder.objects.filter(post=post).first()
    for link in look.new:
        if holder is None:
            raise RegistryError(
                _("%(post)s has no account yet: headquarters adds the first one by the list of posts.") % {"post": post}
            )
        _propose(holder, link, by, now)
    for purpose, (was, value) in look.changed_phones.items():
        _keep_phone(post, purpose, was, value, by, now)
    review = PostReview.objects.create(post=post, by=by, at=now, hours=look.hours.strip())
    append(
        actor=by.actor, action="registry.look", subject=f"post:{post.code}", now=now,
        still=sum(each is not None for each in languages.values()), new=len(look.new),
    )  # fmt: skip
    return review


def _languages(look: Look) -> dict[int, tuple[str, ...] | None]:
    if len(look.hours) > LONGEST_HOURS:
        raise RegistryError(
            _("The hours have %(many)s characters, at most %(most)s.")
            % {"many": len(look.hours), "most": LONGEST_HOURS}
        )
    try:
        return {pk: None if text is None else cells.languages(text) for pk, text in look.accounts.items()}
    except ValueError as error:
        raise RegistryError(f"{error}.") from error


def _look_at(account: Account, languages: tuple[str, ...] | None, by: Officer, now: datetime) -> None:
    """Verify an account today, or propose what is different: other languages, or (None) that it is the post's no more."""
    if languages is not None:
        Account.objects.filter(pk=account.pk).update(verified_on=now.date())
    wish = None if languages is None else replace(Wish.of(account), languages=languages)
    if wish == Wish.of(account) or account.proposals.filter(accepted=None).exists():
        return
    if wish is None:
        propose_archive(account=account, by=by, now=now, why=_WHY)
    else:
        propose_change(account=account, wish=wish, by=by, now=now, why=_WHY)


def _propose(holder: Holder, link: str, by: Officer, now: datetime) -> None:
    """Propose a new account, to which alerts go wherever that can be; one that is proposed already is."""
    try:
        found = canonical(link)
    except NoAddress as error:
        raise RegistryError(f"{error}.") from error
    if holder.proposals.filter(accepted=None, platform=found.platform, address_key=found.key).exists():
        return
    broadcast = Account.Broadcast.YES if may_broadcast(holder, found.platform, now.date()) else Account.Broadcast.NEVER
    propose_new(
        holder=holder, link=link, platform="", wish=Wish(broadcast=broadcast), by=by, now=now, why=_WHY
    )  # fmt: skip


def _keep_phone(post: Post, purpose: str, was: str, value: str, by: Officer, now: datetime) -> None:
    """Let a post have a number; another one than stood there is not verified, and costs a tick at each alert until it is."""
    if purpose not in PURPOSES:
        raise RegistryError(_("Choose what it is, and what it is for."))
    kind = DirectoryEntry.Kind.PHONE
    entry = DirectoryEntry.objects.filter(post=post, kind=kind, purpose=purpose).first()
    if (entry.value if entry else "") != was:
        raise RegistryError(
            _(
                "Somebody else has changed a number of this post meanwhile. Open the page anew; nothing of yours was stored."
            )
        )
    if entry is None and value:
        add_entry(ministry=post.ministry, post=post, kind=kind, purpose=purpose, value=value, by=by, now=now)
    elif entry is not None and value:
        change_entry(entry=entry, value=value, was=was, by=by, now=now)
    elif entry is not None:
        end_entry(entry=entry, was=was, by=by, now=now)
