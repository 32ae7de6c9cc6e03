"""What a stranger stumbled over in the console: each page says in words what it shows, and what can be done."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.alerts.content import ContentError
from crisis.alerts.models import Alert, Info
from crisis.alerts.operations import reject
from crisis.broadcast.operations import stop, submit
from crisis.broadcast.retract import retract
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import record
from crisis.registry.models import Account
from crisis.registry.operations import pause
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.corrected import updated
from tests.functional.factories import NOW, citizen, drafted, issued, shadow, submitted
from tests.functional.test_console import form
from tests.functional.test_deliver import At


@pytest.fixture
def officer_page(client: Client) -> Any:
    def read(path: str) -> str:
        client.force_login(Officer.objects.get(username="officer"))
        return client.get(f"/console/{path}").content.decode()

    return read


def test_a_retraction_never_looks_like_an_alert(officer_page: Any, sim: Running, officer: Officer) -> None:
    alert = issued()
    taken_back = retract(alert=alert, by=officer, now=clock.now()).alert

    home = officer_page("")
    assert f'<span class="badge retraction">RETRACTION of {alert.marker}</span>' in home
    assert home.count('<span class="badge replaced">REPLACED</span>') == 1, "the alert that it takes back"

    assert f"RETRACTION of {alert.marker}" in officer_page(f"exercise/{taken_back.pk}/")
    page = officer_page(f"exercise/{alert.pk}/")
    assert "no longer stands" in page
    assert f"{taken_back.marker}</a>, RETRACTION of {alert.marker}" in page
    board = officer_page(f"rollcalls/{alert.rollcall.pk}/")
    assert f"{taken_back.marker}</a>: RETRACTION of {alert.marker}. Nobody is asked any more" in board


def test_an_update_and_an_all_clear_say_what_they_follow(officer_page: Any, sim: Running) -> None:
    first = issued()
    second = updated(first)
    third = updated(second, slug="all-clear", msg_type="Cancel")
    relations = dict(Alert.objects.order_by("number").values_list("number", "pk"))
    assert [Alert.objects.get(pk=pk).relation for pk in relations.values()] == [
        "", f"UPDATE of {first.marker}", f"ALL CLEAR for {second.marker}",
    ]  # fmt: skip
    home = officer_page("")
    assert f'<span class="badge update">UPDATE of {first.marker}</span>' in home
    assert f'<span class="badge all-clear">ALL CLEAR for {second.marker}</span>' in home
    assert "the danger of" in officer_page(f"exercise/{third.pk}/")


def test_an_open_rollcall_says_where_it_asks(officer_page: Any, sim: Running) -> None:
    alert = issued()
    assert f"{alert.marker} · Earthquake · Japan</a>" in officer_page("")


def test_no_tick_is_offered_for_what_cannot_be_submitted(officer_page: Any, sim: Running) -> None:
    alert = drafted(countries=["XK"])
    page = officer_page(f"exercise/{alert.pk}/")
    assert 'name="tick_posts_without_account"' in page
    Info.objects.filter(alert=alert).update(missing=["time"])
    page = officer_page(f"exercise/{alert.pk}/")
    assert "tick_" not in page
    assert "Issue it all the same" not in page
    assert page.count("No language is complete yet") == 1, "beside the button, and there only"
    assert page.index('disabled aria-describedby="problems"') < page.index("No language is complete yet")


def test_accounts_for_a_persons_hand_are_counted_in_words(officer_page: Any, sim: Running) -> None:
    Account.objects.filter(platform="x", holder__post__code="be-tokyo-emb").update(platform="youtube")
    assert "1 to publish by hand" in officer_page(f"exercise/{drafted().pk}/")


def test_on_a_phone_every_number_stands_beside_its_name(officer_page: Any, sim: Running) -> None:
    citizen("Tokyo")
    alert = issued()
    for page in (officer_page(f"exercise/{alert.pk}/"), officer_page(f"rollcalls/{alert.rollcall.pk}/")):
        assert '<table class="wide"' in page
        assert "<table>" not in page, "each table folds into cards"
        assert "<td>" not in page, "each cell says what it holds"


def test_a_case_says_whose_number_it_shows(officer_page: Any, sim: Running) -> None:
    caller = citizen("Tokyo")
    record(
        rollcall=None, citizen=caller.citizen, contact=caller, safety=Safety.NEEDS_HELP, source=CheckIn.Source.BOT,
        ref="t:1", now=clock.now(),
    )  # fmt: skip
    assert "we told them to call +" in officer_page("cases/")


def test_posts_accounts_and_slots_are_called_as_people_know_them(officer_page: Any, sim: Running) -> None:
    pause(account=shadow("x", "belgiumembjapan"), why="a test", actor="test", now=NOW)
    Account.objects.filter(platform="facebook", holder__post__code="be-tokyo-emb").update(platform="youtube")
    alert = drafted(countries=["XK", "JP"])
    page = officer_page(f"exercise/{alert.pk}/")
    assert "no public account of their own: Embassy of Belgium in Pristina." in page
    assert 'value="be-pristina-emb"' in page, "what is ticked is the code"
    assert "paused or not connected: X shadow of belgiumembjapan." in page
    assert "Youtube shadow of belgianembassytokyo (Embassy of Belgium in Tokyo) is held" in page
    assert "X shadow of belgiumembjapan (Embassy of Belgium in Tokyo) is skipped" in page

    Info.objects.filter(alert=alert, language="nl").update(missing=["time"])
    assert 'Dutch <span class="lang missing">missing: Time<' in officer_page(f"exercise/{alert.pk}/")
    Info.objects.filter(alert=alert).update(missing=["time"])
    assert "Still to fill in: Time." in officer_page(f"exercise/{alert.pk}/")


def test_what_stands_in_the_way_of_many_is_said_once(officer_page: Any) -> None:
    for account in Account.objects.filter(mode="exercise", holder__post__code="be-tokyo-emb"):
        pause(account=account, why="a test", actor="test", now=NOW)
    page = officer_page(f"exercise/{drafted().pk}/")
    assert re.search(r"<strong>\d</strong> accounts are skipped: ", page)
    assert page.count(" skipped: ") == 1
    assert "<li>X shadow of belgiumembjapan (Embassy of Belgium in Tokyo)</li>" in page


def test_the_side_panel_names_the_field_that_is_wrong(client: Client) -> None:
    client.force_login(Officer.objects.get(username="officer"))
    filled = form(around="Tokyo", radius_km="0", slot_magnitude="lots")
    page = client.post("/console/exercise/new/earthquake/preview/", filled).content.decode()
    assert "<strong>Radius in km</strong>: Ensure this value is greater than or equal to 1." in page
    page = client.post("/console/exercise/new/earthquake/preview/", filled | {"radius_km": "9"}).content.decode()
    assert "<strong>Magnitude</strong>: " in page


@pytest.mark.parametrize("slug", ["shelter", "evacuation", "demonstration"])
def test_an_until_that_has_passed_is_refused(slug: str) -> None:
    with pytest.raises(ContentError, match=r"This has passed: it is .* there now"):
        drafted(slug=slug, slots={"until": f"{NOW:%Y-%m-%dT%H:%M}"})
    assert drafted(slug=slug, slots={"until": f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M}"}).slots["until"]
    assert drafted(slug=slug).pk, "it may be left blank"


def test_a_preview_shows_no_code_that_the_alert_will_not_have(client: Client, sim: Running) -> None:
    client.force_login(Officer.objects.get(username="officer"))
    preview = "/console/exercise/new/earthquake/preview/"
    page = client.post(preview, form()).content.decode()
    assert "/a/······" in page
    assert "······/1" in page
    assert "······: its code, once saved" in page
    assert set(re.findall(r"/a/([^<\s]+)", page)) == {"······"}

    saved = drafted()
    assert f'name="draft" value="{saved.pk}"' in client.get(f"/console/exercise/{saved.pk}/edit/").content.decode()
    page = client.post(preview, form(draft=str(saved.pk))).content.decode()
    assert set(re.findall(r"/a/([^<\s]+)", page)) == {saved.code}
    earlier = issued()
    page = client.post(preview, form(earlier=str(earlier.pk))).content.decode()
    assert f"{earlier.code}/2" in page, "an update bears the code of its chain"


def test_an_empty_form_is_not_wrong_yet(client: Client) -> None:
    client.force_login(Officer.objects.get(username="officer"))
    preview = "/console/exercise/new/earthquake/preview/"
    empty = form(countries="", slot_place="", slot_time="", slot_magnitude="")
    page = client.post(preview, empty).content.decode()
    assert "Fill in the form" in page
    assert "error" not in page
    page = client.post(preview, empty | {"slot_magnitude": "6"}).content.decode()
    assert "Not complete yet" in page


def test_why_nothing_left_is_said_once_and_advises_what_can_be_done(
    officer_page: Any, sim: Running, officer: Officer, at: At
) -> None:
    pause(account=shadow("facebook", "belgianembassytokyo"), why="a test", actor="test", now=NOW)
    alert = issued()
    page = officer_page(f"exercise/{alert.pk}/")
    rows = page.partition("Each publication")[2]
    assert rows.count("The account is paused") == 1
    assert "The account is paused: a test. Release it, then send it there from here." in rows
    assert "Send it now" in rows
    assert alert.expires_at is not None
    at(alert.expires_at)
    page = officer_page(f"exercise/{alert.pk}/")
    assert "Send it now" not in page, "it holds no longer"
    at(NOW)
    stop(alert=alert, by=officer, now=clock.now())
    page = officer_page(f"exercise/{alert.pk}/")
    assert page.count("The account is paused") == 1
    assert "from here" not in page, "there is no button for it any more"


def test_a_rejected_draft_is_marked_on_the_first_page_until_it_is_handed_in_anew(
    officer_page: Any, officer: Officer, approver: Officer
) -> None:
    alert = submitted()
    badge = '<span class="badge rejected">REJECTED</span>'
    assert badge not in officer_page("")
    reject(alert=alert, revision=1, note="Wrong town", by=approver, now=NOW)
    assert badge in officer_page("")
    submit(alert=alert, revision=1, acknowledged={}, by=officer, now=NOW)
    assert badge not in officer_page("")


def test_stopping_is_quieter_than_retracting_and_says_what_it_leaves_undone(officer_page: Any, sim: Running) -> None:
    page = officer_page(f"exercise/{issued().pk}/")
    assert '<a class="button live"' in page, "retracting"
    assert "<button>Stop this alert</button>" in page
    assert "What is out stays out, and nobody is told: for that, retract it." in page
