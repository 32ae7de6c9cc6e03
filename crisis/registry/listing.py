"""The accounts of a post as an imported list names them: added, retired once it names them no more, revived, taken over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crisis.journal.operations import append
from crisis.registry.addresses import page_only
from crisis.registry.cells import PLATFORMS
from crisis.registry.keeping import Fake
from crisis.registry.models import Account, Holder, Mode, Post
from crisis.registry.operations import ARCHIVED, GONE, NOT_RELEASED, RETIRED, add_account, both, retire
from crisis.registry.reading import PostRow


class RowConflict(Exception):
    """A row contradicts what stands in the registry."""


@dataclass(slots=True)
class Brought:
    """What a row did to accounts: whether anything, how many are new, and what a person should know."""

    changed: bool = False
    added: int = 0
    remarks: list[str] = field(default_factory=list)


def bring_accounts(post: Post, row: PostRow, rows: Mapping[str, PostRow], now: datetime) -> Brought:
    """Let a post have the accounts that its row names, and no others; a platform without a column is left as it is.

    Args:
        post: whose row it is.
        row: what the list says of it.
        rows: every good row of the list, by the post's code: an address that another one lets go of is free.
        now: the time.

    Raises:
        RowConflict: an address belongs to somebody else.
    """
    done = Brought()
    holder = Holder.objects.filter(post=post).first()
    if holder is None:
        if not row.accounts:
            return done
        name = f"{post.name[:96]} ({post.code})"
        holder = Holder.objects.create(ministry=post.ministry, post=post, kind=Holder.Kind.POST, name=name)
    _retire_unnamed(holder, row, done, now)
    for platform, address in ((each, one) for each, those in row.accounts.items() for one in those):
        key = address.casefold()
        standing = Account.objects.filter(platform=platform, address_key=key, mode=Mode.LIVE).first()
        if standing is not None and standing.holder_id != holder.pk:
            _take_over(standing, post, rows, done, now)
            standing = None
        broadcast = _broadcast(platform, row)
        if standing is None:
            if Fake.objects.filter(platform=platform, address_key=key).exists():
                raise RowConflict(f"{platform} account {address} is listed as a fake")
            add_account(
                holder=holder, platform=platform, address=address, languages=list(row.languages), broadcast=broadcast, now=now
            )  # fmt: skip
            done.added += 1
            done.changed = True
        elif standing.paused_why == ARCHIVED:
            done.remarks.append(
                f"{post.code}: {standing} is archived, and stays so: propose it again if it is used again."
            )
        elif standing.paused_why == RETIRED:
            _revive(standing, broadcast, now)
            done.remarks.append(f"{post.code}: {standing} is in the list again; it is paused until it is released.")
            done.changed = True
        elif "ask" in row.says and standing.broadcast != broadcast:
            both(standing).update(broadcast=broadcast)
            done.changed = True
        done.changed |= standing is not None and _speaks(standing, row)
    return done


def _keys(row: PostRow, platform: str) -> set[str]:
    """Return the addresses of a row on a platform, as accounts are compared."""
    return {address.casefold() for address in row.accounts.get(platform, ())}


def _broadcast(platform: str, row: PostRow) -> Account.Broadcast:
    if platform in page_only():
        return Account.Broadcast.NEVER
    return Account.Broadcast.ASK if platform in row.ask else Account.Broadcast.YES


def _speaks(account: Account, row: PostRow) -> bool:
    if account.languages == list(row.languages):
        return False
    Account.objects.filter(pk=account.pk).update(languages=list(row.languages))
    return True


def _retire_unnamed(holder: Holder, row: PostRow, done: Brought, now: datetime) -> None:
    mentioned = [platform for platform in PLATFORMS if platform in row.says]
    for account in holder.accounts.filter(mode=Mode.LIVE, platform__in=mentioned).exclude(paused_why__in=GONE):
        if account.address_key not in _keys(row, account.platform):
            retire(account=account, why=RETIRED, actor="import", now=now)
            done.remarks.append(f"{row.code}: {account} is no longer in the list: no alert goes there any more.")
            done.changed = True


def _take_over(account: Account, post: Post, rows: Mapping[str, PostRow], done: Brought, now: datetime) -> None:
    """Free the address of an account that the list no longer names; its past stays with whoever held it then."""
    owner = account.holder.post
    named = rows.get(owner.code) if owner is not None and owner.ministry_id == post.ministry_id else None
    let_go = named is not None and account.platform in named.says
    if named is not None and account.address_key in _keys(named, account.platform):
        let_go = False
    if account.paused_why not in GONE:
        if not let_go:
            raise RowConflict(f"{account.platform} account {account.address} already belongs to {account.holder}")
        retire(account=account, why=RETIRED, actor="import", now=now)
    Account.objects.filter(pk=account.pk).update(address_key="")
    append(actor="import", action="registry.hand_over", subject=f"account:{account.pk}", now=now, to_post=post.code)
    done.remarks.append(f"{post.code}: {account} was that of {account.holder}, and is this post's now.")


def _revive(account: Account, broadcast: Account.Broadcast, now: datetime) -> None:
    both(account).update(broadcast=broadcast, paused_why=NOT_RELEASED)
    append(
        actor="import", action="registry.revive", subject=f"account:{account.pk}", now=now, broadcast=broadcast.value
    )
