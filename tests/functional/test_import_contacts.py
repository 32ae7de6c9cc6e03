"""Contacts from another system: all or nothing, each mistake with its line, and never an address in what is said."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from crisis.audience import addresses
from crisis.audience.models import Citizen, Contact
from crisis.audience.queries import current_stay
from crisis.encryption import open_sealed

HEAD = "name,language,people,country,place,lat,lon,email,phone,whatsapp\n"


def bring(path: Path, rows: str, *words: str) -> str:
    path.write_text(HEAD + rows, encoding="utf-8")
    out = StringIO()
    try:
        call_command("import_contacts", path, *words, stdout=out, stderr=out)
    except CommandError as error:
        out.write(str(error))
    return out.getvalue()


def test_good_rows_become_people_with_all_their_ways(tmp_path: Path) -> None:
    rows = (
        "Emma Peeters,fr,2,JP,Tokyo,,,Emma@Example.org,0032 470 12 34 56,+32470123456\n"
        "Liam Maes,nl,,,,35.01,135.76,,+81 (90) 1234-5678,\n"
    )
    assert "2 people are new, 0 changed; 4 contacts are new" in bring(tmp_path / "c.csv", rows)

    emma = addresses.found("email", "emma@example.org")
    assert emma is not None
    assert (emma.citizen.name, emma.citizen.people, emma.citizen.language) == ("Emma Peeters", 2, "fr")
    kinds = {each.kind: open_sealed(each.sealed) for each in emma.citizen.contacts.all()}
    assert kinds == {"email": "emma@example.org", "sms": "+32470123456", "whatsapp": "+32470123456"}
    liam = Citizen.objects.get(name="Liam Maes")
    stay = current_stay(liam)
    assert stay is not None
    assert (stay.country, stay.lat, liam.people) == ("JP", 35.01, 1)

    assert "0 people are new, 0 changed; 0 contacts are new" in bring(tmp_path / "c.csv", rows)
    assert Contact.objects.count() == 4


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("A,xx,1,JP,Tokyo,,,a@example.org,,", "language 'xx'"),
        ("A,fr,0,JP,Tokyo,,,a@example.org,,", "people is a whole number"),
        ("A,fr,1,JP,Tokyo,,,,,", "none of email, phone, whatsapp"),
        ("A,fr,1,JP,Tokyo,,,a(at)example.org,,", "email: this is no e-mail address"),
        ("A,fr,1,JP,Tokyo,,,,0470123456,", "phone: a phone number is written with its country"),
        ("A,fr,1,JP,Tokyo,,,,,+12", "whatsapp: a phone number"),
        ("A,fr,1,JP,Atlantis,,,a@example.org,,", "place 'Atlantis' is not known in JP"),
        ("A,fr,1,FR,,35.68,139.69,a@example.org,,", "lie in JP, not in FR"),
        ("A,fr,1,JP,,95,-30,a@example.org,,", "lie in no country"),
        ("A,fr,1,JP,,here,there,a@example.org,,", "lat and lon are degrees"),
        ("A,fr,1,JP", "not as many cells as columns"),
    ],
)
def test_one_bad_row_and_nothing_is_written(tmp_path: Path, row: str, why: str) -> None:
    said = bring(tmp_path / "c.csv", f"B,fr,1,JP,Tokyo,,,b@example.org,,\n{row}\n")

    assert f"line 3: {why}" in said or (why in said and "line 3" in said)
    assert "nothing was written" in said
    assert "0470" not in said
    assert "(at)" not in said
    assert not Contact.objects.exists()


def test_an_address_twice_and_one_of_somebody_else_are_refused(tmp_path: Path) -> None:
    twice = bring(tmp_path / "c.csv", "A,fr,1,JP,Tokyo,,,a@example.org,,\nB,fr,1,JP,Tokyo,,,A@example.org,,\n")
    assert "line 3: its email stands in line 2 too" in twice
    bring(tmp_path / "c.csv", "A,fr,1,JP,Tokyo,,,a@example.org,,\nB,fr,1,JP,Tokyo,,,,+32470123456,\n")

    mixed = bring(tmp_path / "c.csv", "C,fr,1,JP,Tokyo,,,a@example.org,+32470123456,\n")
    assert "belong to different people" in mixed
    other = bring(
        tmp_path / "c.csv",
        "B,fr,1,JP,Tokyo,,,b@example.org,+32470123456,\nA,fr,1,JP,Tokyo,,,a@example.org,+4915112345678,\n",
    )
    assert "0 people are new" in other
    assert Contact.objects.count() == 4
    another = bring(tmp_path / "c.csv", "A,fr,1,JP,Tokyo,,,z@example.org,+4915112345678,\n")
    assert "this person has another email here" in another
    assert Contact.objects.count() == 4


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    said = bring(tmp_path / "c.csv", "A,fr,1,JP,Tokyo,,,a@example.org,,\n", "--dry-run")
    assert "1 rows are good; nothing was written" in said
    assert not Contact.objects.exists()


def test_columns_that_nobody_knows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("naam,email\nA,a@example.org\n", encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_contacts", path, stderr=StringIO())
