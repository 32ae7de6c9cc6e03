"""Importing posts: the real ones, twice, badly, and another ministry's."""

import dataclasses
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import CharField, Model

from crisis.journal.models import Entry
from crisis.registry.addresses import LONGEST_ADDRESS
from crisis.registry.cells import LONGEST_REGION
from crisis.registry.importing import import_posts
from crisis.registry.models import Account, DirectoryEntry, Holder, Jurisdiction, Ministry, Mode, Post
from crisis.registry.queries import home_ministry
from crisis.registry.reading import LONGEST, UnreadableFile, read
from tests.conftest import ROOT
from tests.functional.factories import NOW

HEAD = "post_id,name,kind,city,country,lat,lon,consular,state,facebook,x,languages,phone,website,email\n"
GOOD = "be-testville-emb,Embassy in Testville,embassy,Testville,JP,35.68,139.76,JP,open,testville.page,testville,nl|fr,,,\n"


def run(path: Path, ministry: str = "BE", **options: bool) -> tuple[str, str, str]:
    out, err, failed = StringIO(), StringIO(), ""
    try:
        call_command("import_posts", path, ministry=ministry, stdout=out, stderr=err, **options)
    except CommandError as error:
        failed = str(error)
    return out.getvalue(), err.getvalue(), failed


def test_the_real_posts_stand_with_accounts_and_shadows() -> None:
    posts = Post.objects.filter(ministry__code="BE")
    live = Account.objects.filter(mode=Mode.LIVE, holder__post__in=posts)

    assert posts.count() == 120
    assert live.filter(platform="facebook").count() == 76
    assert live.filter(platform="x").count() == 41
    assert Account.objects.filter(shadow_of__in=live, mode=Mode.EXERCISE).count() == live.count()
    without = posts.exclude(holder__accounts__platform__in=["facebook", "x"])
    assert without.count() == 40
    assert not live.filter(paused_at=None).exists(), "every live account starts paused"
    assert not live.exclude(verified_on=None).exists(), "handles of 2022 are verified by nobody yet"


def test_importing_again_changes_nothing() -> None:
    before = list(Jurisdiction.objects.order_by("pk").values_list("pk", flat=True))

    out, _, failed = run(ROOT / "data" / "posts.csv")

    assert "0 posts created, 0 updated, 120 unchanged; 0 new accounts" in out
    assert not failed
    assert list(Jurisdiction.objects.order_by("pk").values_list("pk", flat=True)) == before


BAD = [
    ("xx-A,N,embassy,C,JP,,,JP,open,,,,,,", "post_id 'xx-A'"),
    ("xx-a,N,,C,JP,,,JP,open,,,,,,", "kind is blank"),
    ("xx-a,N,castle,C,JP,,,JP,open,,,,,,", "kind 'castle' is none of embassy,"),
    ("xx-a,N,embassy,C,Narnia,,,JP,open,,,,,,", "country 'Narnia' is no country"),
    ("xx-a,N,embassy,C,,,,JP,open,,,,,,", "country is blank"),
    ("xx-a,N,embassy,C,JP,north,139,JP,open,,,,,,", "are no numbers of degrees"),
    ("xx-a,N,embassy,C,JP,95,139,JP,open,,,,,,", "out of range"),
    ("xx-a,N,embassy,C,JP,139.76,35.68,JP,open,,,,,,", "look swapped"),
    ("xx-a,N,embassy,C,JP,35.68,,JP,open,,,,,,", "are no numbers of degrees"),
    ("xx-a,N,embassy,C,JP,,,Japan,open,,,,,,", "jurisdiction 'Japan'"),
    ("xx-a,N,embassy,C,JP,,,ZZ,open,,,,,,", "jurisdiction 'ZZ'"),
    ("xx-a,N,embassy,C,JP,,,JP,half-open,,,,,,", "state 'half-open'"),
    ("xx-a,N,embassy,C,JP,,,JP,open,https://facebook.com/events/1,,,,,", "leads to no account"),
    ("xx-a,N,embassy,C,JP,,,JP,open,,,dutch!,,,", "language 'dutch!'"),
    ("xx-a,N,embassy,C,JP,,,JP,open,,,,0475 12,,", "phone '0475 12'"),
    ("xx-a,N,embassy,C,JP,,,JP,open,,,,,example.org,", "website 'example.org'"),
    ("xx-a,N,embassy,C,JP,,,JP,open,,,,,,nobody", "e-mail 'nobody'"),
    ("xx-a,N,embassy,C,JP,,,JP,open,,", "columns instead of 15: a cell is missing"),
    ("xx-a,N,embassy,City, with comma,JP,,,JP,open,,,,,,", "a comma outside quotes?"),
    ("be-testville-emb,N,embassy,C,JP,,,JP,open,,,,,,", "stands in the file twice"),
    ("xx-a,N,embassy,C,JP,,,JP,open,TESTVILLE.page,,,,,", "already be-testville-emb's"),
    (f"xx-a,{'N' * 161},embassy,C,JP,,,JP,open,,,,,,", "name has 161 characters, at most 160"),
    (f"xx-a,N,{'k' * 41},C,JP,,,JP,open,,,,,,", "kind has 41 characters, at most 40"),
    (f"xx-a,N,embassy,{'C' * 81},JP,,,JP,open,,,,,,", "city has 81 characters, at most 80"),
    (f"xx-a,N,embassy,C,JP,,,JP,open,,,,,https://e.org/{'x' * 200},", "website has 214 characters, at most 200"),
    (f"xx-a,N,embassy,C,JP,,,JP,open,,,,,,{'x' * 120}@example.org", "email has 132 characters, at most 120"),
    (f"xx-a,N,embassy,C,JP,,,JP:{'r' * 121},open,,,,,,", "has more than 120 characters"),
    (f"xx-a,N,embassy,C,JP,,,JP,open,{'ß' * 100},,,,,", "has more than 160 characters"),
    ("xx-a,N\0N,embassy,C,JP,,,JP,open,,,,,,", "name holds a NUL character"),
    ("xx-a,N,embassy,C\0,JP,,,JP,open,,,,,,", "city holds a NUL character"),
    ('xx-a,"N"N,embassy,C,JP,,,JP,open,,,,,,', "the row cannot be read"),
    ("xx-a,N,embassy,C,JP,,,JP:Atlantis,open,brandnewpage,belgiumembjapan,,,,", "already belongs to"),
    ("xx-a,N,embassy,C,JP,,,JP,open,BelgianEmbassyTokyo,,,,,", "already belongs to Embassy of Belgium in Tokyo"),
]


@pytest.mark.parametrize(("row", "why"), BAD, ids=[why for _, why in BAD])
def test_a_bad_row_is_left_out_with_its_line_and_reason(tmp_path: Path, row: str, why: str) -> None:
    file = tmp_path / "posts.csv"
    file.write_text(HEAD + GOOD + row + "\n", encoding="utf-8")

    out, err, failed = run(file)

    assert "1 post created, 0 updated, 0 unchanged; 2 new accounts" in out, "what was undone is not counted"
    assert "Atlantis" not in out
    assert Post.objects.filter(code="be-testville-emb").exists()
    assert not Post.objects.filter(code__in=["xx-a", "xx-A"]).exists(), "nothing of a bad row stands"
    assert "line 3" in err
    assert why in err
    assert failed == "1 row was left out; the others stand."


def test_what_only_the_database_finds_ends_one_row_and_not_the_import(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text(HEAD + GOOD + GOOD.replace("testville", "otherville"), encoding="utf-8")
    reading = read(file)
    reading.rows[0] = dataclasses.replace(reading.rows[0], kind=None)  # type: ignore[arg-type]

    report = import_posts(reading=reading, ministry=home_ministry(), now=NOW)

    assert [(problem.line, problem.post) for problem in report.problems] == [(2, "be-testville-emb")]
    assert "the database refuses the row" in report.problems[0].why
    assert (report.created, report.accounts) == (1, 2)
    assert not Post.objects.filter(code="be-testville-emb").exists()


def test_two_posts_of_one_long_name_have_each_their_holder(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    rows = [GOOD.replace("Embassy in Testville", "E" * 160), GOOD.replace("Embassy in Testville", "E" * 160)]
    file.write_text(HEAD + rows[0] + rows[1].replace("testville", "otherville"), encoding="utf-8")
    out, err, failed = run(file)
    assert (err, failed) == ("", "")
    assert "2 posts created" in out


def test_the_limits_are_the_registrys_own() -> None:
    models: list[tuple[type[Model], str, int]] = [
        (DirectoryEntry, "value", LONGEST["website"]), (Jurisdiction, "region_name", LONGEST_REGION),
        (Account, "address", LONGEST_ADDRESS), (Account, "address_key", LONGEST_ADDRESS),
    ]  # fmt: skip
    models += [(Post, name, limit) for name, limit in LONGEST.items() if name != "website"]
    for model, name, limit in models:
        column = model._meta.get_field(name)
        assert isinstance(column, CharField)
        assert column.max_length == limit, name


WHOLE = [
    (b"", "lacks post_id"),
    (b"name,city\nA,B\n", "lacks post_id, kind, country"),
    (HEAD.encode(), "no rows"),
    (HEAD.replace("country", '"coun"try').encode() + GOOD.encode(), "The header cannot be read"),
    (HEAD.encode() + GOOD.encode() + "be-x,Botschaft Zürich".encode("latin-1"), "Line 3 is not UTF-8"),
]


@pytest.mark.parametrize(("data", "why"), WHOLE, ids=[why for _, why in WHOLE])
def test_a_file_that_cannot_be_read_imports_nothing(tmp_path: Path, data: bytes, why: str) -> None:
    file = tmp_path / "posts.csv"
    file.write_bytes(data)

    with pytest.raises(UnreadableFile, match=why):
        read(file)
    _, _, failed = run(file)
    assert why in failed
    assert not Post.objects.filter(code="be-testville-emb").exists()


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    assert "No such file" in run(tmp_path / "nowhere.csv")[2]


def test_semicolons_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_bytes(b"\xef\xbb\xbf" + (HEAD + GOOD).replace(",", ";").encode())

    assert "1 post created" in run(file)[0]


def test_a_changed_row_updates_and_a_new_number_is_not_the_verified_one(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    row = GOOD.rstrip("\n").rsplit(",", 3)[0]
    file.write_text(f"{HEAD}{row},+81 3 1111 1111,,\n", encoding="utf-8")
    run(file)
    DirectoryEntry.objects.filter(value="+81 3 1111 1111").update(verified_on=NOW.date(), verified_by="Dora")

    file.write_text(f"{HEAD}{row.replace(',JP,open', ',JP|KR,open')},+81 3 2222 2222,,\n", encoding="utf-8")
    out, _, _ = run(file)

    assert "0 posts created, 1 updated" in out
    post = Post.objects.get(code="be-testville-emb")
    assert set(post.jurisdictions.values_list("country", flat=True)) == {"JP", "KR"}
    entry = post.directory.get(kind="phone")
    assert (entry.value, entry.verified_on) == ("+81 3 2222 2222", None)


def test_another_ministry_is_reference_data_and_nothing_else(tmp_path: Path) -> None:
    rows = (
        "post_id,name,type,city,country_iso2,country,lat,lon,jurisdiction_iso2,jurisdiction_other,twitter,status\n"
        "gb-tokyo-emb,,embassy,Tokyo,JP,Japan,35.68,139.74,JP,,ukinjapan,\n"
        "gb-osaka-cg,,consulate_general,Osaka,JP,Japan,,,,,,\n"
    )
    file = tmp_path / "uk.csv"
    file.write_text(rows, encoding="utf-8")

    out, _, failed = run(file, "GB")

    assert not failed
    assert "2 posts created" in out
    assert "Never targeted, for want of a consular jurisdiction (1): gb-osaka-cg" in out
    assert "no alert can target its posts" in out
    assert set(Post.objects.filter(ministry__code="GB").values_list("name", flat=True)) == {
        "Embassy, Tokyo",
        "Consulate general, Osaka",
    }
    assert not Account.objects.filter(address="ukinjapan", is_home=True).exists()


def test_an_unknown_ministry_becomes_reference_data(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text(
        HEAD + GOOD.replace("be-", "nl-").replace("testville.page", "nl.page").replace(",testville,", ",nltest,")
    )

    out, _, failed = run(file, "nl")
    assert not Ministry.objects.filter(code="NL").exists(), "nobody is made by a slip of the pen"
    assert failed.startswith("There is no ministry NL here (known: BE, GB). It would be made, as reference data")
    assert "with 1 post." in failed

    out, _, _ = run(file, "nl", yes=True)

    assert "Ministry NL is new" in out
    assert not Ministry.objects.get(code="NL").is_home
    assert "no code of a ministry" in run(file, "../BE")[2]


def another_file(folder: Path, posts: int) -> Path:
    rows = [f"gb-{at}-emb,Embassy {at},embassy,,JP,,,JP,open,,,,,,\n" for at in range(posts)]
    file = folder / "uk.csv"
    file.write_text(HEAD + "".join(rows), encoding="utf-8")
    return file


def test_the_file_of_another_ministry_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    file = another_file(tmp_path, 11)
    out, _, failed = run(file)

    assert "Belgian Foreign Affairs has 120 posts, of which the file mentions 0" in failed
    assert "it would add 11 new posts, such as gb-0-emb, gb-1-emb, gb-10-emb. Is it BE's file?" in failed
    assert "--yes" in failed
    assert (out, Post.objects.filter(code="gb-0-emb").exists()) == ("", False)

    assert "11 posts created" in run(file, yes=True)[0]


def test_a_few_new_posts_need_no_yes(tmp_path: Path) -> None:
    assert "10 posts created" in run(another_file(tmp_path, 10))[0]


def test_a_dry_run_says_what_would_happen_and_writes_nothing(tmp_path: Path) -> None:
    before = [model.objects.count() for model in (Post, Account, Jurisdiction, Holder, Ministry, Entry)]
    out, _, failed = run(another_file(tmp_path, 11), dry_run=True)

    assert "Would be refused without --yes: Belgian Foreign Affairs has 120 posts" in out
    assert "BE: 11 posts created" in out
    assert "Dry run: nothing was written." in out
    assert not failed
    assert run(another_file(tmp_path, 1), "ZZ", dry_run=True)[0].startswith(
        "Would be refused without --yes: There is no"
    )
    assert [model.objects.count() for model in (Post, Account, Jurisdiction, Holder, Ministry, Entry)] == before


def test_a_column_that_nobody_reads_is_named(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text(HEAD.replace("email", "e_mail") + GOOD, encoding="utf-8")
    out, _, failed = run(file)
    assert "Note: Nobody reads these columns: e_mail." in out
    assert not failed


def test_the_uk_survey_imports_whole(samples: Path) -> None:
    out, err, failed = run(samples / "posts" / "uk_posts.csv", "GB")

    assert "237 posts created" in out, err
    assert "(79)" in out
    assert not failed


def test_our_own_form_says_what_the_survey_says(samples: Path) -> None:
    ours = {row.code: row for row in read(ROOT / "data" / "posts.csv").rows}
    theirs = {row.code: row for row in read(samples / "posts" / "belgian_posts.csv").rows}

    assert ours.keys() == theirs.keys()
    same: tuple[str, ...] = (
        "name",
        "kind",
        "city",
        "country",
        "point",
        "accounts",
        "website",
        "email",
        "phone",
        "source",
    )
    for code, row in ours.items():
        assert [getattr(row, name) for name in same] == [getattr(theirs[code], name) for name in same], code
        assert row.source, "every row names its source"


def test_an_import_is_journalled() -> None:
    home = home_ministry()
    import_posts(reading=read(ROOT / "data" / "posts.csv"), ministry=home, now=NOW)

    entry = Entry.objects.filter(action="registry.import_posts").latest("id")
    assert entry.data == {"created": 0, "updated": 0, "problems": 0}


def test_a_holder_has_its_post(django_db_blocker: Any) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Holder.objects.create(ministry=home_ministry(), kind=Holder.Kind.POST, name="no post")
