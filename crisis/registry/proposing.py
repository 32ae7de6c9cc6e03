"""Accounts are proposed by one person and reviewed by another; only then they are ours for everybody. Holders, and consent."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crisis.journal.operations import append
from crisis.registry.addresses import Address, NoAddress, canonical, page_only
from crisis.registry.competences import competences
from crisis.registry.keeping import Consent, Fake, Proposal
from crisis.registry.models import Account, Holder, Mode, Post
from crisis.registry.operations import (
    ARCHIVED,
    LONGEST_HOLDER,
    NOT_RELEASED,
    RegistryError,
    add_account,
    both,
    retire,
)
from crisis.registry.queries import agreed, home_ministry
from crisis.staff.models import Officer
from crisis.staff.rights import Right, require

LONGEST_PURPOSE = 200
LONGEST_PAPER = 200
LONGEST_CONSENT_YEARS = 5
_OF_ALERTS = (Holder.Kind.POST, Holder.Kind.DEPARTMENT)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an account is to have: languages in order (empty: the ministry's), purpose, and whether alerts go there."""

    languages: tuple[str, ...] = ()
    purpose: str = ""
    broadcast: str = Account.Broadcast.NEVER

    @classmethod
    def of(cls, account: Account) -> "Wish":
        """Return what an account has."""
        return cls(tuple(account.languages), account.purpose, account.broadcast)

    @classmethod
    def read(cls, content: dict[str, Any]) -> "Wish":
        """Return what a proposal holds."""
        return cls(**(content | {"languages": tuple(content["languages"])}))


@dataclass(frozen=True, slots=True)
class AtPost:
    """Whose a holder is, for the rights."""

    post_id: int | None
    rollcall_id: int | None = None


def may_broadcast(holder: Holder, platform: str, on: date) -> bool:
    """Tell whether alerts can ever go through a holder's accounts on a platform: not a person's who has not agreed in writing."""
    if platform in page_only():
        return False
    if holder.kind == Holder.Kind.PERSON:
        return agreed(on).filter(holder=holder, to_broadcast=True).exists()
    return holder.kind in _OF_ALERTS


@transaction.atomic
def propose_new(
    *, holder: Holder, link: str, platform: str, wish: Wish, by: Officer, now: datetime, why: str = ""
) -> Proposal:
    """Propose an account that the registry does not know, or that it has archived.

    Args:
        holder: who speaks through it.
        link: its page, or its name.
        platform: its slug, where only a name is given.
        wish: what it is to have.
        by: who proposes it.
        now: the time.
        why: for the reviewer.

    Raises:
        NotAllowed: the officer may not, or the holder is another post's.
        RegistryError: it names no account, is somebody's already, is a known fake, or cannot have what is wished.
    """
    try:
        found = canonical(link, platform)
    except NoAddress as error:
        raise RegistryError(f"{error}.") from error
    same = {"platform": found.platform, "address_key": found.key}
    standing = Account.objects.filter(mode=Mode.LIVE, **same).select_related("holder").first()
    if standing is not None and standing.archived_on is None:
        raise RegistryError(
            _("%(account)s is %(holder)s’s already.") % {"account": standing, "holder": standing.holder}
        )
    _no_fake(found)
    return _propose(Proposal.Kind.ADD, holder, found, standing, wish, by, now, why)


def _no_fake(found: Address) -> None:
    if Fake.objects.filter(platform=found.platform, address_key=found.key).exists():
        raise RegistryError(_("%(account)s is listed as a fake.") % {"account": f"{found.platform} {found.address}"})


@transaction.atomic
def propose_change(*, account: Account, wish: Wish, by: Officer, now: datetime, why: str = "") -> Proposal:
    """Propose other languages, another purpose, or that alerts go there or not.

    Raises:
        NotAllowed: the officer may not, or the account is another post's.
        RegistryError: nothing would change, or it cannot have what is wished.
    """
    if wish == Wish.of(account):
        raise RegistryError(_("Nothing would change for %(account)s.") % {"account": account})
    return _propose(Proposal.Kind.CHANGE, account.holder, _address(account), account, wish, by, now, why)


@transaction.atomic
def propose_archive(*, account: Account, by: Officer, now: datetime, why: str = "") -> Proposal:
    """Propose that an account is used no more: no alert goes there, and the page that tells what is ours says "no longer".

    Raises:
        NotAllowed: the officer may not, or the account is another post's.
        RegistryError: it is archived, or something else is proposed for it.
    """
    if account.archived_on is not None:
        raise RegistryError(_("%(account)s is archived already.") % {"account": account})
    return _propose(Proposal.Kind.ARCHIVE, account.holder, _address(account), account, Wish.of(account), by, now, why)


def _address(account: Account) -> Address:
    return Address(account.platform, account.address)


def _propose(
    kind: Proposal.Kind,
    holder: Holder,
    found: Address,
    account: Account | None,
    wish: Wish,
    by: Officer,
    now: datetime,
    why: str,
) -> Proposal:
    require(by, Right.PROPOSE, of=AtPost(holder.post_id or holder.of_post_id))
    _check(holder, found.platform, wish, now.date())
    fields = {
        "kind": kind, "holder": holder, "account": account, "platform": found.platform, "address": found.address,
        "address_key": found.key, "content": asdict(wish) | {"languages": list(wish.languages)}, "why": why[:200], "by": by,
        "at": now,
    }  # fmt: skip
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(**fields)
    except IntegrityError as error:
        raise RegistryError(
            _("Something is proposed for %(account)s already.") % {"account": f"{found.platform} {found.address}"}
        ) from error
    append(
        actor=by.actor, action="registry.propose", subject=f"proposal:{proposal.pk}", now=now, kind=kind.value,
        holder=holder.pk, platform=found.platform,
    )  # fmt: skip
    return proposal


def _check(holder: Holder, platform: str, wish: Wish, on: date) -> None:
    if len(wish.purpose) > LONGEST_PURPOSE:
        raise RegistryError(
            _("The purpose has %(many)s characters, at most %(most)s.")
            % {"many": len(wish.purpose), "most": LONGEST_PURPOSE}
        )
    if wish.broadcast not in Account.Broadcast.values:
        raise RegistryError(
            _("Alerts there: %(said)s is none of %(known)s.")
            % {"said": repr(wish.broadcast), "known": ", ".join(Account.Broadcast.values)}
        )
    if holder.kind == Holder.Kind.PERSON and not agreed(on).filter(holder=holder).exists():
        raise RegistryError(_("No written consent of %(holder)s holds today: note it first.") % {"holder": holder})
    if wish.broadcast != Account.Broadcast.NEVER and not may_broadcast(holder, platform, on):
        raise RegistryError(
            _("No alert can go there: %(platform)s has no way to publish.") % {"platform": platform}
            if platform in page_only()
            else _("No alert can go there: %(holder)s has not agreed to that in writing.") % {"holder": holder}
            if holder.kind == Holder.Kind.PERSON
            else _("Alerts go through accounts of posts and of the whole ministry only.")
        )


@transaction.atomic
def decide(*, proposal: Proposal, accept: bool, by: Officer, now: datetime) -> Account | None:
    """Accept a proposal, and do what it says, or refuse it.

    Args:
        proposal: an open one.
        accept: what the reviewer says, who has opened the account's page.
        by: the reviewer: somebody else than who proposed it.
        now: the time.

    Returns:
        The account; None if it was refused.

    Raises:
        NotAllowed: the officer may not.
        RegistryError: it is their own, was decided meanwhile, or can no longer be done.
    """
    require(by, Right.ACCOUNTS)
    row = (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("holder__ministry", "account")
        .get(pk=proposal.pk)
    )
    if row.accepted is not None:
        raise RegistryError(_("It was decided meanwhile."))
    if row.by_id == by.pk:
        raise RegistryError(_("You proposed it: another person reviews it."))
    account = _carry_out(row, by, now) if accept else None
    Proposal.objects.filter(pk=row.pk).update(
        accepted=accept, decided_by=by, decided_at=now, account=account or row.account
    )
    append(
        actor=by.actor, action="registry.accept" if accept else "registry.refuse", subject=f"proposal:{row.pk}", now=now,
        kind=row.kind, account=account.pk if account else None,
    )  # fmt: skip
    return account


def _carry_out(row: Proposal, by: Officer, now: datetime) -> Account:
    wish = Wish.read(row.content)
    if row.kind == Proposal.Kind.ARCHIVE and row.account is not None:
        retire(account=row.account, why=ARCHIVED, actor=by.actor, now=now)
        both(row.account).update(archived_on=now.date())
        return row.account
    _check(row.holder, row.platform, wish, now.date())
    if row.kind == Proposal.Kind.ADD:
        _no_fake(Address(row.platform, row.address))
    account = row.account
    if account is None:
        account = add_account(holder=row.holder, platform=row.platform, address=row.address, now=now)
    elif row.kind == Proposal.Kind.ADD:  # it comes back
        both(account).update(holder=row.holder, archived_on=None, paused_why=NOT_RELEASED)
    elif account.archived_on is not None:
        raise RegistryError(_("%(account)s was archived meanwhile.") % {"account": account})
    both(account).update(languages=list(wish.languages), purpose=wish.purpose, broadcast=wish.broadcast)
    Account.objects.filter(pk=account.pk).update(verified_on=now.date(), reviewed_by=by)
    return account


# --- holders ----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_holder(*, kind: str, name: str, of_post: Post | None, competence: str, by: Officer, now: datetime) -> Holder:
    """Add somebody who speaks: a department, a project, a person, a region or community.

    Args:
        kind: which; a post has its own from the list of posts.
        name: as everybody reads it.
        of_post: the post where it works, if at one.
        competence: of a region or community, its short name in data/competences.toml; else blank.
        by: who adds it.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        RegistryError: there is one of this name and kind, the name is blank or too long, or the file knows no such competence.
    """
    require(by, Right.PROPOSE, of=AtPost(of_post.pk if of_post else None))
    name = name.strip()
    if kind not in Holder.Kind.values or kind == Holder.Kind.POST:
        raise RegistryError(_("Choose a department, a project, a person, or a region or community."))
    if not name or len(name) > LONGEST_HOLDER:
        raise RegistryError(_("Give a name of at most %(most)s characters.") % {"most": LONGEST_HOLDER})
    ministry = home_ministry()
    if competence and (kind != Holder.Kind.REGION or competence not in competences(ministry.code)):
        raise RegistryError(
            _("%(competence)s is no competence of a region or community that we know.")
            % {"competence": repr(competence[:40])}
        )
    holder, is_new = Holder.objects.get_or_create(
        ministry=ministry, kind=kind, name=name, defaults={"of_post": of_post, "competence": competence}
    )
    if not is_new:
        raise RegistryError(_("%(name)s is there already.") % {"name": name})
    append(actor=by.actor, action="registry.add_holder", subject=f"holder:{holder.pk}", now=now, kind=kind)
    return holder


@transaction.atomic
def note_consent(
    *, holder: Holder, given_on: date, until: date, to_broadcast: bool, paper: str, by: Officer, now: datetime
) -> Consent:
    """Note a person's written consent; it takes the place of an earlier one.

    Args:
        holder: the person.
        given_on, until: the first and the last day; at most five years (our own judgement: people change their posts).
        to_broadcast: whether alerts may go through their accounts.
        paper: where the signed paper is kept.
        by: who has it before them.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        RegistryError: it is no person, the days are wrong, or nobody says where the paper is.
    """
    require(by, Right.ACCOUNTS)
    if holder.kind != Holder.Kind.PERSON:
        raise RegistryError(_("Only a person consents."))
    if not paper.strip() or len(paper) > LONGEST_PAPER:
        raise RegistryError(
            _("Say where the signed paper is kept, in at most %(most)s characters.") % {"most": LONGEST_PAPER}
        )
    if not given_on <= now.date() <= until or (until - given_on).days > 366 * LONGEST_CONSENT_YEARS:
        raise RegistryError(
            _("It was given today or earlier, and holds at least until today and at most %(years)s years.")
            % {"years": LONGEST_CONSENT_YEARS}
        )
    _end_consents(holder, now)
    consent = Consent.objects.create(
        holder=holder, given_on=given_on, until=until, to_broadcast=to_broadcast, paper=paper.strip(), noted_by=by
    )
    append(
        actor=by.actor, action="registry.consent", subject=f"holder:{holder.pk}", now=now, until=until.isoformat(),
        to_broadcast=to_broadcast,
    )  # fmt: skip
    return consent


@transaction.atomic
def withdraw_consent(*, holder: Holder, by: Officer, now: datetime) -> None:
    """Note that a person has taken their consent back: their accounts are shown no more, and no alert goes there, at once.

    Raises:
        NotAllowed: the officer may not, or the person is at another post.
    """
    require(by, Right.PROPOSE, of=AtPost(holder.of_post_id))
    _end_consents(holder, now)
    append(actor=by.actor, action="registry.end_consent", subject=f"holder:{holder.pk}", now=now)


def _end_consents(holder: Holder, now: datetime) -> None:
    holder.consents.filter(withdrawn_on=None).update(withdrawn_on=now.date())
