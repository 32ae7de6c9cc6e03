"""Somebody is on the phone: found by name or number, and the answer recorded once, as good as their own."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from crisis.audience.finding import index_names
from crisis.audience.models import Citizen, Member, NameWord
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import record, rollcall_of
from crisis.journal.models import Entry
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import NOW, citizen, issued, notify_all, reachable

SignIn = Callable[[str], Client]


def found(browser: Client, wanted: str) -> str:
    return browser.post("/console/people/", {"wanted": wanted}).content.decode()


def test_people_are_found_by_name_household_and_whole_number_only(sim: Running, signed_in: SignIn) -> None:
    contact = citizen(name="Zoë Vandenberghe")
    reachable(contact, "sms", "+32470123456")
    reachable(contact, "email", "zoe@example.org")
    Member.objects.create(citizen=contact.citizen, name="Tuur Aerts", folded_name="tuur aerts", told_at=NOW)
    browser = signed_in("clerk")
    for wanted in ("zoe vanden", "TUUR", "0032 470 12.34.56", "+32470123456", "Zoe@Example.org", contact.address):
        assert "Zoë Vandenberghe" in found(browser, wanted), wanted
    assert index_names() == 2
    assert index_names() == 0
    for wanted in ("zoe vanden", "VANDENBERGHE ZOË", "aerts", "berghe"):
        assert "Zoë Vandenberghe" in found(browser, wanted), wanted
    Citizen.objects.update(name="Zoya Иванова", folded_name="zoya иванова")
    assert "Zoya" in found(browser, "Иванова"), "before its words are indexed"
    index_names()
    assert "Zoya" in found(browser, "ИВАН")
    assert "Zoya" not in found(browser, "vandenberghe"), "an old name finds nobody"
    Citizen.objects.update(name="Zoë Vandenberghe", folded_name="zoe vandenberghe")
    for wanted in ("+3247012345", "z", "zoe@example", "470123456", "%", "\0"):
        assert "Zoë Vandenberghe" not in found(browser, wanted), wanted
    assert signed_in("approver").get("/console/people/").status_code == 403


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite reads all names for the middle of a word")
def test_names_are_found_from_indexes_however_many_there_are() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    rows = NameWord.objects.filter(word__startswith="zo").order_by("word", "citizen")
    begun = rows.values("citizen", "word")[:9].explain()
    assert "Index Only Scan using name_word_by_beginning" in begun
    assert "Sort" not in begun
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
    for people in (Citizen, Member):
        assert "by_part_of_name" in people.objects.filter(folded_name__contains="vand").explain()


def test_an_answer_by_phone_counts_once_and_names_who_took_it(sim: Running, signed_in: SignIn, clerk: Officer) -> None:
    contact = citizen(sim=sim, people=3)
    alert = issued()
    notify_all(alert)
    rollcall = rollcall_of(alert)
    assert rollcall is not None
    browser = signed_in("clerk")
    path = f"/console/people/{contact.citizen.pk}/answer/"
    page = browser.get(path, {"rollcall": rollcall.pk}).content.decode()
    assert alert.marker in page
    token = re.search(r'name="token" value="(\w+)"', page)
    assert token is not None
    form = {"rollcall": rollcall.pk, "safety": "safe", "text": "all three at the hotel", "token": token[1]}
    for _ in range(3):
        assert browser.post(path, form).status_code == 302
    (checkin,) = CheckIn.objects.all()
    assert (checkin.source, checkin.safety, checkin.people, checkin.current) == ("staff", "safe", 3, True)
    entries = Entry.objects.filter(action="checkins.by_phone")
    assert [(entry.actor, entry.subject) for entry in entries] == [(clerk.actor, f"checkin:{checkin.pk}")]
    assert "Vandenberghe" not in str(Entry.objects.values())


def test_who_is_found_is_shown_with_how_they_are_and_what_can_be_done(sim: Running, signed_in: SignIn) -> None:
    contact, browser = citizen(name="Zoë Vandenberghe", people=2), signed_in("clerk")
    Member.objects.create(citizen=contact.citizen, name="Tuur Aerts", folded_name="tuur aerts", told_at=NOW)
    rollcall = issued().rollcall
    for number, safety in enumerate((Safety.SAFE, Safety.NEEDS_HELP)):
        record(
            rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT,
            ref=f"t:{number}", now=NOW,
        )  # fmt: skip
    case = Case.objects.get()
    for page in (found(browser, "zoë"), browser.get(f"/console/people/{contact.citizen_id}/answer/").content.decode()):
        assert '<span class="status needs_help">Needs help</span>' in page, "the latest answer"
        assert f'href="/console/cases/{case.pk}/#call"' in page
        assert f'href="/console/cases/{case.pk}/#note"' in page
    assert "2 people: Tuur Aerts" in found(browser, "zoë")
    shown = browser.get(f"/console/cases/{case.pk}/").content.decode()
    for part in ("call", "write", "note", "end"):
        assert f'href="#{part}"' in shown
        assert f'id="{part}"' in shown
    assert f"/console/people/{contact.citizen_id}/answer/?rollcall={rollcall.pk}" in shown
    old = Case.objects.create(
        citizen=contact.citizen, mode="exercise", kind="unclear", people=1, opened_at=NOW, state="closed"
    )
    listed = found(browser, "zoë")
    assert listed.index(f"case {case.pk},") < listed.index(f"case {old.pk},"), "the open one first"
    assert f"/console/cases/{old.pk}/#call" not in listed


def test_mistakes_are_said_and_record_nothing(sim: Running, signed_in: SignIn) -> None:
    contact = citizen()
    alert = issued()
    rollcall = rollcall_of(alert)
    assert rollcall is not None
    browser, path = signed_in("clerk"), f"/console/people/{contact.citizen.pk}/answer/"
    good = {"rollcall": rollcall.pk, "safety": "safe", "token": "a" * 32}
    for wrong, says in (
        ({"rollcall": ""}, "Say to which alert"), ({"rollcall": "9" * 30}, "Say to which alert"), ({"safety": "fine"}, "Say how"),
        ({"token": "x"}, "open it again"),
    ):  # fmt: skip
        assert says in browser.post(path, good | wrong).content.decode()
    rollcall.closed_at = NOW
    rollcall.save()
    assert "asks nobody any more" in browser.post(path, good).content.decode()
    assert CheckIn.objects.count() == 0
    assert browser.post(path, good | {"safety": "needs_help"}).status_code == 302
    assert CheckIn.objects.get().case is not None
    assert signed_in("approver").post(path, good).status_code == 403
    assert browser.get("/console/people/999999999/answer/").status_code == 404


def test_two_taps_at_the_same_moment_are_one_answer(sim: Running) -> None:
    contact, rollcall, slower = citizen(), issued().rollcall, True

    def tap() -> bool:
        return record(
            rollcall=rollcall, citizen=contact.citizen, contact=None, safety=Safety.SAFE, source=CheckIn.Source.STAFF,
            ref="phone-1", now=NOW,
        ).is_new  # fmt: skip

    def the_other_first(execute: Any, sql: str, *more: Any) -> Any:
        nonlocal slower
        if slower and sql.startswith("SELECT") and 'FROM "audience_citizen"' in sql:
            slower = False
            assert tap(), "it is written while the slower one waits for its turn"
        return execute(sql, *more)

    with connection.execute_wrapper(the_other_first):
        assert not tap()
    assert CheckIn.objects.count() == 1
