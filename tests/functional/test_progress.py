"""manage.py progress, and the console's figures: counts, rate, first, last, expected end."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast.models import Notice, NoticeState
from crisis.broadcast.queries import progress
from crisis.staff.models import Officer
from simulator.testing import Running
from tests.functional.factories import citizen, deliver_all, drafted, issued, notify_all, thread

At = Callable[[datetime], None]


def said(*words: str) -> str:
    out = StringIO()
    call_command("progress", *words, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def halfway(sim: Running) -> Alert:
    """An alert of which everything public is out, and two notices of four."""
    for number in range(4):
        citizen(name=str(number), sim=sim)
    alert = issued()
    deliver_all()
    first = list(Notice.objects.filter(run__alert=alert).order_by("id").values_list("pk", flat=True)[:2])
    Notice.objects.filter(pk__in=first).update(
        state=NoticeState.ACCEPTED, accepted_at=clock.now() - timedelta(seconds=4)
    )
    return alert


def test_it_says_everything_for_people(halfway: Alert) -> None:
    told = said(halfway.code.lower())
    assert f"EXERCISE {halfway.marker} earthquake" in told
    assert f"{2 + thread(halfway)} posted; 3 of 3 accounts have all" in told
    assert "2 accepted, 2 queued; 4 expected" in told
    assert "/s over the last minute" in told
    assert "expected end" in told


def test_it_says_the_same_as_data(halfway: Alert) -> None:
    told = json.loads(said(halfway.marker, "--json"))
    assert told["alert"] == halfway.marker
    assert told["deliveries"] == {"posted": 2 + thread(halfway)}
    assert told["notices"] == {"expected": 4, "accepted": 2, "queued": 2}
    assert told["left"] == {"deliveries": 0, "notices": 2}
    assert 0 < told["per_s"]["notices"] <= 1
    assert told["first_accepted_at"] == told["last_accepted_at"] is not None
    end = datetime.fromisoformat(told["expected_end_at"])
    assert 2 <= (end - datetime.fromisoformat(told["at"])).total_seconds() <= 10
    assert told["done"] is False


def test_following_ends_when_everything_has_settled(halfway: Alert, monkeypatch: pytest.MonkeyPatch) -> None:
    naps = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            notify_all(halfway)

    monkeypatch.setattr("crisis.broadcast.management.commands.progress.time.sleep", sleep)
    lines = said(halfway.code, "--follow").splitlines()
    assert len(lines) == 3
    assert naps == [1.0, 1.0]
    assert "2 of 4 notices" in lines[0]
    assert "4 of 4 notices" in lines[2]
    assert lines[2].endswith("everything has settled")
    (only,) = said(halfway.code, "--follow", "--json").splitlines()
    assert json.loads(only)["done"] is True


def test_ctrl_c_is_no_accident(halfway: Alert, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crisis.broadcast.management.commands.progress.time.sleep", interrupted)
    assert said(halfway.code, "--follow").splitlines()[-1] == "No longer followed; the broadcast goes on."


@pytest.mark.parametrize("code", ["ZZZZZZ", "ZZZZZZ/1", "zzzzzz/9999"])
def test_an_unknown_code_says_so(code: str) -> None:
    with pytest.raises(CommandError, match="No issued alert has the code ZZZZZZ"):
        said(code)


@pytest.mark.parametrize("code", ["", "12", "ABC123/", "ABC123/x", "../etc", "ABC123/99999999999999999999"])
def test_what_is_no_code_says_so(code: str) -> None:
    with pytest.raises(CommandError, match="is no alert's code"):
        said(code)


def test_a_draft_has_no_progress() -> None:
    with pytest.raises(CommandError, match="No issued alert"):
        said(drafted().code)


def test_the_console_shows_rate_and_expected_end_until_it_has_settled(halfway: Alert) -> None:
    client = Client()
    client.force_login(Officer.objects.get(username="officer"))
    part = f"/console/exercise/{halfway.pk}/progress/"
    page = client.get(part).content.decode()
    assert "notices a second" in page
    assert "expected to end at" in page
    notify_all(halfway)
    cache.clear()  # a second later
    assert "notices a second" not in client.get(part).content.decode()


def test_what_stands_still_promises_no_end(halfway: Alert, at: At) -> None:
    at(clock.now() + timedelta(minutes=10))
    assert "expected end unknown: nothing moves" in said(halfway.code)


def test_an_outcome_that_stays_unknown_is_settled(halfway: Alert) -> None:
    rows = Notice.objects.filter(run__alert=halfway)
    rows.filter(state=NoticeState.QUEUED).update(state=NoticeState.UNCONFIRMED, resent_unknown=False)
    assert not progress(halfway).done
    rows.filter(state=NoticeState.UNCONFIRMED).update(resent_unknown=True)
    assert progress(halfway).done, "it is never sent a third time: nothing moves any more"


def test_without_the_time_nothing_is_late_or_early(halfway: Alert) -> None:
    assert progress(halfway).accepted_lately == 0
    counted: Any = progress(halfway, clock.now())
    assert (counted.accepted_lately, counted.posted_lately) == (2, 2 + thread(halfway))
