"""The shared buckets: within the rate, all or nothing, halted to the second, and slow but alive without Redis."""

import threading
import time
from typing import Any

import pytest
import redis
from django.conf import settings

from crisis import clock
from crisis.audience.models import Contact
from crisis.checkins.models import InboxUpdate
from platforms import catalog
from tasks import throttle
from tasks.throttle import Bucket, halt, put_back, take
from tests.functional.factories import shadow


@pytest.fixture(autouse=True)
def _empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()


def test_permits_come_at_the_rate_and_no_faster() -> None:
    bucket = Bucket("b", per_s=50, capacity=5, at_birth=0)
    begun, granted = time.monotonic(), 0
    while time.monotonic() - begun < 1.0:
        wait = take([bucket])
        if wait:
            time.sleep(wait)
        else:
            granted += 1
    assert 40 <= granted <= 56


def test_all_workers_share_a_bucket() -> None:
    bucket, granted = Bucket("shared", per_s=40, capacity=4, at_birth=0), list[int]()
    until = time.monotonic() + 1.0

    def worker() -> None:
        while time.monotonic() < until:
            wait = take([bucket])
            if wait:
                time.sleep(wait)
            else:
                granted.append(1)

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 30 <= len(granted) <= 46


def test_questions_leave_half_of_what_is_saved_up_to_what_is_published(sim: Any) -> None:
    spec, account = catalog.spec("instagram"), shadow("x", "belgiumembjapan")
    assert spec is not None
    asked = 0
    while (wait := take(throttle.for_asking(spec, account))) == 0:
        asked += 1
    assert asked == 12
    assert 60 < wait < 1800
    published = throttle.for_account(spec, account)
    assert [take(published) for _ in range(13)] == [0] * 13, "an alert never waits for what was only asked"
    assert take(published) > 60
    put_back(throttle.for_asking(spec, account))
    assert take(published) == 0


def test_a_question_is_possible_where_nothing_can_be_saved_up(sim: Any) -> None:
    spec, channel = catalog.spec("telegram"), shadow("x", "belgiumembjapan")
    assert spec is not None
    assert [bucket.left for bucket in throttle.for_asking(spec, channel)][-1] == 0


def test_permits_are_taken_from_every_bucket_or_from_none() -> None:
    full, empty = Bucket("full", 1, 10, 10), Bucket("empty", 0.1, 1, 0)
    assert take([full, empty], n=1) > 5
    assert take([full], n=10) == 0, "nothing was taken from the full one"


def test_a_permit_with_which_nothing_was_asked_is_put_back_and_a_bucket_holds_no_more_than_it_may() -> None:
    one, other = Bucket("one", 0.1, 3, 3), Bucket("other", 0.1, 3, 3)
    assert take([one, other], n=3) == 0
    put_back([one, other])
    assert take([one, other], n=1) == 0
    assert take([one], n=1) > 5
    for _ in range(9):
        put_back([one])
    assert take([one], n=3) == 0
    assert take([one], n=1) > 5, "three were all there were"
    halt("other", seconds=9)
    put_back([other])
    assert take([other]) > 5, "a halt stays"


def test_a_halt_holds_its_bucket_only_and_to_its_time() -> None:
    halted, other = Bucket("halted", 100, 100, 100), Bucket("other", 100, 100, 100)
    halt("halted", seconds=1.0)
    assert 0.8 < take([halted]) <= 1.0
    assert take([other]) == 0
    halt("halted", seconds=0.1)
    assert take([halted]) > 0.5, "a shorter halt does not lift a longer one"
    time.sleep(1.05)
    wait = take([halted])
    assert wait < 0.1


@pytest.mark.parametrize("kind", ["telegram", "whatsapp", "sms", "email"])
def test_notices_leave_to_answers_what_they_take_at_once(kind: str) -> None:
    *_, token = throttle.for_notices(kind)
    *_, whole = throttle.for_replies(kind)
    assert (token.key, token.per_s, token.capacity, whole.left) == (whole.key, whole.per_s, whole.capacity, 0)
    assert token.left + throttle.lease(kind) <= token.capacity, "or no notice would ever leave"
    assert token.left > 0 or token.capacity < 2


def test_notices_never_take_the_whole_of_telegrams_rate() -> None:
    notices, token = throttle.for_notices()
    assert (notices.per_s, token.per_s, token.left) == (25.0, 30.0, 5.0)
    assert notices.key != token.key
    assert throttle.for_questions()[-1] == token


@pytest.mark.parametrize(
    ("pause_s", "notices", "replies"),
    [(0.25, 60, 10), (1 / 15, 30, 36), (0.0, 20, 45)],
    ids=["some", "many", "a flood"],
)
def test_answers_and_notices_share_the_rate(pause_s: float, notices: int, replies: int) -> None:
    until, sent = time.monotonic() + 3.0, {"notices": 0, "replies": 0}

    def worker(kind: str, buckets: list[Bucket], n: int, pause: float) -> None:
        while time.monotonic() < until:
            wait = take(buckets, n=n)
            if wait == 0:
                sent[kind] += n
            time.sleep(wait or pause)

    threads = [threading.Thread(target=worker, args=("notices", throttle.for_notices(), 2, 0)) for _ in range(3)]
    threads.append(threading.Thread(target=worker, args=("replies", throttle.for_replies(), 1, pause_s)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent["notices"] >= notices
    assert sent["replies"] >= replies
    assert sum(sent.values()) <= 30 * 3 + 15


def test_a_chat_gets_one_message_a_second_from_all_together() -> None:
    assert throttle.reserve(["1", "2"]) == [0.0, 0.0]
    first, other = throttle.reserve(["1", "3"])
    second = throttle.reserve(["1"])[0]
    assert 0.9 < first <= 1.0
    assert other == 0.0
    assert 1.9 < second <= 2.0
    assert throttle.reserve(["1"], burst_ms=throttle.ANSWER_BURST_MS)[0] == pytest.approx(1.0, abs=0.1)


def test_how_long_quiet_is_wanted_can_be_asked() -> None:
    assert throttle.halted_s() == 0
    halt(throttle.TELEGRAM, seconds=5)
    assert 4.5 < throttle.halted_s() <= 5


def test_without_redis_it_is_slow_but_goes_on(monkeypatch: pytest.MonkeyPatch, unused_port: int) -> None:
    url = settings.REDIS_URL
    throttle._client.cache_clear()
    throttle._script.cache_clear()
    monkeypatch.setattr(settings, "REDIS_URL", f"redis://127.0.0.1:{unused_port}/0")
    begun = time.monotonic()
    try:
        assert take([Bucket("b", per_s=10, capacity=5, at_birth=5)], n=2) == 0
        halt("b", seconds=3)
        assert 0.15 < time.monotonic() - begun < 3
    finally:
        throttle._client.cache_clear()
        throttle._script.cache_clear()
        monkeypatch.setattr(settings, "REDIS_URL", url)


def test_account_buckets_follow_the_spec(sim: Any) -> None:
    spec = catalog.spec("x")
    assert spec is not None
    account = shadow("x", "belgiumembjapan")
    first, second = throttle.for_account(spec, account)
    assert first.per_s == pytest.approx(100 / 900)
    assert second.key == "bucket:x:app"
    assert throttle.key_of(spec, account, "account") == first.key


def test_two_windows_of_one_scope_are_counted_apart(sim: Any) -> None:
    spec = catalog.spec("bluesky")
    assert spec is not None
    hour, day = throttle.for_account(spec, shadow("x", "belgiumembjapan"))
    assert hour.capacity < day.capacity
    assert take([hour, day], n=int(hour.capacity)) == 0
    assert take([hour, day]) > 1, "the day has room, the hour has none"
    assert take([day], n=int(hour.capacity)) == 0


def test_the_bots_answers_draw_from_the_shared_rate(person: Any, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        person("en").does("text", text="/start")
        left = float(client.hget("bucket:telegram:replies", "tokens") or 99)
        chats = list(client.scan_iter("chat:telegram:*"))
    assert left < 10
    assert chats == [b"chat:telegram:8300000000"]


def test_an_answer_that_must_wait_long_is_tried_again_from_the_inbox(person: Any, sim: Any, redis_url: str) -> None:
    halt(throttle.TELEGRAM, seconds=600)
    emma = person("en")
    assert emma.does("text", text="/start") == []
    update = InboxUpdate.objects.get()
    assert (update.state, update.tries, update.problem) == (InboxUpdate.State.HANDLING, 0, "RetryAfter")
    assert update.lease_until is not None
    assert (update.lease_until - clock.now()).total_seconds() == pytest.approx(600, abs=20)
    assert emma.contact.state == Contact.State.ACTIVE, "what the person did is kept all the same"
