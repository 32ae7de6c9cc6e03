"""The journal: appended, never changed, chained by the sealer; whatever is tampered with is found."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from crisis.journal.models import AppendOnly, Entry, Head
from crisis.journal.operations import append, seal, verify
from tests.functional.factories import NOW


@pytest.fixture(autouse=True)
def _some_entries() -> None:
    seal()
    for number in range(5):
        append(actor="test", action="test.act", subject=f"thing:{number}", now=NOW, number=number)


def tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_sealer_chains_what_is_committed_in_order() -> None:
    before = Head.objects.get().position
    assert seal() == 5
    assert seal() == 0
    assert verify() is None
    positions = list(Entry.objects.filter(action="test.act").order_by("id").values_list("position", flat=True))
    assert positions == list(range(before + 1, before + 6))


def test_entries_are_never_changed_nor_removed() -> None:
    entry = Entry.objects.latest("id")
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()
    with pytest.raises(AppendOnly):
        Entry.objects.all().delete()


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE journal_entry SET actor = 'somebody else' WHERE subject = 'thing:2'", "was changed"),
        ("UPDATE journal_entry SET at = '2020-01-01 00:00:00' WHERE subject = 'thing:2'", "was changed"),
        ("DELETE FROM journal_entry WHERE subject = 'thing:2'", "is missing"),
        ("DELETE FROM journal_entry WHERE subject = 'thing:4'", "at the end are missing"),
    ],
)
def test_tampering_is_found_at_the_first_broken_entry(sql: str, why: str) -> None:
    seal()
    at = Entry.objects.get(subject="thing:2" if "thing:2" in sql else "thing:4").position
    tamper(sql)
    broken = verify()
    assert broken is not None
    assert (broken.position, why in broken.why) == (at, True)
    with pytest.raises(CommandError, match=f"entry {at}"):
        call_command("verify_journal", stdout=StringIO())


def test_the_command_says_how_much_holds() -> None:
    out = StringIO()
    call_command("verify_journal", stdout=out)
    assert "5 waiting for the sealer" in out.getvalue()
