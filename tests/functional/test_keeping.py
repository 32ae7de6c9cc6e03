"""What is typed is kept by itself, and two people never overwrite each other unseen."""

import re
from datetime import timedelta
from typing import Any

from crisis.alerts.models import Alert, Typed
from crisis.staff.models import Grant, Officer, Role
from tests.functional.factories import NOW, drafted
from tests.functional.test_console import form

NEW = "/console/exercise/new/earthquake/"


def second(signed_in: Any) -> Any:
    """Another duty officer."""
    other = Officer.objects.create(username="second", first_name="An", last_name="Maes")
    Grant.objects.create(officer=other, role=Role.OFFICER, granted_at=NOW)
    return signed_in("second")


def test_what_is_typed_is_kept_though_it_is_no_alert_yet_and_comes_back(signed_in: Any, at: Any) -> None:
    at(NOW.replace(hour=13, minute=2, second=10))
    desk = signed_in("officer")
    page = desk.post("/console/kept/", {"address": NEW, "slot_details_fr": "Restez"}).content.decode()
    assert ":02:10" in page
    assert not Alert.objects.exists()
    page = desk.get(NEW).content.decode()
    assert ">\nRestez</textarea>" in page
    assert "What you typed and did not save is here again." in page
    assert NEW in desk.get("/console/").content.decode(), "the home page knows what was begun"

    desk.post("/console/kept/forget/", {"address": NEW})
    assert "Restez" not in desk.get(NEW).content.decode()


def test_saving_lets_go_of_what_was_kept_and_so_does_a_week(signed_in: Any, at: Any) -> None:
    desk = signed_in("officer")
    desk.post("/console/kept/", {"address": NEW} | form())
    desk.post(NEW, form())
    assert not Typed.objects.exists()
    desk.post("/console/kept/", {"address": NEW} | form())
    at(NOW + timedelta(days=8))
    signed_in("officer").post("/console/kept/", {"address": "/console/exercise/new/shelter/"})
    assert [typed.address for typed in Typed.objects.all()] == ["/console/exercise/new/shelter/"]


def test_only_forms_of_alerts_are_kept_and_nothing_endless(signed_in: Any) -> None:
    desk = signed_in("officer")
    for address in ("/console/", "/nowhere/", "https://elsewhere.example/", ""):
        assert desk.post("/console/kept/", {"address": address, "x": "y"}).status_code == 404
        assert desk.post("/console/kept/forget/", {"address": address}).status_code == 404
    desk.post("/console/kept/", {"address": NEW, "x": "y" * 50_000})
    assert not Typed.objects.exists()


def test_who_saves_over_a_later_version_sees_both_and_chooses(signed_in: Any) -> None:
    mine, theirs = signed_in("officer"), second(signed_in)
    alert = drafted()
    edit = f"/console/exercise/{alert.pk}/edit/"
    assert theirs.post(edit, form(slot_magnitude="7.1", revision="1")).status_code == 302

    refused = mine.post(edit, form(slot_magnitude="6.4", revision="1"))
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "An Maes saved another version" in page
    assert ("Magnitude (optional)", "6.4", "7.1") in refused.context["differences"]
    alert.refresh_from_db()
    assert alert.slots["magnitude"] == {"number": 7.1}, "nothing was overwritten"
    assert 'name="revision" value="2"' in page, "who saves now has seen both"

    assert mine.post(edit, form(slot_magnitude="6.4", revision="2")).status_code == 302
    alert.refresh_from_db()
    assert (alert.revision, alert.slots["magnitude"]) == (3, {"number": 6.4})


def test_a_mistake_does_not_make_an_old_version_new(signed_in: Any) -> None:
    """What is shown again with its mistake is still based on what the officer looked at."""
    mine, theirs = signed_in("officer"), second(signed_in)
    alert = drafted()
    edit = f"/console/exercise/{alert.pk}/edit/"
    theirs.post(edit, form(slot_magnitude="7.1", revision="1"))
    page = mine.post(edit, form(slot_magnitude="lots", revision="1"))
    assert page.status_code == 422
    assert 'name="revision" value="1"' in page.content.decode()


def test_what_was_kept_over_an_older_version_is_shown_beside_the_later_one(signed_in: Any) -> None:
    mine, theirs = signed_in("officer"), second(signed_in)
    alert = drafted()
    edit = f"/console/exercise/{alert.pk}/edit/"
    mine.post("/console/kept/", {"address": edit} | form(slot_magnitude="6.4", revision="1"))
    assert (
        "is writing here too" in theirs.post("/console/kept/", {"address": edit} | form(revision="1")).content.decode()
    )
    theirs.post(edit, form(slot_magnitude="7.1", revision="1"))
    page = mine.get(edit)
    assert ("Magnitude (optional)", "6.4", "7.1") in page.context["differences"]
    mine.post("/console/kept/forget/", {"address": edit})
    assert "7.1" in mine.get(edit).content.decode()


def test_submitting_at_once_saves_and_submits_unless_something_is_asked(signed_in: Any) -> None:
    desk = signed_in("officer")
    desk.post(NEW, form(countries="Japan", slot_place="", then="submit"))
    assert Alert.objects.get().state == "submitted"
    desk.post(NEW, form(countries="Kosovo", slot_place="", then="submit"))
    alert = Alert.objects.first()
    assert alert is not None
    assert alert.state == "draft", "a post without an account needs a tick first"


def test_what_is_ticked_beside_the_preview_needs_no_second_page(signed_in: Any) -> None:
    desk, typed = signed_in("officer"), form(countries="Kosovo", slot_place="")
    page = desk.post(f"{NEW}preview/", typed).content.decode()
    ((name, value),) = re.findall(r'form="compose" name="(tick_\w+)" value="([^"]+)"', page)
    desk.post(NEW, typed | {"then": "submit", name: "another"})
    desk.post(NEW, typed | {"then": "submit", name: value})
    assert [alert.state for alert in Alert.objects.order_by("pk")] == ["draft", "submitted"]
