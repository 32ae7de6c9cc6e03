"""Accounts through which nothing can leave: they are no target, they are named, and they are not counted."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.preview import confirm_sentence
from crisis import clock
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.operations import submit
from crisis.broadcast.preflight import Refused, look
from crisis.registry.models import Account, Credential
from crisis.registry.operations import pause
from crisis.staff.models import Officer
from tests.functional.factories import NOW, citizen, drafted, shadow


def test_accounts_that_are_paused_or_not_connected_are_no_target(officer: Officer) -> None:
    pause(account=shadow("telegram", "@tocsin_demo_alerts"), why="a test", actor="test", now=NOW)
    Credential.objects.filter(account=shadow("x", "belgiumembjapan")).delete()
    Account.objects.filter(pk=shadow("facebook", "belgianembassytokyo").pk).update(address="", address_key="")
    alert = drafted()
    found = look(alert, clock.now())
    assert found.publishing == []
    assert any("empty target is refused" in problem for problem in found.problems)
    with pytest.raises(Refused, match="empty target"):
        submit(alert=alert, revision=1, acknowledged=found.ticks, by=officer, now=NOW)

    citizen("Tokyo")
    assert look(alert, clock.now()).problems == [], "a citizen receives it: that is a target, with a tick"


def test_looking_costs_no_query_for_each_account(django_assert_max_num_queries: Any) -> None:
    few, many = drafted(), drafted(countries=["US", "CA", "MX", "BR", "FR", "DE", "CN", "IN", "CD", "JP"])
    with CaptureQueriesContext(connection) as asked:
        look(few, clock.now())
    with django_assert_max_num_queries(len(asked) + 2):
        assert len(look(many, clock.now()).plans) > 10


def test_skipped_accounts_are_named_and_need_a_tick(officer: Officer, approver: Officer) -> None:
    pause(account=shadow("x", "belgiumembjapan"), why="a test", actor="test", now=NOW)
    alert = drafted()
    found = look(alert, clock.now())
    assert found.ticks == {"skipped_accounts": ["x belgiumembjapan"]}
    assert " – 2 accounts – 0 people" in confirm_sentence(alert, found), "only what will publish is counted"
    with pytest.raises(Refused, match="X shadow of belgiumembjapan"):
        submit(alert=alert, revision=1, acknowledged={}, by=officer, now=NOW)
    submit(alert=alert, revision=1, acknowledged=found.ticks, by=officer, now=NOW)

    pause(account=shadow("telegram", "@tocsin_demo_alerts"), why="a test", actor="test", now=NOW)
    with pytest.raises(Refused, match="Telegram shadow of @tocsin_demo_alerts"):
        approve_and_issue(alert=alert, revision=1, by=approver, now=NOW)
