"""Trying again: one account or everything with one cause, only where nothing can stand there; and what the page shows of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast import ledger
from crisis.broadcast.by_hand import NotUndecided
from crisis.broadcast.models import Attempt, Delivery, DeliveryState
from crisis.broadcast.operations import stop
from crisis.broadcast.queries import deliveries_of
from crisis.broadcast.retry import REMEDIES, causes, retry
from crisis.broadcast.spread import by_platform, by_post
from crisis.journal.models import Entry
from crisis.registry.models import Account
from crisis.registry.operations import pause, release
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from platforms.errors import ByHand, ContentRejected, PlatformError, Unconfirmed, Unfinished
from simulator.testing import Running
from tests.functional.factories import deliver_all, issued, one, shadow

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]


def fault(sim: Running, platform: str, name: str, *, times: int | None = 1) -> None:
    sim.control(
        "POST", "faults", {"platform": platform, "fault": name, "times": times, "method": "create", "params": {}}
    )


def again(alert: Alert, reason: str, by: str = "officer", account: Account | None = None) -> int:
    return retry(alert=alert, reason=reason, by=Officer.objects.get(username=by), account=account, now=clock.now())


def states(alert: Alert, platform: str) -> set[str]:
    return set(Delivery.objects.filter(alert=alert, account__platform=platform).values_list("state", flat=True))


def test_everything_with_one_cause_goes_once_the_cause_is_gone(sim: Running, approver: Officer) -> None:
    fault(sim, "facebook", "unauthorized", times=None)
    alert = issued(countries=["TH", "VN", "PH"])
    deliver_all()
    assert states(alert, "facebook") == {"held"}
    (cause,) = causes(deliveries_of(alert))
    assert (cause.reason, cause.deliveries, cause.ready) == ("bad_credentials", 3, 0)
    assert "connect it again" in cause.what
    with pytest.raises(NotUndecided, match="see to it first"):
        again(alert, "bad_credentials")

    sim.control("DELETE", "faults")
    accounts = list(Account.objects.filter(deliveries__alert=alert, platform="facebook"))
    for account in accounts[:2]:
        release(account=account, by=approver, now=clock.now())
    assert causes(deliveries_of(alert))[0].ready == 2
    assert again(alert, "bad_credentials", account=accounts[0]) == 1
    assert again(alert, "bad_credentials") == 1, "the third account is paused still"
    deliver_all()
    rows = Delivery.objects.filter(alert=alert, account__platform="facebook")
    assert sorted(rows.values_list("state", flat=True)) == ["held", "posted", "posted"]
    assert [entry.data["deliveries"] for entry in Entry.objects.filter(action="broadcast.retry")] == [1, 1]
    assert Attempt.objects.filter(step="decide", outcome="send_again").count() == 2
    with pytest.raises(NotUndecided):
        again(alert, "bad_credentials")


def test_a_text_that_was_refused_is_tried_again_and_stands_once(sim: Running, at: At) -> None:
    alert = issued()
    row = one(alert, "facebook")
    held = ledger.claim(delivery_id=row.pk, now=clock.now())
    assert held is not None
    ledger.settle(held=held, outcome=ContentRejected("spam"), started_at=clock.now(), now=clock.now())
    assert one(alert, "facebook").state == DeliveryState.FAILED
    assert again(alert, "content_rejected") == 1
    assert one(alert, "facebook").reason == "tried_again"
    deliver_all()
    assert one(alert, "facebook").state == DeliveryState.POSTED


@pytest.mark.parametrize("outcome", [Unconfirmed("no answer"), Unfinished("no answer"), ByHand("by hand")])
def test_what_may_stand_there_is_never_tried_again_by_this(sim: Running, outcome: PlatformError) -> None:
    assert outcome.code not in REMEDIES
    alert = issued()
    for state in (DeliveryState.UNCONFIRMED, DeliveryState.HELD, DeliveryState.FAILED):
        Delivery.objects.filter(alert=alert).update(state=state, reason=outcome.code, not_before=None)
        assert causes(deliveries_of(alert)) == []
        with pytest.raises(NotUndecided):
            again(alert, outcome.code)
    assert not Delivery.objects.filter(alert=alert, state=DeliveryState.QUEUED).exists()


def test_an_unknown_outcome_is_not_queued_whatever_its_reason_says(sim: Running) -> None:
    alert = issued()
    Delivery.objects.filter(alert=alert).update(
        state=DeliveryState.UNCONFIRMED, reason="platform_down", not_before=None
    )
    with pytest.raises(NotUndecided):
        again(alert, "platform_down")


def test_nothing_is_tried_again_of_an_alert_that_does_not_hold_or_by_whoever_may_not(
    sim: Running, officer: Officer
) -> None:
    alert = issued()
    pause(account=shadow("x", "belgiumembjapan"), why="a test", actor="test", now=clock.now())
    deliver_all()
    with pytest.raises(NotAllowed):
        again(alert, "paused", by="clerk")
    release(account=shadow("x", "belgiumembjapan"), by=Officer.objects.get(username="approver"), now=clock.now())
    stop(alert=alert, by=officer, now=clock.now())
    with pytest.raises(NotUndecided):
        again(alert, "paused")
    assert states(alert, "x") == {"skipped"}


def test_the_page_offers_it_in_words_and_does_it(sim: Running, signed_in: SignIn, approver: Officer) -> None:
    alert = issued()
    pause(account=shadow("x", "belgiumembjapan"), why="a test", actor="test", now=clock.now())
    deliver_all()
    browser = signed_in("officer")
    path = f"/console/exercise/{alert.pk}/"
    page = browser.get(path).content.decode()
    assert "The account is paused. Release the account, then try again." in page
    assert "None of these accounts can publish yet." in page
    release(account=shadow("x", "belgiumembjapan"), by=approver, now=clock.now())
    assert "Try all" in browser.get(path).content.decode()
    assert "Try all" not in signed_in("clerk").get(path).content.decode()
    assert signed_in("clerk").post(f"{path}retry/", {"cause": "paused"}).status_code == 403
    shown = browser.post(f"{path}retry/", {"cause": "paused"}, follow=True).content.decode()
    assert "will be tried again at once" in shown
    deliver_all()
    assert states(alert, "x") == {"posted"}


def test_first_and_last_are_told_by_platform_and_by_post(sim: Running) -> None:
    alert = issued()
    deliver_all()
    rows = deliveries_of(alert)
    platforms = {row.name: row for row in by_platform(rows)}
    assert set(platforms) == {"facebook", "telegram", "x"}
    assert all(row.published == row.total and row.first_at and row.last_at for row in platforms.values())
    assert platforms["x"].last_at == max(row.posted_at for row in rows if row.account.platform == "x" and row.posted_at)
    assert "Embassy of Belgium in Tokyo" in {row.name for row in by_post(rows)}


def test_a_browser_that_has_it_as_it_is_gets_no_second_copy(sim: Running, signed_in: SignIn, at: At) -> None:
    def asked(client: Client, tag: str = "") -> Any:
        cache.clear()
        return client.get(f"/console/exercise/{alert.pk}/progress/", headers={"If-None-Match": tag} if tag else {})

    alert = issued()
    browser = signed_in("officer")
    first = asked(browser)
    assert (first.status_code, first["Cache-Control"]) == (200, "private, no-cache")
    deliver_all()
    second = asked(browser, first["ETag"])
    assert second.status_code == 200, "what moved is shown"
    same = asked(browser, second["ETag"])
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", second["ETag"])
    assert asked(signed_in("clerk"), second["ETag"]).status_code == 200, "who may do less sees less"
    at(clock.now() + timedelta(hours=49))
    assert asked(signed_in("officer"), second["ETag"]).status_code == 200, "it has expired: nothing is offered any more"
