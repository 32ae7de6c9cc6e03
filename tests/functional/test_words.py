"""Headquarters' words: used once another person has reviewed them; an alert keeps its own; unreviewed ones need a name."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.alerts.editing import WordsError, review, write
from crisis.alerts.editions import in_use, kind_of
from crisis.alerts.models import Alert, Edition, State
from crisis.alerts.operations import Changed, NotRead, SamePerson, revise
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Wording
from crisis.broadcast.operations import submit
from crisis.broadcast.preflight import look
from crisis.broadcast.retract import retract
from crisis.journal.models import Entry
from crisis.registry.models import Installation, Mode
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from crisis.wording.catalogue import content_of, situation
from tests.functional.corrected import updated
from tests.functional.factories import NOW, citizen, content, drafted, issued, submitted


def words(slug: str = "earthquake", forms: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """The shipped words in French, with other instructions in some forms."""
    found = content_of(situation(slug).texts["fr"])
    for form, lines in (forms or {}).items():
        found[form] = found[form] | {"instructions": lines}
    return found


def brought(by: Officer, reviewer: Officer, slug: str = "earthquake", **forms: list[str]) -> Edition:
    row = write(slug=slug, language="fr", content=words(slug, forms), after=0, by=by, now=NOW)
    return review(slug=slug, language="fr", number=row.number, by=reviewer, now=NOW)


def said(alert: Alert, language: str = "fr") -> str:
    return alert.infos.get(language=language).instruction


def test_new_words_are_used_once_another_person_has_reviewed_them(officer: Officer, approver: Officer) -> None:
    row = write(
        slug="earthquake",
        language="fr",
        content=words(forms={"alert": ["Restez dehors."]}),
        after=0,
        by=officer,
        now=NOW,
    )
    assert "Restez dehors, loin des bâtiments" in said(drafted()), "nobody has reviewed them yet"
    with pytest.raises(SamePerson):
        review(slug="earthquake", language="fr", number=1, by=officer, now=NOW)

    review(slug="earthquake", language="fr", number=1, by=approver, now=NOW)

    texts = in_use("earthquake").texts["fr"]
    assert (texts.version, texts.written_by, texts.reviewed_by) == (1, str(officer), str(approver))
    assert texts.reviewed_on == NOW.date().isoformat()
    alert = drafted()
    assert said(alert) == "Restez dehors."
    assert alert.editions == [row.pk]
    assert said(alert, "nl") != "", "the other languages say what they said"
    noted = Entry.objects.filter(subject=f"edition:{row.pk}").order_by("id")
    assert [entry.action for entry in noted] == ["alerts.write_words", "alerts.review_words"]
    assert not any("Restez" in str(entry.data) or str(officer) in str(entry.data) for entry in noted)


def test_an_alert_keeps_the_words_that_it_was_written_with(officer: Officer, approver: Officer, sim: Any) -> None:
    alert = issued()
    waiting = submitted()
    brought(officer, approver, alert=["Mots nouveaux."], retraction=["Retrait nouveau."])

    approve_and_issue(alert=waiting, revision=1, by=approver, now=clock.now())
    assert not Wording.objects.filter(alert=waiting, text__contains="Mots nouveaux.").exists()
    taken_back = retract(alert=alert, by=officer, now=clock.now()).alert
    assert "Retrait nouveau." not in said(taken_back), "the words that were approved with it"
    assert "Mots nouveaux." in said(drafted())


def test_a_draft_takes_newer_words_when_it_is_saved_again(officer: Officer, approver: Officer, client: Client) -> None:
    alert = drafted()
    brought(officer, approver, alert=["Mots nouveaux."])
    client.force_login(officer)
    assert "Newer words of this situation are in use" in client.get(f"/console/exercise/{alert.pk}/").content.decode()

    revise(alert=alert, revision=1, content=content(), by=officer, now=clock.now())

    assert said(alert) == "Mots nouveaux."
    assert "Newer words" not in client.get(f"/console/exercise/{alert.pk}/").content.decode()


def test_an_all_clear_has_the_new_words_of_what_is_over(officer: Officer, approver: Officer, sim: Any) -> None:
    alert = issued()
    brought(officer, approver, all_clear=["Vous pouvez rentrer."])
    end = updated(alert, slug="all-clear", msg_type="Cancel")
    assert said(end) == "Vous pouvez rentrer."
    assert end.infos.get(language="fr").headline.startswith(
        "EXERCICE\u00a0: Fin d’alerte (tremblement de terre)\u00a0: "
    )
    assert (
        end.infos.get(language="fr").instruction
        in kind_of(end).ends["earthquake"].texts["fr"].forms["all_clear"].instructions
    )
    assert end.purpose == "all clear"


def test_the_shipped_words_can_be_reviewed_as_they_are(officer: Officer) -> None:
    review(slug="flood", language="fr", number=0, by=officer, now=NOW)
    texts = in_use("flood").texts["fr"]
    shipped = situation("flood").texts["fr"]
    assert (texts.reviewed_by, texts.written_by, texts.forms) == (str(officer), shipped.written_by, shipped.forms)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"alert": ["Ceci n’est pas un exercice."]}, "no text may say whether this is a drill"),
        ({"update": ["Appelez le 0475/12.34.56.78."]}, "come from the directory only"),
        ({"alert": ["Mot " * 60]}, "shorten the headline or the first instruction"),
        ({"all_clear": ["Mot " * 60]}, "All clear: "),
        ({"retraction": []}, "say what to do"),
        ({"alert": ["Allez à {place}."]}, "has braces"),
    ],
)
def test_words_that_could_not_be_sent_are_refused_with_why(
    officer: Officer, changed: dict[str, list[str]], why: str
) -> None:
    with pytest.raises(WordsError) as raised:
        write(slug="earthquake", language="fr", content=words(forms=changed), after=0, by=officer, now=NOW)
    assert why in str(raised.value)
    assert not Edition.objects.exists()


def test_two_who_write_at_once_are_told(officer: Officer, approver: Officer) -> None:
    one = {"slug": "earthquake", "language": "fr", "content": words(), "after": 0, "now": NOW}
    write(**one, by=officer)  # type: ignore[arg-type]
    with pytest.raises(Changed):
        write(**one, by=approver)  # type: ignore[arg-type]
    with pytest.raises(Changed):
        review(slug="earthquake", language="fr", number=0, by=approver, now=NOW)
    review(slug="earthquake", language="fr", number=1, by=approver, now=NOW)
    with pytest.raises(Changed):
        review(slug="earthquake", language="fr", number=1, by=approver, now=NOW)
    with pytest.raises(NotAllowed):
        write(**(one | {"after": 1}), by=Officer.objects.get(username="clerk"))  # type: ignore[arg-type]


def test_live_with_an_unreviewed_text_needs_the_approvers_tick_by_name(
    officer: Officer, approver: Officer, client: Client, sim: Any
) -> None:
    Installation.objects.update(kind="live")
    citizen()
    for language in ("nl", "fr", "de"):
        review(slug="earthquake", language=language, number=0, by=officer, now=NOW)
    alert = drafted(mode=Mode.LIVE)
    ticks = look(alert, clock.now()).ticks
    assert ticks["unreviewed_texts"] == ["en"]
    submit(alert=alert, revision=1, acknowledged=ticks, by=officer, now=clock.now())
    client.force_login(approver)
    page = client.get(f"/console/live/{alert.pk}/").content.decode()
    assert re.search(rf'name="read" value="en" required>.*I, {re.escape(str(approver))}, have read it', page)

    answer = {"revision": "1", "agreed": "yes"}
    for read in ({}, {"read": "fr"}):
        told = client.post(f"/console/live/{alert.pk}/approve/", answer | read, follow=True).content.decode()
        assert "No native speaker has reviewed the text in en: tick that you have read it." in told
        assert Alert.objects.get(pk=alert.pk).state == State.SUBMITTED
    with pytest.raises(NotRead):
        approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now())

    client.post(f"/console/live/{alert.pk}/approve/", answer | {"read": "en"})
    assert Alert.objects.get(pk=alert.pk).state == State.ISSUED
    entry = Entry.objects.get(action="alerts.approved")
    assert (entry.actor, entry.data["unreviewed"]) == (approver.actor, ["en"])


def test_an_exercise_needs_no_such_tick(officer: Officer, approver: Officer, sim: Any) -> None:
    alert = submitted()
    approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now())
    assert "unreviewed" not in Entry.objects.get(action="alerts.approved").data


def test_the_console_writes_and_reviews(officer: Officer, approver: Officer, client: Client) -> None:
    path = "/console/texts/rumour/de/"
    client.force_login(officer)
    listed = client.get("/console/texts/").content.decode()
    assert "reviewed by nobody yet" in listed
    assert path in listed
    page = client.get(path).content.decode()
    fields = dict(re.findall(r'<input type="text" name="(\w+)" value="([^"]*)"', page))
    fields |= dict(re.findall(r'<textarea name="(\w+)"[^>]*>\s*([^<]*)</textarea>', page))
    new = fields | {"alert_instructions": "Teilen Sie die Meldung nicht.\n\nPrüfen Sie sie bei uns."}

    assert client.post(path, new | {"after": "0", "alert_headline": "Falsch"}).status_code == 422
    assert client.post(path, new | {"after": "0"}).status_code == 302
    stale = client.post(path, new | {"after": "0"})
    assert stale.status_code == 422
    assert "written or reviewed these words meanwhile" in stale.content.decode()
    assert "You wrote these words" in client.get(path).content.decode()

    client.force_login(approver)
    page = client.get(path).content.decode()
    assert "<ins>Teilen Sie die Meldung nicht.</ins>" in page
    assert "version 1 waits for a review" in client.get("/console/texts/").content.decode()
    client.post(f"{path}review/", {"number": "1"})
    assert in_use("rumour").texts["de"].version == 0, "nothing without the tick"
    client.post(f"{path}review/", {"number": "1", "agreed": "yes"})
    assert in_use("rumour").texts["de"].forms["alert"].instructions == (
        "Teilen Sie die Meldung nicht.", "Prüfen Sie sie bei uns.",
    )  # fmt: skip
    assert client.get("/console/texts/nothing/de/").status_code == 404
    assert client.get("/console/texts/rumour/xx/").status_code == 404


def test_the_coach_speaks_beside_the_form(officer: Officer, client: Client) -> None:
    client.force_login(officer)
    sent = {"countries": "Japan", "slot_time": (NOW).strftime("%Y-%m-%dT%H:%M")}
    shown = client.post("/console/exercise/new/flood/preview/", sent).content.decode()
    assert "It names only Japan. Is the whole country meant?" in shown
    assert "It says nothing of people, roads or services: write it in “Details”" in shown
    assert "Reviewed by no native speaker yet" in shown


def test_every_situation_can_be_written_and_issued(sim: Any, officer: Officer) -> None:
    from crisis.wording.catalogue import situations

    for slug in situations():
        alert = drafted(slug=slug)
        assert all(info.complete for info in alert.infos.all()), slug
        assert look(alert, clock.now()).problems == [], slug
