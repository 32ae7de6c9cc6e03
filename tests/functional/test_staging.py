"""A picture is uploaded before its delivery is claimed, once, and whatever becomes of the upload is no unknown outcome."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast import cards, staging
from crisis.broadcast.models import Delivery, DeliveryState, Wording
from crisis.broadcast.operations import decide, stop
from crisis.cards.faces import Undrawable
from crisis.registry.models import Account
from crisis.registry.operations import pause
from crisis.staff.models import Officer
from platforms.errors import Unconfirmed
from tasks import wiring
from tasks.broadcast import deliver
from tests.functional.factories import issued, one
from tests.kite import Kite

At = Callable[[datetime], None]
TAKEN: tuple[int, dict[str, str], bytes] = (201, {}, b'{"id": "m1"}')


def adapter() -> Any:
    return type(wiring.adapter("kite"))


def only_kite(alert: Alert, rounds: int = 1) -> Delivery:
    for _ in range(rounds):
        deliver(one(alert, "kite").pk)
    return one(alert, "kite")


def test_the_picture_is_uploaded_while_the_delivery_waits_and_then_published(
    gallery: Kite, gallery_account: Account
) -> None:
    alert = issued()
    seen: list[tuple[str, int]] = []
    adapter().meanwhile = lambda: seen.append((one(alert, "kite").state, one(alert, "kite").attempt))

    row = only_kite(alert)

    assert seen == [("queued", 0)], "an upload takes no claim"
    assert gallery.paths() == ["/media", "/posts"]
    assert (row.state, row.staged, row.attempt) == (DeliveryState.POSTED, "m1", 1)
    assert Image.open(BytesIO(gallery.asked[0][2])).size == (1080, 1350)
    assert json.loads(json.loads(gallery.asked[1][2])["text"])[1] == "m1"
    (given,) = adapter().given
    assert given.content == gallery.asked[0][2]
    assert alert.marker in given.alt


def test_a_second_try_uses_what_was_uploaded(gallery: Kite, gallery_account: Account, at: At) -> None:
    gallery.answer = (429, {"Retry-After": "1"}, b"{}")
    alert = issued()
    assert only_kite(alert).state == DeliveryState.QUEUED
    gallery.answer = (201, {}, b'{"id": "k1"}')
    time.sleep(1.1)  # Redis has a clock of its own
    at(clock.now() + timedelta(seconds=3))

    assert only_kite(alert).state == DeliveryState.POSTED
    assert gallery.paths() == ["/media", "/posts", "/posts"]


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [(500, "queued", "unfinished"), (503, "queued", "unfinished"), (429, "queued", "throttled"),
     (422, "failed", "content_rejected"),     (401, "held", "bad_credentials")],
)  # fmt: skip
def test_what_was_not_uploaded_is_never_an_unknown_outcome(
    gallery: Kite, gallery_account: Account, status: int, state: str, reason: str
) -> None:
    gallery.answers["/media"] = (status, {}, b"{}")
    alert = issued()
    row = only_kite(alert)

    assert (row.state, row.reason, row.attempt, row.staged) == (state, reason, 0, "")
    assert gallery.paths() == ["/media"], "and nothing is published"
    assert row.attempts.get().step == "stage"
    gallery_account.refresh_from_db()
    assert (gallery_account.paused_at is not None) == (status == 401)


def test_an_upload_is_tried_again_and_not_for_ever(gallery: Kite, gallery_account: Account, at: At) -> None:
    gallery.answers["/media"] = (500, {}, b"{}")
    alert, begun = issued(), clock.now()
    for hour in range(1, 16):
        at(begun + timedelta(hours=hour))
        only_kite(alert)
    row = one(alert, "kite")
    assert (row.state, row.attempts.filter(step="stage").count()) == (DeliveryState.FAILED, 12)

    gallery.answers["/media"] = TAKEN
    decide(delivery=row, stands=False, url="", by=Officer.objects.get(username="officer"), now=clock.now())
    at(begun + timedelta(hours=17))
    assert only_kite(alert).state == DeliveryState.POSTED


def test_who_sends_again_by_hand_uploads_anew(gallery: Kite, gallery_account: Account, officer: Officer) -> None:
    gallery.answer = (422, {}, b"{}")
    alert = issued()
    assert only_kite(alert).state == DeliveryState.FAILED
    gallery.answer = (201, {}, b'{"id": "k1"}')
    decide(delivery=one(alert, "kite"), stands=False, url="", by=officer, now=clock.now())
    assert only_kite(alert).state == DeliveryState.POSTED
    assert gallery.paths() == ["/media", "/posts", "/media", "/posts"]


def test_our_own_mistake_in_an_upload_is_no_unknown_outcome(
    gallery: Kite, gallery_account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    alert = issued()

    def broken() -> None:
        raise ZeroDivisionError

    adapter().meanwhile = broken
    row = only_kite(alert)
    assert (row.state, row.detail) == (DeliveryState.QUEUED, "our own mistake: ZeroDivisionError")


def test_a_mistake_in_drawing_waits_and_is_counted(
    gallery: Kite, gallery_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = issued()

    def broken(_: Wording) -> bytes:
        raise Undrawable("x")

    monkeypatch.setattr(cards, "jpeg", broken)
    with pytest.raises(Undrawable):
        deliver(one(alert, "kite").pk)
    row = one(alert, "kite")
    assert (row.state, row.attempts.get().outcome) == (DeliveryState.QUEUED, "our_mistake")
    assert row.not_before is not None
    assert row.not_before > row.attempts.get().ended_at, "not at once"
    assert gallery.paths() == []


def test_nothing_is_uploaded_for_what_may_not_leave(gallery: Kite, gallery_account: Account, officer: Officer) -> None:
    stopped, paused = issued(), issued()
    stop(alert=stopped, by=officer, now=clock.now())
    only_kite_states = [Delivery.objects.get(alert=stopped, account=gallery_account).state]
    deliver(one(stopped, "kite").pk)
    pause(account=gallery_account, why="a test", actor="test", now=clock.now())
    only_kite_states.append(only_kite(paused).state)
    assert only_kite_states == ["stopped", "skipped"]
    assert gallery.paths() == []


def test_a_pause_between_reading_and_uploading_is_noticed(
    gallery: Kite, gallery_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = issued()
    taken = staging.take

    def take(**kwargs: Any) -> Any:
        Account.objects.filter(pk=gallery_account.pk).update(paused_at=clock.now(), paused_why="meanwhile")
        return taken(**kwargs)

    monkeypatch.setattr(staging, "take", take)
    assert only_kite(alert).state == DeliveryState.QUEUED
    assert only_kite(alert).state == DeliveryState.SKIPPED
    assert gallery.paths() == []


def test_a_stop_while_it_is_uploaded_publishes_nothing(
    gallery: Kite, gallery_account: Account, officer: Officer
) -> None:
    alert = issued()
    adapter().meanwhile = lambda: stop(alert=alert, by=officer, now=clock.now())
    assert only_kite(alert).state == DeliveryState.STOPPED
    assert gallery.paths() == ["/media"]


def test_who_rings_while_it_is_uploaded_uploads_nothing(gallery: Kite, gallery_account: Account) -> None:
    alert = issued()
    pk = one(alert, "kite").pk

    def again() -> None:
        adapter().meanwhile = None
        deliver(pk)
        assert staging.take(delivery_id=pk, now=clock.now()) is None

    adapter().meanwhile = again
    assert only_kite(alert).state == DeliveryState.POSTED
    assert gallery.paths() == ["/media", "/posts"]


def test_an_upload_whose_worker_died_is_begun_anew(gallery: Kite, gallery_account: Account, at: At) -> None:
    alert, begun = issued(), clock.now()
    assert staging.take(delivery_id=one(alert, "kite").pk, now=begun) is not None
    at(begun + timedelta(seconds=30))
    assert only_kite(alert).state == DeliveryState.QUEUED
    at(begun + timedelta(seconds=91))
    assert only_kite(alert).state == DeliveryState.POSTED
    assert gallery.paths() == ["/media", "/posts"]


def test_a_publication_of_unknown_outcome_keeps_its_upload(gallery: Kite, gallery_account: Account) -> None:
    gallery.answer = (500, {}, b"{}")
    row = only_kite(issued())
    assert (row.state, row.staged) == (DeliveryState.UNCONFIRMED, "m1")
    assert Unconfirmed.code == row.reason
