"""What becomes of everything that points to a person, on request and at night alike, whoever adds a table."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps

from crisis.alerts.models import Alert
from crisis.audience import erasing
from crisis.audience.addresses import sealed
from crisis.audience.lists import Invite, Likeness, Upload
from crisis.audience.models import ChatMessage, Citizen, Contact, EmergencyContact, ImportedFile, Link, Member, NameWord
from crisis.broadcast.models import Notice
from crisis.checkins.enclosures import Attachment, Content
from crisis.checkins.ending import close_case
from crisis.checkins.models import Case, CheckIn, InboxUpdate, LadderStep, Safety, Ticking
from crisis.checkins.operations import record
from crisis.checkins.reported import unregistered
from crisis.checkins.rounds import Round, RoundAnswer
from crisis.checkins.seeking import Enquiry
from crisis.checkins.thread import Note, Reply
from crisis.checkins.unverified import Answer, Letter, Report
from crisis.encryption import seal
from crisis.gathering.models import Gathering, Pass
from crisis.privacy import purging
from crisis.privacy.access import everything
from crisis.privacy.belongings import BELONGINGS, Fate
from crisis.privacy.erasing import Erased, erase, finish
from crisis.registry.models import Account
from crisis.retention import kept
from simulator.testing import Running
from tests.functional.factories import NOW, citizen, issued, notify_all, reachable

DAY = timedelta(days=1)
PEOPLE = {Citizen, Contact, CheckIn, Case, Attachment}
# Rows that Django keeps for a list of names; they go with either side.
BETWEEN = {"CheckIn_others_named"}


def test_every_model_that_points_to_a_person_is_named_with_what_becomes_of_it() -> None:
    pointing = {
        model
        for model in apps.get_models(include_auto_created=True)
        if any(f.remote_field and f.remote_field.model in PEOPLE for f in model._meta.get_fields() if f.concrete)
    }
    named = {each.model for each in BELONGINGS}
    assert {model.__name__ for model in pointing - named} <= BETWEEN
    assert all(each.why for each in BELONGINGS if each.fate != Fate.REMOVED)


def test_the_ways_to_a_person_are_all_of_them() -> None:
    """Every foreign key to a person is followed by the list, so that no row of theirs is reached by another one only."""
    for each in BELONGINGS:
        for field in each.model._meta.get_fields():
            if field.concrete and field.remote_field and field.remote_field.model in {Citizen, Contact}:
                assert any(path.split("__")[0] == field.name for path in each.paths), (each.model, field.name)


@pytest.fixture
def full(sim: Running, clerk: Any) -> Contact:
    """Somebody of whom there is one of everything."""
    return of_everything(sim, clerk)


def of_everything(sim: Running, clerk: Any) -> Contact:
    """Fill every table that points to a person."""
    me = citizen("Tokyo", sim=sim)
    other = citizen("Tokyo")
    alert = issued()
    notify_all(alert)
    mail = reachable(me, "email", "me@example.org")
    file = ImportedFile.objects.create(
        ministry=me.citizen.ministry, name="tour.csv", source="tour", legal_basis="task", expires_on=NOW.date(), imported_at=NOW
    )  # fmt: skip
    me.citizen.also_on.add(file)
    Invite.objects.create(citizen=me.citizen, contact=mail, file=file, not_before=NOW)
    Likeness.objects.create(citizen=other.citizen, other=me.citizen, why="name", found_at=NOW)
    ChatMessage.objects.create(contact=me, number=1, sent_at=NOW)
    Link.objects.create(
        citizen=me.citizen, contact=mail, purpose="manage", digest="d", made_at=NOW, expires_at=NOW + DAY
    )
    NameWord.objects.create(citizen=me.citizen, word="peeters")
    Member.objects.create(citizen=me.citizen, name="Tom", told_at=NOW)
    EmergencyContact.objects.create(
        citizen=me.citizen, kind="email", language="fr", agreed_at=NOW, **sealed("anna@example.org")
    )
    Ticking.objects.create(rollcall=alert.rollcall, citizen=me.citizen, safe=[0])
    LadderStep.objects.create(rollcall=alert.rollcall, citizen=me.citizen, step="1_reminder", at=NOW)
    told = record(
        rollcall=alert.rollcall, citizen=me.citizen, contact=me, safety=Safety.NEEDS_HELP, source=CheckIn.Source.BOT, ref="1",
        now=NOW, text="third floor",
    )  # fmt: skip
    assert told.checkin.case is not None
    kept_file = Attachment.objects.create(
        checkin=told.checkin, case=told.checkin.case, kind="voice", not_before=NOW, at=NOW
    )
    Content.objects.create(attachment=kept_file, sealed=b"x")
    Reply.objects.create(case=told.checkin.case, contact=me, by=clerk, text="We come.", written_at=NOW, not_before=NOW)
    asked = Round.objects.create(rollcall=alert.rollcall, number=2, questions=["leave"], opened_at=NOW, opened_by=clerk)
    RoundAnswer.objects.create(round=asked, citizen=me.citizen, question="leave", value=1, at=NOW)
    Note.objects.create(case=told.checkin.case, by=clerk, at=NOW, text="asthma")
    Letter.objects.create(
        way="direct", contact=me, ref="q", author_key="k", author=seal("contact:1"), mode="exercise", text="When?",
        written_at=NOW, received_at=NOW,
    )  # fmt: skip
    Enquiry.objects.create(
        mode="exercise", name="Emma", folded_name="emma", asker="Marie", relation="parent", asker_kind="email",
        asker_address="a", asker_sealed=seal("marie@example.org"), language="fr", source="web", ref="e", at=NOW,
        citizen=me.citizen,
    )  # fmt: skip
    Report.objects.create(
        alert=alert, rollcall=alert.rollcall, mode=alert.mode, said="safe", name="Emma", where="Tokyo", text="well",
        contact_kind="sms", **sealed("+32470000001"), language="fr", form="f", source="web", ref="r", at=NOW,
        state="confirmed", citizen=me.citizen, checkin=told.checkin, closed_at=NOW,
    )  # fmt: skip
    gathering = Gathering.objects.create(
        rollcall=alert.rollcall, texts={"fr": "gate 4"}, made_at=NOW, made_by=clerk, expires_at=NOW + DAY
    )
    Pass.objects.create(gathering=gathering, citizen=me.citizen, contact=me, digest="p", people=1)
    InboxUpdate.objects.create(
        source="telegram", ref="9", chat=me.address, payload={"text": "secret"}, received_at=NOW, state="failed"
    )
    return me


def left_of(pk: int) -> dict[str, int]:
    return {each.model.__name__: each.of([pk]).count() for each in BELONGINGS if each.of([pk]).exists()}


def test_the_list_is_tried_with_one_of_everything(full: Contact) -> None:
    missing = {each.model.__name__ for each in BELONGINGS} - set(left_of(full.citizen_id))
    assert missing == set()


def test_mydata_tells_of_passes_and_reports(full: Contact) -> None:
    told = everything(citizen=full.citizen, now=NOW)
    assert [(each["people"], each["state"]) for each in told["meeting_places"]] == [(1, "queued")]
    (report,) = told["reports"]
    assert report["people"] == 1
    assert "Tokyo" not in str(report), "what somebody else has said of them stays that person's too"


def test_an_open_case_keeps_everything_and_its_end_lets_it_go(full: Contact, clerk: Any) -> None:
    number, before = full.citizen_id, left_of(full.citizen_id)
    assert erase(citizen=full.citizen, now=NOW) == Erased.WAITS
    assert left_of(number) == before
    assert Report.objects.get().name == "Emma"
    rollcall = CheckIn.objects.get().rollcall
    assert rollcall is not None
    close_case(case=Case.objects.get(), outcome="well", by=clerk, now=NOW)
    apart = unregistered(rollcall)
    assert finish(now=NOW) == 1
    left = set(left_of(number))
    assert left == {each.model.__name__ for each in BELONGINGS if each.fate != Fate.REMOVED} - {"Enquiry"}
    report, answer, contact = Report.objects.get(), CheckIn.objects.get(), Contact.objects.get(citizen=number)
    assert (report.name, report.where, report.text, report.sealed, report.contact_kind) == ("", "", "", "", "")
    assert (answer.text, answer.safety) == ("", Safety.NEEDS_HELP)
    assert (contact.address, contact.state) == (f"taken away:{contact.pk}", "gone")
    assert InboxUpdate.objects.get(ref="9").payload == {}
    assert unregistered(rollcall) == apart, "nobody is counted a second time, as somebody unregistered"
    assert not Content.objects.exists()
    assert LadderStep.objects.get().done_at is not None, "nobody calls somebody who was erased"


def test_whoever_must_wait_keeps_nobody_else_waiting(full: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    other = citizen("Tokyo").citizen
    assert erase(citizen=full.citizen, now=NOW) == Erased.WAITS
    erasing.wait(citizen=other, now=NOW + DAY)
    monkeypatch.setattr("crisis.privacy.erasing.AT_ONCE", 1)
    assert finish(now=NOW + DAY) == 1
    assert not Citizen.objects.filter(pk=other.pk).exists()


def test_the_night_does_the_same(full: Contact, clerk: Any) -> None:
    close_case(case=Case.objects.get(), outcome="well", by=clerk, now=NOW)
    number = full.citizen_id
    Contact.objects.filter(citizen=number).update(state=Contact.State.GONE, gone_at=NOW - kept("people") - DAY)
    Alert.objects.update(expires_at=NOW)
    later = NOW + 2 * DAY
    purging.purge(now=later, go_on=lambda: True)
    assert set(left_of(number)) == {each.model.__name__ for each in BELONGINGS if each.fate != Fate.REMOVED} - {
        "Enquiry"
    }
    assert Citizen.objects.get(pk=number).name == ""
    assert Notice.objects.filter(contact__citizen=number).exists(), "nobody has tallied them yet: they are counted"
    again = purging.purge(now=later + DAY, go_on=lambda: True)
    assert again is not None
    assert not again.counts.get("people"), "who is forgotten is not forgotten anew each night"


def test_an_alert_that_holds_keeps_what_strangers_said(sim: Running) -> None:
    alert = issued()
    common = {
        "alert": alert,
        "mode": alert.mode,
        "language": "fr",
        "source": "web",
        "at": NOW,
        "name": "Emma",
        "form": "f",
    }
    Report.objects.create(**common, said="safe", ref="1", rollcall=alert.rollcall)
    Report.objects.create(**common, said="needs_help", ref="2")
    account = Account.objects.filter(platform="x").first()
    assert account is not None
    for ref, state in (("a", "read"), ("b", "open")):
        letter = Letter.objects.create(
            way="public", account=account, ref=ref, author_key=ref, author="x", alert=alert, mode=alert.mode, text="help",
            written_at=NOW, received_at=NOW, state=state, read_at=NOW if state == "read" else None,
        )  # fmt: skip
        Answer.objects.create(
            letter=letter, account=account, alert=alert, author_key=ref, not_before=NOW, state="sent", sent_at=NOW
        )
    now = NOW + kept("answers") + DAY
    Alert.objects.filter(pk=alert.pk).update(expires_at=now + DAY)
    purging.purge(now=now, go_on=lambda: True)
    assert list(Report.objects.values_list("name", flat=True)) == ["Emma", "Emma"]
    assert Letter.objects.count() == Answer.objects.count() == 2
    Alert.objects.filter(pk=alert.pk).update(expires_at=now - DAY)
    purging.purge(now=now, go_on=lambda: True)
    assert list(Report.objects.values_list("ref", flat=True)) == ["2"], "a call for help that nobody has settled stays"
    assert list(Letter.objects.values_list("ref", flat=True)) == ["b"], "what nobody has read stays"


def test_the_new_purposes_end_in_their_time(sim: Running, clerk: Any) -> None:
    me = of_everything(sim, clerk)
    Upload.objects.create(
        ministry=me.citizen.ministry, name="a", source="b", legal_basis="c", expires_on=NOW.date(), content="x",
        encoding="utf-8", delimiter=",", header=[], lines=1, uploaded_at=NOW,
    )  # fmt: skip
    InboxUpdate.objects.create(
        source="whatsapp", ref="s", chat="stranger:abc", payload={}, received_at=NOW, state="handled", handled_at=NOW
    )
    Alert.objects.update(expires_at=NOW)
    late = NOW + kept("ladder") + DAY
    purging.purge(now=late, go_on=lambda: True)
    for model in (ChatMessage, Upload, Ticking):
        assert not model._default_manager.exists(), model
    assert not InboxUpdate.objects.filter(chat__startswith="stranger:").exists()
    assert Attachment.objects.exists(), "the case is open"
    assert LadderStep.objects.exists(), "the case is open"
    assert Report.objects.get().name == "Emma", "the case is open"
    close_case(case=Case.objects.get(), outcome="well", by=clerk, now=NOW)
    purging.purge(now=late, go_on=lambda: True)
    assert not Attachment.objects.exists()
    assert not Content.objects.exists()
    assert not LadderStep.objects.exists()
    assert Report.objects.get().name == ""
