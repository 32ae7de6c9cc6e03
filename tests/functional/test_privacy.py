"""What is told of what is kept, in one voice: the page, the bot, SECURITY.md; and who looked at whose data."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import override

from crisis import clock
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import record
from crisis.journal.models import Entry
from crisis.journal.operations import verify
from crisis.privacy import looking, notice
from crisis.retention import purposes, table
from simulator.testing import Running
from tests.conftest import ROOT
from tests.functional.factories import citizen, issued
from tests.functional.phones import Person, text


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_the_page_tells_every_kind_of_data_in_every_language(client: Client, language: str) -> None:
    shown = client.get("/privacy", {"l": language}).content.decode()
    assert f'<html lang="{language}">' in shown
    with override(language):
        for line in notice.lines():
            assert line.until.replace("'", "&#x27;") in shown
        assert str(purposes()["words"].days) in shown
    assert "%(" not in shown
    assert "<script" not in shown


def test_no_sentence_is_left_in_english() -> None:
    def said(language: str) -> list[str]:
        with override(language):
            return [*notice.basis(), *notice.rights(), notice.title(), *(line.what for line in notice.lines())]

    english = said("en")
    for language in ("nl", "fr", "de"):
        assert not set(english) & set(said(language)), language


def test_the_page_tells_of_everything_that_is_removed_of_citizens() -> None:
    about_staff = {"speakers", "sessions", "failed_signins", "journal", "inbox_numbers"}
    assert len(notice.lines()) == len(set(purposes()) - about_staff)


def test_security_md_holds_the_same_table() -> None:
    assert table() in (ROOT / "SECURITY.md").read_text(encoding="utf-8"), "print(crisis.retention.table())"


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_the_bot_says_where_it_stands_at_the_first_word(person: Callable[..., Person], language: str) -> None:
    told = text(person(language).does("text", text="/start"))
    assert f"{settings.PUBLIC_URL}/privacy?l={language}" in told


def looks() -> list[tuple[str, str, str]]:
    rows = Entry.objects.filter(action=looking.ACTION).order_by("id")
    return [(row.actor, row.subject, row.data["page"]) for row in rows]


def test_opening_a_case_is_journalled_once_a_minute_for_an_officer_and_a_person(
    signed_in: Callable[[str], Client], at: Callable[[datetime], None], clerk: Any, officer: Any
) -> None:
    contact = citizen("Tokyo", name="Emma Peeters")
    now = clock.now()
    record(
        rollcall=None, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP, source=CheckIn.Source.BOT,
        ref="1", now=now, text="trapped",
    )  # fmt: skip
    assert Case.objects.filter(state="open").exists()
    mine = (clerk.actor, f"citizen:{contact.citizen_id}", "cases")
    browser = signed_in("clerk")
    at(now)
    browser.get("/console/cases/")
    browser.get("/console/cases/")
    assert looks() == [mine]
    signed_in("officer").get("/console/cases/")
    assert looks()[1:] == [(officer.actor, *mine[1:])]
    at(now + timedelta(minutes=1))
    browser.get("/console/cases/")
    assert looks()[2:] == [mine]
    assert [entry.actor for entry in looking.looks(contact.citizen_id)] == [clerk.actor, officer.actor, clerk.actor]
    assert "Peeters" not in str(list(Entry.objects.values_list("data", "subject")))
    assert verify() is None


def test_a_board_that_renews_itself_is_one_look_in_a_while(
    sim: Running, signed_in: Callable[[str], Client], at: Callable[[datetime], None]
) -> None:
    people = [citizen("Tokyo", name=name) for name in ("Emma", "Tom")]
    alert, now = issued(), clock.now()
    address = f"/console/rollcalls/{alert.rollcall.pk}/"
    browser = signed_in("clerk")
    at(now)
    browser.get(address)
    subjects = [f"citizen:{each.citizen_id}" for each in people]
    assert sorted(subject for _, subject, _ in looks()) == sorted(subjects)
    at(now + timedelta(minutes=5))
    browser.get(address, headers={"HX-Request": "true"})
    assert len(looks()) == 2
    browser.post(address, {"name": "Emma"})
    assert len(looks()) == 3
    at(now + timedelta(minutes=21))
    browser.get(address, headers={"HX-Request": "true"})
    assert len(looks()) == 5


def test_who_may_not_look_leaves_no_trace_of_having_looked(client: Client) -> None:
    assert client.get("/console/cases/").status_code == 302
    assert looks() == []
