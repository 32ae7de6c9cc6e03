"""A coordinator reports for many of their own group at once, sees nobody else, and takes no call for help back."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from crisis.audience.models import Citizen, Contact, ImportedFile
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import record, rollcall_of
from crisis.journal.models import Entry
from crisis.registry.queries import home_ministry
from crisis.staff.models import Grant, Officer, Role
from simulator.testing import Running
from tests.functional.factories import NOW, citizen, issued, notify_all

SignIn = Callable[[str], Client]


@pytest.fixture
def group(sim: Running) -> list[Contact]:
    """Three people of a list, and its coordinator."""
    guide = Officer.objects.create_user("guide", password="a long password of a guide")
    Grant.objects.create(officer=guide, role=Role.COORDINATOR, granted_at=NOW)
    people = ImportedFile.objects.create(
        ministry=home_ministry(), name="trip.csv", source="a tour operator", legal_basis="vital interest",
        expires_on=(NOW + timedelta(days=30)).date(), imported_at=NOW,
    )  # fmt: skip
    found = [citizen(name=name, people=2) for name in ("Anna Aerts", "Bram Baert", "Cara Claes")]
    Citizen.objects.filter(contacts__in=found).update(came_with=people)
    call_command("coordinate", "guide", people.pk)
    call_command("coordinate", "guide", people.pk)
    return found


def test_many_are_reported_at_once_and_once(group: list[Contact], signed_in: SignIn) -> None:
    alert = issued()
    notify_all(alert)
    rollcall = rollcall_of(alert)
    assert rollcall is not None
    outsider = citizen(name="Zoe Zander")
    browser = signed_in("guide")
    page = browser.get("/console/group/").content.decode()
    assert alert.marker in page
    assert "Anna Aerts" in page
    assert "Zoe Zander" not in page
    token = re.search(r'name="token" value="(\w+)"', page)
    assert token is not None
    anna, bram, cara = (each.citizen for each in group)
    record(
        rollcall=rollcall,
        citizen=cara,
        contact=group[2],
        safety=Safety.NEEDS_HELP,
        source=CheckIn.Source.BOT,
        ref="1",
        now=NOW,
    )
    said = {f"person-{anna.pk}": "safe", f"person-{bram.pk}": "needs_help", f"person-{cara.pk}": "safe"}
    form = {"token": token[1], "rollcall": rollcall.pk} | said
    for _ in range(2):
        answer = browser.post("/console/group/", form)
        assert "messages" not in answer.cookies, "no name stands in a cookie"
        assert "Cara Claes called for help" in browser.get(answer["Location"]).content.decode()
    current = CheckIn.objects.filter(rollcall=rollcall, current=True).values_list(
        "citizen", "safety", "source", "people"
    )
    assert set(current) == {
        (anna.pk, "safe", "coordinator", 2), (bram.pk, "needs_help", "coordinator", 2), (cara.pk, "needs_help", "bot", 2),
    }  # fmt: skip
    assert Case.objects.filter(citizen=bram).count() == 1
    assert CheckIn.objects.count() == 3
    assert Entry.objects.filter(action="checkins.report").exists()
    wrong = form | {"token": "b" * 32, f"person-{outsider.citizen.pk}": "safe"}
    assert "not on your list" in browser.post("/console/group/", wrong, follow=True).content.decode()
    assert "Say how somebody is" in browser.post(
        "/console/group/", {"token": "c" * 32, "rollcall": rollcall.pk, "person-x": "safe"}, follow=True
    ).content.decode()  # fmt: skip
    assert CheckIn.objects.count() == 3


def test_a_coordinator_sees_nothing_else_and_nobody_else_reports(group: list[Contact], signed_in: SignIn) -> None:
    browser = signed_in("guide")
    for path in ("", "cases/", "people/", "letters/", "posts/", "accounts/", f"people/{group[0].citizen.pk}/answer/"):
        assert browser.get(f"/console/{path}").status_code == 403, path
    assert "My group" in browser.get("/console/").content.decode()
    for name in ("officer", "approver", "clerk"):
        assert signed_in(name).get("/console/group/").status_code == 403


def test_a_list_that_may_not_be_kept_is_not_shown(group: list[Contact], signed_in: SignIn) -> None:
    issued()
    ImportedFile.objects.update(expires_on=(NOW - timedelta(days=1)).date())
    assert "Anna Aerts" not in signed_in("guide").get("/console/group/").content.decode()


def test_only_a_coordinator_is_entrusted_with_a_list_that_there_is(group: list[Contact]) -> None:
    with pytest.raises(CommandError, match="no coordinator"):
        call_command("coordinate", "clerk", 1)
    with pytest.raises(CommandError, match="There is no list"):
        call_command("coordinate", "guide", 999_999)
