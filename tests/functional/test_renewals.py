"""Accesses that end by themselves: renewed once, in time, and whoever must act is told if they are not."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.encryption import Secrets
from crisis.journal.models import Entry
from crisis.registry import renewals
from crisis.registry.models import Account, Credential, Holder
from crisis.registry.operations import Access, add_account, connect, pause_house
from crisis.registry.queries import ending_soon
from crisis.staff.models import Officer
from demo import furnish
from platforms import catalog
from platforms.access import Granted, Renews
from platforms.contract import Outgoing
from platforms.linkedin_consent import LinkedInConsent
from simulator.testing import Running
from tasks import renewals as rounds
from tasks import wiring
from tests.functional.connecting import Editor, entries, link_to
from tests.functional.factories import NOW

pytestmark = pytest.mark.usefixtures("one_connection")

At = Callable[[datetime], None]
LATE = timedelta(days=45)  # of the 60 that an access holds


@pytest.fixture
def account(sim: Running, editor: Editor) -> Account:
    """A shadow on LinkedIn that an editor has connected."""
    holder = (
        Holder.objects.filter(post__code="be-tokyo-emb").first() or Holder.objects.filter(ministry__is_home=True)[0]
    )
    live = add_account(holder=holder, platform="linkedin", address="belgium-in-japan", now=NOW)
    furnish.shadows(NOW)
    made = live.shadow
    made.refresh_from_db()
    editor.connects(link_to(made), account=made.address)
    return Account.objects.get(pk=made.pk)


def stored(account: Account) -> Credential:
    return Credential.objects.get(account=account)


def refreshes(sim: Running) -> int:
    counted = sim.control("GET", "requests")["requests"].get("linkedin", {})
    return sum(counted.get("refresh", {}).values())


def publishes(account: Account) -> str:
    account = Account.objects.select_related("credential").get(pk=account.pk)
    out = Outgoing(text="EXERCISE. Alert TSTRNW/1", marker="TSTRNW/1")
    return wiring.adapter("linkedin").publish(out, wiring.target(account)).remote_id


def refuse(sim: Running, fault: str, times: int | None = None, **params: Any) -> None:
    body = {"platform": "linkedin", "fault": fault, "method": "refresh", "times": times, "params": params}
    sim.control("POST", "faults", body)


def test_what_holds_long_enough_is_left_alone(sim: Running, account: Account, at: At) -> None:
    begun = clock.now()
    end = stored(account).expires_at
    assert end is not None
    assert timedelta(days=59) < end - begun < timedelta(days=61)
    rounds.renew()
    at(begun + timedelta(days=39))
    rounds.renew()
    assert refreshes(sim) == 0


def test_what_ends_soon_is_renewed_and_publishes(sim: Running, account: Account, at: At) -> None:
    before = stored(account)
    at(clock.now() + LATE)
    rounds.renew()
    after = stored(account)
    assert refreshes(sim) == 1
    assert after.secrets["access_token"] != before.secrets["access_token"]
    assert after.secrets["refresh_token"] == before.secrets["refresh_token"]
    assert (after.grantor, after.connected_by, after.stored_at) == (
        before.grantor,
        before.connected_by,
        before.stored_at,
    )
    assert after.renew_code == ""
    assert publishes(account)
    (entry,) = entries(account, "renew")
    assert entry.data["outcome"] == "renewed"
    told = str(list(Entry.objects.values()))
    assert not any(secret in told for secret in (*before.secrets.values(), *after.secrets.values()))


def test_two_rounds_at_once_renew_once(sim: Running, account: Account, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the platform answers the first round, a second one comes by."""
    asked = LinkedInConsent.renew

    def renew(self: LinkedInConsent, target: Any) -> Granted:
        rounds.renew()
        return asked(self, target)

    monkeypatch.setattr(LinkedInConsent, "renew", renew)
    at(clock.now() + LATE)
    rounds.renew()
    assert refreshes(sim) == 1
    assert len(entries(account, "renew")) == 1


def test_whoever_finds_it_due_a_moment_too_late_leaves_it(account: Account) -> None:
    now = clock.now() + LATE
    before = {"linkedin": timedelta(days=20)}
    assert renewals.due(now, before, limit=9) == [stored(account).pk]
    assert renewals.lease(stored(account).pk, now) is not None
    assert renewals.lease(stored(account).pk, now) is None
    assert renewals.due(now, before, limit=9) == []
    assert renewals.due(now + renewals.LEASE, before, limit=9) == [stored(account).pk], (
        "a dead worker holds nothing for long"
    )


def test_one_access_of_several_accounts_is_renewed_once_for_all(sim: Running, account: Account, at: At) -> None:
    own = stored(account)
    other = add_account(holder=account.holder, platform="linkedin", address="belgium-abroad", now=NOW).shadow
    access = Access(expires_at=own.expires_at, grantor=own.grantor)
    connect(
        account=other,
        address="abroad-ex",
        platform_id="4711",
        secrets=Secrets(own.secrets),
        actor="t",
        now=NOW,
        access=access,
    )
    at(clock.now() + LATE)
    rounds.renew()
    assert refreshes(sim) == 1
    assert stored(other).secrets == stored(account).secrets != own.secrets
    assert len(entries(other, "renew")) == len(entries(account, "renew")) == 1


def test_a_refused_renewal_warns_at_once_and_keeps_what_still_holds(
    sim: Running, account: Account, at: At, headquarters: Client, caplog: pytest.LogCaptureFixture
) -> None:
    before = stored(account)
    refuse(sim, "unauthorized")
    at(clock.now() + timedelta(days=41))
    assert not ending_soon(clock.now()).filter(account=account).exists(), "more than fourteen days are left"
    with caplog.at_level(logging.ERROR):
        rounds.renew()
        rounds.renew()
    after = stored(account)
    assert (after.secrets, after.expires_at, after.renew_code) == (before.secrets, before.expires_at, "bad_credentials")
    assert refreshes(sim) == 1, "nor is it asked again by the minute"
    assert [record.getMessage() for record in caplog.records].count("an access was not renewed") == 1
    assert ending_soon(clock.now()).filter(account=account).exists()
    headquarters.force_login(Officer.objects.get(username="approver"))  # weeks later, in another shift
    assert "no longer renews it: connect it again" in headquarters.get("/console/").content.decode()
    assert publishes(account), "until its own end it is as good as before"
    assert [entry.data["outcome"] for entry in entries(account, "renew")] == ["bad_credentials"]


def test_an_editor_who_connects_it_again_ends_the_warning(
    sim: Running, account: Account, at: At, editor: Editor
) -> None:
    refuse(sim, "unauthorized", times=1)
    begun = clock.now()
    at(begun + timedelta(days=41))
    rounds.renew()
    at(begun)
    editor.connects(link_to(account), account=account.address)
    assert (stored(account).renew_code, stored(account).renew_after) == ("", None)
    assert not ending_soon(begun).filter(account=account).exists()


@pytest.mark.parametrize(
    "fault", ["cut_before", "error_html", "error_json", "empty_json", "garbage_2xx", "array_2xx", "rate_limit"]
)
def test_an_outage_is_waited_out(sim: Running, account: Account, at: At, fault: str) -> None:
    before = stored(account)
    refuse(sim, fault, times=1)
    now = clock.now() + LATE
    at(now)
    rounds.renew()
    assert stored(account).secrets == before.secrets
    assert stored(account).renew_code not in ("", "bad_credentials")
    at(now + timedelta(hours=1, minutes=1))
    rounds.renew()
    assert stored(account).secrets != before.secrets
    assert stored(account).renew_code == ""
    assert [entry.data["outcome"] == "renewed" for entry in entries(account, "renew")] == [False, True]


def test_what_an_editor_connected_meanwhile_is_not_overwritten(sim: Running, account: Account, editor: Editor) -> None:
    now = clock.now() + LATE
    leased = renewals.lease(stored(account).pk, now)
    assert leased is not None
    screen = wiring.consent("linkedin")
    assert isinstance(screen, LinkedInConsent)
    granted = screen.renew(wiring.target(leased.credential.account))
    editor.connects(link_to(account), account=account.address)
    fresh = stored(account)
    assert not renewals.store(leased, granted, now)
    assert stored(account).secrets == fresh.secrets
    assert entries(account, "renew") == []


def test_an_access_that_speaks_for_another_account_is_never_stored(
    sim: Running, account: Account, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(account)
    asked = LinkedInConsent.renew

    def renew(self: LinkedInConsent, target: Any) -> Granted:
        granted = asked(self, target)
        return Granted(type(granted.identity)("4712", "another"), granted.secrets, granted.scopes, granted.expires_at)

    monkeypatch.setattr(LinkedInConsent, "renew", renew)
    at(clock.now() + LATE)
    rounds.renew()
    assert (stored(account).secrets, stored(account).renew_code) == (before.secrets, "bad_credentials")


def test_a_refresh_that_makes_nothing_longer_is_not_repeated_by_the_minute(
    sim: Running, account: Account, at: At
) -> None:
    """Near the end of its year a refresh token gives what is left of it."""
    begun = clock.now()
    there = sim.world.accounts.named("linkedin", account.address)
    assert there is not None
    until = (begun + timedelta(days=2)).timestamp()
    sim.world.accounts.give(there, there.secrets | {"refresh_until": str(until)})
    Credential.objects.filter(account=account).update(expires_at=begun + timedelta(days=1))
    for minutes in range(50):
        at(begun + timedelta(minutes=minutes))
        rounds.renew()
    end = stored(account).expires_at
    assert end is not None
    assert abs(end.timestamp() - until) < 5
    assert refreshes(sim) == 1
    assert ending_soon(clock.now()).filter(account=account).exists()


def test_a_paused_house_renews_nothing(sim: Running, account: Account, at: At) -> None:
    at(clock.now() + LATE)
    pause_house(why="manual", actor="t", now=clock.now())
    rounds.renew()
    assert refreshes(sim) == 0


def test_whoever_says_when_to_renew_can() -> None:
    """And the other way round: what can be renewed, and ends, is."""
    for spec in catalog.specs():
        assert (spec.renew_before is not None) == issubclass(catalog.consent_class(spec.slug) or object, Renews), (
            spec.slug
        )
