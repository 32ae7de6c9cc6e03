"""Writing, submitting, approving: every mistake at its field, two people always, and nothing half stored."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from crisis import clock
from crisis.alerts import cap
from crisis.alerts.areas import reaches
from crisis.alerts.content import Content, ContentError
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert, State
from crisis.alerts.operations import Changed, SamePerson, approve, discard, draft, recall, reject, revise, submit
from crisis.alerts.where import Circle
from crisis.journal.models import Entry
from crisis.registry.models import Installation, Mode
from crisis.staff.models import Officer, Role
from crisis.staff.operations import add_officer
from crisis.staff.rights import NotAllowed
from tests.functional.factories import NOW, content, drafted, filled, submitted

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"situation": "alien-landing"}, "situation", "Unknown situation"),
    ({"countries": ["XX"]}, "countries", "Unknown country: XX"),
    ({"countries": []}, "countries", "an alert without an area reaches nobody"),
    (
        {"countries": ["JP"] * 3 + [f"{a}{b}" for a in "AB" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]},
        "countries",
        "Unknown country",
    ),
    ({"circle": Circle("Qwertyville", 50)}, "circle", "No place called 'Qwertyville'"),
    ({"circle": Circle("Tokyo", 0)}, "circle", "between 1 and 1000 km"),
    ({"circle": Circle("Tokyo", 5000)}, "circle", "between 1 and 1000 km"),
    ({"slots": {"weather": "bad"}}, "slots.weather", "has no such slot"),
    ({"slots": {"place": "Paris"}}, "slots.place", "No place called 'Paris' is known in Japan"),
    ({"slots": {"time": "14:32"}}, "slots.time", "date"),
    ({"slots": {"time": "0001-01-01T00:00"}}, "slots.time", "right year"),
    ({"slots": {"time": "2026-01-01T00:00"}}, "slots.time", "right date"),
    ({"slots": {"magnitude": "12"}}, "slots.magnitude", "between 1 and 10"),
    ({"slots": {"phone": "+32 9 999 99 99"}}, "slots.phone", "directory of verified numbers"),
    ({"free": {"details": {"en": "x" * 301}}}, "slots.details", "301 characters, at most 300"),
    ({"free": {"details": {"en": "This is not a drill"}}}, "slots.details", "drill"),
    ({"free": {"details": {"nl": "Vertrek om 14:00"}}}, "slots.details", "give the time in “Time”"),
    ({"expires_hours": 0}, "expires_hours", "Between 1 hour and 14 days"),
]


@pytest.mark.parametrize(("change", "field", "why"), WRONG, ids=[f"{row[1]}-{row[2][:30]}" for row in WRONG])
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_stored(
    officer: Officer, change: dict[str, Any], field: str, why: str
) -> None:
    fields: dict[str, Any] = {"situation": "earthquake", "countries": ["JP"], "slots": filled("earthquake")}
    slots = change.pop("slots", None)
    fields |= change | ({"slots": fields["slots"] | slots} if slots else {})

    with pytest.raises(ContentError) as raised:
        draft(content=Content(**fields), mode=Mode.EXERCISE, by=officer, now=NOW)

    assert why in raised.value.errors[field]
    assert not Alert.objects.exists()
    assert not Entry.objects.filter(action="alerts.draft").exists()


def test_every_mistake_is_said_at_once(officer: Officer) -> None:
    wrong = Content("earthquake", ["JP"], slots={"time": "soon", "magnitude": "99"}, expires_hours=10_000)
    with pytest.raises(ContentError) as raised:
        draft(content=wrong, mode=Mode.EXERCISE, by=officer, now=NOW)
    assert set(raised.value.errors) == {"slots.time", "slots.magnitude", "expires_hours"}


def test_a_draft_has_its_texts_in_every_language() -> None:
    alert = drafted(slots={"place": "Osaka"})
    infos = {info.language: info for info in alert.infos.all()}

    assert set(infos) == {"nl", "fr", "de", "en"}
    assert all(info.complete for info in infos.values())
    assert infos["fr"].headline == "EXERCICE\u00a0: Tremblement de terre\u00a0: Osaka, Japon"
    assert len(alert.code) == 6
    assert alert.identifier == f"be-{alert.code}-1"


def test_a_free_slot_leaves_the_other_languages_red() -> None:
    alert = drafted(free={"details": {"fr": "L’aéroport est fermé."}})
    lacking = {info.language: info.missing for info in alert.infos.all()}
    assert lacking == {"nl": ["details"], "fr": [], "de": ["details"], "en": ["details"]}


def test_a_demo_has_no_live_alerts(officer: Officer) -> None:
    with pytest.raises(ContentError, match="demo"):
        draft(content=content(), mode=Mode.LIVE, by=officer, now=NOW)


def test_two_people_never_overwrite_each_other_unseen(officer: Officer) -> None:
    alert = drafted()
    revise(alert=alert, revision=1, content=content(["KR"]), by=officer, now=NOW)
    mine = Alert.objects.get(pk=alert.pk)

    with pytest.raises(Changed, match="nothing of yours was stored"):
        revise(alert=mine, revision=1, content=content(["TW"]), by=officer, now=NOW)

    assert [area.country for area in alert.areas.all()] == ["KR"]
    assert list(alert.revisions.values_list("number", flat=True)) == [1, 2]


def test_the_author_does_not_approve_not_even_as_superuser(officer: Officer) -> None:
    add_officer(username="officer", name="", password="", roles=[Role.APPROVER], now=NOW)
    Officer.objects.filter(pk=officer.pk).update(is_superuser=True)
    alert = submitted()
    by = Officer.objects.get(pk=officer.pk)

    with pytest.raises(SamePerson):
        approve(alert=alert, revision=alert.revision, by=by, now=NOW)
    assert Alert.objects.get(pk=alert.pk).state == State.SUBMITTED


def test_who_wrote_any_revision_does_not_approve(officer: Officer, approver: Officer) -> None:
    add_officer(username="approver", name="", password="", roles=[Role.OFFICER], now=NOW)
    alert = drafted()
    revise(alert=alert, revision=1, content=content(["KR"]), by=approver, now=NOW)
    submit(alert=alert, revision=2, acknowledged={}, by=officer, now=NOW)

    with pytest.raises(SamePerson):
        approve(alert=alert, revision=2, by=approver, now=NOW)


def test_a_superuser_without_the_role_may_nothing(clerk: Officer) -> None:
    Officer.objects.filter(pk=clerk.pk).update(is_superuser=True)
    alert = submitted()
    with pytest.raises(NotAllowed, match="Who may: Approver"):
        approve(alert=alert, revision=1, by=Officer.objects.get(pk=clerk.pk), now=NOW)
    with pytest.raises(NotAllowed):
        draft(content=content(), mode=Mode.EXERCISE, by=clerk, now=NOW)


def test_what_is_approved_is_what_was_shown(officer: Officer, approver: Officer) -> None:
    alert = submitted()
    shown = alert.revision
    recall(alert=alert, by=officer, now=NOW)
    revise(alert=alert, revision=shown, content=content(["KR"]), by=officer, now=NOW)
    submit(alert=alert, revision=shown + 1, acknowledged={}, by=officer, now=NOW)

    with pytest.raises(Changed):
        approve(alert=Alert.objects.get(pk=alert.pk), revision=shown, by=approver, now=NOW)

    approve(alert=alert, revision=shown + 1, by=approver, now=NOW)
    approval = alert.approvals.get()
    assert approval.digest == alert.revisions.get(number=shown + 1).digest


def test_a_rejection_has_a_reason_and_gives_the_draft_back(approver: Officer) -> None:
    alert = submitted()
    with pytest.raises(ContentError):
        reject(alert=alert, revision=1, note="  ", by=approver, now=NOW)
    reject(alert=alert, revision=1, note="Wrong place", by=approver, now=NOW)
    assert alert.state == State.DRAFT
    assert alert.approvals.get().note == "Wrong place"


def test_a_discarded_draft_is_gone_for_good(officer: Officer) -> None:
    alert = drafted()
    discard(alert=alert, by=officer, now=NOW)
    with pytest.raises(NotPossible, match="discarded"):
        submit(alert=alert, revision=1, acknowledged={}, by=officer, now=NOW)


def test_the_database_knows_no_issued_alert_without_its_times() -> None:
    alert = drafted()
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(state=State.ISSUED)


def test_a_circle_touches_countries_and_their_regions() -> None:
    alert = drafted(countries=[], circle=Circle("Goma", 60))
    touched = {reach.country: reach.regions for reach in reaches(alert.areas.all())}

    assert set(touched) == {"CD", "RW", "UG"}
    assert touched["CD"] is not None
    assert "11" in touched["CD"], "North Kivu"
    assert alert.slots["place"]["name"] == "Goma"


def test_the_snapshot_is_valid_cap(samples: Path) -> None:
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(str(samples / "cap" / "CAP-v1.2.xsd")))
    for alert in (
        drafted(),
        drafted(countries=["JP"], circle=Circle("Osaka", 30), slug="shelter"),
        drafted(slug="all-clear"),
    ):
        document = etree.fromstring(cap.snapshot(alert, sent_at=clock.now(), expires_at=clock.now()))
        schema.assertValid(document)
        assert document.findtext("{*}status") == "Exercise"
        assert len(document.findall("{*}info")) == 4


def test_a_live_snapshot_is_actual(officer: Officer) -> None:
    Installation.objects.update(kind="live")
    alert = drafted(mode=Mode.LIVE)
    xml = cap.snapshot(alert, sent_at=NOW, expires_at=NOW)
    assert "<status>Actual</status>" in xml
    assert "EXERCISE" not in xml
