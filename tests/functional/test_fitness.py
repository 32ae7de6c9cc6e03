"""Before anybody approves: how many accounts are fit for the alert, which are not, and what it costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.broadcast.models import Delivery
from crisis.broadcast.preflight import look
from crisis.health.models import Canary
from crisis.health.queries import fitness
from crisis.registry.models import Account
from crisis.registry.operations import pause
from crisis.staff.models import Officer
from tests.functional.factories import NOW, drafted, issued, one, shadow


def fit(**more: Any) -> Any:
    return fitness(look(drafted(**more), clock.now()), clock.now())


def test_all_fit_is_said_in_a_line() -> None:
    assert fit().sentence == "Of 3 accounts for 1 post: all fit."


def test_what_is_not_fit_is_counted_and_named() -> None:
    page = shadow("facebook", "belgianembassytokyo")
    Canary.objects.create(
        name=f"account:{page.pk}", platform="facebook", account=page, due_at=NOW, failures=1, code="bad_credentials",
        failed_since=NOW,
    )  # fmt: skip
    pause(account=shadow("x", "belgiumembjapan"), why="under attack", actor="test", now=NOW)

    found = fit(countries=["JP", "XK"])

    assert found.dead == ["facebook belgianembassytokyo.shadow"]
    assert found.sentence == (
        "3 of 4 accounts, for 3 posts: 1 access dead, 1 paused or not connected, 1 post with no account of its own."
    )


def test_what_is_held_is_not_counted_as_waiting_for_a_hand() -> None:
    shadow("x", "belgiumembjapan")
    Account.objects.filter(platform="x", address="belgiumembjapan").update(languages=["it"])
    Account.objects.filter(platform="facebook", address="belgianembassytokyo").update(platform="youtube")
    assert fit().sentence == "1 of 3 accounts, for 1 post: 1 to publish by hand, 1 held."


def test_credit_that_was_used_up_is_shown_before_it_hurts() -> None:
    row = one(issued(), "x")
    Delivery.objects.filter(pk=row.pk).update(state="held", reason="quota_used", not_before=None)
    assert fit().out_of_credit == [str(row.account)]
    Delivery.objects.filter(pk=row.pk).update(queued_at=NOW - timedelta(days=2))
    assert fit().out_of_credit == []


def test_what_a_platform_charges_is_the_sum_of_its_publications() -> None:
    found = look(drafted(), clock.now())
    (plan,) = [plan for plan in found.plans if plan.account.platform == "x"]
    linked = sum(1 for text in plan.publications if "http" in text.text)
    (cost,) = found.costs
    assert (cost.platform, cost.publications) == ("X", len(plan.publications))
    assert cost.dollars == pytest.approx(0.20 * linked + 0.015 * (len(plan.publications) - linked))


def test_officer_and_approver_read_it_on_the_alerts_page() -> None:
    alert = drafted()
    client = Client()
    client.force_login(Officer.objects.get(username="officer"))
    page = client.get(f"/console/exercise/{alert.pk}/").content.decode()
    assert "Of 3 accounts for 1 post: all fit." in page
    assert "X charges about $" in page
