"""The board that is kept ready shows what its rows say, whatever is recorded, in whatever order it is added up."""

import random
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.broadcast.models import Notice
from crisis.checkins.counting import Board, board
from crisis.checkins.estimates import note_estimate
from crisis.checkins.households import Others
from crisis.checkins.models import CheckIn, Rest, Safety
from crisis.checkins.operations import record
from crisis.checkins.presses import Press, record_presses
from crisis.checkins.rollup import BoardDelta, BoardTally
from crisis.checkins.tallying import add_up, recount, shown, tick
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import citizen, issued

_refs = iter(range(1, 1_000_000))


def says(contact: Contact, alert: Alert, safety: Safety, others: Others | None = None) -> CheckIn:
    return record(
        rollcall=alert.rollcall, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT,
        ref=f"t:{next(_refs)}", now=clock.now(), others=others,
    ).checkin  # fmt: skip


def numbers(found: Board) -> dict[Any, Any]:
    rows = {
        row.post_id: (
            row.post, row.registered, row.accepted, row.undelivered, row.no_answer, dict(row.reasons),
            {safety: n for safety, n in row.answers.items() if n},
        )
        for row in found.rows
    }  # fmt: skip
    hours = {hour: {safety: n for safety, n in given.items() if n} for hour, given in found.hours.items()}
    return {
        "rows": {pk: row for pk, row in rows.items() if any(row[1:])},
        "hours": {h: g for h, g in hours.items() if g},
    }


@pytest.fixture
def crowd(sim: Running) -> tuple[Alert, list[Contact]]:
    towns = ("Kinshasa", "Lubumbashi", "Goma")
    told = [citizen(towns[n % 3], name=f"P{n}", people=1 + n % 4) for n in range(9)]
    alert = issued(countries=["CD"])
    notices = Notice.objects.filter(run__alert=alert)
    notices.update(state="accepted", accepted_at=clock.now())
    notices.filter(contact=told[0]).update(state="undelivered", reason="recipient_gone")
    notices.filter(contact=told[1]).update(state="queued")
    late = [citizen("Goma", people=2), citizen("", people=3)]
    return alert, told + late


def test_whatever_is_answered_the_kept_row_says_what_all_rows_say(crowd: tuple[Alert, list[Contact]]) -> None:
    alert, contacts = crowd
    rollcall = alert.rollcall
    dice = random.Random(6)  # noqa: S311 - no secret
    assert recount(rollcall=rollcall, now=clock.now()) is False
    for step in range(80):
        contact = dice.choice(contacts)
        people, others = contact.citizen.people, None
        safety = Safety(dice.choice(Safety.values))
        if people > 1 and dice.random() < 0.4:
            safety, others = Safety.SAFE, Others(dice.randrange(1, people), Rest(dice.choice(Rest.values)))
        says(contact, alert, safety, others)
        match dice.randrange(6):
            case 0:
                add_up(rollcall.pk)
            case 1:
                assert recount(rollcall=rollcall, now=clock.now()) is False, step
        assert numbers(shown(rollcall)) == numbers(board(rollcall)), step
    assert BoardDelta.objects.exists() or add_up(rollcall.pk) == 0
    add_up(rollcall.pk)
    assert BoardDelta.objects.count() == 0
    assert numbers(shown(rollcall)) == numbers(board(rollcall))


def test_an_answer_waits_for_nobodys_counter(crowd: tuple[Alert, list[Contact]]) -> None:
    alert, contacts = crowd
    recount(rollcall=alert.rollcall, now=clock.now())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        says(contacts[2], alert, Safety.SAFE)
    touched = [query["sql"] for query in queries if "checkins_board" in query["sql"]]
    assert [sql.split()[0] for sql in touched] == ["INSERT"], touched
    assert "boardtally" not in str(touched).lower()


def test_answers_that_are_recorded_together_count_too(crowd: tuple[Alert, list[Contact]]) -> None:
    alert, contacts = crowd
    recount(rollcall=alert.rollcall, now=clock.now())
    presses = [
        Press(contact.address, alert.rollcall.pk, "not_there", f"u{contact.pk}")
        for contact in (contacts[2], contacts[1])
    ]
    assert record_presses(presses=presses, now=clock.now()) == 2
    assert numbers(shown(alert.rollcall)) == numbers(board(alert.rollcall))
    says(contacts[2], alert, Safety.NEEDS_HELP)
    assert numbers(shown(alert.rollcall)) == numbers(board(alert.rollcall))


def test_the_task_counts_anew_what_was_sent_since(crowd: tuple[Alert, list[Contact]]) -> None:
    alert, contacts = crowd
    now = clock.now()
    assert tick(now) == []
    tally = BoardTally.objects.get(rollcall=alert.rollcall)
    assert tally.next_at >= now + timedelta(seconds=10)
    Notice.objects.filter(contact=contacts[1]).update(state="accepted", accepted_at=now)
    says(contacts[2], alert, Safety.NEEDS_HELP)
    assert tick(now) == []
    assert BoardDelta.objects.count() == 0, "added up"
    accepted = board(alert.rollcall).total.accepted
    assert shown(alert.rollcall).total.accepted == accepted - contacts[1].citizen.people
    assert tick(tally.next_at) == []
    assert numbers(shown(alert.rollcall)) == numbers(board(alert.rollcall))
    Alert.objects.filter(pk=alert.pk).update(expires_at=now - timedelta(days=2))
    Notice.objects.all().delete()
    tick(now + timedelta(days=1))
    assert shown(alert.rollcall).total.accepted == accepted, "what was purged stays counted"


def test_a_row_that_lies_is_found_and_put_right(crowd: tuple[Alert, list[Contact]]) -> None:
    alert, contacts = crowd
    says(contacts[2], alert, Safety.SAFE)
    tick(clock.now())
    out = StringIO()
    call_command("check_boards", stdout=out)
    assert "1 boards show what their rows say" in out.getvalue()
    tally = BoardTally.objects.get()
    tally.rows[0]["answers"]["safe"] = 77
    tally.save()
    with pytest.raises(CommandError, match=alert.marker):
        call_command("check_boards", stdout=out)
    call_command("check_boards", stdout=out)
    assert numbers(shown(alert.rollcall)) == numbers(board(alert.rollcall))


def test_the_page_says_why_what_is_thought_and_since_when(
    crowd: tuple[Alert, list[Contact]], client: Client, clerk: Officer, approver: Officer
) -> None:
    alert, contacts = crowd
    says(contacts[2], alert, Safety.NEEDS_HELP)
    tick(clock.now())
    client.force_login(clerk)
    path = f"/console/rollcalls/{alert.rollcall.pk}/"
    form = {"estimated": "CD", "people": "1200", "source": "tour operators", "as_of": "2026-11-01"}
    client.post(f"{path}estimate/", form)
    page = client.get(path).content.decode()
    assert "1200 <span" in page
    assert "tour operators, 2026-11-01" in page
    assert "the citizen left or blocked us" in page or "recipient gone" in page.lower() or "1 " in page
    assert "Answers by hour" in page
    for wrong in ({"people": "-1"}, {"as_of": "2999-01-01"}, {"estimated": "XX"}, {"source": " "}, {"people": ""}):
        assert "message error" in client.post(f"{path}estimate/", form | wrong, follow=True).content.decode(), wrong
    client.force_login(approver)
    assert client.post(f"{path}estimate/", form).status_code == 403
    with pytest.raises(ValueError, match="Say a country"):
        note_estimate(
            ministry=alert.ministry,
            country="ZZ",
            people=1,
            source="x",
            as_of=clock.now().date(),
            by=clerk,
            now=clock.now(),
        )
    evening = datetime(2026, 11, 30, 23, tzinfo=UTC)  # eight in the morning in Tokyo
    told = note_estimate(
        ministry=alert.ministry, country="JP", people=1, source="x", as_of=date(2026, 12, 1), by=clerk, now=evening
    )
    assert told.as_of == date(2026, 12, 1), "their today is not still to come"


def test_one_text_is_shared_by_all_who_look_on(
    crowd: tuple[Alert, list[Contact]], client: Client, clerk: Officer, django_assert_max_num_queries: Any
) -> None:
    alert, _ = crowd
    tick(clock.now())
    client.force_login(clerk)
    path = f"/console/rollcalls/{alert.rollcall.pk}/counts/"
    first = client.get(path)
    with django_assert_max_num_queries(3):
        again = client.get(path)
    assert again.content == first.content
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    for odd in ("?country=CD", "?country=%00", "?country=<b>"):
        page = client.get(path + odd)
        assert page.status_code == 200, odd
        assert b"<b>" not in page.content
    assert client.get("/console/rollcalls/99999/counts/").status_code == 404
