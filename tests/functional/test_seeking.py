"""Relatives who look for somebody: taken without a word of anybody, matched by a person, told only what was agreed to."""

import gzip
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crisis import clock
from crisis.audience.models import Citizen, Contact, Knock
from crisis.checkins import enquiries, tracing
from crisis.checkins.findings import note_finding
from crisis.checkins.models import CheckIn
from crisis.checkins.seeking import Enquiry
from crisis.checkins.thread import Reply
from crisis.encryption import open_sealed
from crisis.journal.models import Entry
from crisis.privacy import belongings, words
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from public import seeking
from simulator.testing import Running
from tasks import casework
from tests.functional.factories import citizen, issued, reachable
from tests.functional.pages import Visitor, fields
from tests.functional.test_casework import calls_for_help, in_chat

SignIn = Callable[[str], Client]
FULL = {
    "name": "Ànna Léa Peeters", "birth_year": "1999", "where": "Tokyo", "last_contact": "a call on Monday",
    "their": "+32 470 12 34 56", "asker": "Marie Peeters", "relation": "parent", "contact": "marie@example.org",
}  # fmt: skip


def sought(**more: str) -> Enquiry:
    response = Visitor().send("/seek?l=en", **FULL | more)
    assert response.status_code == 303, response.content.decode()
    return Enquiry.objects.latest("pk")


def matched(sim: Running, clerk: Officer, **person: Any) -> tuple[Enquiry, Contact]:
    contact = citizen("Tokyo", name="Anna Peeters", sim=sim, **person)
    enquiry = sought()
    enquiries.match(enquiry=enquiry, citizen=contact.citizen, by=clerk, now=clock.now())
    enquiry.refresh_from_db()
    return enquiry, contact


def test_the_page_takes_it_once_and_says_the_same_whoever_is_known(sim: Running) -> None:
    citizen("Tokyo", name="Anna Léa Peeters")
    visitor = Visitor()
    page = visitor.get("/seek?l=en").content.decode()
    first = visitor.send("/seek?l=en", **FULL)
    slip = re.search(r'name="slip" value="([^"]+)"', page)
    assert slip is not None
    for _ in range(2):
        visitor.post("/seek?l=en", FULL | {"slip": slip[1]})
    assert Enquiry.objects.count() == 2, "the same form sent twice is one enquiry"
    unknown = visitor.send("/seek?l=en", **FULL | {"name": "Nobody Known"})
    assert (first.status_code, first["Location"]) == (unknown.status_code, unknown["Location"])
    row = Enquiry.objects.earliest("pk")
    assert (row.name, row.birth_year, row.source, row.post is not None) == ("Ànna Léa Peeters", 1999, "web", True)
    assert open_sealed(row.asker_sealed) == "marie@example.org"
    assert "marie" not in row.asker_address
    assert Entry.objects.filter(action="checkins.enquiry").count() == 3
    assert "Peeters" not in str(list(Entry.objects.values()))
    done = visitor.get(first["Location"]).content.decode()
    assert "if there is news and the person agrees" in done
    assert "Peeters" not in done


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_the_page_is_light_speaks_every_language_and_may_do_nothing_else(language: str) -> None:
    response = Visitor().get(f"/seek?l={language}")
    shown = response.content.decode()
    assert f'<html lang="{language}">' in shown
    assert len(shown.encode()) < 14 * 1024
    assert len(gzip.compress(shown.encode())) < 5 * 1024
    assert not re.search(r"<script|<link|<img|src=| style=| on\w+=", shown)
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "Set-Cookie" not in response.headers


def test_what_is_wrong_stands_at_its_field_and_nothing_is_kept() -> None:
    visitor = Visitor()
    for field, wrong in (("name", " "), ("asker", ""), ("relation", "boss"), ("contact", "me"), ("birth_year", "19x9"),
                         ("birth_year", "2999"), ("their", "12"), ("website", "spam"), ("slip", "forged")):  # fmt: skip
        page = visitor.send("/seek?l=en", **FULL | {field: wrong})
        assert page.status_code == 400, field
        assert 'role="alert"' in page.content.decode()
    assert Enquiry.objects.count() == 0


def test_a_flood_is_marked_then_held_back() -> None:
    for _ in range(seeking.FEW):
        sought()
    assert not Enquiry.objects.filter(crowded=True).exists()
    assert sought().crowded
    now = clock.now()
    whose = Knock.objects.filter(door="seek-many").values_list("whose", flat=True)[0]
    Knock.objects.bulk_create(Knock(door="seek-many", whose=whose, at=now) for _ in range(seeking.MANY))
    assert Visitor().send("/seek?l=en", **FULL).status_code == 429


def test_a_drills_page_says_that_it_is_one(sim: Running) -> None:
    alert = issued()
    page = Visitor().get(f"/seek?l=en&a={alert.code}").content.decode()
    assert "EXERCISE" in page
    Visitor().send(f"/seek?l=en&a={alert.code}", **FULL)
    assert (Enquiry.objects.get().alert, Enquiry.objects.get().mode) == (alert, "exercise")
    assert f"/seek?l=en&amp;a={alert.code}" in Visitor().get(f"/a/{alert.code}/check-in?l=en").content.decode()
    assert "/seek?l=en" in Visitor().get("/?l=en").content.decode()


def test_proposals_are_by_number_first_then_by_name_in_any_script(sim: Running, clerk: Officer) -> None:
    named, held = citizen("Tokyo", name="Анна Петерс"), citizen("Tokyo", name="Other Name")
    reachable(held, "sms", "+32470123456")
    short = citizen("Tokyo", name="Anna Peeters")
    citizen("Tokyo", name="Bert Peeters")
    found = enquiries.proposals(sought(), clerk)
    assert [(each.citizen, each.by_address, each.by_name) for each in found] == [
        (held.citizen, True, False), (short.citizen, False, True),
    ]  # fmt: skip
    other = enquiries.proposals(sought(name="АННА Мария петерс", their=""), clerk)
    assert [each.citizen for each in other] == [named.citizen], "in any script, and where people gave fewer names"


def test_nothing_is_told_before_the_person_has_agreed_and_then_only_that(
    sim: Running, clerk: Officer, signed_in: SignIn
) -> None:
    enquiry, contact = matched(sim, clerk, language="nl")
    for too_early in (tracing.tell, tracing.told_by_phone):
        with pytest.raises(ValueError, match="has not agreed"):
            too_early(enquiry=enquiry, by=clerk, now=clock.now())
    tracing.ask(enquiry=enquiry, contact=contact, by=clerk, now=clock.now())
    with pytest.raises(ValueError, match="not sent twice"):
        tracing.ask(enquiry=enquiry, contact=contact, by=clerk, now=clock.now())
    casework.tell()
    (asked,) = in_chat(sim, contact)
    assert "Marie Peeters zoekt u" in asked
    link = re.search(r"/seek/answer/\S+", asked)
    assert link is not None
    page = Visitor().get(link[0])
    assert "Iemand zoekt u" in page.content.decode()
    assert Enquiry.objects.get().consent == "", "opening a link is no answer"
    Visitor().post(link[0], {"consent": "touch"})
    enquiry.refresh_from_db()
    assert (enquiry.consent, enquiry.consent_how) == ("touch", "link")
    browser = signed_in("clerk")
    browser.post(f"/console/enquiries/{enquiry.pk}/tell/")
    browser.post(f"/console/enquiries/{enquiry.pk}/tell/")
    casework.tell()
    (letter,) = sim.control("GET", "letters?way=email")
    assert letter["recipient"] == "marie@example.org"
    assert "We are in touch with" in letter["text"]
    assert "Tokyo" not in letter["text"]
    assert "safe" not in letter["text"]
    assert Visitor().get(link[0]).status_code == 404, "what was told cannot be unsaid"
    enquiry.refresh_from_db()
    assert enquiry.told_how == "message"


def test_who_refuses_is_never_told_of(sim: Running, clerk: Officer) -> None:
    enquiry, _ = matched(sim, clerk)
    tracing.agree(enquiry=enquiry, consent="refused", by=clerk, now=clock.now())
    with pytest.raises(ValueError, match="nothing may be told"):
        tracing.tell(enquiry=enquiry, by=clerk, now=clock.now())
    assert Reply.objects.count() == 0


def test_what_is_restricted_is_told_by_a_person_on_the_phone_only(
    sim: Running, clerk: Officer, approver: Officer, signed_in: SignIn
) -> None:
    enquiry, contact = matched(sim, clerk)
    tracing.agree(enquiry=enquiry, consent="safe", by=clerk, now=clock.now())
    note_finding(case=calls_for_help(contact), finding="hospital", by=clerk, now=clock.now())
    with pytest.raises(ValueError, match="never written"):
        tracing.tell(enquiry=enquiry, by=clerk, now=clock.now())
    with pytest.raises(NotAllowed):
        tracing.told_by_phone(enquiry=enquiry, by=approver, now=clock.now())
    page = signed_in("clerk").get(f"/console/enquiries/{enquiry.pk}/").content.decode()
    assert "nothing is ever written" in page
    assert "Tell the relative just that" not in page
    tracing.told_by_phone(enquiry=enquiry, by=clerk, now=clock.now())
    assert Reply.objects.count() == 0


def test_what_became_restricted_on_the_way_does_not_leave(sim: Running, clerk: Officer) -> None:
    enquiry, contact = matched(sim, clerk)
    tracing.agree(enquiry=enquiry, consent="safe", by=clerk, now=clock.now())
    tracing.tell(enquiry=enquiry, by=clerk, now=clock.now())
    note_finding(case=calls_for_help(contact), finding="deceased", by=clerk, now=clock.now())
    casework.tell()
    assert sim.control("GET", "letters?way=email") == []
    assert (Reply.objects.get().state, Reply.objects.get().reason) == ("failed", "restricted")
    enquiry.refresh_from_db()
    assert enquiry.told_at is None


def test_a_wrong_match_is_taken_back_and_its_link_opens_nothing(sim: Running, clerk: Officer) -> None:
    enquiry, contact = matched(sim, clerk)
    tracing.ask(enquiry=enquiry, contact=contact, by=clerk, now=clock.now())
    enquiry.refresh_from_db()
    token = tracing.token_of(enquiry)
    enquiries.unmatch(enquiry=enquiry, by=clerk, now=clock.now())
    assert tracing.asked(token) is None
    assert Visitor().post(f"/seek/answer/{token}", {"consent": "safe"}).status_code == 404
    assert Enquiry.objects.get().consent == ""


def test_who_was_matched_by_mistake_is_not_told_who_seeks_and_the_right_one_is_asked(
    sim: Running, clerk: Officer
) -> None:
    enquiry, wrong = matched(sim, clerk)
    right = citizen("Tokyo", name="Anna Lea Peeters", sim=sim)
    tracing.ask(enquiry=enquiry, contact=wrong, by=clerk, now=clock.now())
    enquiries.unmatch(enquiry=enquiry, by=clerk, now=clock.now())
    enquiries.match(enquiry=enquiry, citizen=right.citizen, by=clerk, now=clock.now())
    tracing.ask(enquiry=enquiry, contact=right, by=clerk, now=clock.now())
    casework.tell()
    assert in_chat(sim, wrong) == []
    (asked,) = in_chat(sim, right)
    assert "Marie Peeters" in asked
    assert [*Reply.objects.values_list("state", "reason")] == [("failed", "wrong_person"), ("sent", "")]


def test_once_it_is_closed_nobody_is_asked_any_more_but_what_was_agreed_to_is_told(
    sim: Running, clerk: Officer
) -> None:
    enquiry, contact = matched(sim, clerk)
    tracing.ask(enquiry=enquiry, contact=contact, by=clerk, now=clock.now())
    tracing.agree(enquiry=enquiry, consent="safe", by=clerk, now=clock.now())
    tracing.tell(enquiry=enquiry, by=clerk, now=clock.now())
    enquiries.close(enquiry=enquiry, outcome="agreed on the phone", by=clerk, now=clock.now())
    casework.tell()
    assert [*Reply.objects.values_list("state", "reason")] == [("failed", "closed"), ("sent", "")]


def test_many_proposals_cost_no_more_than_one(sim: Running, clerk: Officer, django_assert_num_queries: Any) -> None:
    enquiry = sought(name="Anna Peeters", their="")
    citizen("Tokyo", name="Anna Peeters")
    with CaptureQueriesContext(connection) as asked:
        assert len(enquiries.proposals(enquiry, clerk)) == 1
    for _ in range(6):
        citizen("Tokyo", name="Anna Peeters")
    with django_assert_num_queries(len(asked)):
        assert len(enquiries.proposals(enquiry, clerk)) == 7


def test_a_relative_of_whom_nobody_knows_whether_they_were_told_is_called_once(
    sim: Running, clerk: Officer, officer: Officer
) -> None:
    enquiry, _ = matched(sim, clerk)
    tracing.agree(enquiry=enquiry, consent="safe", by=clerk, now=clock.now())
    tracing.tell(enquiry=enquiry, by=clerk, now=clock.now())
    Reply.objects.update(state=Reply.State.UNKNOWN)
    tracing.told_by_phone(enquiry=enquiry, by=clerk, now=clock.now())
    with pytest.raises(ValueError, match="told already"):
        tracing.told_by_phone(enquiry=enquiry, by=officer, now=clock.now())
    enquiry.refresh_from_db()
    assert (enquiry.told_how, enquiry.told_by) == ("phone", clerk)


def test_whoever_goes_back_and_seeks_another_one_is_heard() -> None:
    visitor = Visitor()
    form = FULL | {"slip": fields(visitor.get("/seek?l=en").content.decode())["slip"]}
    for name in ("Anna Peeters", "Luc Peeters", "Luc Peeters"):
        assert visitor.post("/seek?l=en", form | {"name": name}).status_code == 303
    assert [*Enquiry.objects.order_by("pk").values_list("name", flat=True)] == ["Anna Peeters", "Luc Peeters"]


def test_staff_take_it_on_the_phone_and_see_both_side_by_side(sim: Running, signed_in: SignIn) -> None:
    somebody = citizen("Tokyo", name="Anna Lea Peeters").citizen
    browser = signed_in("clerk")
    page = browser.get("/console/enquiries/new/").content.decode()
    token = re.search(r'name="token" value="(\w+)"', page)
    assert token is not None
    form = FULL | {"language": "fr", "token": token[1]}
    assert browser.post("/console/enquiries/new/", form | {"contact": "?"}).status_code == 400
    for _ in range(2):
        browser.post("/console/enquiries/new/", form)
    enquiry = Enquiry.objects.get()
    assert (enquiry.source, enquiry.language) == (CheckIn.Source.STAFF, "fr")
    path = f"/console/enquiries/{enquiry.pk}/"
    shown = browser.get(path).content.decode()
    assert "same name" in shown
    assert "marie@example.org" not in shown
    assert Entry.objects.filter(action="privacy.look", subject=f"citizen:{somebody.pk}").exists()
    assert "marie@example.org" in browser.post(f"{path}contact/").content.decode()
    browser.post(f"{path}match/", {"citizen": somebody.pk})
    browser.post(f"{path}agree/", {"consent": "safe"})
    browser.post(f"{path}tell/", {"how": "phone"})
    browser.post(f"{path}close/", {"outcome": "they spoke"})
    enquiry.refresh_from_db()
    assert (enquiry.citizen, enquiry.consent_how, enquiry.told_how, enquiry.outcome) == (
        somebody,
        "phone",
        "phone",
        "they spoke",
    )
    assert "they spoke" in browser.get("/console/enquiries/?state=closed").content.decode()


def test_it_goes_ninety_days_after_it_was_settled_and_whoever_is_erased_is_matched_no_more(
    sim: Running, clerk: Officer
) -> None:
    enquiry, contact = matched(sim, clerk)
    tracing.agree(enquiry=enquiry, consent="safe", by=clerk, now=clock.now())
    belongings.forget([contact.citizen_id])
    enquiry.refresh_from_db()
    assert (enquiry.citizen, enquiry.consent) == (None, "")
    enquiries.close(enquiry=enquiry, outcome="no news", by=clerk, now=clock.now())
    assert list(words.enquiries(clock.now() + timedelta(days=89))) == []
    assert list(words.enquiries(clock.now() + timedelta(days=91))) == [enquiry]
    assert Citizen.objects.filter(pk=contact.citizen_id, name="").exists()
