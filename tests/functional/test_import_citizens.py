"""Lists from other systems: each mistake with its line, nothing half done, nobody merged, no address in what is said."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from crisis.audience import addresses, confirming, contacts, importing, likenesses, uploads
from crisis.audience.expiring import brought_and_expired
from crisis.audience.importing import BATCH, Work, bad_rows
from crisis.audience.lists import Invite, Likeness, Upload
from crisis.audience.models import Citizen, Contact, ImportedFile
from crisis.audience.queries import current_stay
from crisis.audience.uploads import Origin
from crisis.checkins.coordination import entrust, people_of
from crisis.encryption import open_sealed
from crisis.journal.models import Entry
from crisis.privacy import purging
from crisis.privacy.access import everything
from crisis.registry.queries import home_ministry
from crisis.staff.models import Grant, Officer, Role
from tests.functional.factories import NOW, citizen

HEAD = "name,language,people,country,place,lat,lon,email,phone,whatsapp\n"
EXPIRES = (NOW + timedelta(days=300)).date()


def bring(path: Path, rows: str, *words: str, head: str = HEAD) -> str:
    path.write_text(head + rows, encoding="utf-8")
    out = StringIO()
    told = ["--source", "Consular register", "--legal-basis", "Public task", "--expires", str(EXPIRES), *words]
    try:
        call_command("import_citizens", str(path), *told, stdout=out, stderr=out)
    except CommandError as error:
        out.write(str(error))
    return out.getvalue()


def test_good_rows_become_people_with_all_their_ways(tmp_path: Path) -> None:
    rows = (
        "Emma Peeters,fr,2,JP,Tokyo,,,Emma@Example.org,0032 470 12 34 56,+32470123456\n"
        'Liam Maes,nl,,Japon,,"35,01",135.76,,+81 (90) 1234-5678,\n'
    )
    assert "2 people are new, 0 changed; 4 contacts are new; 0 rows were left out" in bring(tmp_path / "c.csv", rows)

    emma = addresses.found("email", "emma@example.org")
    assert emma is not None
    assert (emma.citizen.name, emma.citizen.people, emma.citizen.language) == ("Emma Peeters", 2, "fr")
    kinds = {each.kind: open_sealed(each.sealed) for each in emma.citizen.contacts.all()}
    assert kinds == {"email": "emma@example.org", "sms": "+32470123456", "whatsapp": "+32470123456"}
    liam = Citizen.objects.get(name="Liam Maes")
    stay = current_stay(liam)
    assert stay is not None
    assert (stay.country, stay.lat, liam.people) == ("JP", 35.01, 1)
    file = ImportedFile.objects.get()
    assert (file.source, file.legal_basis, file.expires_on) == ("Consular register", "Public task", EXPIRES)
    assert emma.citizen.came_with == liam.came_with == file
    assert not Invite.objects.exists(), "nobody is invited unless somebody asks for it"
    entry = Entry.objects.get(action="audience.import")
    assert (entry.data["good"], entry.subject) == (2, f"list:{file.pk}")
    assert "emma" not in str(entry.data).lower()

    again = bring(tmp_path / "c.csv", rows)
    assert "0 rows are new, 2 are known here already" in again
    assert "No row is left" in again
    assert Contact.objects.count() == 4
    assert ImportedFile.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("A,xx,1,JP,Tokyo,,,a@example.org,,", "language 'xx'"),
        ("A,,1,JP,Tokyo,,,a@example.org,,", "language (blank)"),
        ("A,a@example.org,1,JP,Tokyo,,,a@example.org,,", "language (what stands there)"),
        ("A,fr,0,JP,Tokyo,,,a@example.org,,", "people is a whole number"),
        ("A,fr,1,JP,Tokyo,,,,,", "none of email, phone, whatsapp"),
        ("A,fr,1,JP,Tokyo,,,a(at)example.org,,", "email: this is no e-mail address"),
        ("A,fr,1,JP,Tokyo,,,,0470123456,", "phone: a phone number is written with its country"),
        ("A,fr,1,JP,Tokyo,,,,,+12", "whatsapp: a phone number"),
        ("A,fr,1,JP,Atlantis,,,a@example.org,,", "place 'Atlantis' is not known in JP"),
        ("A,fr,1,US,Springfield,,,a@example.org,,", "place 'Springfield' may be several towns in US"),
        ("A,fr,1,Congo,Kinshasa,,,a@example.org,,", "country is a two-letter code or a name that means one country"),
        ("A,fr,1,JP,,,,a@example.org,,", "place is blank"),
        ("A,fr,1,FR,,35.68,139.69,a@example.org,,", "lie in JP, not in FR"),
        ("A,fr,1,JP,,95,-30,a@example.org,,", "lat is from -90 to 90"),
        ("A,fr,1,JP,,nan,1,a@example.org,,", "lat is from -90 to 90"),
        ("A,fr,1,JP,,here,there,a@example.org,,", "lat and lon are degrees"),
        ("A,fr,1,,,31.79,35.24,a@example.org,,", "may count in PS or IL"),
        ("A,fr,1,JP", "not as many cells as columns"),
    ],
)
def test_one_bad_row_and_nothing_is_written(tmp_path: Path, row: str, why: str) -> None:
    said = bring(tmp_path / "c.csv", f"B,fr,1,JP,Tokyo,,,b@example.org,,\n{row}\n")

    assert f"line 3: {why}" in said or (why in said and "line 3" in said)
    assert "Nothing was written" in said
    assert "0470" not in said
    assert "(at)" not in said
    assert "@example" not in said
    assert not Contact.objects.exists()
    assert not Upload.objects.exists()


def test_bad_rows_are_left_out_only_when_somebody_says_so_and_can_be_mended(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    rows = "B,fr,1,JP,Tokyo,,,b@example.org,,\n=cmd(),xx,1,JP,Tokyo,,,a@example.org,,\n"
    said = bring(tmp_path / "c.csv", rows, "--leave-out-bad", "--bad", str(bad))

    assert "1 people are new, 0 changed; 1 contacts are new; 1 rows were left out" in said
    first, second = bad.read_text("utf-8-sig").strip().split("\n")
    assert first.startswith("line;reason;name;language")
    assert second.startswith("3;language 'xx' is none of")
    assert "'=cmd()" in second, "no spreadsheet runs it"


def test_an_address_twice_and_one_of_somebody_else_are_refused(tmp_path: Path) -> None:
    twice = bring(tmp_path / "c.csv", "A,fr,1,JP,Tokyo,,,a@example.org,,\nB,fr,1,JP,Tokyo,,,A@example.org,,\n")
    assert "line 3: its email stands in line 2 too" in twice
    bring(tmp_path / "c.csv", "Ada,fr,1,JP,Tokyo,,,a@example.org,,\nBob,fr,1,JP,Tokyo,,,,+32470123456,\n")

    other = bring(tmp_path / "c.csv", "Carla,fr,1,JP,Tokyo,,,a@example.org,,\n")
    assert "line 2: its email belongs to somebody else here" in other
    assert "Ada" not in other
    mixed = bring(tmp_path / "c.csv", "Ada,fr,1,JP,Tokyo,,,a@example.org,+32470123456,\n")
    assert "belong to different people" in mixed
    assert Contact.objects.count() == 2


def test_who_is_here_already_changes_only_when_somebody_says_so(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    bring(path, "Ada,fr,1,JP,Tokyo,,,a@example.org,,\n")
    more = "Ada,nl,3,JP,Osaka,,,a@example.org,+32470123456,\nBob,fr,1,JP,Tokyo,,,b@example.org,,\n"
    said = bring(path, more)
    assert "line 2: is here already: the same email" in said
    ada = Citizen.objects.get(name="Ada")
    assert (ada.language, ada.people, ada.contacts.count()) == ("fr", 1, 1)

    assert "0 people are new, 1 changed; 1 contacts are new" in bring(path, more, "--update-known")
    ada.refresh_from_db()
    stay = current_stay(ada)
    assert stay is not None
    assert (ada.language, ada.people, ada.contacts.count(), stay.place_name) == ("nl", 3, 2, "Osaka")

    told = Contact.objects.get(citizen=ada, kind="sms")
    assert told.state == Contact.State.PENDING, "nobody is redirected by a list"
    assert confirming.due(told.linked_at + confirming.GRACE, kinds=["sms"]) == [told.pk], "they are asked there"

    Contact.objects.filter(citizen=ada).update(state=Contact.State.STOPPED)
    bring(path, "Ada,fr,4,JP,Osaka,,,a@example.org,,\n", "--update-known")
    assert set(ada.contacts.values_list("state", flat=True)) == {"stopped"}, "who said stop stays stopped"
    another = bring(path, "Ada,fr,4,JP,Osaka,,,z@example.org,+32470123456,\n", "--update-known", "--leave-out-bad")
    assert "1 rows were left out" in another
    assert Upload.objects.order_by("pk").last().problems[0][1] == "this person has another email here"  # type: ignore[union-attr]


def test_an_address_that_somebody_else_only_named_stops_no_list(tmp_path: Path) -> None:
    stranger = citizen()
    contacts.add(citizen=stranger.citizen, kind="email", address="a@example.org", now=NOW)
    assert "1 people are new" in bring(tmp_path / "c.csv", "Ada,fr,1,JP,Tokyo,,,a@example.org,,\n")
    ada = addresses.found("email", "a@example.org")
    assert ada is not None
    assert (ada.state, ada.citizen.name) == (Contact.State.ACTIVE, "Ada")
    assert Contact.objects.get(citizen=stranger.citizen, kind="email").state == Contact.State.PENDING


def test_who_stands_on_two_lists_belongs_to_both_and_is_kept_as_long_as_one_of_them(tmp_path: Path) -> None:
    both, alone = "Ada,fr,1,JP,Tokyo,,,a@example.org,,\n", "Bob,fr,1,JP,Tokyo,,,b@example.org,,\n"
    bring(tmp_path / "a.csv", both)
    bring(tmp_path / "b.csv", both + alone)
    ada, (first, second) = Citizen.objects.get(name="Ada"), ImportedFile.objects.order_by("pk")
    assert (ada.came_with, list(ada.also_on.all())) == (first, [second])
    told = everything(citizen=ada, now=NOW)["person"]
    assert (len(told["also_on_lists"]), told["brought_in_by"]["source"]) == (1, "Consular register")

    guide = Officer.objects.create_user("guide", password="a long password of a guide")
    Grant.objects.create(officer=guide, role=Role.COORDINATOR, granted_at=NOW)
    entrust(officer=guide, people=second, now=NOW, actor="test")
    assert set(people_of(guide, NOW).values_list("name", flat=True)) == {"Ada", "Bob"}

    ImportedFile.objects.filter(pk=first.pk).update(expires_on=(NOW - timedelta(days=2)).date())
    assert not brought_and_expired(NOW).exists()
    ImportedFile.objects.update(expires_on=(NOW - timedelta(days=2)).date())
    assert brought_and_expired(NOW).count() == 2


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    said = bring(tmp_path / "c.csv", "A,fr,1,JP,Tokyo,,,a@example.org,,\n", "--dry-run")
    assert "1 rows are new, 0 are known here already, 0 are bad; nothing was written" in said
    assert not Contact.objects.exists()
    assert not Upload.objects.exists()


def test_a_tour_operators_list_with_its_own_columns_and_a_return(tmp_path: Path) -> None:
    back = (NOW + timedelta(days=9)).date()
    head = "Voornaam;Familienaam;Bestemming;Land;Terugreis;Adres\n"
    rows = f"Zoë;De Smet;Keulen;Duitsland;{back:%d/%m/%Y};zoe@example.org\n"
    said = bring(tmp_path / "c.csv", rows, "--map", "Adres=email", "--language", "nl", head=head)
    assert "1 people are new" in said
    zoe = Citizen.objects.get(name="Zoë De Smet")
    stay = current_stay(zoe)
    assert stay is not None
    assert (stay.place_name, stay.country, stay.until_on, zoe.language) == ("Köln", "DE", back, "nl")
    over = rows.replace(f"{back:%d/%m/%Y}", "01/02/2020").replace("zoe@", "other@")
    assert "until_on is over" in bring(tmp_path / "c.csv", over, "--map", "Adres=email", "--language", "nl", head=head)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--map", "Foo=email"], "has no column 'Foo'"),
        (["--map", "naam=nose"], "'nose' is none of our columns"),
        (["--map", "naam"], "is not theirs=ours"),
        ([], "say which column holds one of email"),
        (["--language", "xx"], "language is one of"),
        (["--expires", "2020-01-01"], "a day to come"),
        (["--source", " "], "Say who gave the list"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, words: list[str], why: str) -> None:
    head = "naam,adres\n"
    assert why.lower() in bring(tmp_path / "c.csv", "A,a@example.org\n", *words, head=head).lower()
    assert not Upload.objects.exists()


def upload_of(rows: str, *, head: str = HEAD, by: Officer | None = None) -> Upload:
    origin = Origin("list.csv", "Consular register", "Public task", EXPIRES)
    found = uploads.take_in(data=(head + rows).encode(), origin=origin, ministry=home_ministry(), by=by, now=NOW)
    uploads.confirm_columns(upload=found, mapping=found.columns)
    return found


def worked(upload: Upload) -> Upload:
    work = Work.begin(upload.pk, NOW)
    assert work is not None
    while work.step(NOW):
        pass
    upload.refresh_from_db()
    return upload


def begun(upload: Upload, **more: bool) -> Upload:
    how = {"leave_out": False, "update_known": False, "invite": False} | more
    uploads.bring_in(upload=worked(upload), by=None, now=NOW, **how)
    upload.refresh_from_db()
    return upload


def test_five_thousand_rows_with_a_crash_between_come_in_once_each() -> None:
    rows = "".join(f"Person {n},fr,1,JP,Tokyo,,,p{n}@example.org,,\n" for n in range(5_000))
    upload = begun(upload_of(rows), invite=True)
    first = Work.begin(upload.pk, NOW)
    assert first is not None
    assert first.step(NOW)
    assert Work.begin(upload.pk, NOW) is None, "one worker at a time"
    assert Citizen.objects.count() == BATCH

    later = NOW + timedelta(minutes=5)  # the first worker is dead
    second = Work.begin(upload.pk, later)
    assert second is not None
    assert second.step(later)
    assert not first.step(later), "should it wake up, its turn is over"
    while second.step(later):
        pass
    upload.refresh_from_db()
    assert (upload.state, upload.made, upload.seen) == ("done", 5_000, 5_000)
    assert Citizen.objects.count() == Contact.objects.count() == Invite.objects.count() == 5_000
    assert "p1@example.org" not in open_sealed(upload.content), "what is brought in is not kept a second time"
    assert Work.begin(upload.pk, later) is None


def test_an_address_that_stood_before_the_crash_still_counts() -> None:
    rows = "".join(f"Person {n},fr,1,JP,Tokyo,,,p{n}@example.org,,\n" for n in range(BATCH))
    upload = upload_of(rows + "Twice,fr,1,JP,Tokyo,,,p7@example.org,,\n")
    first = Work.begin(upload.pk, NOW)
    assert first is not None
    first.step(NOW)
    first.give_back()
    worked(upload)
    assert (upload.bad, upload.problems) == (1, [[BATCH + 2, "its email stands in line 9 too", "bad"]])


def test_bad_rows_are_said_however_many_others_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    known = "".join(f"Person {n},fr,1,JP,Tokyo,,,p{n}@example.org,,\n" for n in range(4))
    worked(begun(upload_of(known)))
    monkeypatch.setattr(importing, "MOST_SAID", 3)
    bad = "".join(f"Other {n},fr,1,JP,Atlantis,,,o{n}@example.org,,\n" for n in range(5))
    upload = worked(upload_of(known + bad))
    assert (upload.known, upload.bad) == (4, 5)
    assert [verdict for _line, _why, verdict in upload.problems] == ["known"] * 3 + ["bad"] * 3
    _head, *rows = bad_rows(upload).splitlines()
    assert [row.partition(";")[0] for row in rows] == ["6", "7", "8", ""]
    assert "2 more rows are bad" in rows[-1]


@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_postgresql_counts_anew_what_an_import_has_filled_once_and_behind_it(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, vendor: str
) -> None:
    """The planner of tables that were counted empty took 19 minutes to choose whom an alert is for."""
    counted: list[str] = []

    def kept(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Not done here, where everything is taken back: what PostgreSQL has counted would stand.
        return counted.append(sql) if sql.startswith("ANALYZE") else execute(sql, params, many, context)

    class Elsewhere:
        def __getattr__(self, name: str) -> Any:
            return vendor if name == "vendor" else getattr(connection, name)

    monkeypatch.setattr(importing, "connection", Elsewhere())
    with connection.execute_wrapper(kept), django_capture_on_commit_callbacks(execute=True):
        worked(begun(upload_of("".join(f"P {n},fr,1,JP,Tokyo,,,p{n}@example.org,,\n" for n in range(BATCH + 1)))))
        assert not counted, "what others write waits for no counting"
    assert len(counted) == (vendor == "postgresql")
    assert all(each._meta.db_table in counted[0] for each in importing.FILLED if counted)


def test_who_subscribed_between_the_check_and_the_import_is_not_made_twice() -> None:
    upload = begun(upload_of("Ada,fr,1,JP,Tokyo,,,a@example.org,,\nBob,fr,1,JP,Tokyo,,,b@example.org,,\n"))
    chat = citizen("Tokyo", name="Ada")
    Contact.objects.create(citizen=chat.citizen, kind="email", linked_at=NOW, **addresses.sealed("a@example.org"))
    worked(upload)
    assert (upload.state, upload.made, upload.known) == ("done", 1, 1)
    assert Citizen.objects.filter(name="Ada").count() == 1


def test_nothing_is_started_twice_and_old_lists_are_forgotten() -> None:
    upload = begun(upload_of("Ada,fr,1,JP,Tokyo,,,a@example.org,,\n"))
    acts: list[Callable[[], None]] = [
        lambda: uploads.bring_in(upload=upload, leave_out=True, update_known=False, invite=False, by=None, now=NOW),
        lambda: uploads.discard(upload=upload),
        lambda: uploads.confirm_columns(upload=upload, mapping=upload.columns),
    ]
    for act in acts:
        with pytest.raises(uploads.BadList):
            act()
    purging.purge(now=NOW + timedelta(days=30), go_on=lambda: True)
    assert Upload.objects.exists(), "what is under way is never forgotten"
    worked(upload)
    purging.purge(now=NOW + timedelta(days=30), go_on=lambda: True)
    assert not Upload.objects.exists()
    assert ImportedFile.objects.exists()


# --- perhaps one person ----------------------------------------------------------------------------------------------


def alike() -> Likeness:
    citizen("Tokyo", name="Émma Peeters")
    worked(
        begun(upload_of("Emma Peeters,fr,3,JP,Osaka,,,a@example.org,,\nEmma Peeters,fr,1,BE,Gent,,,c@example.org,,\n"))
    )
    return likenesses.waiting().get()


def test_the_same_name_in_the_same_country_is_proposed_and_nobody_is_merged(approver: Officer) -> None:
    pair = alike()
    assert Citizen.objects.count() == 3
    assert (pair.other.name, pair.citizen.name) == ("Émma Peeters", "Emma Peeters")  # type: ignore[union-attr]
    likenesses.decide(likeness=pair, same=False, by=approver, now=NOW)
    assert (Citizen.objects.count(), likenesses.waiting().count()) == (3, 0)
    with pytest.raises(likenesses.CannotMerge, match="decided"):
        likenesses.decide(likeness=pair, same=True, by=approver, now=NOW)


def test_one_person_keeps_every_way_and_no_list_can_end_them(approver: Officer) -> None:
    pair = alike()
    likenesses.decide(likeness=pair, same=True, by=approver, now=NOW)
    emma = Citizen.objects.get(name="Émma Peeters")
    assert sorted(emma.contacts.values_list("kind", flat=True)) == ["email", "telegram"]
    assert (emma.people, emma.came_with) == (3, None)
    assert Citizen.objects.count() == 2
    assert Entry.objects.filter(action="audience.merge", subject=f"citizen:{emma.pk}").exists()


def test_who_has_answered_stays_and_two_who_have_are_left(approver: Officer, sim: Any) -> None:
    from crisis.checkins.models import CheckIn, Safety
    from crisis.checkins.operations import record

    pair = alike()
    later, earlier = pair.citizen, pair.other
    assert later is not None
    assert earlier is not None
    contact = later.contacts.get()
    record(
        rollcall=None, citizen=later, contact=contact, safety=Safety.NEEDS_HELP, source=CheckIn.Source.STAFF, ref="t:1", now=NOW
    )  # fmt: skip
    likenesses.decide(likeness=pair, same=True, by=approver, now=NOW)
    assert CheckIn.objects.get().citizen_id == later.pk
    assert sorted(later.contacts.values_list("kind", flat=True)) == ["email", "telegram"]
    assert not Citizen.objects.filter(pk=earlier.pk).exists()
