"""Lists in the console: taken in, columns confirmed, checked, brought in, by an administrator only."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crisis.audience import uploads
from crisis.audience.lists import Invite, Upload
from crisis.audience.models import Citizen, ImportedFile
from crisis.encryption import open_sealed
from crisis.journal.models import Entry
from crisis.staff.models import Officer
from tasks.lists import work
from tests.functional.factories import NOW, citizen
from tests.functional.test_import_citizens import upload_of, worked

ROWS = "Naam;Stad;Land;GSM;E-mail;Foo\nZoë;Keulen;DE;;zoe@example.org;1\nBad;Atlantis;DE;;bad@example.org;2\n"


@pytest.fixture
def desk(signed_in: Callable[[str], Client], sim: Any) -> Client:
    return signed_in("approver")


def take_in(desk: Client, data: bytes = ROWS.encode("cp1252"), **more: Any) -> Any:
    told = {
        "source": "Sun Tours",
        "legal_basis": "Vital interest",
        "expires_on": f"{NOW + timedelta(days=30):%Y-%m-%d}",
    }
    file = SimpleUploadedFile("list.csv", data, content_type="text/csv")
    return desk.post("/console/lists/", told | {"language": "nl", "file": file} | more, follow=True)


def checked(desk: Client) -> Upload:
    take_in(desk)
    upload = Upload.objects.get()
    mine = {f"column_{upload.header.index(theirs)}": ours for ours, theirs in upload.columns.items()}
    desk.post(f"/console/lists/{upload.pk}/columns/", mine)
    assert "Being checked" in desk.get(f"/console/lists/{upload.pk}/").content.decode()
    work()
    return Upload.objects.get()


def test_a_list_goes_the_whole_way(desk: Client) -> None:
    page = take_in(desk).content.decode()
    assert "Windows-1252, columns separated by semicolons" in page
    for ours in ("name", "place", "country", "phone", "email"):
        assert f'<option value="{ours}" selected>' in page, "proposed"
    upload = Upload.objects.get()
    assert "zoe@example.org" in open_sealed(upload.content)
    upload = checked_again(desk, upload)

    page = desk.get(f"/console/lists/{upload.pk}/").content.decode()
    assert "place &#x27;Atlantis&#x27; is not known in DE" in page
    assert "example.org" not in page
    bad = desk.get(f"/console/lists/{upload.pk}/bad.csv")
    assert bad["Content-Type"].startswith("text/csv")
    assert "3;\"place 'Atlantis' is not known in DE" in bad.content.decode("utf-8-sig")
    assert "zoe@example.org" not in bad.content.decode("utf-8-sig"), "the good ones are not in it"
    assert Entry.objects.filter(action="audience.bad_rows").exists()

    desk.post(f"/console/lists/{upload.pk}/bring/", {"invite": "on"})
    assert not ImportedFile.objects.exists(), "the bad row is not left out in silence"
    desk.post(f"/console/lists/{upload.pk}/bring/", {"invite": "on", "leave_out": "on", "known": "leave"})
    work()
    zoe = Citizen.objects.get(name="Zoë")
    assert (zoe.came_with.source, zoe.came_with.imported_by.username) == ("Sun Tours", "approver")  # type: ignore[union-attr]
    assert Invite.objects.get().citizen == zoe
    page = desk.get(f"/console/lists/{upload.pk}/").content.decode()
    assert "Brought in" in page
    assert "waits 1" in page
    assert "Sun Tours" in desk.get("/console/lists/").content.decode()


def checked_again(desk: Client, upload: Upload) -> Upload:
    mine = {f"column_{upload.header.index(theirs)}": ours for ours, theirs in upload.columns.items()}
    desk.post(f"/console/lists/{upload.pk}/columns/", mine)
    work()
    upload.refresh_from_db()
    return upload


def test_two_columns_cannot_be_one_and_a_list_can_be_thrown_away(desk: Client) -> None:
    upload = checked(desk)
    told = desk.post(f"/console/lists/{upload.pk}/columns/", {"column_0": "name", "column_1": "name"}, follow=True)
    assert "Two columns cannot both be name" in told.content.decode()
    none = desk.post(f"/console/lists/{upload.pk}/columns/", {"column_0": "name"}, follow=True)
    assert "Say which column holds one of email" in none.content.decode()
    gone = desk.post(f"/console/lists/{upload.pk}/discard/", follow=True)
    assert gone.redirect_chain[-1][0] == "/console/lists/"
    assert not Upload.objects.exists()
    assert not Citizen.objects.exists()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"source": ""}, "Say who gave the list"),
        ({"expires_on": "soon"}, "Say until which day"),
        ({"expires_on": "2020-01-01"}, "expires on a day to come"),
        ({"file": ""}, "Choose a file"),
    ],
)
def test_what_is_missing_is_said(desk: Client, more: dict[str, Any], why: str) -> None:
    assert why in take_in(desk, **more).content.decode()
    assert not Upload.objects.exists()


def test_a_workbook_is_refused_in_plain_words(desk: Client) -> None:
    assert "this is a workbook" in take_in(desk, b"PK\x03\x04").content.decode()


@pytest.mark.parametrize("username", ["officer", "clerk"])
def test_only_an_administrator_sees_lists(signed_in: Callable[[str], Client], desk: Client, username: str) -> None:
    upload = checked(desk)
    other = signed_in(username)
    assert "Lists</a>" not in other.get("/console/").content.decode()
    for path in ("", "alike/", f"{upload.pk}/", f"{upload.pk}/bad.csv"):
        assert other.get(f"/console/lists/{path}").status_code == 403
    for path in (f"{upload.pk}/bring/", f"{upload.pk}/columns/", f"{upload.pk}/discard/"):
        assert other.post(f"/console/lists/{path}", {"leave_out": "on"}).status_code == 403
    assert Client().get("/console/lists/").status_code == 302
    assert not Citizen.objects.exists()


def test_pairs_who_may_be_one_wait_for_a_person(desk: Client) -> None:
    citizen("Berlin", name="Zoë")
    upload = checked(desk)
    desk.post(f"/console/lists/{upload.pk}/bring/", {"leave_out": "on"})
    work()
    assert "1 pair may be one person" in desk.get("/console/lists/").content.decode()
    page = desk.get("/console/lists/alike/")
    assert "Sun Tours" in page.content.decode()
    pair = page.context["items"][0]["pair"]
    desk.post(f"/console/lists/alike/{pair.pk}/", {"verdict": "same"})
    assert Citizen.objects.count() == 1
    again = desk.post(f"/console/lists/alike/{pair.pk}/", {"verdict": "two"}, follow=True)
    assert "decided this already" in again.content.decode()


def test_what_is_wrong_with_a_row_is_said_in_the_language_of_whoever_brought_the_list(approver: Officer) -> None:
    Officer.objects.filter(pk=approver.pk).update(language="fr")
    upload = worked(upload_of("Ada,fr,0,JP,Atlantis,,,a@example.org,,\n", by=approver))
    (people, place) = [why for _line, why, _verdict in upload.problems]
    assert people == "people est un nombre entier de 1 à 99"
    assert place.startswith("place 'Atlantis' est inconnu en JP")
    uploads.discard(upload=upload)
    spoken = worked(upload_of("Ada,fr,0,JP,Atlantis,,,a@example.org,,\n"))
    assert spoken.problems[0][1].startswith("people is"), "a command speaks English"
