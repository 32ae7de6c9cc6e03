"""The accounts of the registry as a CSV, and such a CSV as proposals of whatever it says otherwise than the registry."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.registry import cells, reading
from crisis.registry.addresses import NoAddress, canonical, page
from crisis.registry.keeping import Consent, Proposal
from crisis.registry.models import Account, Holder, Ministry, Mode, Post
from crisis.registry.operations import RegistryError
from crisis.registry.proposing import Wish, add_holder, propose_archive, propose_change, propose_new
from crisis.registry.queries import agreed, home_ministry
from crisis.registry.reading import Problem, UnreadableFile
from crisis.sheets import typed, written
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed, Right, require

COLUMNS = (
    "holder_kind", "holder", "post", "platform", "address", "languages", "purpose", "broadcast", "state", "competence",
)  # fmt: skip
# Written for people; nobody reads them back.
ALSO = ("url", "verified_on", "reviewer", "archived_on", "consent_until", "consent_to_broadcast")
MOST_ROWS = 5_000  # more than any ministry has accounts; each is looked up, and the page waits for it
STATES = ("listed", "verified", "proposed", "archived")


@dataclass(slots=True)
class Brought:
    """What a file of accounts came to.

    Attributes:
        proposed: new accounts, changes and archivings, each for another person to review.
        unchanged: rows that say what the registry says, or what is proposed already.
        problems: rows that were left out, with line and reason.
    """

    proposed: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)


def exported(ministry: Ministry, on: date) -> str:
    """Return a ministry's accounts, and what is proposed, as a CSV; `propose_list` takes it again.

    Args:
        ministry: whose.
        on: the day on which consents hold.
    """
    consents = {each.holder_id: each for each in agreed(on).filter(holder__ministry=ministry)}
    accounts = Account.objects.filter(holder__ministry=ministry, mode=Mode.LIVE).exclude(address="")
    new = Proposal.objects.filter(holder__ministry=ministry, accepted=None, kind=Proposal.Kind.ADD)
    of = ("holder__post", "holder__of_post")
    rows = [
        [
            *_told(each, Wish.of(each), _state(each)), _text(each.verified_on), str(each.reviewed_by or ""),
            _text(each.archived_on),
            *_consent(consents.get(each.holder_id)),
        ]
        for each in accounts.select_related(*of, "reviewed_by")
    ]  # fmt: skip
    rows += [
        [*_told(each, Wish.read(each.content), "proposed"), "", "", "", *_consent(consents.get(each.holder_id))]
        for each in new.select_related(*of)
    ]
    return written([[*COLUMNS, *ALSO], *sorted(rows)])


def _told(each: Account | Proposal, wish: Wish, state: str) -> list[str]:
    holder = each.holder
    post = holder.post or holder.of_post
    return [
        holder.kind, holder.name, post.code if post else "", each.platform, each.address.removeprefix("@"),
        "|".join(wish.languages), wish.purpose, wish.broadcast, state, holder.competence, page(each.platform, each.address),
    ]  # fmt: skip


def _consent(held: Consent | None) -> list[str]:
    return [held.until.isoformat(), "yes" if held.to_broadcast else "no"] if held else ["", ""]


def _state(account: Account) -> str:
    if account.archived_on is not None:
        return "archived"
    return "verified" if account.verified_on else "listed"


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def propose_list(*, data: bytes, by: Officer, now: datetime) -> Brought:
    """Propose whatever a file says otherwise than the registry; a bad row leaves nothing behind and stops no other.

    Args:
        data: a CSV in UTF-8 with a header; platform and address (or a link as address alone) are needed, and whose it is.
        by: who brings it.
        now: the time.

    Raises:
        NotAllowed: the officer may not.
        UnreadableFile: it is too large, no UTF-8, or lacks a column; then nothing is proposed.
    """
    require(by, Right.PROPOSE)
    brought, ministry = Brought(), home_ministry()
    for line, row in _rows(data, brought.problems):
        try:
            with transaction.atomic():
                changed = _bring(row, ministry, by, now)
        except (RegistryError, ValueError, NotAllowed) as error:
            brought.problems.append(Problem(line, row.get("holder", ""), str(error)))
        else:
            brought.proposed += changed
            brought.unchanged += not changed
    return brought


def _rows(data: bytes, problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    text = reading.decode(data)
    if text.count("\n") > MOST_ROWS:
        raise UnreadableFile(_("The file has more than %(most)s rows: divide it.") % {"most": MOST_ROWS})
    names, table = reading.opened(text)
    if missing := [name for name in ("holder_kind", "address") if name not in names]:
        raise UnreadableFile(
            _("The header lacks %(missing)s. It may name: %(columns)s.")
            % {"missing": ", ".join(missing), "columns": ", ".join(COLUMNS)}
        )
    for line, found in reading.lines(table, len(names), problems):
        yield line, {name: typed(cell.replace("\0", "")).strip() for name, cell in zip(names, found, strict=True)}


def _bring(row: dict[str, str], ministry: Ministry, by: Officer, now: datetime) -> bool:
    """Propose what a row says otherwise than the registry; tell whether it does."""
    try:
        found = canonical(row["address"], row.get("platform", ""))
    except NoAddress as error:
        raise RegistryError(f"{error}.") from error
    if (state := row.get("state") or "listed") not in STATES:
        raise RegistryError(
            _("State %(state)s is none of %(known)s.") % {"state": repr(state[:20]), "known": ", ".join(STATES)}
        )
    holder = _holder(row, ministry, by, now)
    standing = Account.objects.filter(platform=found.platform, address_key=found.key, mode=Mode.LIVE).first()
    if standing is not None and standing.holder_id != holder.pk:
        raise RegistryError(
            _("%(account)s is %(holder)s’s already.") % {"account": standing, "holder": standing.holder}
        )
    if Proposal.objects.filter(platform=found.platform, address_key=found.key, accepted=None).exists():
        return False
    wish = Wish(
        cells.languages(row.get("languages", "")), row.get("purpose", ""), row.get("broadcast") or Account.Broadcast.NEVER
    )  # fmt: skip
    if state == "archived":
        if standing is None:
            raise RegistryError(_("It is archived in the file, and the registry has never known it."))
        if standing.archived_on is None:
            propose_archive(account=standing, by=by, now=now)
        return standing.archived_on is None
    if standing is None or standing.archived_on is not None:
        propose_new(holder=holder, link=row["address"], platform=row.get("platform", ""), wish=wish, by=by, now=now)
        return True
    if wish != Wish.of(standing):
        propose_change(account=standing, wish=wish, by=by, now=now)
    return wish != Wish.of(standing)


def _holder(row: dict[str, str], ministry: Ministry, by: Officer, now: datetime) -> Holder:
    """Return who speaks, by post or by kind and name; a new one is added, except a post's."""
    kind, name, code = row["holder_kind"], row.get("holder", ""), row.get("post", "")
    post = Post.objects.filter(ministry=ministry, code=code).first() if code else None
    if code and post is None:
        raise RegistryError(_("There is no post %(code)s.") % {"code": code[:60]})
    if kind == Holder.Kind.POST:
        standing = Holder.objects.filter(post=post).first() if post else None
        if standing is None:
            raise RegistryError(
                _("Say which post it is; one without any account gets its first one by the list of posts.")
            )
        return standing
    standing = Holder.objects.filter(ministry=ministry, kind=kind, name=name).first()
    if standing is not None:
        return standing
    return add_holder(kind=kind, name=name, of_post=post, competence=row.get("competence", ""), by=by, now=now)
