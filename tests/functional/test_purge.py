"""The nightly purge: what is due goes, what anything open depends on stays, whatever cuts it off."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from crisis.alerts.models import Alert
from crisis.audience import links
from crisis.audience.models import Citizen, Contact, ImportedFile, Link, Member, Stay
from crisis.audience.operations import Place, move
from crisis.broadcast.models import Delivery, Notice, NoticeState
from crisis.checkins.ending import close_case
from crisis.checkins.models import Case, CheckIn, InboxUpdate, Safety
from crisis.checkins.operations import record
from crisis.encryption import Secrets
from crisis.health import tallies
from crisis.journal.models import Entry
from crisis.presence import operations as presence
from crisis.presence.models import Latest, Source
from crisis.privacy import due, purging, queries, words
from crisis.privacy.models import Purge
from crisis.registry.keeping import Consent, Proposal
from crisis.registry.models import Account, Credential, Holder, Mode
from crisis.registry.operations import connect
from crisis.registry.proposing import Wish, add_holder, decide, note_consent, propose_new, withdraw_consent
from crisis.retention import kept, purposes
from crisis.staff.models import Officer
from simulator.testing import Running
from tasks import retention
from tests.functional.factories import NOW, citizen, issued, notify_all, reachable

DAY = timedelta(days=1)


def later(name: str) -> datetime:
    """When what was kept since NOW is due."""
    return NOW + kept(name) + DAY


def purge(now: datetime) -> dict[str, int]:
    night = purging.purge(now=now, go_on=lambda: True)
    assert night is not None
    assert night.finished_at is not None
    return {name: number for name, number in night.counts.items() if number}


def said(contact: Contact, safety: Safety, ref: str, *, alert: Alert | None = None, text: str = "") -> CheckIn:
    told = record(
        rollcall=alert.rollcall if alert else None, citizen=contact.citizen, contact=contact, safety=safety,
        source=CheckIn.Source.BOT, ref=ref, now=NOW, text=text,
    )  # fmt: skip
    return told.checkin


def list_of(until: datetime) -> ImportedFile:
    return ImportedFile.objects.create(
        ministry=citizen().citizen.ministry, name="tour.csv", source="tour operator", legal_basis="public task",
        expires_on=until.date(), imported_at=NOW,
    )  # fmt: skip


def test_every_kind_of_data_that_ends_by_itself_has_a_step_and_no_other() -> None:
    assert {step.purpose for step in due.steps()} == {p.name for p in purposes().values() if p.days is not None}


def test_words_go_when_nothing_about_them_is_open(clerk: Any) -> None:
    helped, open_one = citizen(), citizen()
    done = said(helped, Safety.NEEDS_HELP, "1", text="trapped in room 4")
    waiting = said(open_one, Safety.NEEDS_HELP, "2", text="no water")
    close_case(case=Case.objects.get(citizen=helped.citizen), outcome="brought to the airport", by=clerk, now=NOW)
    assert purge(NOW + kept("words") - DAY).get("words") is None
    assert purge(later("words"))["words"] == 1
    done.refresh_from_db()
    waiting.refresh_from_db()
    assert (done.text, waiting.text) == ("", "no water")
    assert done.safety == Safety.NEEDS_HELP, "the answer stays longer than its words"
    assert purge(later("outcomes"))["outcomes"] == 1
    assert Case.objects.get(citizen=helped.citizen).outcome == ""
    counts = purge(later("answers"))
    assert counts["answers"] == 2
    assert list(CheckIn.objects.values_list("text", flat=True)) == ["no water"], "years later, still open"


def test_nothing_of_an_open_question_or_an_alert_that_holds_goes(sim: Running) -> None:
    there = citizen("Tokyo", sim=sim)
    alert = issued()
    notify_all(alert)
    answer = said(there, Safety.SAFE, "1", alert=alert, text="we are fine")
    Alert.objects.filter(pk=alert.pk).update(expires_at=later("answers") + 9 * DAY)
    Contact.objects.filter(pk=there.pk).update(state=Contact.State.GONE, gone_at=NOW)
    now = later("answers")
    purge(now)
    answer.refresh_from_db()
    assert answer.text == "we are fine"
    assert Notice.objects.filter(run__alert=alert).count() == 1
    assert Citizen.objects.get(pk=there.citizen_id).name == "Emma Peeters"
    Alert.objects.filter(pk=alert.pk).update(expires_at=now - 9 * DAY)
    assert purge(now)["words"] == 1


def test_notices_go_half_a_year_after_their_alert_and_their_counts_stay(sim: Running) -> None:
    citizen("Tokyo", sim=sim)
    alert = issued()
    notify_all(alert)
    assert alert.expires_at is not None
    now = alert.expires_at + kept("notices") + DAY
    assert "notices" not in purge(now), "nobody has counted them yet"
    run = alert.notice_runs.get()
    assert tallies.tally(run, alert.expires_at + DAY)
    Notice.objects.update(state=NoticeState.SENDING, lease_until=now)
    assert "notices" not in purge(now), "one that moves stays"
    Notice.objects.update(state=NoticeState.ACCEPTED)
    assert purge(now)["notices"] == 1
    run.tally.refresh_from_db()
    assert run.tally.counts == [["accepted", "", 1]]


def test_whoever_cannot_be_reached_for_a_year_is_forgotten_and_their_answers_lose_their_name() -> None:
    silent, answered, back = citizen(name="Silent"), citizen(name="Answered"), citizen(name="Back")
    Member.objects.create(citizen=answered.citizen, name="Tom", told_at=NOW)
    said(answered, Safety.SAFE, "1")
    Contact.objects.filter(pk__in=[silent.pk, answered.pk, back.pk]).update(state=Contact.State.GONE)
    assert "people" not in purge(NOW)
    Contact.objects.filter(pk=back.pk).update(state=Contact.State.ACTIVE)
    assert "people" not in purge(NOW + kept("people") - DAY)
    Contact.objects.filter(pk=back.pk).update(state=Contact.State.GONE)
    assert purge(later("people"))["people"] == 2, "of one who was back, the year begins anew"
    assert not Citizen.objects.filter(pk=silent.citizen_id).exists()
    left = Citizen.objects.get(pk=answered.citizen_id)
    assert (left.name, left.folded_name, left.contacts.count(), left.members.count()) == ("", "", 0, 0)
    assert CheckIn.objects.filter(citizen=left, safety=Safety.SAFE).exists()
    purge(later("answers"))
    assert not Citizen.objects.filter(pk=left.pk).exists(), "with the last answer goes the row"
    purge(later("answers") + 2 * DAY)
    assert not Citizen.objects.filter(name="Back").exists()


def test_who_came_with_a_list_goes_with_it_unless_they_came_to_us(sim: Running) -> None:
    brought = list_of(NOW + 5 * DAY)
    house = citizen().citizen.ministry
    rows = [
        Citizen.objects.create(ministry=house, name=n, language="nl", subscribed_at=NOW, came_with=brought)
        for n in ("Alone", "Linked", "Opened", "Needs help")
    ]
    for number, each in enumerate(rows):
        contact = Contact(citizen=each, linked_at=NOW)
        contact = reachable(contact, Contact.Kind.SMS, f"+3247000000{number}")
        if each.name == "Opened":
            links.make(citizen=each, contact=contact, purpose=Link.Purpose.INVITE, now=NOW)
            Link.objects.filter(citizen=each).update(used_at=NOW)
        if each.name == "Needs help":
            said(contact, Safety.NEEDS_HELP, "9")
    Contact.objects.create(citizen=rows[1], address="77", linked_at=NOW)
    assert "imported" not in purge(NOW + 5 * DAY)
    begun = (NOW + 6 * DAY).replace(hour=11)
    assert "imported" not in purge(begun), "in the Americas the last day is not over"
    assert purge(begun + DAY / 24)["imported"] == 1
    assert set(Citizen.objects.filter(came_with=brought).values_list("name", flat=True)) == {
        "Linked",
        "Opened",
        "Needs help",
    }


def test_whoever_speaks_for_us_is_forgotten_a_year_after_their_last_consent(
    officer: Officer, approver: Officer, at: Callable[[datetime], None]
) -> None:
    at(NOW)
    counted, plain, named = (_speaks(name, officer, approver) for name in ("Ada", "Ben", "Cem"))
    account = Account.objects.get(holder=counted, mode=Mode.LIVE)
    connect(
        account=account,
        address=account.address,
        platform_id="7",
        secrets=Secrets({"token": "t"}),
        actor="test",
        now=NOW,
    )
    presence.record(account=account, on=NOW.date(), source=Source.FORM, figures={"followers": 5}, now=NOW)
    Delivery.objects.create(
        alert=issued(),
        account=account.shadow,
        mode="exercise",
        account_mode="exercise",
        account_home=True,
        queued_at=NOW,
    )
    withdraw_consent(holder=plain, by=officer, now=NOW)
    nobody = add_holder(kind="person", name="Dora", of_post=None, competence="", by=officer, now=NOW)
    assert "speakers" not in purge(NOW + kept("speakers"))
    at(later("speakers"))
    assert purge(later("speakers"))["speakers"] == 3, "one consent, its person, and who was only named"
    assert set(Holder.objects.filter(kind="person")) == {counted, named}
    assert not Account.objects.filter(address="ben_example").exists()
    assert Consent.objects.count() == 2
    note_consent(
        holder=named, given_on=NOW.date(), until=(later("speakers") + 40 * DAY).date(), to_broadcast=False, paper="file 8",
        by=approver, now=NOW,
    )  # fmt: skip
    month_on = later("speakers") + 31 * DAY
    at(month_on)
    assert purge(month_on)["speakers"] == 3, "two consents, and one person"
    counted.refresh_from_db()
    account.refresh_from_db()
    assert (counted.name, account.address, account.platform_id) == (f"taken away:{counted.pk}", "", "")
    assert not Credential.objects.filter(account=account).exists()
    assert not Latest.objects.filter(account=account).exists()
    assert not Proposal.objects.filter(holder=counted).exists()
    assert Delivery.objects.filter(account__shadow_of=account).exists(), "what was published is counted"
    assert list(named.consents.values_list("paper", flat=True)) == ["file 8"], "who goes on goes on"
    assert "speakers" not in purge(month_on + DAY), "who is forgotten is not forgotten anew each night"
    assert not Holder.objects.filter(pk=nobody.pk).exists()


def _speaks(name: str, officer: Officer, approver: Officer) -> Holder:
    """Add somebody with an account, who agrees for a month."""
    holder = add_holder(kind="person", name=name, of_post=None, competence="", by=officer, now=NOW)
    note_consent(
        holder=holder, given_on=NOW.date(), until=(NOW + 30 * DAY).date(), to_broadcast=False, paper="file 7", by=approver,
        now=NOW,
    )  # fmt: skip
    proposal = propose_new(
        holder=holder, link=f"https://x.com/{name.lower()}_example", platform="", wish=Wish(), by=officer, now=NOW
    )
    decide(proposal=proposal, accept=True, by=approver, now=NOW)
    return holder


def test_small_things_go_in_their_time(sim: Running) -> None:
    person = citizen("Tokyo")
    move(citizen=person.citizen, to=Place(50.85, 4.35, "Brussels"), now=NOW)
    links.make(citizen=person.citizen, contact=person, purpose=Link.Purpose.MANAGE, now=NOW)
    stranger = Citizen.objects.create(ministry=person.citizen.ministry, language="nl", subscribed_at=NOW)
    waiting = reachable(Contact(citizen=stranger, linked_at=NOW), Contact.Kind.EMAIL, "a@example.org")
    second = reachable(person, Contact.Kind.EMAIL, "b@example.org")
    Contact.objects.filter(pk__in=[waiting.pk, second.pk]).update(state=Contact.State.PENDING)
    common = {"source": "telegram", "received_at": NOW}
    InboxUpdate.objects.create(ref="1", payload={}, state="handled", handled_at=NOW, **common)
    InboxUpdate.objects.create(ref="2", payload={"text": "secret"}, state="failed", **common)
    InboxUpdate.objects.create(ref="3", payload={"text": "not yet handled"}, state="new", **common)
    counts = purge(NOW + 31 * DAY)
    assert counts == {"inbox": 1, "inbox_numbers": 2, "links": 1, "pending": 2, "stays": 1}
    assert list(InboxUpdate.objects.values_list("ref", flat=True)) == ["3"]
    assert not Citizen.objects.filter(pk=stranger.pk).exists()
    assert list(person.citizen.contacts.all()) == [person]
    assert Stay.objects.get(citizen=person.citizen).place_name == "Brussels"


def test_a_night_that_is_cut_off_goes_on_and_leaves_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        said(citizen(), Safety.SAFE, str(number), text="fine")
    now = later("words").replace(hour=1)
    monkeypatch.setattr(due, "steps", lambda: [due.Step("words", words.words, _blank, at_once=3)])
    monkeypatch.setattr(purging, "steps", due.steps)
    rounds = iter([True, False, True, True, True, True])
    first = purging.purge(now=now, go_on=lambda: next(rounds))
    assert first is not None
    assert (first.finished_at, first.counts) == (None, {"words": 3})
    assert not Entry.objects.filter(action="privacy.purge").exists()
    second = purging.purge(now=now + timedelta(minutes=2), go_on=lambda: next(rounds))
    assert second is not None
    assert second.counts == {"words": 7}
    (entry,) = Entry.objects.filter(action="privacy.purge")
    assert entry.data == {"counts": {"words": 7}}
    assert not purging.tonight(now + timedelta(hours=5))
    assert purging.tonight(now + DAY)
    latest = queries.latest()
    assert latest is not None
    assert latest.counts == {"words": 7}


def _blank(rows: Any) -> None:
    rows.update(text="")


def test_two_at_once_are_one() -> None:
    Purge.objects.create(night=NOW.date(), began_at=NOW, taken_until=NOW + timedelta(minutes=1))
    assert purging.purge(now=NOW, go_on=lambda: True) is None
    assert purging.purge(now=NOW + timedelta(minutes=2), go_on=lambda: True) is not None, "the one who had it is dead"


def test_the_beat_does_it_once_a_night(at: Callable[[datetime], None]) -> None:
    early = (NOW + DAY).replace(hour=0, minute=30)
    for moment in (early, early + timedelta(hours=1), early + timedelta(hours=2)):
        at(moment)
        retention.purge()
    assert Entry.objects.filter(action="privacy.purge").count() == 1


def test_a_dry_run_counts_and_changes_nothing(at: Callable[[datetime], None]) -> None:
    said(citizen(), Safety.SAFE, "1", text="fine")
    at(later("words"))
    out = StringIO()
    call_command("purge", dry_run=True, stdout=out)
    assert "1  words" in out.getvalue()
    assert CheckIn.objects.get().text == "fine"
    assert not Purge.objects.exists()
    call_command("purge", stdout=out)
    assert CheckIn.objects.get().text == ""
    assert "Done." in out.getvalue()


def test_the_metrics_tell_of_the_last_night() -> None:
    from watch.collector import LedgerCollector

    said(citizen(), Safety.SAFE, "1", text="fine")
    purge(later("words"))
    found = {m.name: m for m in LedgerCollector().collect()}
    assert found["tocsin_purge_last_timestamp_seconds"].samples[0].value == later("words").timestamp()
    assert {s.labels["purpose"]: s.value for s in found["tocsin_purged_rows"].samples} == {"words": 1}
