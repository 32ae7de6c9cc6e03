"""Drills of the demo: what they wait for, and what a refused one leaves."""

from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast.models import Delivery, DeliveryState
from crisis.broadcast.preflight import Refused, look
from crisis.registry.models import Installation, Ministry
from crisis.registry.operations import read_ministries
from demo import drill, house
from demo.crowd import way_of
from simulator.testing import Running
from tests.functional.factories import NOW, citizen, deliver_all, issued, notify_all, thread


def test_a_drill_that_does_not_settle_says_what_it_waits_for(sim: Running) -> None:
    citizen("Tokyo", sim=sim)
    alert = issued()

    publications, notices = drill.follow(alert, lambda _: None, patience_s=0)

    assert f"publications that have not left: {2 + thread(alert)}" in publications
    assert f"progress {alert.marker} --follow" in publications
    assert "notices that have not left: 1" in notices
    assert "bulk.log" in notices


def test_what_a_platform_s_limit_holds_for_long_is_told_and_not_waited_for(sim: Running) -> None:
    alert = issued()
    deliver_all()
    rows = Delivery.objects.filter(alert=alert, account__platform="x").order_by("part")
    rows.update(state=DeliveryState.QUEUED, posted_at=None)
    until = clock.now() + timedelta(minutes=10)
    Delivery.objects.filter(pk=rows[0].pk).update(reason="throttled", not_before=until)
    notify_all(alert)

    assert drill.limited(alert, for_s=30) == {"X": (rows.count(), until)}
    assert drill.limited(alert, for_s=900) == {}
    assert drill.follow(alert, lambda _: None, patience_s=30) == []
    said = "\n".join(drill.summary(drill.report(alert, look(alert, NOW))))
    assert "  X takes no more for now: " in said
    assert f"the next at {until:%H:%M:%S} UTC" in said
    assert "held by a platform's limit" in said.splitlines()[-1]


def test_a_drill_waits_for_the_answers_of_simulated_citizens_only(sim: Running) -> None:
    someone = citizen("Tokyo", sim=sim)
    alert = issued()
    deliver_all()
    notify_all(alert)
    assert drill.follow(alert, lambda _: None, patience_s=0) == []

    type(someone.citizen).objects.filter(pk=someone.citizen_id).update(simulated=True)
    chat = next(number for number in range(7_000_000_001, 7_000_000_100) if way_of(number) == "safe")
    type(someone).objects.filter(pk=someone.pk).update(address=str(chat))
    (answers,) = drill.follow(alert, lambda _: None, patience_s=0)
    assert "answers of simulated citizens that have not come: 1" in answers
    assert "bot.log" in answers


def test_a_refused_drill_leaves_no_draft() -> None:
    before = Alert.objects.count()
    with pytest.raises(Refused, match="No post of ours is competent"):
        drill.issue(drill.Asked(["AQ"], "earthquake"), NOW)
    assert Alert.objects.count() == before


def test_only_the_ministry_whose_posts_they_are_begins_with_them() -> None:
    assert house.seed_posts("BE") == settings.DATA_DIR / "posts.csv"
    assert house.seed_posts("GB") is None
    assert set(read_ministries(settings.DATA_DIR / "ministries.toml")) == {"BE", "GB"}


def test_a_ministry_without_posts_is_told_what_to_do() -> None:
    assert drill.impossible() == ""
    Installation.objects.update(home=Ministry.objects.get(code="GB"))
    assert "has no posts yet" in drill.impossible()
    assert "import_posts FILE.csv --ministry GB" in drill.impossible()


@pytest.mark.parametrize(
    ("asked", "error", "fields"),
    [
        ({"country": "Narnia"}, "CommandError", ""),
        ({"country": ""}, "CommandError", ""),
        ({"country": "AQ"}, "Refused", ""),
        ({"country": "JP", "situation": "alien-landing"}, "UnknownSituation", ""),
        ({"around": "Qwertyville"}, "ContentError", "circle"),
    ],
)
def test_a_refused_drill_leaves_a_line_without_what_was_typed(
    sim: Running, caplog: pytest.LogCaptureFixture, asked: dict[str, str], error: str, fields: str
) -> None:
    with pytest.raises(CommandError):
        call_command("drill", stdout=StringIO(), **asked)
    (told,) = [record.__dict__ for record in caplog.records if record.getMessage() == "refused"]
    assert (told["command"], told["error"], told["fields"]) == ("drill", error, fields)
