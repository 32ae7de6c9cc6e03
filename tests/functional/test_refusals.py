"""What the console or an import refuses leaves one line in the log: who, what, which fields, and never what was typed."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from crisis.staff.models import Officer
from tests.functional.factories import drafted, shadow, submitted
from tests.functional.test_console import form
from tests.functional.test_import import GOOD, HEAD

SECRET = "Narnia-of-the-officer"


def client(username: str) -> Client:
    found = Client()
    found.force_login(Officer.objects.get(username=username))
    return found


def line(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    (told,) = [record.__dict__ for record in caplog.records if record.getMessage() == "refused"]
    assert not [value for value in told.values() if SECRET in str(value)], "what was typed is in no log"
    return told


@pytest.mark.parametrize(("page", "level"), [("", "WARNING"), ("preview/", "INFO")])
def test_a_mistake_in_the_form_names_its_field(caplog: pytest.LogCaptureFixture, page: str, level: str) -> None:
    client("officer").post(f"/console/exercise/new/earthquake/{page}", form(countries=SECRET))
    told = line(caplog)
    assert (told["page"], told["fields"], told["situation"]) == (page.strip("/") or "new", "countries", "earthquake")
    assert told["levelname"] == level, "a preview is asked for while somebody types"
    assert told["officer"] == Officer.objects.get(username="officer").pk


def test_a_mistake_in_a_draft_names_it(caplog: pytest.LogCaptureFixture) -> None:
    alert = drafted()
    client("officer").post(f"/console/exercise/{alert.pk}/edit/", form(slot_magnitude=SECRET, revision="1"))
    told = line(caplog)
    assert (told["page"], told["alert"], told["fields"]) == ("edit", alert.pk, "slot_magnitude")


def test_a_submission_that_lacks_a_tick(caplog: pytest.LogCaptureFixture) -> None:
    alert = drafted(free={"details": {"fr": "Fermé."}})
    client("officer").post(f"/console/exercise/{alert.pk}/submit/", {"revision": str(alert.revision)})
    told = line(caplog)
    assert (told["page"], told["alert"], told["error"]) == ("submit", alert.pk, "Refused")


def test_an_approval_that_nobody_agreed_to(caplog: pytest.LogCaptureFixture) -> None:
    alert = submitted()
    client("approver").post(f"/console/exercise/{alert.pk}/approve/", {"revision": SECRET})
    told = line(caplog)
    assert (told["page"], told["alert"], told["error"]) == ("approve", alert.pk, "Refused")


def test_whoever_lacks_the_right(caplog: pytest.LogCaptureFixture) -> None:
    alert = submitted()
    client("clerk").post(f"/console/exercise/{alert.pk}/approve/", {"agreed": "1"})
    told = line(caplog)
    assert (told["page"], told["right"], told["error"]) == ("approve", "review", "NotAllowed")


def test_a_live_account_that_a_demo_does_not_release(caplog: pytest.LogCaptureFixture) -> None:
    account = shadow("x", "belgiumembjapan").shadow_of
    assert account is not None
    client("approver").post(f"/console/accounts/{account.pk}/release/")
    told = line(caplog)
    assert (told["page"], told["account"], told["error"]) == ("release", account.pk, "RegistryError")


def test_each_bad_row_of_a_file_with_line_and_reason(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    rows = ["xx-a,N,castle,C,JP,,,JP,open,,,,,,", "xx-b,N,embassy,C,JP,,,JP,open,,belgiumembjapan,,,,"]
    file = tmp_path / "posts.csv"
    file.write_text(HEAD + GOOD + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_posts", file, ministry="BE", verbosity=0)
    told = [record.__dict__ for record in caplog.records if record.getMessage() == "refused"]
    assert [(row["ministry"], row["line"], row["post"]) for row in told] == [("BE", 3, "xx-a"), ("BE", 4, "xx-b")]
    assert "castle" in told[0]["why"]
    assert "already belongs to" in told[1]["why"]
