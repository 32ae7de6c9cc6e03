"""Pages on which only a person publishes: registered, previewed, held with the text, done once, corrected by hand, drilled."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from console.composing import composer
from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast import by_hand
from crisis.broadcast.by_hand import NotUndecided
from crisis.broadcast.corrections import Plan, corrected
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.operations import decide
from crisis.broadcast.preflight import look
from crisis.broadcast.queries import progress
from crisis.broadcast.retract import retract
from crisis.journal.models import Entry
from crisis.registry import cells
from crisis.registry.handover import give
from crisis.registry.invitations import invite
from crisis.registry.models import Account, Holder, Mode
from crisis.registry.operations import RegistryError, add_account, pause_by_hand, release
from crisis.staff.models import Officer
from demo import drill, furnish
from simulator.testing import Running
from tests.functional.factories import NOW, deliver_all, drafted, issued

PAGE = "https://www.clips.example/@embassy.tokyo"


@pytest.fixture
def page(sim: Running) -> Account:
    """The shadow, on the simulator, of a page of the embassy in Tokyo that nobody but a person can publish on."""
    holder = Holder.objects.get(post__code="be-tokyo-emb")
    add_account(holder=holder, platform="manual", address=PAGE, now=NOW)
    furnish.shadows(NOW)
    return Account.objects.get(shadow_of__address=PAGE)


def held(alert: Alert) -> Delivery:
    rows = Delivery.objects.select_related("account", "alert", "corrects", "wording")
    return rows.get(alert=alert, account__platform="manual")


def publish(page: Account, text: str) -> str:
    """Publish as the page's editor does, in a browser; return the address."""
    where = page.address.replace("/manual/", "/hands/")
    return str(requests.post(where, data={"text": text}, timeout=5).url)


def test_a_shadow_is_a_page_of_the_simulators(page: Account, sim: Running) -> None:
    assert page.address == f"{sim.url}/manual/www-clips-example-embassy-tokyo-shadow"
    assert page.paused_at is None
    before = page.address
    furnish.shadows(NOW)
    page.refresh_from_db()
    assert page.address == before


def test_preflight_says_how_many_and_shows_the_text(page: Account, signed_in: Any) -> None:
    alert = drafted()
    found = look(alert, clock.now())
    (plan,) = found.by_hand
    assert plan not in found.publishing
    assert alert.code in plan.publications[0].text
    shown = signed_in("officer").get(f"/console/exercise/{alert.pk}/").content.decode()
    assert "By hand: By hand shadow of https://www.clips.example/@embassy.tokyo" in shown
    assert "1 to publish by hand" in shown


def test_it_is_held_with_its_text_and_no_worker_touches_it(page: Account) -> None:
    alert = issued()
    deliver_all()
    row = held(alert)
    assert (row.state, row.reason, row.attempt) == (DeliveryState.HELD, "by_hand", 0)
    assert row.wording is not None
    assert row.wording.text.endswith("EXERCISE")
    counted = progress(alert, clock.now())
    assert counted.by_hand == 1
    assert counted.done, "nothing moves by itself: a drill ends"


def test_the_board_shows_what_to_copy_and_takes_what_came_of_it(page: Account, signed_in: Any) -> None:
    alert = issued()
    officer = signed_in("officer")
    shown = officer.get(f"/console/exercise/{alert.pk}/").content.decode()
    row = held(alert)
    assert "<strong>1</strong> waits for a hand" in shown
    assert f'id="hand-text-{row.pk}"' in shown
    assert f'href="{page.address}"' in shown
    assert "It is published" in shown

    assert row.wording is not None
    url = publish(page, row.wording.text)
    said = officer.post(
        f"/console/deliveries/{row.pk}/hand/", {"done": "yes", "url": url}, follow=True
    ).content.decode()
    assert "Noted: it stands there." in said
    assert f'href="{url}"' in said
    assert "said by Dora Duty" in said
    row = held(alert)
    assert (row.state, row.url, row.remote_id, row.reason) == (DeliveryState.POSTED, url, "", "by_hand")
    assert Entry.objects.filter(subject=f"delivery:{row.pk}", action="broadcast.decide").count() == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "javascript:alert(1)",
        "https://elsewhere.example/1",
        "https://127.0.0.1.example/manual/1",
        "nonsense",
    ],
)
def test_an_address_that_is_not_the_pages_is_refused(page: Account, officer: Officer, url: str) -> None:
    row = held(issued())
    with pytest.raises(NotUndecided):
        by_hand.done(delivery=row, url=url, by=officer, now=clock.now())
    row.refresh_from_db()
    assert row.state == DeliveryState.HELD


def test_a_live_page_takes_https_of_its_own_site_only(page: Account) -> None:
    live = page.shadow_of
    assert live is not None
    for url in ("https://clips.example/v/1", "https://m.clips.example/v/1", "https://WWW.clips.example/v/1"):
        by_hand._check(live, url)
    for url in ("http://www.clips.example/v/1", "https://clips.example.org/v/1", "https://clips.example@evil.example/"):
        with pytest.raises(NotUndecided):
            by_hand._check(live, url)


def test_of_two_people_one_settles_it_and_the_other_reads_who(
    page: Account, officer: Officer, approver: Officer
) -> None:
    row, now = held(issued()), clock.now()
    by_hand.done(delivery=row, url=f"{page.address}/1", by=officer, now=now)

    with pytest.raises(NotUndecided, match=r"Dora Duty \(duty officer\) said that it is done, 7 s ago"):
        by_hand.done(delivery=row, url=f"{page.address}/2", by=approver, now=now + timedelta(seconds=7))
    with pytest.raises(NotUndecided, match="Dora Duty"):
        by_hand.not_done(delivery=row, why="locked out", by=approver, now=now + timedelta(seconds=7))

    row.refresh_from_db()
    assert (row.state, row.url) == (DeliveryState.POSTED, f"{page.address}/1")


def test_what_was_not_possible_says_why_and_can_be_taken_up_again(
    page: Account, officer: Officer, signed_in: Any
) -> None:
    alert = issued()
    row = held(alert)
    console = signed_in("officer")
    assert (
        "Say why" in console.post(f"/console/deliveries/{row.pk}/hand/", {"done": "no"}, follow=True).content.decode()
    )
    shown = console.post(
        f"/console/deliveries/{row.pk}/hand/", {"done": "no", "why": "The page is locked."}, follow=True
    )
    assert "The page is locked." in shown.content.decode()
    assert "Take it up by hand" in shown.content.decode()
    assert held(alert).state == DeliveryState.FAILED

    decide(delivery=held(alert), stands=False, url="", by=officer, now=clock.now())
    deliver_all()
    assert (held(alert).state, held(alert).reason) == (DeliveryState.HELD, "by_hand")


def test_what_is_said_of_another_account_is_refused(page: Account, signed_in: Any) -> None:
    alert = issued()
    other = Delivery.objects.filter(alert=alert, account__platform="facebook").get()
    said = signed_in("officer").post(f"/console/deliveries/{other.pk}/hand/", {"done": "no", "why": "x"}, follow=True)
    assert "Nobody publishes this by hand" in said.content.decode()
    other.refresh_from_db()
    assert other.state == DeliveryState.QUEUED


def test_a_retraction_is_a_task_with_the_address_and_counts_apart(page: Account, officer: Officer) -> None:
    alert = issued()
    deliver_all()
    by_hand.done(delivery=held(alert), url=f"{page.address}/1", by=officer, now=clock.now())

    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    deliver_all()

    row = held(cancel)
    assert (row.kind, row.state, row.reason) == ("amend", DeliveryState.HELD, "correct_by_hand")
    assert f"{page.address}/1" in row.detail
    assert row.wording is not None, "the words that were approved with the alert"
    counted = corrected(cancel)
    assert counted is not None
    assert (counted.by_hand, counted.waiting) == (1, 0)
    by_hand.done(delivery=row, url="", by=officer, now=clock.now())
    assert held(cancel).url == f"{page.address}/1"
    assert held(alert).state == DeliveryState.AMENDED
    counted = corrected(cancel)
    assert counted is not None
    assert (counted.by_hand, counted.edited >= 1) == (0, True)


def test_an_update_is_a_task_where_it_stands_and_a_new_one_where_it_does_not(page: Account, officer: Officer) -> None:
    alert = issued()
    update = drill.then("update", alert, clock.now())
    assert held(alert).state == DeliveryState.STOPPED
    row = held(update)
    assert (row.kind, row.reason, row.corrects) == ("publish", "by_hand", None)
    by_hand.done(delivery=row, url=f"{page.address}/2", by=officer, now=clock.now())

    second = held(drill.then("update", update, clock.now()))
    assert (second.kind, second.reason, second.corrects) == ("amend", "correct_by_hand", row)
    by_hand.done(delivery=second, url=f"{page.address}/3", by=officer, now=clock.now())
    end = held(drill.then("end", second.alert, clock.now()))
    assert f"{page.address}/3" in end.detail, "what was published anew is what stands"


def test_what_has_no_words_is_taken_away(page: Account, officer: Officer) -> None:
    alert = issued()
    by_hand.done(delivery=held(alert), url=f"{page.address}/1", by=officer, now=clock.now())
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    Delivery.objects.filter(alert=cancel, account=page).delete()
    (row,) = Plan(cancel, page, [held(alert)], [], retracts=True, now=clock.now()).deliveries()
    row.save()
    assert (row.kind, row.detail) == ("withdraw", f"Take it away there. It stands at {page.address}/1")
    assert by_hand.done(delivery=held(cancel), url="", by=officer, now=clock.now()) == "Noted: it is taken away."
    assert (held(cancel).state, held(alert).state) == (DeliveryState.WITHDRAWN, DeliveryState.WITHDRAWN)


def test_what_nobody_had_published_yet_needs_no_correction(page: Account, officer: Officer) -> None:
    alert = issued()
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    assert not Delivery.objects.filter(alert=cancel, account=page).exists()
    assert held(alert).state == DeliveryState.STOPPED


def test_what_was_pasted_while_the_alert_was_retracted_is_noted_with_a_warning(page: Account, officer: Officer) -> None:
    alert = issued()
    retract(alert=alert, by=officer, now=clock.now())
    said = by_hand.done(delivery=held(alert), url=f"{page.address}/1", by=officer, now=clock.now())
    assert "does not hold any more" in said
    assert held(alert).state == DeliveryState.POSTED


def test_a_paused_page_is_skipped_and_named_for_a_tick(page: Account, approver: Officer) -> None:
    pause_by_hand(account=page, by=approver, now=clock.now())
    found = look(drafted(), clock.now())
    assert not found.by_hand
    assert any("manual" in item for item in found.ticks["skipped_accounts"])
    alert = issued()
    assert held(alert).state == DeliveryState.SKIPPED
    release(account=page, by=approver, now=clock.now())


def test_there_is_nothing_to_invite_anybody_to(page: Account, approver: Officer, signed_in: Any) -> None:
    with pytest.raises(RegistryError, match="nothing to connect"):
        invite(account=page, by=approver, now=clock.now())
    shown = signed_in("approver").get(f"/console/accounts/{page.pk}/connection/").content.decode()
    assert "A person publishes on" in shown
    assert "Make a link" not in shown


def test_a_drill_ends_and_counts_it_apart(page: Account) -> None:
    alert, found = drill.issue(drill.Asked(["JP"], "earthquake"), clock.now())
    deliver_all()
    lines = drill.summary(drill.report(alert, found))
    assert any(line.startswith("  By hand: 1 wait") for line in lines)
    assert "1 by hand still open" in lines[-1]


def test_a_list_may_name_several_pages(sim: Running) -> None:
    row = {"manual": "https://a.example/@one | https://b.example/two|https://a.example/@one"}
    assert cells.accounts(row) == {"manual": ("https://a.example/@one", "https://b.example/two")}
    for bad in (
        "embassy",
        "http://a.example/x",
        "https://a",
        "https://u:p@a.example/x",
        "https://a.example/x y",
        f"https://a.example/{'x' * 200}",
    ):
        with pytest.raises(ValueError, match="manual account"):
            cells.accounts({"manual": bad})


def test_a_shadow_of_a_live_house_is_given_a_page(page: Account) -> None:
    Account.objects.filter(pk=page.pk).update(address="", address_key="")
    page.refresh_from_db()
    with pytest.raises(RegistryError, match="--address"):
        give(account=page, secret="", now=NOW)
    with pytest.raises(RegistryError, match="other mode"):
        give(account=page, secret="", now=NOW, address=PAGE)
    give(account=page, secret="", now=NOW, address="https://clips.example/@drills")
    page.refresh_from_db()
    assert (page.address, page.mode) == ("https://clips.example/@drills", Mode.EXERCISE)


def test_where_the_platform_lets_it_be_written_the_board_leads_there(page: Account, signed_in: Any) -> None:
    Account.objects.filter(pk=page.pk).update(address="https://www.x.com/embassy.drills")
    alert = issued()
    shown = signed_in("officer").get(f"/console/exercise/{alert.pk}/").content.decode()
    assert 'rel="noopener noreferrer">Write it on X</a>' in shown
    assert (
        'href="https://x.com/intent/tweet?text=EXERCI' in shown
        or 'href="https://x.com/intent/tweet?text=OEFENING' in shown
    )
    assert 'placeholder="https://www.x.com/…"' in shown


def test_each_known_host_has_its_own_way_to_write() -> None:
    text, link = "Stay inside & call <us>", "https://alerts.example.org/a/TSTC0D"
    for page, begin in (
        ("https://x.com/embassy", "https://x.com/intent/tweet?text=Stay%20inside%20%26%20call"),
        ("https://www.facebook.com/embassy", "https://www.facebook.com/sharer/sharer.php?u=https%3A%2F%2Falerts"),
        ("https://www.threads.net/@embassy", "https://www.threads.com/intent/post?text=Stay"),
        ("https://bsky.app/profile/embassy", "https://bsky.app/intent/compose?text=Stay"),
        ("https://mastodon.example/@embassy", "https://mastodon.example/share?text=Stay"),
        ("https://t.me/embassy", "https://t.me/share/url?url=https%3A%2F%2Falerts"),
        ("https://whatsapp.com/channel/0029", "https://wa.me/?text=Stay"),
    ):
        found = composer(page, text, link)
        assert found is not None
        assert found.url.startswith(begin)
    assert composer(PAGE, text, link) is None
    long = composer("https://x.com/embassy", "ü" * 2_000, link)
    assert long is not None
    assert long.url == "https://x.com/intent/tweet?text=", "too long for an address: it is pasted"
