"""Checking in without registration: in any language, without script and cookie, once, and counted only once a clerk says so."""

import gzip
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact, Knock
from crisis.broadcast.operations import stop
from crisis.checkins.counting import board
from crisis.checkins.models import Case, CheckIn
from crisis.checkins.reported import counts_of_reports, reports
from crisis.checkins.unverified import Report
from crisis.encryption import form_number, open_sealed
from crisis.journal.models import Entry
from crisis.registry.models import Installation
from crisis.staff.models import Officer
from public import checkin
from public.pages import shelf
from tests.functional.factories import issued
from tests.functional.pages import Visitor, fields

FULL = {
    "said": "safe", "people": "3", "where": "Lubumbashi, avenue Mobutu", "names": "Ánna Peeters, Jan Peeters",
    "text": "We stay inside.", "contact": "+32 470 12 34 56", "unrepresented": "1", "other_nationality": "1",
}  # fmt: skip


@pytest.fixture
def alert(sim: Any) -> Alert:
    return issued(countries=["CD"])


def path(alert: Alert, language: str = "en") -> str:
    return f"/a/{alert.code}/check-in?l={language}"


def test_an_answer_is_kept_as_it_was_typed_and_counted_nowhere_yet(alert: Alert) -> None:
    response = Visitor().send(path(alert), **FULL)
    assert response.status_code == 303
    report = Report.objects.get()
    assert (report.said, report.people, report.state, report.mode) == ("safe", 3, "open", "exercise")
    assert (report.rollcall, report.source, report.language) == (alert.rollcall, "web", "en")
    assert report.post is not None
    assert report.post.code == "be-lubumbashi-cg", "of the town that they wrote"
    assert (report.unrepresented, report.other_nationality) == (1, 1)
    assert report.folded_name == "anna peeters jan peeters"
    assert report.contact_kind == "sms"
    assert "470" not in report.sealed + report.address
    assert open_sealed(report.sealed) == "+32470123456"
    assert not CheckIn.objects.exists()
    assert not Case.objects.exists()
    assert board(alert.rollcall).total.answers == {}
    (entry,) = Entry.objects.filter(action="checkins.report")
    assert entry.subject == f"report:{report.pk}"
    assert "Peeters" not in str(entry.data)


def test_nobody_finds_an_address_out_from_the_number_of_a_form(settings: Any) -> None:
    known = form_number("f", "+32470123456")
    assert form_number("f", "+32470123456") == known
    settings.SECRET_KEY = "not ours"
    assert form_number("f", "+32470123456") != known


def test_afterwards_the_page_says_it_is_recorded_and_whom_to_call_and_no_more(alert: Alert) -> None:
    where = Visitor().send(path(alert), **FULL | {"said": "needs_help"})["Location"]
    page = Visitor().get(where)
    shown = page.content.decode()
    assert "Recorded: you need help. Our staff see it now." in shown
    assert "+243" in shown or "+32 2 501 40 00" in shown
    assert "/subscribe?l=en" in shown
    assert not [word for word in ("Peeters", "Lubumbashi", "470", "inside") if word in shown]
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"


def test_whoever_needs_help_and_left_no_way_is_told_that_we_cannot_reach_them(alert: Alert) -> None:
    said = "we cannot reach you. Call us, or answer again"
    for contact, told in (("", True), ("+32 470 12 34 56", False)):
        where = Visitor().send(path(alert), said="needs_help", contact=contact)["Location"]
        assert (said in Visitor().get(where).content.decode()) == told, contact
    where = Visitor().send(path(alert), said="safe")["Location"]
    assert said not in Visitor().get(where).content.decode()


def test_a_day_later_the_page_of_an_answer_no_longer_says_which_it_was(alert: Alert, at: Any) -> None:
    where = Visitor().send(path(alert), said="needs_help")["Location"]
    at(clock.now() + timedelta(hours=2))
    shown = Visitor().get(where).content.decode()
    assert "you need help" not in shown
    assert "It is recorded." in shown


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("nl", "Hoe gaat het met u?"),
        ("fr", "Comment allez-vous\u00a0?"),
        ("de", "Wie geht es Ihnen?"),
        ("en", "How are you?"),
    ],
)
def test_the_page_speaks_every_language_by_its_address_and_by_the_browser(
    alert: Alert, language: str, title: str
) -> None:
    for shown in (
        Visitor(language="xx").get(path(alert, language)).content.decode(),
        Visitor(language=f"{language}-BE,{language};q=0.9,en;q=0.1").get(f"/a/{alert.code}/check-in").content.decode(),
    ):
        assert f'<html lang="{language}">' in shown
        assert f"<h1>{title}</h1>" in shown
        for other in {"nl", "fr", "de", "en"} - {language}:
            assert f'href="?l={other}"' in shown
    wrong = Visitor().post(path(alert, language), {"said": ""})
    assert wrong.status_code == 400
    assert f'<html lang="{language}">' in wrong.content.decode()


def test_the_page_and_its_style_are_light_and_it_may_do_nothing_else(alert: Alert) -> None:
    page = Visitor().get(path(alert, "fr"))
    shown = page.content.decode()
    assert len(shown.encode()) < 14 * 1024, "even where nothing is compressed"
    assert len(gzip.compress(shown.encode())) < 5 * 1024
    assert not re.search(r"<script|<link|<img|src=| style=| on\w+=", shown)
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert policy.count("'sha256-") == shown.count("<style>") == 2
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize("name", ["people", "where", "text", "names", "contact", "unrepresented", "other_nationality"])
def test_every_field_has_a_label_and_what_is_wrong_is_linked_to_it(alert: Alert, name: str) -> None:
    shown = Visitor().get(path(alert)).content.decode()
    assert f'<label for="{name}">' in shown
    assert f'id="{name}"' in shown
    bad = {"people": "0", "contact": "call me", "unrepresented": "7", "other_nationality": "x"}.get(name, "x" * 1200)
    response = Visitor().send(path(alert), **FULL | {name: bad})
    assert response.status_code == 400
    shown = response.content.decode()
    assert f'<a href="#{name}">' in shown
    assert f'aria-describedby="{name}-e' in shown
    kept = fields(shown)
    assert {key: kept[key] for key in FULL if key != name} == {key: FULL[key] for key in FULL if key != name}
    assert kept[name] == bad
    assert not Report.objects.exists()


def test_the_same_sent_twice_is_one_report_and_another_answer_takes_its_place(alert: Alert) -> None:
    visitor = Visitor()
    form = fields(visitor.get(path(alert)).content.decode())
    first = visitor.post(path(alert), form | {"said": "safe"})
    again = visitor.post(path(alert), form | {"said": "safe"})
    assert first["Location"] == again["Location"]
    assert Report.objects.count() == 1
    visitor.post(path(alert), form | {"said": "not_there"})
    assert list(Report.objects.order_by("pk").values_list("said", "state")) == [
        ("safe", "dismissed"),
        ("not_there", "open"),
    ]


def test_a_call_for_help_is_not_replaced_by_what_the_same_page_says_later(alert: Alert) -> None:
    form = fields(Visitor().get(path(alert)).content.decode())
    Visitor().post(path(alert), form | {"said": "needs_help"})
    Visitor().post(path(alert), form | {"said": "safe"})
    assert set(Report.objects.values_list("said", "state")) == {("needs_help", "open"), ("safe", "open")}


def test_a_call_for_help_is_taken_whatever_else_is_wrong_with_it(alert: Alert) -> None:
    response = Visitor().send(
        path(alert),
        said="needs_help",
        people="all of us",
        contact="ask at the desk",
        text="x" * 5000,
        unrepresented="9",
    )
    assert response.status_code == 303
    report = Report.objects.get()
    assert (report.people, len(report.text), report.unrepresented) == (1, 1000, 0)
    assert open_sealed(report.sealed) == "ask at the desk"


def test_some_of_us_says_who_and_needs_a_person(alert: Alert) -> None:
    assert Visitor().send(path(alert), said="some").status_code == 400
    assert Visitor().send(path(alert), said="some", text="Jan is missing").status_code == 303
    assert Report.objects.get().said == "some"


def test_a_field_that_only_robots_fill_refuses_and_keeps_what_was_typed(alert: Alert) -> None:
    response = Visitor().send(path(alert), **FULL | {"website": "https://spam.example"})
    assert response.status_code == 400
    shown = response.content.decode()
    assert "It is there to catch robots" in shown
    assert fields(shown)["where"] == FULL["where"]
    assert not Report.objects.exists()


def test_a_page_that_stood_open_for_days_asks_for_one_more_press(alert: Alert, at: Any) -> None:
    form = fields(Visitor().get(path(alert)).content.decode()) | {"said": "safe"}
    # The alert still holds.
    Alert.objects.filter(pk=alert.pk).update(expires_at=clock.now() + timedelta(days=9))
    at(clock.now() + timedelta(days=2))
    response = Visitor().post(path(alert), form)
    assert response.status_code == 400
    assert "press the button once more" in response.content.decode()
    assert Visitor().post(path(alert), fields(response.content.decode())).status_code == 303


@pytest.mark.parametrize("slip", ["", "x", "CODE.0123.1:abc"])
def test_a_form_that_is_none_of_ours_records_nothing(alert: Alert, slip: str) -> None:
    assert Visitor().post(path(alert), {"said": "safe", "slip": slip}).status_code == 400
    assert not Report.objects.exists()


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_a_form_that_another_website_sends_is_not_taken_and_the_way_is_said(alert: Alert, language: str) -> None:
    visitor = Visitor(language=language)
    form = fields(visitor.get(path(alert, language)).content.decode()) | {"said": "needs_help"}
    for page in (path(alert, language), "/subscribe", "/manage", "/manage/token"):
        refused = visitor.post(page, form, **{"Sec-Fetch-Site": "cross-site"})
        assert refused.status_code == 403
        shown = refused.content.decode()
        assert f'<html lang="{language}">' in shown
        assert f'href="{page.partition("?")[0]}?l={language}"' in shown
    assert not Report.objects.exists()
    for said in ("same-origin", "same-site", "none"):
        assert visitor.post(path(alert, language), form, **{"Sec-Fetch-Site": said}).status_code == 303


def test_too_many_from_one_address_are_held_back_and_a_call_for_help_still_passes(
    alert: Alert, monkeypatch: pytest.MonkeyPatch, at: Any
) -> None:
    monkeypatch.setattr(checkin, "ANSWERS", 2)
    for _ in range(2):
        assert Visitor().send(path(alert), said="safe").status_code == 303
    response = Visitor().send(path(alert), **FULL)
    assert response.status_code == 429
    assert fields(response.content.decode())["names"] == FULL["names"]
    assert Visitor().send(path(alert), said="needs_help").status_code == 303
    assert Visitor("203.0.113.8").send(path(alert), said="safe").status_code == 303
    assert not [knock for knock in Knock.objects.all() if "203" in knock.whose], "a digest only"
    at(clock.now() + timedelta(hours=1, seconds=1))
    assert Visitor().send(path(alert), said="safe").status_code == 303
    assert Knock.objects.count() == 1, "after an hour it is forgotten"


@pytest.mark.parametrize("call", [{"said": "needs_help"}, {"said": "some", "safe": "1", "are": "needs_help"}])
def test_no_call_for_help_is_refused_and_very_many_from_one_address_are_marked(
    alert: Alert, monkeypatch: pytest.MonkeyPatch, signed_in: Any, call: dict[str, str]
) -> None:
    monkeypatch.setattr(checkin, "CALLS", 1)
    for number in range(3):
        assert Visitor().send(path(alert), people="3", text=f"room {number}", **call).status_code == 303
    assert Visitor("203.0.113.8").send(path(alert), people="3", **call).status_code == 303
    assert list(reports(state="waiting").values_list("crowded", flat=True)) == [False, False, True, True]
    assert signed_in("clerk").get("/console/reports/").content.decode().count("many from one address") == 2


def test_one_page_that_is_sent_again_and_again_with_other_words_is_held_back_too(
    alert: Alert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkin, "ANSWERS", 2)
    form = fields(Visitor().get(path(alert)).content.decode())
    states = [Visitor().post(path(alert), form | {"said": "safe", "text": str(n)}).status_code for n in range(3)]
    assert states == [303, 303, 429]


def test_behind_our_proxy_the_address_is_the_one_that_our_proxy_tells(alert: Alert, settings: Any, rf: Any) -> None:
    from public.visitor import place_of

    def told(header: str, proxies: int) -> str:
        settings.PROXIES_IN_FRONT = proxies
        return place_of(rf.get("/", headers={"X-Forwarded-For": header}, REMOTE_ADDR="10.0.0.1"))

    assert told("9.9.9.9, 198.51.100.4", 1) == "198.51.100.4", "what the client wrote before it is not believed"
    assert told("9.9.9.9, 198.51.100.4, 10.0.0.2", 2) == "198.51.100.4"
    assert told("9.9.9.9", 0) == "10.0.0.1"
    assert told("2001:db8:1:2:3:4:5:6", 1) == "2001:db8:1:2::/64"
    assert told("198.51.100.4:5123", 1) == "198.51.100.4"
    assert told("[2001:db8:1:2::9]:443", 1) == "2001:db8:1:2::/64"
    assert told("::ffff:198.51.100.4", 1) == "198.51.100.4"
    assert told("", 1) == told("rubbish", 1) == ""


def test_more_than_any_form_holds_is_refused_unread(alert: Alert) -> None:
    response = Visitor().post(path(alert), {"said": "needs_help", "text": "x" * 30_000})
    assert response.status_code == 413
    assert "Please write less" in response.content.decode()


def test_an_alert_that_has_ended_takes_calls_for_help_only(alert: Alert, officer: Officer) -> None:
    form = fields(Visitor().get(path(alert)).content.decode())
    stop(alert=alert, by=officer, now=clock.now())
    cache.clear()  # the form may be a second old; what is sent is asked about
    shown = Visitor().get(path(alert)).content.decode()
    assert 'value="needs_help"' in shown
    assert 'value="safe"' not in shown
    assert "We still take calls for help here." in shown
    refused = Visitor().post(path(alert), form | {"said": "safe"})
    assert refused.status_code == 400
    assert not Report.objects.exists()
    assert Visitor().post(path(alert), form | {"said": "needs_help"}).status_code == 303
    assert Report.objects.get().rollcall is None


def test_a_real_call_for_help_from_a_drills_page_is_live(alert: Alert) -> None:
    Installation.objects.update(kind="live")
    Visitor().send(path(alert), said="needs_help")
    where = Visitor().send(path(alert), said="needs_help", really="1")["Location"]
    assert list(Report.objects.order_by("pk").values_list("mode", "rollcall")) == [
        ("exercise", alert.rollcall.pk), ("live", None),
    ]  # fmt: skip
    shown = Visitor().get(where).content.decode()
    assert "This is an exercise" not in shown
    assert "EXERCISE" not in shown
    drill = Visitor().send(path(alert), said="needs_help", text="again")["Location"]
    assert "Do you really need help now?" in Visitor().get(drill).content.decode()


def test_hostile_words_are_shown_as_words(alert: Alert) -> None:
    words = '"><script>alert(1)</script>\x00&'
    response = Visitor().send(path(alert), said="some", names=words, people="x")
    shown = response.content.decode()
    assert "<script" not in shown
    assert fields(shown)["names"] == words.replace("\0", "")
    assert Visitor().send(path(alert), said="needs_help", names=words, where=words).status_code == 303


def test_an_unknown_code_is_none_of_ours_and_small_letters_lead_there(alert: Alert) -> None:
    assert Visitor().get("/a/ABC123/check-in").status_code == 404
    assert Visitor().get("/a/ABC123/check-in/" + "0" * 32).status_code == 404
    assert Visitor().post("/a/ABC123/check-in", {"said": "safe"}).status_code == 404
    assert Visitor().get(f"/a/{alert.code.lower()}/check-in")["Location"] == f"/a/{alert.code}/check-in"
    assert Visitor().get(f"/a/{alert.code.lower()}/check-in?l=de")["Location"].endswith("?l=de"), "the language stays"


def test_the_alerts_page_leads_there_in_one_tap_in_every_language(
    alert: Alert, officer: Officer, client: Client
) -> None:
    shown = client.get(f"/a/{alert.code}").content.decode()
    asks = [shown.index(f'href="/a/{alert.code}/check-in?l={code}"') for code in ("nl", "fr", "de", "en")]
    assert max(asks) < shown.index("<section"), "before everything else"
    assert "?start=a_" in shown, "the bot stands beside it"
    stop(alert=alert, by=officer, now=clock.now())
    shelf.forget(alert.code)  # what a process shows may be a second old
    shown = client.get(f"/a/{alert.code}").content.decode()
    assert "Do you need help? Tell us" in shown
    assert "?start=a_" not in shown


def test_the_page_costs_few_queries_and_is_drawn_once(alert: Alert, django_assert_max_num_queries: Any) -> None:
    Visitor().get(path(alert))
    with django_assert_max_num_queries(2):
        Visitor().get(path(alert))
    slips = {fields(Visitor().get(path(alert)).content.decode())["slip"] for _ in range(3)}
    assert len(slips) == 3, "each page has a number of its own"


def test_while_one_draws_the_page_anew_everybody_else_gets_the_last_one(
    alert: Alert, django_assert_num_queries: Any
) -> None:
    shown = Visitor().get(path(alert)).content.decode()
    key = f"check-in:{alert.code}:en"
    drawn, at = cache.get(key)
    cache.set_many({key: (drawn, at - 2), f"{key}:making": 1})  # too old to be shown by itself
    with django_assert_num_queries(0):
        again = Visitor().get(path(alert))
    assert (again.status_code, "Accept-Language" in again["Vary"]) == (200, True)
    assert f'href="/a/{alert.code}?l=en"' in shown, "the alert in the same language"
    assert '<p lang="en">' in shown


def test_nobodys_address_is_asked_about_here(alert: Alert) -> None:
    """Whether a contact is known changes nothing that a visitor sees."""
    Visitor().send(path(alert), **FULL)
    assert not Contact.objects.exists()


def test_some_of_us_keeps_how_many_are_safe_and_how_the_others_are(alert: Alert) -> None:
    some = FULL | {"said": "some", "people": "4", "text": ""}
    for unrepresented in ("unrepresented", "other_nationality"):
        some.pop(unrepresented, None)
    assert Visitor().send(path(alert), **some).status_code == 400, "who is safe stands nowhere"
    assert Visitor().send(path(alert), **some | {"safe": "4"}).status_code == 400
    assert Visitor().send(path(alert), **some | {"safe": "3", "are": "needs_help"}).status_code == 303
    report = Report.objects.get()
    assert (report.said, report.people, report.others, report.others_are) == ("some", 4, 1, "needs_help")
    assert report.shown == "Some of them safe: 3 of 4, the others need help"
    assert [(each.needs_help, each.others) for each in counts_of_reports()] == [(1, 0)], "somebody needs help"
    assert Visitor().send(path(alert), **some | {"safe": "1"}).status_code == 303
    assert Report.objects.latest("pk").others_are == "no_word"
