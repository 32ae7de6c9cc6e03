"""After action: a report that tells what happened, and a kit for when nothing works."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crisis import clock
from crisis.checkins.after_action import after_action, latency
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import record
from crisis.plots import HEIGHT, WIDTH, rising
from crisis.registry.models import Account, Post
from crisis.registry.operations import pause
from crisis.registry.profiles import page_of
from tests.functional.factories import NOW, citizen, deliver_all, drafted, issued, notify_all, shadow


@pytest.fixture
def finished(sim: Any) -> Any:
    """An alert of which one account is paused; two were told, one of them has answered for three."""
    here, _ = citizen("Tokyo", sim=sim, people=3), citizen("Osaka", sim=sim)
    pause(account=shadow("x", "belgiumembjapan"), why="a test", actor="test", now=NOW)
    alert = issued(countries=["JP"])
    deliver_all()
    notify_all(alert)
    record(
        rollcall=alert.rollcall, citizen=here.citizen, contact=here, safety=Safety.SAFE, source=CheckIn.Source.BOT,
        ref="t:1", now=clock.now(),
    )  # fmt: skip
    alert.refresh_from_db()
    return alert


def test_the_report_tells_what_left_who_answered_and_what_failed(signed_in: Any, finished: Any) -> None:
    found = after_action(finished)
    told = [moment.what for moment in found.timeline]
    assert told[:4] == ["drafted", "submitted", "approved", "issued"]
    assert {"first publication", "last private message accepted", "first answer"} <= set(told)
    assert found.reach.notices == {"accepted": 2}
    assert sum(people for _, people in found.answers) == 3
    assert found.response is not None
    assert found.response.total.answered(Safety.SAFE) == 3
    assert found.publications.half is not None
    assert [(each.where, each.state) for each in found.failures] == [("x", "Skipped")]

    page = signed_in("clerk").get(f"/console/exercise/{finished.pk}/after/").content.decode()
    assert "Dora Duty" in page
    assert page.count("<polyline") == 3
    assert "The account is paused." in page
    assert 'style="' not in page, "it keeps to the policy of content"
    assert "After action" in signed_in("officer").get(f"/console/exercise/{finished.pk}/").content.decode()


def test_there_is_no_report_of_what_was_never_issued(signed_in: Any) -> None:
    assert signed_in("officer").get(f"/console/exercise/{drafted().pk}/after/").status_code == 404


def test_latencies_are_counted_from_the_approval() -> None:
    begun, second = NOW.replace(microsecond=0), timedelta(seconds=1)
    found = latency([(begun + second, 50), (begun + 9 * second, 45), (begun + 60 * second, 5)], NOW)
    assert (found.half, found.most, found.last) == (second, 9 * second, 60 * second)
    assert latency([], NOW).half is None


def test_a_plot_rises_from_nothing_to_all_within_its_frame() -> None:
    plot = rising([(NOW, 1), (NOW + timedelta(minutes=5), 2), (NOW + timedelta(minutes=10), 1)], NOW)
    assert plot is not None
    points = [tuple(map(int, point.split(","))) for point in plot.line.split()]
    assert (points[0], points[-1]) == ((0, HEIGHT), (WIDTH, 0))
    assert points == sorted(points, key=lambda point: (point[0], -point[1])), "it never falls"
    assert [words for _, words in plot.marks] == ["3 min", "6 min", "9 min"]
    assert rising([], NOW) is None


def test_the_kit_holds_every_situation_in_every_language_and_needs_nothing_else(signed_in: Any) -> None:
    post = Post.objects.get(code="be-tokyo-emb")
    answer = signed_in("clerk").get(f"/console/posts/{post.pk}/kit/")
    page = answer.content.decode()
    assert answer["Content-Disposition"] == 'attachment; filename="be-tokyo-emb.html"'
    for words in ("Aardbeving: …", "Tremblement de terre\u00a0: …", "Erdbeben: …", "Earthquake: …", "EXERCICE"):
        assert words in page
    assert "https://x.com/belgiumembjapan" in page
    assert re.search(r"\+32[\d ]+", page), "the number to call"
    assert not re.search(r"<(script|img|link)|url\(|@import", page), "nothing is fetched from anywhere"


def test_the_command_writes_a_file_a_post_whole(tmp_path: Path) -> None:
    call_command("offline_kit", tmp_path / "kits", post="be-tokyo-emb", verbosity=0)
    assert [file.name for file in (tmp_path / "kits").iterdir()] == ["be-tokyo-emb.html"]
    with pytest.raises(CommandError, match="no such post"):
        call_command("offline_kit", tmp_path, post="be-atlantis-emb")


@pytest.mark.parametrize(
    ("platform", "address", "page"),
    [
        ("x", "@belgium", "https://x.com/belgium"),
        ("mastodon", "@mfa@social.example", "https://social.example/@mfa"),
        ("bluesky", "mfa.example", "https://bsky.app/profile/mfa.example"),
        ("youtube", "belgium", "https://www.youtube.com/@belgium"),
        ("facebook", "https://www.facebook.com/mfa", "https://www.facebook.com/mfa"),
        ("x", "", ""),
    ],
)
def test_an_account_is_found_at_its_page(platform: str, address: str, page: str) -> None:
    assert page_of(Account(platform=platform, address=address)) == page
