"""The whole house from one command: real processes, real Celery, real queues; killed, stopped and started again."""

import json
import os
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from platforms import catalog
from tests.house import REAL_TOKEN, START_S, House, running, start
from tests.servers import free_port

pytestmark = pytest.mark.whole

# The ministry of the demo has an account on each platform; on one of them a person publishes.
PLATFORMS, BY_HAND = len(catalog.slugs()), sum(spec.by_hand for spec in catalog.specs())


def published(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What stands there, of what a drill tells."""
    return [each for each in told["publications"] if each["state"] == "posted"]


def not_published(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What does not stand there."""
    return [each for each in told["publications"] if each["state"] != "posted"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole house, started as `make run` does, shared by the tests that only use it."""
    with running(tmp_path_factory) as started:
        yield started


@pytest.fixture(autouse=True)
def _db() -> None:
    """These tests speak to a house in processes of its own, not to the tests' database."""


def test_the_first_run_tells_what_happened(house: House) -> None:
    said = house.said
    (line,) = [each for each in house.lines if each.startswith("Drill complete:")]
    assert re.search(
        rf"{PLATFORMS - BY_HAND} of {PLATFORMS} accounts posted \(\d+ publications\), 1 by hand still open", line
    )
    assert "27 of 28 notices accepted" in line, "one each, by the way that they prefer"
    assert "27 safe, 1 need help, 3 not there" in line
    assert "from approval to the first publication" in line
    for name in (
        "belgianembassytokyo.shadow",
        "belgiumembja_ex",
        "@tocsin_demo_alerts_shadow",
        "Embassy of Belgium in Tokyo",
    ):
        assert name in said
    assert f"{house.url}/console/" in said
    assert "officer    tocsin-officer" in said
    assert "Ignored, because a demo uses no real token or database: TELEGRAM_BOT_TOKEN" in said
    assert REAL_TOKEN not in said


def test_no_log_of_any_process_shows_a_secret(house: House) -> None:
    state = json.loads((house.var / "demo.json").read_text())
    secrets = [REAL_TOKEN, *(value for name, value in state.items() if name != "port")]
    for log in (house.var / "log").iterdir():
        text = log.read_text(errors="replace")
        assert not any(secret in text for secret in secrets), log.name


def _once_ready(house: House) -> str:
    """What readiness says; on a busy machine the first sweeps may be late."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(HTTPError):
            return house.get(f"{house.url}/readyz")
        time.sleep(0.5)
    return house.get(f"{house.url}/readyz")


def test_its_pages_are_there(house: House) -> None:
    assert "ok" in house.get(f"{house.url}/healthz")
    told = json.loads(_once_ready(house))
    assert told["ready"], told
    assert "Telegram end to end: on" in told["checks"]["canary"]["says"]
    assert 'tocsin_notices{mode="exercise",reason="",state="accepted"}' in house.get(f"{house.url}/metrics")
    assert "Sign in" in house.get(f"{house.url}/console/")
    code = house.said.split("EXERCISE ", 1)[1][:6]
    assert "EXERCISE: this is a drill" in house.get(f"{house.url}/a/{code}")
    assert "belgiumembja_ex" in house.get(f"{house.simulator}/timelines?platform=x")


def test_progress_tells_of_a_broadcast_and_ends_with_it(house: House) -> None:
    code = house.said.split("EXERCISE ", 1)[1][:6]
    done = house.manage("progress", code, "--follow")
    assert done.returncode == 0, done.stderr
    assert "everything has settled" in done.stdout
    told = json.loads(house.manage("progress", f"{code}/1", "--json").stdout)
    assert (told["done"], told["mode"], told["notices"]["accepted"]) == (True, "exercise", 27)
    wrong = house.manage("progress", "ZZZZZZ")
    assert wrong.returncode == 1
    assert "No issued alert has the code ZZZZZZ" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_drill_in_france_and_one_in_three_countries(house: House) -> None:
    france = house.drill("--country", "FR", "--situation", "evacuation")
    assert france["settled"]
    assert {"Embassy of Belgium in Paris", "Consulate General of Belgium in Marseille"} == set(france["posts"])
    assert france["posts_without_account"] == ["be-marseille-cg"]
    assert france["accounts"] == {"meant": PLATFORMS, "posted": PLATFORMS - BY_HAND}, not_published(france)

    region = house.drill("--country", "TH,VN,PH", "--situation", "shelter")
    assert region["accounts"] == {"meant": PLATFORMS + 2, "posted": PLATFORMS + 2 - BY_HAND}, not_published(region)
    by_platform = Counter(each["platform"] for each in region["publications"])
    assert (by_platform["Facebook"], by_platform["Telegram"]) == (3, 1)
    assert by_platform["X"] >= 4, "four languages stand alone; what goes on in the thread comes after"
    assert region["people"]["needs_help"] > 0
    for told in (france, region):
        counts = house.control(f"counts?marker={told['alert']}")
        assert sum(counts.values()) == len(published(told)), "each stands there exactly once"
        received = house.control(f"received?marker={told['alert']}")
        assert set(received.values()) == {1}
        letters = Counter((each["way"], each["recipient"]) for each in house.control(f"letters?marker={told['alert']}"))
        assert set(letters.values()) == {1}
        assert {way for way, _ in letters} == {"email", "sms", "whatsapp"}
        assert len(received) + len(letters) == told["notices"]["accepted"]
        # Another service gives no address back.
        assert all(each["url"].startswith(house.simulator) for each in published(told) if each["url"])


def test_a_drill_right_after_another_is_answered_too(house: House) -> None:
    for _ in range(2):
        told = house.drill("--country", "LU", "--timeout", "80")
        assert told["settled"]
        assert told["people"]["safe"] > 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--country", "XX"], "Unknown country: XX"),
        (["--country", "JP", "--situation", "alien-landing"], "Unknown situation 'alien-landing'"),
        (["--country", "AQ"], "No post of ours is competent for Antarctica"),
        ([], "Say where"),
        (["--around", "Qwertyville"], "No place called"),
    ],
)
def test_a_wrong_drill_says_why(house: House, words: list[str], why: str) -> None:
    done = house.manage("drill", *words)
    assert done.returncode == 1
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_what_dies_is_started_again_and_nothing_is_lost(house: House) -> None:
    for name in ("run_bot", "posts@", "bulk@", "gunicorn", "beat", "valkey-server"):
        victims = house.pids(name)
        assert victims, name
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
    told = house.drill("--country", "KE", "--timeout", "80")
    assert told["settled"]
    counts = house.control(f"counts?marker={told['alert']}")
    assert sum(counts.values()) == len(published(told)) > 0


def test_a_second_house_in_the_same_folder_is_refused(house: House) -> None:
    other = start(house.var, free_port())
    assert other.process.wait(START_S) == 1
    other.heard()
    assert "runs here already" in other.said


def test_a_taken_port_says_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        other = start(tmp_path, taken.getsockname()[1])
        assert other.process.wait(START_S) == 1
        other.heard()
        assert "is taken" in other.said
        assert "make run PORT=" in other.said
        assert "Traceback" not in other.said


@pytest.mark.parametrize("moment", ["Preparing the database", "done after", "web server: ready"])
def test_it_can_be_stopped_while_it_starts(tmp_path: Path, moment: str) -> None:
    starting = start(tmp_path)
    starting.wait_for(moment)
    starting.process.send_signal(signal.SIGINT)
    assert starting.process.wait(START_S) == 0
    starting.heard()
    assert "Traceback" not in starting.said
    assert starting.said.rstrip().endswith("Stopped.")
    assert starting.left("python") == []

    done = starting.manage("drill", "--country", "JP")
    assert done.returncode == 1
    assert done.stderr == "CommandError: The house is not running here. Start it first: make run\n"


def test_another_ministry_begins_with_posts_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_MINISTRY", "GB")
    house = start(tmp_path)
    house.wait_for("Another drill")
    assert "Foreign, Commonwealth & Development Office has no posts yet, so there is nothing to drill" in house.said
    assert "manage.py import_posts FILE.csv --ministry GB" in house.said
    assert "posts created" not in house.said
    refused = house.manage("drill", "--country", "JP")
    assert refused.stderr.count("has no posts yet") == 1

    posts = tmp_path / "posts.csv"
    posts.write_text("post_id,kind,city,country,consular,x\ngb-tokyo-emb,embassy,Tokyo,JP,JP,ukinjapan\n")
    assert house.manage("import_posts", str(posts), "--ministry", "GB").returncode == 0
    told = house.drill("--country", "JP", "--timeout", "80")
    assert told["posts"] == ["Embassy, Tokyo"]
    # The ministry was given an account everywhere before there was a post.
    assert told["accounts"] == {"meant": PLATFORMS + 1, "posted": PLATFORMS + 1 - BY_HAND}
    assert told["people"]["safe"] > 0, "citizens come with the posts"
    house.stop()


def test_it_stops_at_once_and_starts_again_with_its_data(tmp_path: Path) -> None:
    first = start(tmp_path)
    first.wait_for("Another drill")
    first.stop()
    assert first.process.returncode == 0
    first.heard()
    assert first.said.rstrip().endswith("Stopped.")
    for name in ("celery", "gunicorn", "simulator", "valkey-server", "run_bot", "supervisord"):
        assert first.left(name) == [], "nothing is left behind"
    marker = first.said.split("EXERCISE ", 1)[1][:6]

    second = start(tmp_path, first.port)
    second.wait_for("Another drill")
    assert "Drill complete:" not in second.said, "the first drill is run once"
    assert "0 posts created" in second.said
    assert marker in second.get(f"{second.url}/a/{marker}")
    assert marker in second.get(f"{second.simulator}/timelines?q={marker}")

    os.kill(second.process.pid, signal.SIGKILL)
    second.process.wait(START_S)
    third = start(tmp_path, first.port)
    third.wait_for("Another drill")
    assert "Stopping what an earlier run left behind" in third.said
    third.stop(signal.SIGTERM)
    assert third.left("python") == []
