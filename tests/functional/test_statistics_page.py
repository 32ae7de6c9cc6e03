"""A platform's export on a page: looked at with its bad rows and their reasons, then taken in, each editor for their own post."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from lxml import html

from console.views.statistics import LARGEST
from crisis import clock
from crisis.journal.models import Entry
from crisis.presence.models import AccountSnapshot
from crisis.registry.models import Account, Mode, Post
from crisis.staff.models import Officer, Role
from crisis.staff.operations import give

PAGE = "/console/statistics/"


def address(code: str) -> str:
    return Account.objects.get(holder__post__code=code, platform="facebook", mode=Mode.LIVE).address


def upload(client: Client, text: str | bytes, **given: str) -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(PAGE, {"file": SimpleUploadedFile("export.csv", data, "text/csv"), **given})


def sent_again(page: bytes, **changed: Any) -> dict[str, Any]:
    """Return what a browser sends when the page's own button is pressed."""
    form = html.fromstring(page.decode()).xpath("//form[.//textarea[@name='text']]")[0]
    fields: dict[str, Any] = {name: form.fields[name] for name in ("text", "platform", "account")}
    fields["text"] = re.sub(r"\r?\n", "\r\n", fields["text"])  # as browsers do
    fields |= {
        "theirs": form.xpath(".//input[@name='theirs']/@value"),
        "ours": [each.value for each in form.xpath(".//select")],
    }
    return fields | changed


def rows() -> str:
    tokyo, seoul = address("be-tokyo-emb"), address("be-seoul-emb")
    return (
        "Page name;Date;Followers;Shares\n"
        f"{tokyo};2026-03-01;12 345;7\n{tokyo};2026-03-03;12 400;8\n"
        f"{seoul};2026-03-03;99;1\n{tokyo};2026-03-04;many;<b>1\nnobody;2026-03-01;5;2\n"
    )


def test_a_file_is_looked_at_first_and_then_taken_in(signed_in: Any) -> None:
    console = signed_in("officer")
    looked = upload(console, rows(), platform="facebook")
    told = looked.content.decode()
    assert "Rows: 3; accounts: 2; left out: 2." in told
    assert "is no number for followers" in told
    assert not AccountSnapshot.objects.exists(), "nothing is written"
    assert not Entry.objects.filter(action="presence.bring_in").exists()
    for _ in range(2):
        taken = console.post(PAGE, sent_again(looked.content, do="keep"), follow=True)
        assert "Taken in. Rows: 3; accounts: 2; left out: 2." in taken.content.decode()
        assert AccountSnapshot.objects.count() == 3
    kept = AccountSnapshot.objects.get(account__address=address("be-seoul-emb"))
    assert (kept.followers, kept.source, kept.on.isoformat()) == (99, "export", "2026-03-03")
    entry = Entry.objects.filter(action="presence.bring_in").first()
    assert entry is not None
    assert entry.actor == Officer.objects.get(username="officer").actor
    assert (entry.data["rows"], entry.data["left_out"]) == (3, 2)


def test_a_column_that_nobody_knows_is_named_on_the_page(signed_in: Any) -> None:
    console = signed_in("officer")
    text = f"Seite;Tag;Fans;likes\n{address('be-tokyo-emb')};2026-03-01;5;9\n"
    looked = upload(console, text, platform="facebook")
    assert "No row can be read: no column is: account, on." in looked.content.decode()
    again = console.post(PAGE, sent_again(looked.content, ours=["account", "on", "followers", "followers"]))
    assert "two columns cannot both be followers" in again.content.decode()
    again = console.post(PAGE, sent_again(looked.content, ours=["account", "on", "followers", ""]))
    assert "Rows: 1; accounts: 1; left out: 0." in again.content.decode()
    console.post(PAGE, sent_again(again.content, do="keep"))
    assert AccountSnapshot.objects.get().followers == 5, "and not the likes"


def test_an_editor_brings_in_what_is_their_own_posts(clerk: Officer, approver: Officer) -> None:
    tokyo = Post.objects.get(code="be-tokyo-emb")
    give(officer=clerk, role=Role.POST_EDITOR, posts=[tokyo.pk], by=approver, now=clock.now())
    editor = Client()
    editor.force_login(clerk)
    looked = upload(editor, rows(), platform="facebook")
    assert "Rows: 2; accounts: 1; left out: 3." in looked.content.decode()
    assert "is another post’s than yours" in looked.content.decode()
    editor.post(PAGE, sent_again(looked.content, do="keep"))
    assert {each.account.holder.post for each in AccountSnapshot.objects.all()} == {tokyo}


def test_whoever_keeps_no_accounts_brings_nothing_in(signed_in: Any) -> None:
    assert upload(signed_in("clerk"), rows(), platform="facebook").status_code == 403


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"PK\x03\x04 workbook", "This is a workbook"), (b"x" * (2 * LARGEST + 1), "larger than 900 kB"),
     (b"a;b\n" + b"\n" * LARGEST, "larger than 900 kB"), (b"", "empty"), (b"a;b\n\0", "This is no text file")],
)  # fmt: skip
def test_what_cannot_be_read_is_said(signed_in: Any, data: bytes, why: str) -> None:
    told = upload(signed_in("officer"), data)
    assert (told.status_code, why in told.content.decode()) == (200, True)


def test_a_look_without_a_file_asks_for_one(signed_in: Any) -> None:
    assert "Choose a file." in signed_in("officer").post(PAGE, {"do": "keep"}).content.decode()


def test_the_largest_file_still_comes_back_from_its_own_page(signed_in: Any) -> None:
    """What the page carries is no larger than a form may be (DATA_UPLOAD_MAX_MEMORY_SIZE)."""
    console = signed_in("officer")
    line = f"{address('be-tokyo-emb')};2026-03-01;5;{'x' * 4000}\n"
    head = "account;date;followers;also\n"
    looked = upload(console, head + line * ((LARGEST - len(head) - 1) // (len(line) + 1)), platform="facebook")
    assert "accounts: 1; left out: 0." in looked.content.decode()
    assert console.post(PAGE, sent_again(looked.content, do="keep")).status_code == 302
    assert AccountSnapshot.objects.get().followers == 5
