"""E-mail to citizens: the same ledger, a way of its own; one person counts once, and no address stands anywhere in clear."""

import logging
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from config.logging import LineFormatter
from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience import contacts, leaving
from crisis.audience.models import Contact, Link
from crisis.audience.replying import contact_of_address
from crisis.broadcast import notice_ledger
from crisis.broadcast.models import Notice, NoticeRun, NoticeState, Wording
from crisis.broadcast.operations import stop
from crisis.broadcast.preflight import look
from crisis.broadcast.queries import progress
from crisis.broadcast.retract import retract
from crisis.checkins.counting import board
from crisis.checkins.models import CheckIn
from crisis.journal.models import Entry
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import citizen, drafted, fill, issued, notify_all, reachable
from tests.functional.pages import Visitor
from tests.functional.test_console import form

ADDRESS = "emma.peeters@example.org"


def letters(sim: Running, to: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", f"letters?way=email&to={to}")
    return found


def states(alert: Alert) -> dict[str, str]:
    rows = Notice.objects.filter(run__alert=alert).select_related("contact")
    return {f"{notice.contact.kind}:{notice.contact.citizen_id}": notice.state for notice in rows}


def mailbox(address: str = ADDRESS, *, chat: bool = False, **person: Any) -> Contact:
    """Somebody with a mailbox, and perhaps a chat."""
    contact = citizen(**person)
    mail = reachable(contact, "email", address)
    if not chat:
        contact.delete()
    return mail


def test_each_person_gets_one_letter_in_their_language_with_all_its_headers(sim: Running) -> None:
    for code in ("nl", "fr", "de", "en"):
        mailbox(f"{code}@example.org", language=code)
    alert = issued()
    for _ in range(2):
        notify_all(alert)

    assert len(letters(sim)) == 4
    (letter,) = letters(sim, "fr@example.org")
    assert letter["subject"].startswith("EXERCICE")
    assert alert.marker in letter["text"]
    assert letter["text"].startswith("EXERCICE")
    assert letter["body"]["Content-Language"] == "fr"
    assert letter["body"]["Auto-Submitted"] == "auto-generated"
    notice = Notice.objects.get(contact__citizen__language="fr")
    assert letter["remote_id"] == notice.remote_id == f"{alert.marker.replace('/', '-')}.{notice.pk}@tocsin.example"
    assert letter["sender"] == f"alerts+{alert.marker.replace('/', '-')}.{notice.pk}@tocsin.example"
    assert set(states(alert).values()) == {"accepted"}


def test_one_click_ends_it_and_opening_the_link_does_not(sim: Running) -> None:
    contact = mailbox()
    notify_all(issued())
    link = letters(sim)[0]["body"]["List-Unsubscribe"].strip("<>")
    path = link.removeprefix("http://127.0.0.1:8000")
    mail_program = Client(enforce_csrf_checks=True)

    assert path[7:] not in LineFormatter().format(logging.makeLogRecord({"msg": f"GET {path} 200"}))
    assert mail_program.get(path).status_code == 200
    contact.refresh_from_db()
    assert contact.state == Contact.State.ACTIVE
    assert mail_program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    contact.refresh_from_db()
    assert contact.state == Contact.State.STOPPED
    assert mail_program.post(path[:-3] + "xyz").status_code == 404

    later = issued()
    notify_all(later)
    assert len(letters(sim)) == 1


def own_link(letter: dict[str, Any]) -> str:
    (path,) = re.findall(r"http://127\.0\.0\.1:8000(/c/\S+)", letter["text"])
    return str(path)


def test_the_link_in_a_letter_is_its_readers_own_answer_and_needs_no_row(sim: Running, officer: Officer) -> None:
    first, second = mailbox(people=3, language="en"), mailbox("tom@example.org")
    alert = issued()
    notify_all(alert)
    assert not Link.objects.exists()
    own, other = own_link(letters(sim, ADDRESS)[0]), own_link(letters(sim, "tom@example.org")[0])
    assert own != other
    assert "1 safe, 2 need help, 3 not there" in letters(sim, ADDRESS)[0]["text"], "a reply is read too"
    assert own[8:40] not in LineFormatter().format(logging.makeLogRecord({"msg": f"GET {own} 200"}))

    shown = Visitor().get(own).content.decode()
    assert "the household of 3 people that got our e-mail" in shown
    assert ADDRESS not in shown
    assert f'href="/a/{alert.code}/check-in?l=en"' in shown, "who got it passed on answers elsewhere"
    assert not CheckIn.objects.exists(), "a scanner opens every link"
    assert Visitor().send(own, said="safe").status_code == 303
    checkin = CheckIn.objects.get()
    assert (checkin.contact, checkin.rollcall, checkin.people, checkin.source) == (first, alert.rollcall, 3, "web")
    entry = Entry.objects.get(action="checkins.answer_by_link")
    assert (entry.subject, entry.data) == (f"checkin:{checkin.pk}", {"contact": first.pk})

    changed = "8" if own.endswith("9") else "9"
    assert Visitor().get(own[:-1] + changed).status_code == 404
    assert Visitor().get(own.replace(f".{first.pk}-", f".{second.pk}-")).status_code == 404, "nobody makes another's"
    leaving.leave(second)
    assert Visitor().get(other).status_code == 404
    stop(alert=alert, by=officer, now=clock.now())
    gone = Visitor().get(own)
    assert gone.status_code == 404
    assert "tel:+" in gone.content.decode(), "whom to call stands there"


def test_what_was_sent_to_an_earlier_address_opens_nothing_of_the_next(sim: Running) -> None:
    contact = mailbox(language="en")
    alert = issued()
    notify_all(alert)
    (old,) = letters(sim, ADDRESS)
    for change in ("another", "taken away and back"):
        if change == "another":
            contacts.add(citizen=contact.citizen, kind="email", address="new@example.org", now=clock.now())
        else:
            contacts.take_away(contact=Contact.objects.get(pk=contact.pk))
            contacts.add(citizen=contact.citizen, kind="email", address=ADDRESS, now=clock.now())
        Contact.objects.filter(pk=contact.pk).update(state=Contact.State.ACTIVE)
        leave = urlsplit(old["body"]["List-Unsubscribe"].strip("<>")).path
        gone = Visitor().post(leave, {"List-Unsubscribe": "One-Click"})
        assert gone.status_code == 404
        assert 'href="/manage?l=en"' in gone.content.decode(), "the way to a new one"
        assert Visitor().get(own_link(old)).status_code == 404
        assert contact_of_address(old["body"]["Reply-To"]) is None
    assert Contact.objects.get(pk=contact.pk).state == Contact.State.ACTIVE
    notify_all(issued())
    new = letters(sim, ADDRESS)[-1]
    assert Visitor().get(own_link(new)).status_code == 200
    assert contact_of_address(new["body"]["Reply-To"]) == contact
    Visitor().post(urlsplit(new["body"]["List-Unsubscribe"].strip("<>")).path, {"List-Unsubscribe": "One-Click"})
    assert Contact.objects.get(pk=contact.pk).state == Contact.State.STOPPED


def test_where_no_reply_is_heard_none_is_asked_for(sim: Running, settings: Any) -> None:
    settings.RECEIPTS_SECRETS = {"email": ""}
    mailbox(language="en")
    notify_all(issued())
    (letter,) = letters(sim)
    assert own_link(letter)
    assert "reply to this e-mail" not in letter["text"]


def test_who_has_two_ways_is_told_by_the_first_and_counted_once(sim: Running) -> None:
    both = mailbox(chat=True, people=3, sim=sim)
    mailbox("only@example.org", people=2)
    found = look(drafted(), clock.now())
    assert (found.contacts, found.people) == (2, 5)
    assert [(each.name, each.people, each.reserve) for each in found.by_way] == [("Telegram", 3, 0), ("E-mail", 2, 1)]

    alert = issued()
    notify_all(alert)

    assert len(states(alert)) == 2
    runs = {run.kind: (run.expected, run.people, run.state) for run in alert.notice_runs.all()}
    assert runs == {"telegram": (1, 3, "filled"), "email": (1, 2, "filled")}
    total = board(alert.rollcall).total
    assert (total.registered, total.accepted, total.no_answer) == (5, 5, 5)
    counted = progress(alert, clock.now())
    assert counted.expected_notices == counted.notices["accepted"] == 2
    assert [way.name for way in counted.by_way] == ["Telegram", "E-mail"]
    assert not Notice.objects.filter(contact=both).exists()


def test_a_server_that_wants_quiet_holds_up_its_own_way_only(sim: Running) -> None:
    mailbox()
    citizen(sim=sim)
    sim.control("POST", "faults", {"platform": "email", "fault": "rate_limit", "times": 1, "method": "create"})
    alert = issued()
    for run in alert.notice_runs.order_by("-pk"):
        pk = run.notices.get().pk
        from tasks.notices import send_chunk

        send_chunk(run.pk, pk, pk)

    assert {n.run.kind: n.state for n in Notice.objects.select_related("run")} == {
        "telegram": "accepted",
        "email": "queued",
    }
    waits = Notice.objects.get(run__kind="email").not_before
    assert waits is not None
    assert waits > clock.now() + timedelta(seconds=50)


def test_one_mailbox_that_is_busy_holds_up_nobody_else(sim: Running) -> None:
    from tasks import throttle

    mailbox("a@example.org")
    notify_all(issued())
    assert throttle.halted_s([throttle.whole("email")]) == 0


def test_an_unknown_outcome_is_sent_once_more_under_the_same_id(sim: Running, at: Any) -> None:
    mailbox()
    sim.control("POST", "faults", {"platform": "email", "fault": "cut_after", "times": 1, "method": "create"})
    alert = issued()
    notify_all(alert)
    assert Notice.objects.get().state == NoticeState.UNCONFIRMED

    at(clock.now() + timedelta(seconds=61))
    assert notice_ledger.resend_unknown(clock.now(), but_not=["email"]) == 0
    assert notice_ledger.resend_unknown(clock.now()) == 1
    notify_all(alert)

    first, second = letters(sim)
    assert first["remote_id"] == second["remote_id"] == Notice.objects.get().remote_id
    assert Notice.objects.get().resent_unknown


def test_a_retraction_reaches_whoever_was_written_to(sim: Running, officer: Officer) -> None:
    mailbox()
    alert = issued()
    notify_all(alert)
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    assert set(cancel.notice_runs.values_list("kind", "expected")) == {("telegram", 0), ("email", 1)}
    from tasks.notices import fill as fill_task

    for run in cancel.notice_runs.all():
        fill_task(run.pk)
    notify_all(cancel)

    first, second = letters(sim)
    frozen = Wording.objects.get(alert=alert, platform="email", form="retraction", languages="fr")
    assert second["text"] == frozen.text
    # A header is folded at its spaces; which of them do not break is lost there.
    assert second["subject"] == frozen.subject.replace("\u00a0", " ") != first["subject"]


def test_no_address_stands_in_clear(sim: Running, caplog: pytest.LogCaptureFixture) -> None:
    contact = mailbox()
    alert = issued()
    with caplog.at_level(logging.DEBUG):
        notify_all(alert)
    _, claimed = notice_ledger.claim_window(
        run_id=alert.notice_runs.get(kind="email").pk, first=0, last=1, now=clock.now()
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, sealed FROM audience_contact WHERE id = %s", [contact.pk])
        stored = cursor.fetchone()
    assert len(stored[0]) == 64
    for shown in (*stored, repr(contact), repr(claimed), caplog.text):
        assert "emma" not in shown


def test_a_house_without_a_mail_server_plans_no_letters(sim: Running, settings: Any) -> None:
    settings.PLATFORM_URLS = settings.PLATFORM_URLS | {"email": ""}
    mailbox(chat=True, sim=sim)
    alert = drafted()
    assert look(alert, clock.now()).ways == ["telegram"]
    assert list(NoticeRun.objects.filter(alert=issued()).values_list("kind", flat=True)) == ["telegram"]
    fill(alert)


def test_the_console_says_how_many_by_which_way(sim: Running, signed_in: Any) -> None:
    mailbox(chat=True, people=3, sim=sim)
    reachable(citizen(name="other"), "sms", "+99955512345")
    mailbox("only@example.org")
    officer = signed_in("officer")
    shown = officer.post("/console/exercise/new/earthquake/preview/", form()).content.decode()
    assert "Telegram: 4 people" in shown
    assert "E-mail: 1 person, in reserve for 1 more" in shown
    assert re.search(r"SMS: 0 people, in reserve for 1 more, at most \d messages each, \d to pay for", shown)

    alert = issued()
    notify_all(alert)
    page = officer.get(f"/console/exercise/{alert.pk}/progress/").content.decode()
    assert "E-mail: 1 of 1 notices accepted" in page
    assert "Telegram: 1 of 2 notices accepted" in page
