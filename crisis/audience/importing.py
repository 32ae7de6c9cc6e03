"""Working through a list: every row is judged by one rule, first to say what it would do, then to do it, batch by batch."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from crisis.audience import likenesses, writing
from crisis.audience.columns import ADDRESSES
from crisis.audience.lists import Invite, Upload
from crisis.audience.models import Citizen, Contact, Stay
from crisis.audience.rows import Row, Rows
from crisis.audience.tables import Line, lines
from crisis.audience.uploads import State
from crisis.encryption import blind_indexes, open_sealed, seal
from crisis.language import STORED
from crisis.places.names import fold
from crisis.registry.queries import was_before_restore
from crisis.sheets import written

BATCH = 500  # rows of one transaction: some tenths of a second of the write lock, which alerts want too
LEASE = timedelta(minutes=2)
MOST_SAID = 5_000  # problems that are kept of bad rows, and as many of known ones: nobody reads more
# What the planner must count anew: one that has seen these tables empty joins a million people by comparing each with each.
FILLED = (Citizen, Stay, Contact, Invite)


class Verdict(Enum):
    """What becomes of a row."""

    NEW = "new"
    KNOWN = "known"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with its verdict; `citizen` is who has its addresses already."""

    line: int
    verdict: Verdict
    why: tuple[str, ...] = ()
    row: Row | None = None
    citizen: Citizen | None = None


def due(now: datetime) -> list[int]:
    """Return the lists on which nobody works though there is work."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    waiting = Upload.objects.filter(free, state__in=[State.CHECKING, State.BRINGING])
    return list(waiting.order_by("pk").values_list("pk", flat=True))


class Work:
    """One worker's turn on one list: taken for some minutes, and given up when somebody else's begins."""

    def __init__(self, upload: Upload) -> None:
        """Read the list; see `begin`."""
        self._pk, self._turn, self._state = upload.pk, upload.turn, upload.state
        self._language = (upload.uploaded_by.language if upload.uploaded_by else "") or STORED
        self._lines = list(lines(open_sealed(upload.content), upload.delimiter))
        at = {name: number for number, name in enumerate(upload.header)}
        self._at = {ours: at[theirs] for ours, theirs in upload.columns.items()}
        self._width = len(upload.header)
        self._rules = Rows(
            languages=upload.ministry.languages, language=upload.language, today=upload.uploaded_at.date()
        )
        self._first: dict[tuple[str, str], int] = {}  # the line on which an address stands first
        self._done = 0  # lines of which this worker knows the addresses

    @classmethod
    def begin(cls, upload_id: int, now: datetime) -> "Work | None":
        """Take a list for this worker, or return None if somebody else has it or nothing is to be done."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        mine = Upload.objects.filter(free, pk=upload_id, state__in=[State.CHECKING, State.BRINGING])
        if not mine.update(turn=F("turn") + 1, lease_until=now + LEASE):
            return None
        return cls(Upload.objects.select_related("ministry", "uploaded_by").get(pk=upload_id))

    def step(self, now: datetime) -> bool:
        """Do one batch, whole or not at all; False if nothing is left for this worker.

        What is wrong with a row is said in the language of whoever has brought the list.
        """
        with override(self._language), transaction.atomic():
            return self._step(now)

    def _step(self, now: datetime) -> bool:
        upload = Upload.objects.select_for_update().filter(pk=self._pk).first()
        if upload is None or (upload.turn, upload.state) != (self._turn, self._state):
            return False
        judged = self._judged(upload)
        for each in judged:
            upload.good += each.verdict is Verdict.NEW
            upload.known += each.verdict is Verdict.KNOWN
            upload.bad += each.verdict is Verdict.BAD
        _say(upload, judged)
        if upload.state == State.BRINGING:
            self._write(upload, judged, now)
        upload.seen += len(judged)
        upload.lease_until = now + LEASE
        if more := upload.seen < len(self._lines):
            upload.save()
            return more
        upload.lease_until = None
        if upload.state == State.BRINGING:
            upload.content, upload.state = seal(self._left_out(upload)), State.DONE
            transaction.on_commit(count_anew, robust=True)
        else:
            upload.state = State.CHECKED
        upload.save()
        return False

    def give_back(self) -> None:
        """Let another worker go on at once."""
        Upload.objects.filter(pk=self._pk, turn=self._turn).update(lease_until=None)

    def _parsed(self, line: Line) -> tuple[Row | None, list[str]]:
        if len(line.cells) != self._width:
            return None, [_("not as many cells as columns")]
        row, why = self._rules.read(line.number, {ours: line.cells[at].strip() for ours, at in self._at.items()})
        for key in row.addresses.items() if row else ():
            self._first.setdefault(key, line.number)
        return row, why

    def _judged(self, upload: Upload) -> list[Judged]:
        for line in self._lines[self._done : upload.seen]:
            self._parsed(line)  # another worker judged these: which addresses stood there counts still
        batch = self._lines[upload.seen : upload.seen + BATCH]
        self._done = upload.seen + len(batch)
        read = [(line.number, *self._parsed(line)) for line in batch]
        holders = _holders([row for _, row, _ in read if row])
        return [self._one(number, row, why, holders, upload) for number, row, why in read]

    def _one(
        self, number: int, row: Row | None, why: list[str], holders: dict[tuple[str, str], Contact], upload: Upload
    ) -> Judged:
        if row is None:
            return Judged(number, Verdict.BAD, tuple(why))
        column = {kind.value: name for kind, name in ADDRESSES.items()}
        if twice := [column[kind] for kind, address in row.addresses.items() if self._first[kind, address] != number]:
            first = min(self._first[key] for key in row.addresses.items())
            words = _("its %(columns)s stands in line %(line)s too")
            return Judged(number, Verdict.BAD, (words % {"columns": ", ".join(twice), "line": first},))
        standing = [holders[key] for key in row.addresses.items() if key in holders]
        owners = {contact.citizen_id: contact.citizen for contact in standing}
        if not owners:
            return Judged(number, Verdict.NEW, row=row)
        if len(owners) > 1:
            return Judged(number, Verdict.BAD, (_("its addresses belong to different people here"),))
        (citizen,) = owners.values()
        same = ", ".join(column[contact.kind] for contact in standing)
        if row.name and citizen.folded_name and fold(row.name)[:120] != citizen.folded_name:
            return Judged(
                number, Verdict.BAD, (_("its %(columns)s belongs to somebody else here") % {"columns": same},)
            )
        new = set(row.addresses) - {contact.kind for contact in standing}
        if upload.update_known and (taken := new & {contact.kind for contact in citizen.contacts.all()}):
            names = ", ".join(column[kind] for kind in sorted(taken))
            return Judged(number, Verdict.BAD, (_("this person has another %(columns)s here") % {"columns": names},))
        return Judged(
            number, Verdict.KNOWN, (_("is here already: the same %(columns)s") % {"columns": same},), row, citizen
        )

    def _write(self, upload: Upload, judged: Sequence[Judged], now: datetime) -> None:
        file = upload.file
        assert file is not None  # noqa: S101 - made before the list is brought in
        new = [each.row for each in judged if each.verdict is Verdict.NEW and each.row]
        perhaps = was_before_restore(upload.uploaded_at)
        citizens = writing.make(new, file=file, invite=upload.invite, now=now, perhaps_invited=perhaps)
        likenesses.find(citizens, now=now)
        upload.made += len(citizens)
        upload.contacts += sum(len(row.addresses) for row in new)
        standing = [each.citizen for each in judged if each.citizen and each.verdict is Verdict.KNOWN]
        file.known.add(*[citizen for citizen in standing if citizen.came_with_id != file.pk])
        for each in judged:
            if upload.update_known and each.row and each.citizen:
                changed, contacts = writing.update(each.citizen, each.row, now=now)
                upload.changed += changed
                upload.contacts += contacts

    def _left_out(self, upload: Upload) -> str:
        """Return what is kept of a list that was brought in: its bad rows, or nothing."""
        return bad_rows(upload, self._lines)


def _say(upload: Upload, judged: Sequence[Judged]) -> None:
    """Keep what there is to say of rows: however many are known, the bad ones are said too."""
    kept = Counter(verdict for _line, _why, verdict in upload.problems)
    for each in judged:
        for why in each.why:
            if kept[each.verdict.value] < MOST_SAID:
                kept[each.verdict.value] += 1
                upload.problems.append([each.line, why, each.verdict.value])


def count_anew() -> None:
    """Let PostgreSQL count what an import has filled, at once: by itself it does so some minutes later, if at all."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            tables = ", ".join(connection.ops.quote_name(each._meta.db_table) for each in FILLED)  # noqa: SLF001 - Django's way
            cursor.execute(f"ANALYZE {tables}")


def _holders(rows: Sequence[Row]) -> dict[tuple[str, str], Contact]:
    """Return who holds the addresses of these rows already, by kind and address."""
    wanted: dict[tuple[str, str], tuple[str, str]] = {}
    for row in rows:
        for kind, address in row.addresses.items():
            wanted |= {(kind, index): (kind, address) for index in blind_indexes(address)}
    found: dict[tuple[str, str], Contact] = {}
    # An address that nobody has confirmed yet proves nobody.
    confirmed = Contact.objects.exclude(state=Contact.State.PENDING)
    contacts = confirmed.select_related("citizen").prefetch_related("citizen__contacts")
    for kind in {each for each, _index in wanted}:
        for contact in contacts.filter(kind=kind, address__in=[index for each, index in wanted if each == kind]):
            found[wanted[kind, contact.address]] = contact
    return found


def bad_rows(upload: Upload, read: Sequence[Line] | None = None) -> str:
    """Return the rows that were not taken as a CSV, each with its line and reason in front; those of known people are none.

    Of more bad rows than are kept, the first ones; how many more there are stands below them.

    Args:
        upload: checked, or brought in.
        read: its lines, where they are at hand.
    """
    if upload.state == State.DONE:
        return open_sealed(upload.content)
    why: dict[int, list[str]] = {}
    for number, reason, verdict in upload.problems:
        if verdict == Verdict.BAD.value:
            why.setdefault(number, []).append(reason)
    rows: Iterator[Line] = iter(read) if read is not None else lines(open_sealed(upload.content), upload.delimiter)
    bad = [[str(line.number), "; ".join(why[line.number]), *line.cells] for line in rows if line.number in why]
    head = [_("line"), _("reason"), *upload.header]
    more = upload.bad - len(bad)
    rest = [["", _("%(more)s more rows are bad: mend these, and bring the file in anew") % {"more": f"{more:,}"}]]
    return written([head, *bad, *(rest if more > 0 else [])])
