"""Figures from files: what a platform's own export, or a post editor, says of accounts that nobody has connected."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crisis.audience.tables import Table, lines, table
from crisis.journal.operations import append
from crisis.presence.models import FIGURES, Source
from crisis.presence.operations import Said, record_all, total
from crisis.registry.atlas import platform_name, public_accounts
from crisis.registry.models import Account
from crisis.registry.profiles import meant
from crisis.registry.reading import Problem
from crisis.staff.models import Officer
from crisis.staff.reach import EVERYTHING, Reach
from crisis.staff.rights import Right, reach_of, require

WHOSE = ("platform", "account", "on")
_AHEAD = timedelta(days=1)  # it may be tomorrow already where the file was made
# Under which names the platforms' own exports know our columns; the rest is said by whoever brings the file.
_ALSO = {
    "on": ("date", "day"),
    "account": ("address", "handle", "username", "profile", "page", "page name", "account username"),
    "platform": ("network", "social network"),
    "followers": ("follower count", "total followers", "facebook followers", "instagram followers", "lifetime total follows",
                  "lifetime total likes", "likes", "members", "subscribers"),
    "publications": ("posts", "tweets", "total posts", "media count"),
    "posts_per_week": ("posts per week", "weekly posts"),
    "last_post_on": ("last post", "last post on", "latest post"),
    "answer_minutes": ("response time", "response time (minutes)", "average response time (minutes)"),
}  # fmt: skip
# 12 345, 12,345, 12.345 and 12'345 are one number, and so are 12345.0 and 12345,00; 12.5 is none without a fraction.
_WHOLE = re.compile(r"(\d+|\d{1,3}(?:([ ,.'’\u00a0\u202f])\d{3})(?:\2\d{3})*)(?:[.,]0{1,2})?", re.ASCII)
_FRACTION = re.compile(r"\d{1,9}[.,]\d{1,9}", re.ASCII)
_FRACTIONS = ("posts_per_week", "answer_minutes")
_MOST = {"posts_per_week": 10_000}
_MOST_DIGITS = 9
_HOUR = re.compile(r"[T ]\d{1,2}:\d\d.*$", re.ASCII)  # behind a day it says nothing more; a zone cannot be known


@dataclass(slots=True)
class Found:
    """What a file says, and nothing of it is kept yet.

    Attributes:
        columns: each of its columns with the one of ours that it is; blank is none.
        wrong: why no row can be read by these columns; blank as a rule.
        rows: what is said, with the line on which it stands.
        bad: the rows that are left out, with line and reason.
    """

    columns: list[tuple[str, str]]
    wrong: str
    rows: list[tuple[int, Said]] = field(default_factory=list)
    bad: list[Problem] = field(default_factory=list)

    @property
    def accounts(self) -> dict[Account, list[date]]:
        """Of which accounts, and of which days."""
        found: dict[Account, list[date]] = {}
        for _line, said in self.rows:
            found.setdefault(said.account, []).append(said.on)
        return found


def look(
    *, data: bytes, by: Officer | None, now: datetime, platform: str = "", account: str = "",
    columns: Mapping[str, str] | None = None,
) -> Found:  # fmt: skip
    """Read a CSV, and keep nothing.

    Args:
        data: the file; see `tables.table`.
        by: who brings it: a post's editor only for the accounts of their own post; None is whoever works on the server.
        now: the time.
        platform, account: of every row, where the file is of one account and does not say so itself.
        columns: {their name: ours, or blank for none}, where ours is not what their name says.

    Raises:
        NotAllowed: `by` may not.
        BadTable: it cannot be read.
    """
    if by is not None:
        require(by, Right.PROPOSE)
    read = table(data)
    given = {name: value.strip() for name, value in (("platform", platform), ("account", account)) if value.strip()}
    ours = [(columns or {}).get(name, _ours(name)) for name in read.header]
    found = Found(list(zip(read.header, ours, strict=True)), _wrong(ours, given))
    if not found.wrong:
        _read(read, ours, given, _Accounts(EVERYTHING if by is None else reach_of(by, Right.PROPOSE)), now, found)
    return found


@transaction.atomic
def bring_in(*, found: Found, source: Source, by: Officer | None, now: datetime) -> None:
    """Keep the figures that a file says; doing it again changes nothing.

    Args:
        found: as `look` returned it for the same person.
        source: EXPORT, or FORM.
        by: who brings it; None is whoever works on the server.
        now: the time.

    Raises:
        NotAllowed: `by` may not.
    """
    if by is not None:
        require(by, Right.PROPOSE)
    if not found.rows:
        return
    record_all([said for _line, said in found.rows], source=source, now=now)
    total(now.date())
    append(
        actor=by.actor if by else "command", action="presence.bring_in", subject="statistics", now=now, source=source.value,
        rows=len(found.rows), accounts=len(found.accounts), left_out=len(found.bad),
    )  # fmt: skip


def _ours(name: str) -> str:
    plain = name.casefold()
    return next((ours for ours, also in _ALSO.items() if plain in (ours, ours.replace("_", " "), *also)), "")


def _wrong(ours: list[str], given: Collection[str]) -> str:
    if twice := next((name for name in ours if name and ours.count(name) > 1), ""):
        return _("two columns cannot both be %(column)s") % {"column": twice}
    missing = [name for name in WHOSE if name not in ours and name not in given]
    return _("no column is: %(columns)s") % {"columns": ", ".join(missing)} if missing else ""


def _read(
    read: Table,
    ours: list[str],
    given: dict[str, str],
    whose: Callable[[str, str], Account],
    now: datetime,
    into: Found,
) -> None:
    for line in lines(read.text, read.delimiter):
        try:
            if any(cell.strip() for cell in line.cells[len(ours) :]):
                raise ValueError(
                    _("it has more cells than there are columns: put numbers with commas into quotation marks")
                )
            told = {name: cell.strip() for name, cell in zip(ours, line.cells, strict=False) if name and cell.strip()}
            row = dict.fromkeys(WHOSE, "") | given | told
            account, on = whose(row["platform"], row["account"]), _day(row["on"])
            if on > now.date() + _AHEAD:
                raise ValueError(_("%(day)s has not come yet") % {"day": on})
            figures = {name: _figure(name, row[name], on) for name in FIGURES if row.get(name)}
            if not figures:
                raise ValueError(_("none of %(names)s is filled in") % {"names": ", ".join(FIGURES)})
        except ValueError as error:
            into.bad.append(Problem(line.number, "", str(error)))
        else:
            into.rows.append((line.number, Said(account, on, figures)))


class _Accounts:
    """The accounts that a file names, each looked for once."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._slugs = set(public_accounts().order_by().values_list("platform", flat=True).distinct())
        self._known: dict[tuple[str, str], Account | None] = {}

    def __call__(self, platform: str, address: str) -> Account:
        """Return the account that is meant.

        Raises:
            ValueError: none is, or it is another post's than whoever brings the file may keep.
        """
        slug = platform.casefold()
        if (slug, address) not in self._known:
            slugs = {each for each in self._slugs if slug in (each, platform_name(each).casefold())}
            self._known[slug, address] = public_accounts().filter(meant(address), platform__in=slugs).first()
        found = self._known[slug, address]
        if found is None:
            raise ValueError(
                _("no account %(account)s on %(platform)s is registered")
                % {"account": repr(address[:80]), "platform": repr(platform[:40])}
            )
        if not self._reach.holds(found.holder.post_id or found.holder.of_post_id, None):
            raise ValueError(_("%(account)s is another post’s than yours") % {"account": found})
        return found


def _day(text: str) -> date:
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%a, %b %d, %Y", "%b %d, %Y"):
        try:
            return datetime.strptime(_HOUR.sub("", text), form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise ValueError(
        _("%(text)s is no day: write 2026-11-29 (day and month may not be told apart otherwise)")
        % {"text": repr(text[:40])}
    )


def _figure(name: str, text: str, on: date) -> Any:
    if name == "last_post_on":
        day = _day(text)
        if day > on:
            raise ValueError(
                _("the last post, %(last)s, is later than the day of the row, %(day)s") % {"last": day, "day": on}
            )
        return day
    whole = _WHOLE.fullmatch(text)
    if whole is not None and len(digits := re.sub(r"\D", "", whole[1])) <= _MOST_DIGITS:
        number: float = int(digits)
    elif name in _FRACTIONS and _FRACTION.fullmatch(text):
        number = float(text.replace(",", "."))
    else:
        raise ValueError(_("%(text)s is no number for %(name)s") % {"text": repr(text[:40]), "name": name})
    if number > _MOST.get(name, number):
        raise ValueError(_("%(text)s cannot be %(name)s") % {"text": repr(text[:40]), "name": name})
    return number if name == "posts_per_week" else round(number)
