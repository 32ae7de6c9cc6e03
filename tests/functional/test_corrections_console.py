"""Correcting in the console: one button and one confirmation to retract, two people for any other words."""

import re
from typing import Any

from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.broadcast.models import Delivery, Wording
from crisis.broadcast.retract import retract
from crisis.staff.models import Officer
from public import pages
from simulator.testing import Running
from tests.functional.factories import citizen, deliver_all, issued, notify_all, one, thread
from tests.functional.test_console import form


def test_retracting_is_one_page_one_button_and_one_person(signed_in: Any, sim: Running) -> None:
    citizen(sim=sim)
    alert = issued()
    deliver_all()
    notify_all(alert)
    officer = signed_in("officer")
    assert f"/console/exercise/{alert.pk}/retract/" in officer.get(f"/console/exercise/{alert.pk}/").content.decode()

    page = officer.get(f"/console/exercise/{alert.pk}/retract/").content.decode()
    assert "<strong>3</strong> accounts to correct" in page
    assert "<strong>1</strong> citizen to tell" in page
    frozen = Wording.objects.get(alert=alert, platform="facebook", form="retraction").text
    assert frozen.splitlines()[0] in page
    assert Alert.objects.count() == 1, "looking does nothing"

    after = officer.post(f"/console/exercise/{alert.pk}/retract/", follow=True).content.decode()
    deliver_all()
    assert f"{2 + thread(alert) + 4} corrections and 1 notices" in after
    cancel = Alert.objects.get(msg_type="Cancel")
    page = officer.get(f"/console/exercise/{cancel.pk}/").content.decode()
    assert f"<strong>2</strong> edited in place, <strong>{thread(alert)}</strong> taken away" in page
    assert "95 % corrected after" in page
    assert "Retract it" not in page
    assert "Replaced by a later one" in officer.get(f"/console/exercise/{alert.pk}/").content.decode()


def test_a_second_click_retracts_nothing_more(signed_in: Any, sim: Running) -> None:
    alert = issued()
    officer = signed_in("officer")
    officer.post(f"/console/exercise/{alert.pk}/retract/")
    again = officer.post(f"/console/exercise/{alert.pk}/retract/", follow=True).content.decode()
    assert "cannot be updated or retracted" in again
    assert Alert.objects.count() == 2


def test_a_clerk_retracts_nothing(signed_in: Any, sim: Running) -> None:
    alert = issued()
    assert signed_in("clerk").post(f"/console/exercise/{alert.pk}/retract/").status_code == 403
    assert Alert.objects.get().state == State.ISSUED


def test_an_update_begins_with_what_the_alert_says_and_waits_for_another_person(signed_in: Any, sim: Running) -> None:
    alert = issued(slots={"magnitude": "6.4"})
    deliver_all()
    officer = signed_in("officer")
    page = officer.get(f"/console/exercise/{alert.pk}/update/").content.decode()
    assert f"Update of {alert.marker}" in page
    assert 'value="6.4"' in page

    answered = officer.post(
        f"/console/exercise/{alert.pk}/update/", form(countries="Japan", slot_place="", slot_magnitude="7,1"), follow=True
    )  # fmt: skip
    update = Alert.objects.get(number=2)
    assert (update.msg_type, update.state, update.references_id) == ("Update", State.DRAFT, alert.pk)
    assert "On <strong>3</strong> accounts something" in answered.content.decode()
    preview = officer.post(
        "/console/exercise/new/earthquake/preview/", form(countries="Japan", slot_place="", earlier=str(alert.pk))
    ).content.decode()
    assert "On <strong>3</strong> accounts something" in preview
    assert Alert.objects.count() == 2, "a preview stores nothing"


def test_an_update_keeps_what_the_officer_wrote(signed_in: Any, sim: Running) -> None:
    alert = issued(free={"details": {"nl": "Blijf weg van het centrum.", "fr": "Évitez le centre."}})
    page = signed_in("officer").get(f"/console/exercise/{alert.pk}/update/").content.decode()
    assert "Blijf weg van het centrum." in page
    assert "Évitez le centre." in page


def test_an_all_clear_knows_what_is_over_and_asks_since_when(signed_in: Any, sim: Running) -> None:
    alert = issued()
    page = signed_in("officer").get(f"/console/exercise/{alert.pk}/end/").content.decode()
    assert f"All-clear for {alert.marker}" in page
    assert re.search(r'<option value="earthquake" selected', page)
    (time,) = re.findall(r'<input[^>]*name="slot_time"[^>]*>', page)
    assert "value=" not in time, "the hour of the quake is not the hour of the all-clear"


def test_the_public_page_says_that_the_alert_no_longer_holds(client: Client, sim: Running, officer: Officer) -> None:
    alert = issued()
    assert "no longer holds" not in client.get(f"/a/{alert.code}").content.decode()
    retract(alert=alert, by=officer, now=clock.now())
    pages.shelf.clear()  # a page may be a second old
    page = client.get(f"/a/{alert.code}").content.decode()
    assert "The earlier alert no longer holds" in page
    assert f'og:url" content="http://127.0.0.1:8000/a/{alert.code}?v=2"' in page
    assert "Consular alert" in page
    assert "?start=" not in page, "nobody is asked any more"
    assert alert.code not in client.get("/").content.decode()


def test_what_waits_for_a_hand_shows_its_text_and_is_done_by_hand(signed_in: Any, sim: Running) -> None:
    alert = issued()
    Delivery.objects.filter(alert=alert, account__platform="facebook").update(
        state="posted", posted_at=clock.now(), url="https://fb.example/1", not_before=None
    )
    officer = signed_in("officer")
    officer.post(f"/console/exercise/{alert.pk}/retract/")
    cancel = Alert.objects.get(msg_type="Cancel")
    row = one(cancel, "facebook")
    page = officer.get(f"/console/exercise/{cancel.pk}/").content.decode()
    assert "The text, to copy" in page
    assert "Done by hand" in page

    refused = officer.post(f"/console/deliveries/{row.pk}/decide/", {"stands": "no"}, follow=True).content.decode()
    assert "correct it by hand, then say so" in refused
    officer.post(f"/console/deliveries/{row.pk}/decide/", {"stands": "yes", "url": ""}, follow=True)
    row.refresh_from_db()
    assert row.state == "posted"
    assert one(alert, "facebook").state == "amended"
