"""Asking again on the third day: safe grows old, a few questions more, and lists that leave with a line in the journal."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.checkins import exporting
from crisis.checkins.counting import Wanted
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import record
from crisis.checkins.own_links import token_of
from crisis.checkins.queries import people
from crisis.checkins.rounds import aged, current_round, open_round
from crisis.journal.models import Entry
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from simulator.testing import Running
from tests.functional.factories import citizen, issued, notify_all, reachable
from tests.functional.pages import Visitor

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]


def says(contact: Contact, alert: Alert, safety: Safety, ref: str) -> CheckIn:
    return record(
        rollcall=alert.rollcall, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT,
        ref=f"t:{contact.pk}{ref}", now=clock.now(),
    ).checkin  # fmt: skip


def test_a_round_makes_safe_old_until_it_is_said_again(sim: Running, at: At, clerk: Officer, signed_in: SignIn) -> None:
    one, two = citizen(name="One", people=2, sim=sim), citizen(name="Two", people=3, sim=sim)
    alert = issued()
    for contact in (one, two):
        says(contact, alert, Safety.SAFE, "1")
    at(clock.now() + timedelta(hours=3))
    made = open_round(rollcall=alert.rollcall, questions=["leave", "passport"], by=clerk, now=clock.now())
    assert (made.number, made.questions) == (2, ["leave", "passport"])
    assert (aged(made).fresh, aged(made).old) == (0, 5)
    says(one, alert, Safety.SAFE, "2")
    assert (aged(made).fresh, aged(made).old) == (2, 3)
    assert [person.name for person in people(alert.rollcall, status="old")] == ["Two"]
    page = signed_in("clerk").get(f"/console/rollcalls/{alert.rollcall.pk}/").content.decode()
    assert "<strong>2</strong> people are safe by what they said since, <strong>3</strong> only by" in page
    assert "before this round" in page


def test_too_many_or_unknown_questions_and_a_round_after_the_end_are_refused(
    sim: Running, at: At, clerk: Officer, approver: Officer
) -> None:
    alert = issued()
    for wrong in (["leave", "shoe_size"], ["x"]):
        with pytest.raises(ValueError, match="at most three"):
            open_round(rollcall=alert.rollcall, questions=wrong, by=clerk, now=clock.now())
    with pytest.raises(NotAllowed):
        open_round(rollcall=alert.rollcall, questions=[], by=approver, now=clock.now())
    assert alert.expires_at is not None
    at(alert.expires_at)
    with pytest.raises(ValueError, match="is over"):
        open_round(rollcall=alert.rollcall, questions=[], by=clerk, now=clock.now())
    assert current_round(alert.rollcall) is None


def leaves(browser: Client, alert: Alert, contact: Contact, token: str, **more: str) -> Any:
    form = {"rollcall": alert.rollcall.pk, "safety": "safe", "token": token * 32} | more
    return browser.post(f"/console/people/{contact.citizen_id}/answer/", form)


def test_who_wants_to_leave_becomes_a_transport_list(sim: Running, clerk: Officer, signed_in: SignIn) -> None:
    going, staying = citizen(name="=Going()", people=4, sim=sim), citizen(name="Staying", sim=sim)
    reachable(going, "sms", "+32470123456")
    alert = issued()
    notify_all(alert)
    made = open_round(rollcall=alert.rollcall, questions=["leave", "how_many", "passport"], by=clerk, now=clock.now())
    browser = signed_in("clerk")
    asked = browser.get(f"/console/people/{going.citizen_id}/answer/?rollcall={alert.rollcall.pk}").content.decode()
    assert "Do you want to leave?" in asked
    assert "Write a number" in leaves(browser, alert, going, "a", leave="1", how_many="many").content.decode()
    assert CheckIn.objects.count() == 0, "nothing half done"
    assert leaves(browser, alert, going, "a", leave="1", how_many="3", passport="0").status_code == 302
    assert leaves(browser, alert, staying, "b", leave="0").status_code == 302
    assert aged(made).leaving == 3
    answer = browser.post(f"/console/rollcalls/{alert.rollcall.pk}/export/", {"status": "leaving", "form": "csv"})
    assert answer["Content-Disposition"].endswith('-leaving.csv"')
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    (row,) = [dict(zip(head, each, strict=True)) for each in rows]
    assert row["Name"] == "'=Going()"
    assert (row["People"], row["Want to leave"], row["How many"], row["Valid passports"]) == ("4", "yes", "3", "no")
    assert row["Telephone or e-mail"] == "'+32470123456"
    entry = Entry.objects.get(action="checkins.export")
    assert (entry.actor, entry.data["people"], entry.data["status"]) == (clerk.actor, 1, "leaving")
    assert "Going" not in str(Entry.objects.values())


def test_people_answer_the_further_questions_by_their_own_link(sim: Running, clerk: Officer) -> None:
    contact = reachable(citizen(sim=sim, people=3, language="nl"), "email", "emma@example.org")
    alert = issued()
    made = open_round(rollcall=alert.rollcall, questions=["leave", "how_many"], by=clerk, now=clock.now())
    path = f"/c/{token_of(contact_id=contact.pk, version=contact.version, rollcall_id=alert.rollcall.pk)}"
    visitor = Visitor()
    assert "Wilt u het land verlaten?" in visitor.get(path).content.decode()
    assert visitor.send(path, said="safe", leave="1", how_many="many").status_code == 400
    assert CheckIn.objects.count() == 0
    assert visitor.send(path, said="safe", leave="1", how_many="2").status_code == 303
    assert aged(made).leaving == 2
    assert aged(made).fresh == 3
    assert visitor.send(path, said="safe", leave="0").status_code == 303
    assert aged(made).leaving == 0, "the latest answer counts"


def test_a_list_leaves_only_with_who_may_and_without_the_restricted(
    sim: Running, clerk: Officer, approver: Officer, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, hidden = citizen(name="Known", sim=sim), citizen(name="Hidden", sim=sim)
    alert = issued()
    notify_all(alert)
    says(hidden, alert, Safety.NEEDS_HELP, "1")
    Case.objects.update(finding="missing", found_by=clerk)
    says(known, alert, Safety.SAFE, "1")
    path = f"/console/rollcalls/{alert.rollcall.pk}/export/"
    browser = signed_in("clerk")
    book = browser.post(path, {"form": "xlsx"})
    assert book.content.startswith(b"PK")
    table = exporting.export(rollcall=alert.rollcall, wanted=Wanted(), form="csv", by=clerk, now=clock.now())
    assert [row[0] for row in table] == ["Name", "Known"]
    assert signed_in("approver").post(path, {"form": "csv"}).status_code == 403
    assert browser.get(path).status_code == 405
    before = Entry.objects.filter(action="checkins.export").count()
    browser.post(path, {"form": "exe"})
    monkeypatch.setattr(exporting, "MOST", 0)
    assert "more than 0 people" in browser.post(path, {"form": "csv"}, follow=True).content.decode()
    assert Entry.objects.filter(action="checkins.export").count() == before
