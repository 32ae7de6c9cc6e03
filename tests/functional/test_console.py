"""The console: signed in, with a right, and only by the ways that are meant."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.urls import urlpatterns
from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.audience.models import Citizen
from crisis.broadcast.models import Delivery
from crisis.checkins.models import Case, CheckIn, Safety
from crisis.checkins.operations import record
from crisis.journal.models import Entry
from crisis.registry.models import Account, Installation
from crisis.staff.models import Officer
from crisis.staff.rights import RIGHTS, Right
from tests.functional.factories import NOW, citizen, deliver_all, drafted, issued, one, shadow, submitted

FORM = {
    "countries": "Japan, KR", "slot_place": "Osaka", "slot_time": f"{NOW:%Y-%m-%dT%H:%M}", "slot_magnitude": "6,4",
    "slot_phone": "",
}  # fmt: skip


def form(**changes: str) -> dict[str, str]:
    from crisis.registry.models import DirectoryEntry

    phone = DirectoryEntry.objects.get(ministry__code="BE", post=None, kind="phone").pk
    return FORM | {"slot_phone": str(phone)} | changes


def test_signing_in_with_the_demos_passwords(client: Client) -> None:
    from demo.furnish import USERS

    for username, (_, password, _) in USERS.items():
        response = Client().post("/console/login/", {"username": username, "password": password})
        assert response["Location"] == "/console/"
    response = Client().post("/console/login/", {"username": "officer", "password": "wrong"})
    assert "wrong" in response.content.decode()


def test_nobody_sees_anything_without_signing_in(client: Client) -> None:
    for pattern in urlpatterns:
        if pattern.name in ("login", "logout"):
            continue
        path = re.sub(r"<mode:mode>", "exercise", str(pattern.pattern))
        path = "/console/" + re.sub(r"<key:pk>", "1", re.sub(r"<slug:\w+>", "earthquake", path))
        response = client.get(path)
        assert response.status_code in (302, 405), path
        if response.status_code == 302:
            assert response["Location"].startswith("/console/login/"), path
        assert client.post(path).status_code == 302, path


def test_every_view_names_its_right_and_refuses_who_lacks_it() -> None:
    """Generated from the addresses: a new view without a right fails here."""
    nobody = Officer.objects.create(username="nobody")
    client = Client()
    client.force_login(nobody)
    for pattern in urlpatterns:
        if pattern.name in ("login", "logout"):
            continue
        path = re.sub(r"<mode:mode>", "exercise", str(pattern.pattern))
        path = "/console/" + re.sub(r"<key:pk>", "1", re.sub(r"<slug:\w+>", "earthquake", path))
        statuses = {client.get(path).status_code, client.post(path).status_code}
        assert statuses <= {403, 405}, path
        assert 403 in statuses, path
    assert set(RIGHTS) == set(Right)


def test_writing_previewing_and_saving(signed_in: Any) -> None:
    officer = signed_in("officer")
    assert "Earthquake" in officer.get("/console/exercise/new/").content.decode()

    shown = officer.post("/console/exercise/new/earthquake/preview/", form()).content.decode()
    assert "Tremblement de terre\u00a0: Osaka, Japon" in shown
    assert "of 280 weighted characters" in shown
    assert re.search(r"(nl · fr|fr · nl) · de · en · \d+ publications in a thread, \d+ of them without the link", shown)
    assert not Alert.objects.exists(), "a preview stores nothing"

    response = officer.post("/console/exercise/new/earthquake/", form())
    alert = Alert.objects.get()
    assert response["Location"] == f"/console/exercise/{alert.pk}/"
    page = officer.get(response["Location"]).content.decode()
    assert "Submit for approval" in page
    assert "Osaka" in officer.get(f"/console/exercise/{alert.pk}/edit/").content.decode()


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({"countries": "Narnia"}, "id_countries", "Unknown country: Narnia"),
        ({"countries": ""}, "id_countries", "an alert without an area reaches nobody"),
        ({"slot_place": "Paris"}, "id_slot_place", "No place called"),
        ({"slot_magnitude": "lots"}, "id_slot_magnitude", "is no number"),
        ({"slot_details_fr": "Appelez le +32 475 12 34 56"}, "id_slot_details_fr", "directory"),
        ({"around": "Qwertyville", "radius_km": "50"}, "id_around", "No place called"),
    ],
)
def test_a_mistake_is_said_at_its_field(signed_in: Any, change: dict[str, str], field: str, why: str) -> None:
    response = signed_in("officer").post("/console/exercise/new/earthquake/", form(**change))
    page = response.content.decode()
    assert response.status_code == 422
    assert why in page.replace("&#x27;", "'")
    block = page[page.index(f'for="{field}"') :]
    assert block.index(why[:12]) < (
        block.index('<div class="field', 10) if '<div class="field' in block[10:] else len(block)
    )
    assert not Alert.objects.exists()
    shown = signed_in("officer").post("/console/exercise/new/earthquake/preview/", form(**change)).content.decode()
    assert why in shown.replace("&#x27;", "'")


def test_an_unknown_situation_or_mode_is_not_found(signed_in: Any) -> None:
    officer = signed_in("officer")
    assert officer.get("/console/exercise/new/alien-landing/").status_code == 404
    assert officer.get("/console/rehearsal/new/").status_code == 404
    assert officer.get(f"/console/exercise/{'9' * 18}/").status_code == 404
    assert officer.get(f"/console/exercise/{'9' * 40}/").status_code == 404
    alert = drafted()
    assert officer.get(f"/console/live/{alert.pk}/").status_code == 404, "an exercise has no LIVE address"


def test_submit_approve_and_follow(signed_in: Any, sim: Any, django_capture_on_commit_callbacks: Any) -> None:
    officer, approver = signed_in("officer"), signed_in("approver")
    alert = drafted(countries=["XK"])
    url = f"/console/exercise/{alert.pk}/"
    page = officer.get(url).content.decode()
    assert "be-pristina-emb" in page

    officer.post(url + "submit/", {"revision": "1"})
    assert Alert.objects.get().state == State.DRAFT, "without the tick nothing happens"
    officer.post(url + "submit/", {"revision": "1", "tick_posts_without_account": "be-pristina-emb"})
    assert Alert.objects.get().state == State.SUBMITTED

    assert "EXERCISE – Earthquake – " in approver.get(url).content.decode()
    assert officer.post(url + "approve/", {"revision": "1", "agreed": "yes"}).status_code == 403
    approver.post(url + "approve/", {"revision": "1"})
    assert Alert.objects.get().state == State.SUBMITTED, "the sentence must be ticked"
    approver.post(url + "approve/", {"revision": "7", "agreed": "yes"})
    assert Alert.objects.get().state == State.SUBMITTED, "another revision than the one that was shown"
    approver.post(url + "approve/", {"revision": "1", "agreed": "yes"})
    assert Alert.objects.get().state == State.ISSUED

    deliver_all()
    part = officer.get(url + "progress/").content.decode()
    assert "see it there" in part
    assert "everything has settled" in part


def test_rejecting_and_taking_back(signed_in: Any) -> None:
    officer, approver = signed_in("officer"), signed_in("approver")
    alert = submitted()
    url = f"/console/exercise/{alert.pk}/"
    approver.post(url + "reject/", {"note": "Wrong town", "revision": "1"})
    assert "Wrong town" in officer.get(url).content.decode()
    officer.post(url + "submit/", {"revision": "1"})
    officer.post(url + "recall/")
    assert Alert.objects.get().state == State.DRAFT
    officer.post(url + "discard/")
    assert Alert.objects.get().state == State.DISCARDED


def test_who_wrote_it_is_not_offered_to_approve_it(signed_in: Any) -> None:
    from crisis.staff.models import Role
    from crisis.staff.operations import add_officer

    add_officer(username="officer", name="", password="", roles=[Role.APPROVER], now=clock.now())
    alert = submitted()
    page = signed_in("officer").get(f"/console/exercise/{alert.pk}/").content.decode()
    assert "another person must approve it" in page
    assert "Approve and issue now" not in page


def test_a_person_settles_an_unknown(signed_in: Any, sim: Any) -> None:
    sim.control("POST", "faults", {"platform": "telegram", "fault": "cut_after", "times": 1, "method": "sendMessage"})
    alert = issued()
    deliver_all()
    row = one(alert, "telegram")
    page = signed_in("officer").get(f"/console/exercise/{alert.pk}/").content.decode()
    assert "Outcome unknown" in page
    assert "TO SETTLE" in signed_in("officer").get("/console/").content.decode()
    assert f"/console/deliveries/{row.pk}/decide/" in page
    assert signed_in("clerk").post(f"/console/deliveries/{row.pk}/decide/", {"stands": "yes"}).status_code == 403
    signed_in("officer").post(f"/console/deliveries/{row.pk}/decide/", {"stands": "yes", "url": "https://t.me/x/1"})
    assert Delivery.objects.get(pk=row.pk).state == "posted"
    assert "TO SETTLE" not in signed_in("officer").get("/console/").content.decode()


def test_it_has_not_settled_while_an_account_is_still_to_be_read_back(signed_in: Any, sim: Any) -> None:
    alert = issued()
    deliver_all()
    url = f"/console/exercise/{alert.pk}/progress/"
    officer = signed_in("officer")
    unknown = Delivery.objects.filter(pk=one(alert, "telegram").pk)
    unknown.update(state="unconfirmed", not_before=clock.now() + timedelta(seconds=30))
    page = officer.get(url).content.decode()
    assert "everything has settled" not in page
    assert 'hx-trigger="every 1s"' in page

    unknown.update(not_before=None)
    cache.clear()
    page = officer.get(url).content.decode()
    assert "everything has settled" in page, "only a person can know it now"
    assert 'hx-trigger="every 15s"' in page


def test_the_form_in_which_a_person_decides_outlives_the_update_around_it(signed_in: Any, sim: Any) -> None:
    alert = issued()
    row = one(alert, "telegram")
    Delivery.objects.filter(pk=row.pk).update(state="unconfirmed", not_before=None)
    officer = signed_in("officer")
    for path in ("", "progress/"):
        page = officer.get(f"/console/exercise/{alert.pk}/{path}").content.decode()
        (form,) = re.findall(r"<form[^>]*/decide/[^>]*>", page)
        assert f'id="decide-{row.pk}"' in form
        assert "hx-preserve" in form
        assert f'id="decide-url-{row.pk}"' in page, "so that the cursor stays where it is"


def test_the_page_of_an_ended_alert_asks_no_more(signed_in: Any, sim: Any, at: Any) -> None:
    alert = issued()
    deliver_all()
    url = f"/console/exercise/{alert.pk}/progress/"
    assert "hx-get" in signed_in("officer").get(url).content.decode()
    assert alert.expires_at is not None
    at(alert.expires_at)
    page = signed_in("officer").get(url).content.decode()
    assert "everything has settled" in page
    assert "hx-get" not in page


def test_however_many_look_on_it_is_counted_once(signed_in: Any, sim: Any) -> None:
    alert = issued()
    alert_url, board_url = f"/console/exercise/{alert.pk}/progress/", f"/console/rollcalls/{alert.rollcall.pk}/counts/"
    officer, clerk = signed_in("officer"), signed_in("clerk")
    for url in (alert_url, board_url):
        with CaptureQueriesContext(connection) as first:
            officer.get(url)
        with CaptureQueriesContext(connection) as second:
            clerk.get(url)
        counted = [each["sql"] for each in first if "COUNT(" in each["sql"] or "SUM(" in each["sql"]]
        again = [each["sql"] for each in second if "COUNT(" in each["sql"] or "SUM(" in each["sql"]]
        assert counted
        assert again == [], "another viewer within the second sees the same count"
    assert "decide/" not in clerk.get(alert_url).content.decode(), "what a viewer may do is the viewer's own"


def test_stopping(signed_in: Any, sim: Any) -> None:
    alert = issued()
    assert signed_in("clerk").post(f"/console/exercise/{alert.pk}/stop/").status_code == 403
    page = signed_in("officer").post(f"/console/exercise/{alert.pk}/stop/", follow=True).content.decode()
    assert "had not left yet and will not" in page
    assert Alert.objects.get().state == State.STOPPED


def test_the_board_its_filters_and_a_case(signed_in: Any, sim: Any) -> None:
    contact = citizen("Tokyo", name="<script>alert(1)</script>")
    citizen("Osaka", name="Somebody silent")
    alert = issued()
    record(
        rollcall=alert.rollcall, citizen=contact.citizen, contact=contact, safety=Safety.NEEDS_HELP,
        source=CheckIn.Source.BOT, ref="t:1", now=clock.now(), text="<img src=x onerror=alert(2)>",
    )  # fmt: skip
    clerk = signed_in("clerk")
    board = f"/console/rollcalls/{alert.rollcall.pk}/"
    page = clerk.post(board, {"status": "needs_help", "name": "script"}).content.decode()
    assert f'hx-post="{board}" hx-include="#shown"' in page, "and it goes on showing them"
    assert clerk.post(board, {"status": "safe", "name": ""})["Location"] == f"{board}?status=safe"
    assert "2 found" in clerk.get(f"{board}?name=script").content.decode(), "a name stands in no address"
    assert "<strong>1</strong> need help" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert (
        "Nobody fits this filter" in clerk.get(f"/console/rollcalls/{alert.rollcall.pk}/?status=safe").content.decode()
    )
    everybody = clerk.get(f"/console/rollcalls/{alert.rollcall.pk}/").content.decode()
    assert "2 found" in everybody
    assert "Somebody silent" in everybody, "who has not answered is shown too"
    assert "Notice on its way" in everybody
    for odd in ("?post=x", "?page=99", "?status=<b>", "?post=99999999999999999999"):
        assert clerk.get(f"/console/rollcalls/{alert.rollcall.pk}/{odd}").status_code == 200, odd
    assert clerk.post(board, {"name": "\0%<b>", "post": "x", "to": "99"}).status_code == 200
    assert "need help" in clerk.get(f"/console/rollcalls/{alert.rollcall.pk}/counts/").content.decode()

    cases = clerk.get("/console/cases/").content.decode()
    assert "<img" not in cases.replace('<img src="/static', "")
    case = Case.objects.get()
    clerk.post(f"/console/cases/{case.pk}/close/", {"outcome": "fine"})
    assert Case.objects.get().state == "closed"
    assert "fine" in clerk.get("/console/cases/?state=closed").content.decode()


def test_posts_and_accounts(signed_in: Any) -> None:
    approver = signed_in("approver")
    page = approver.get("/console/posts/?q=goma").content.decode()
    assert "0 of 120" in page
    assert "Congo - Kinshasa (Haut-Katanga)" in approver.get("/console/posts/?q=lubumbashi").content.decode()
    page = approver.get("/console/accounts/?mode=live").content.decode()
    assert "not released yet" in page
    account = shadow("x", "belgiumembjapan")
    approver.post(f"/console/accounts/{account.pk}/pause/")
    paused = Account.objects.get(pk=account.pk)
    assert paused.paused_at is not None
    boss = Officer.objects.get(username="approver")
    assert str(boss) in paused.paused_why, "staff read who paused it"
    entry = Entry.objects.get(action="registry.pause")
    assert entry.actor == boss.actor
    assert str(boss) not in str(entry.data), "the journal keeps numbers, never names"
    assert boss.username not in str(entry.data)
    approver.post(f"/console/accounts/{account.pk}/release/")
    assert Account.objects.get(pk=account.pk).paused_at is None
    live = account.shadow_of
    assert live is not None
    assert "This is a demo" in approver.post(f"/console/accounts/{live.pk}/release/", follow=True).content.decode()


def test_forms_need_our_own_token(signed_in: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(Officer.objects.get(username="officer"))
    response = client.post("/console/exercise/new/earthquake/", form())
    assert response.status_code == 403
    assert "Nothing was done" in response.content.decode()


def test_signing_in_never_leads_elsewhere(client: Client) -> None:
    response = client.post(
        "/console/login/", {"username": "officer", "password": "tocsin-officer", "next": "https://evil.example/"}
    )
    assert response["Location"] == reverse("console:home")


def test_live_and_exercise_look_and_read_differently(signed_in: Any, settings: Any) -> None:
    settings.TOCSIN_MODE = "live"
    Installation.objects.update(kind="live")
    officer = signed_in("officer")
    live, drill = (
        officer.get("/console/live/new/").content.decode(),
        officer.get("/console/exercise/new/").content.decode(),
    )
    assert "LIVE – real people read this" in live
    assert "EXERCISE – a drill" in drill
    assert 'class="mode-live"' in live
    assert 'class="mode-exercise"' in drill
    assert "New LIVE alert" in officer.get("/console/").content.decode()


def test_no_page_shows_a_secret_or_a_chats_number_it_need_not(signed_in: Any, sim: Any) -> None:
    contact = citizen("Tokyo")
    issued()
    account = shadow("x", "belgiumembjapan")
    for path in ("/console/", "/console/accounts/", "/console/posts/", "/console/cases/"):
        page = signed_in("approver").get(path).content.decode()
        assert account.credential.secrets["access_token"] not in page
        assert contact.address not in page
    assert Citizen.objects.exists()


def test_what_was_skipped_can_be_sent_from_the_alerts_page(signed_in: Any, sim: Any) -> None:
    account = shadow("x", "belgiumembjapan")
    Account.objects.filter(pk=account.pk).update(paused_at=clock.now(), paused_why="a test")
    alert = issued()
    deliver_all()
    client = signed_in("officer")
    page = client.get(reverse("console:alert", args=["exercise", alert.pk])).content.decode()
    assert page.count("Send it now") == 1, "the parts behind the first follow it"
    Account.objects.filter(pk=account.pk).update(paused_at=None, paused_why="")
    client.post(reverse("console:decide", args=[one(alert, "x").pk]), {"stands": "no"})
    deliver_all()
    assert set(alert.deliveries.values_list("state", flat=True)) == {"posted"}


def test_one_call_and_one_message_are_not_several(signed_in: Any) -> None:
    for at, safety in enumerate((Safety.NEEDS_HELP, Safety.UNCLEAR)):
        contact = citizen("Tokyo")
        record(
            rollcall=None, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT,
            ref=f"plural-{at}", text="?", now=clock.now(),
        )  # fmt: skip
    home = signed_in("clerk").get("/console/").content.decode()
    assert "<strong>1</strong> open call for help, <strong>1</strong> unclear message<" in home
