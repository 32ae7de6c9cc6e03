"""Every page of the console that opens a person's data notes who looked."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from crisis import clock
from crisis.audience.likenesses import propose
from crisis.audience.models import Citizen, ImportedFile
from crisis.checkins.coordination import entrust
from crisis.checkins.unverified import Letter, Report
from crisis.encryption import seal
from crisis.journal.models import Entry
from crisis.privacy import looking
from crisis.registry.models import Account
from crisis.staff.models import Grant, Officer, Role
from tests.functional.factories import NOW, citizen, issued

SignIn = Callable[[str], Client]


def noted() -> list[tuple[str, str]]:
    rows = Entry.objects.filter(action=looking.ACTION).order_by("id")
    return [(row.subject, row.data["page"]) for row in rows]


def test_somebody_on_the_phone(signed_in: SignIn, at: Callable[[datetime], None]) -> None:
    emma, _ = citizen(name="Emma Peeters"), citizen(name="Tom Janssens")
    me = f"citizen:{emma.citizen_id}"
    at(clock.now())
    browser = signed_in("clerk")
    browser.post("/console/people/", {"wanted": "Emma Peeters"})
    assert noted() == [(me, "people")]
    at(clock.now() + looking.A_MINUTE)
    assert browser.get(f"/console/people/{emma.citizen_id}/answer/").status_code == 200
    assert noted()[1:] == [(me, "person")]


def test_reports_with_whoever_may_have_sent_them(signed_in: SignIn) -> None:
    emma, alert = citizen(name="Emma Peeters"), issued()
    report = Report.objects.create(
        alert=alert, rollcall=alert.rollcall, mode=alert.mode, said="safe", name="Emma Peeters", folded_name="emma peeters",
        language="fr", form="f", source="web", ref="r", at=NOW,
    )  # fmt: skip
    browser = signed_in("clerk")
    browser.get("/console/reports/")
    assert noted() == [(f"report:{report.pk}", "reports")]
    browser.get(f"/console/reports/{report.pk}/")
    assert noted()[1:] == [(f"citizen:{emma.citizen_id}", "report")], "the report itself was noted a moment ago"


def test_letters_of_strangers(signed_in: SignIn) -> None:
    account = Account.objects.filter(platform="x").first()
    assert account is not None
    letter = Letter.objects.create(
        way="public", account=account, ref="a", author_key="a", author=seal("x:1"), mode=account.mode, text="help",
        written_at=NOW, received_at=NOW,
    )  # fmt: skip
    signed_in("clerk").get("/console/letters/")
    assert noted() == [(f"letter:{letter.pk}", "letters")]


def test_pairs_who_may_be_one_person(signed_in: SignIn) -> None:
    first, second = citizen(), citizen()
    propose(citizen=second.citizen, other=first.citizen, why="name", now=NOW)
    holder = Officer.objects.create_user("keeper", password="a long password of a keeper")
    Grant.objects.create(officer=holder, role=Role.ADMINISTRATOR, granted_at=NOW)
    assert signed_in("keeper").get("/console/lists/alike/").status_code == 200
    assert sorted(noted()) == sorted((f"citizen:{each.citizen_id}", "alike") for each in (first, second))


def test_a_coordinators_group(signed_in: SignIn) -> None:
    guide = Officer.objects.create_user("guide", password="a long password of a guide")
    Grant.objects.create(officer=guide, role=Role.COORDINATOR, granted_at=NOW)
    emma = citizen()
    people = ImportedFile.objects.create(
        ministry=emma.citizen.ministry, name="trip.csv", source="a tour operator", legal_basis="vital interest",
        expires_on=(NOW + timedelta(days=30)).date(), imported_at=NOW,
    )  # fmt: skip
    Citizen.objects.filter(pk=emma.citizen_id).update(came_with=people)
    entrust(officer=guide, people=people, now=NOW, actor="command")
    assert signed_in("guide").get("/console/group/").status_code == 200
    assert noted() == [(f"citizen:{emma.citizen_id}", "group")]


@pytest.mark.parametrize("path", ["people/1/answer/", "reports/", "letters/", "lists/alike/", "group/"])
def test_whoever_may_not_look_notes_nothing(client: Client, path: str) -> None:
    assert client.get(f"/console/{path}").status_code == 302
    assert noted() == []
