"""Bringing posts, their jurisdictions, accounts and numbers into the registry; doing it again changes nothing."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import ngettext

from crisis.journal.operations import append
from crisis.places.queries import nearest, region_named
from crisis.registry.cells import Claim
from crisis.registry.directory import TYPED, UNVERIFIED
from crisis.registry.listing import RowConflict, bring_accounts
from crisis.registry.models import DirectoryEntry, Jurisdiction, Ministry, Post
from crisis.registry.reading import PostRow, Problem, Reading

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """What an import did.

    Attributes:
        created, updated, unchanged: posts.
        accounts: new accounts, each with its shadow.
        problems: rows that were left out, with line and reason.
        remarks: what a person should know: accounts that are no target any more, odd coordinates, posts that the file passes
            over or that no alert can ever reach, regions that could not be resolved.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    accounts: int = 0
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, row: "Report") -> None:
        """Count what one row did, once it stands."""
        self.created += row.created
        self.updated += row.updated
        self.unchanged += row.unchanged
        self.accounts += row.accounts
        self.remarks += row.remarks


# So many posts may be new at once in a ministry that has others: more is rather the file of another ministry.
MOST_NEW = 10


def doubt(*, reading: Reading, code: str) -> str:
    """Return what speaks against bringing a file into a ministry, before anything is written; blank as a rule.

    Args:
        reading: what the file holds.
        code: the ministry's.
    """
    owner = Ministry.objects.filter(code=code).first()
    if owner is None:
        known = ", ".join(Ministry.objects.order_by("code").values_list("code", flat=True)) or "none"
        return (
            f"There is no ministry {code} here (known: {known}). It would be made, as reference data that no alert can "
            f"target, with {counted(len(reading.rows), 'post')}."
        )
    standing = set(owner.posts.values_list("code", flat=True))
    mentioned = {row.code for row in reading.rows}
    new, passed_over = mentioned - standing, standing - mentioned
    if len(new) > MOST_NEW and passed_over:
        return (
            f"{owner} has {counted(len(standing), 'post')}, of which the file mentions {len(mentioned & standing)}; it would "
            f"add {counted(len(new), 'new post')}, such as {', '.join(sorted(new)[:3])}. Is it {code}'s file?"
        )
    return ""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 row", "2 rows"."""
    return f"{number} {ngettext(noun, noun + 's', number)}"


def import_posts(*, reading: Reading, ministry: Ministry, now: datetime) -> Report:
    """Write the rows, each in a transaction of its own: a bad one leaves nothing behind and stops no other.

    Args:
        reading: what the file holds.
        ministry: whose posts they are.
        now: the time; accounts that are new start paused at it.
    """
    report = Report(problems=list(reading.problems))
    rows, outcomes = {row.code: row for row in reading.rows}, dict[str, Report]()
    for row in reading.rows:
        done = Report()
        try:
            with transaction.atomic():
                _import(row, ministry, rows, done, now)
        except RowConflict as error:
            report.problems.append(Problem(row.line, row.code, str(error)))
        except (DataError, IntegrityError) as error:
            why = str(error).partition("\n")[0]
            report.problems.append(Problem(row.line, row.code, f"the database refuses the row: {why}"))
        else:
            outcomes[row.code] = done
    _succeed(rows, ministry, outcomes)
    for done in outcomes.values():
        report.add(done)
    report.problems.sort(key=lambda problem: problem.line)
    for problem in report.problems:
        told = {"ministry": ministry.code, "line": problem.line, "post": problem.post, "why": problem.why}
        log.warning("refused", extra=told)
    if reading.unread:
        report.remarks.append(f"Nobody reads these columns: {', '.join(reading.unread)}.")
    _remark(report, ministry, {*rows, *(problem.post for problem in report.problems)})
    append(
        actor="import",
        action="registry.import_posts",
        subject=f"ministry:{ministry.code}",
        now=now,
        created=report.created,
        updated=report.updated,
        problems=len(report.problems),
    )
    return report


def _import(row: PostRow, ministry: Ministry, rows: Mapping[str, PostRow], report: Report, now: datetime) -> None:
    lat, lon = row.point or (None, None)
    place = nearest(lat, lon, country=row.country) if lat is not None and lon is not None else None
    fields: dict[str, Any] = {
        "name": row.name,
        "kind": row.kind,
        "city": row.city,
        "country": row.country,
        "lat": lat,
        "lon": lon,
        "exact": row.exact,
        "time_zone": place.time_zone if place else "",
        "state": row.state,
        "email": row.email,
        "wikidata": row.wikidata,
        "notes": row.notes,
        "source": row.source,
    }
    fields |= {name: getattr(row, name) for name in ("valid_from", "valid_to") if name in row.says}
    if row.successor and row.successor not in rows and not ministry.posts.filter(code=row.successor).exists():
        raise RowConflict(f"successor {row.successor} is no post of {ministry}, nor of this file")
    if row.doubt:
        report.remarks.append(f"{row.code}: {row.doubt}")
    post, created = Post.objects.get_or_create(ministry=ministry, code=row.code, defaults=fields)
    changed = False if created else _set(post, fields)
    changed |= _jurisdictions(post, row, report)
    changed |= _directory(post, row, report)
    brought = bring_accounts(post, row, rows, now)
    changed |= brought.changed
    report.accounts += brought.added
    report.remarks += brought.remarks
    if created:
        report.created += 1
    elif changed:
        report.updated += 1
    else:
        report.unchanged += 1


def _succeed(rows: Mapping[str, PostRow], ministry: Ministry, outcomes: Mapping[str, Report]) -> None:
    """Say who comes after a post, once every post of the file stands."""
    for code, done in outcomes.items():
        row = rows[code]
        if "successor" not in row.says:
            continue
        successor = ministry.posts.filter(code=row.successor).first() if row.successor else None
        if row.successor and successor is None:
            done.remarks.append(f"{code}: its successor {row.successor} was left out, and so nobody stands as such.")
        if _set(ministry.posts.get(code=code), {"successor": successor}) and done.unchanged:
            done.unchanged, done.updated = 0, 1


def _set(row: Model, fields: dict[str, Any]) -> bool:
    different = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, fields[name])
    if different:
        row.save(update_fields=different)
    return bool(different)


def _resolve(claims: tuple[Claim, ...], post: Post, report: Report) -> dict[tuple[str, str], str]:
    """Return {(country, region as named): region code}; a country whose regions are all unknown stands as a whole."""
    resolved, unknown = dict[tuple[str, str], str](), []
    for claim in claims:
        region = region_named(claim.country, claim.region_name) if claim.region_name else None
        if claim.region_name and region is None:
            unknown.append(claim)
        else:
            resolved[claim.country, claim.region_name] = region.code if region else ""
    for claim in unknown:
        if any(country == claim.country for country, _ in resolved):
            report.remarks.append(
                f"{post.code}: {claim.region_name!r} is no known region of {claim.country}: left out."
            )
        else:
            resolved[claim.country, claim.region_name] = ""
            report.remarks.append(
                f"{post.code}: {claim.region_name!r} is no known region of {claim.country}: stands for the whole country."
            )
    return resolved


def _jurisdictions(post: Post, row: PostRow, report: Report) -> bool:
    wanted: dict[tuple[str, str, str], dict[str, Any]] = {}
    for kind, claims in ((Jurisdiction.Kind.CONSULAR, row.consular), (Jurisdiction.Kind.POLITICAL, row.political)):
        for (country, region_name), region in _resolve(claims, post, report).items():
            priority = 1 if region else 2 if country == post.country else 3
            wanted[country, region_name, kind] = {"region": region, "priority": priority}
    changed = False
    for standing in post.jurisdictions.all():
        fields = wanted.pop((standing.country, standing.region_name, standing.kind), None)
        if fields is None:
            standing.delete()
            changed = True
        else:
            changed |= _set(standing, fields)
    Jurisdiction.objects.bulk_create(
        Jurisdiction(post=post, country=country, region_name=region_name, kind=kind, **fields)
        for (country, region_name, kind), fields in wanted.items()
    )
    return changed or bool(wanted)


def _directory(post: Post, row: PostRow, report: Report) -> bool:
    changed = False
    for kind, purpose, value in (
        (DirectoryEntry.Kind.PHONE, DirectoryEntry.Purpose.POST, row.phone),
        (DirectoryEntry.Kind.LINK, DirectoryEntry.Purpose.WEBSITE, row.website),
    ):
        entries = DirectoryEntry.objects.filter(post=post, kind=kind, purpose=purpose)
        typed = entries.filter(source=TYPED).exclude(value=value).first()
        if typed is not None:
            other = f"the file says {value}" if value else "the file has none"
            report.remarks.append(f"{post.code}: {typed.value} was typed in the console and stays; {other}.")
            continue
        if not value:
            changed |= entries.delete()[0] > 0
            continue
        entry, created = entries.get_or_create(
            post=post,
            kind=kind,
            purpose=purpose,
            defaults={"ministry": post.ministry, "value": value, "source": row.source[:300]},
        )
        if not created and entry.value != value:
            # Another number is not the one that was verified.
            _set(entry, {"value": value, "source": row.source[:300], **UNVERIFIED})
            created = True
        changed |= created
    return changed


def _remark(report: Report, ministry: Ministry, mentioned: set[str]) -> None:
    passed_over = ministry.posts.exclude(code__in=mentioned).exclude(state=Post.State.CLOSED).order_by("code")
    if passed_over:
        names = ", ".join(post.code for post in passed_over)
        report.remarks.append(
            f"Not in this file ({len(passed_over)}), and left as they are, because nothing is closed by itself: {names}."
        )
    gone = ministry.posts.filter(state__in=[Post.State.CLOSED, Post.State.PLANNED]).order_by("code")
    competent = Jurisdiction.objects.filter(kind=Jurisdiction.Kind.CONSULAR).values("post")
    never = ministry.posts.exclude(pk__in=gone.values("pk")).exclude(pk__in=competent).order_by("code")
    if never:
        names = ", ".join(post.code for post in never)
        report.remarks.append(f"Never targeted, for want of a consular jurisdiction ({len(never)}): {names}.")
    if gone:
        names = ", ".join(f"{post.code} ({post.get_state_display().lower()})" for post in gone)
        report.remarks.append(f"Not targeted while closed or planned ({len(gone)}): {names}.")
