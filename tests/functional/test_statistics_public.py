"""The public statistics on a phone: the first places, the whole of each ranking at an address of its own, and few questions."""

import re
from typing import Any

import pytest
from django.test import Client

from atlas import statistics
from crisis import clock
from crisis.presence.models import DayTotal
from crisis.registry.atlas import public_accounts
from crisis.registry.models import Account
from demo import figures
from tests.functional.test_atlas import shown

PLACE = r"<tr><td>(\d+)</td>"


@pytest.fixture(autouse=True)
def measured() -> None:
    """Let every account have been measured."""
    figures.history(clock.now())


def tables(page: str) -> list[list[str]]:
    """Return the places that each table of a page lists."""
    return [re.findall(PLACE, each) for each in page.split("<table>")[1:]]


def test_the_first_page_shows_ten_of_each_ranking_and_leads_to_the_whole(client: Client) -> None:
    page = shown(client, "statistics/?l=en&by=post&of=posts_per_week")
    assert [len(each) for each in tables(page)] == [10, 10]
    posts = int(re.findall(r"Show all (\d+)", page)[0])
    assert posts > 10
    assert f"The first 10 of {posts} are shown here." in page, "on paper too"
    assert page.count("<polyline") == 1
    whole = "statistics/ranking?of=posts_per_week&amp;by=post&amp;l=en"
    assert f'href="/atlas/{whole}"' in page
    listed = shown(client, whole.replace("&amp;", "&"))
    assert [len(each) for each in tables(listed)] == [min(posts, statistics.MANY)]
    assert "<polyline" not in listed, "nothing is drawn twice"
    ready = shown(client, "statistics/readiness?l=en")
    (places,) = tables(ready)
    assert len(places) > 10


def test_a_long_ranking_is_turned_page_by_page_and_each_page_keeps_its_address(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "MANY", 7)
    many = int(re.findall(r"Show all (\d+)", shown(client, "statistics/?l=en&by=country"))[0])
    last = -(-many // 7)
    names: list[str] = []
    for number in range(1, last + 1):
        page = shown(client, f"statistics/ranking?by=country&page={number}&l=en")
        names += re.findall(r'href="/atlas/([A-Z]{2})\?l=en"', page)
        assert (f"page={number - 1}&amp;l=en" in page) == (number > 1)
        assert (f"page={number + 1}&amp;l=en" in page) == (number < last)
        assert f'href="?of=followers&amp;by=country&amp;page={number}&amp;l=fr"' in page, (
            "in another language it is the same"
        )
    assert len(names) == len(set(names)) == many
    assert f"{7 * (last - 1) + 1} to {many} of {many}" in page
    for wrong in (last + 1, 0, -1, "x", "9" * 30, "\u0663"):
        assert client.get("/atlas/statistics/ranking", {"by": "country", "page": wrong}).status_code == 404, wrong
    assert client.get("/atlas/statistics/readiness", {"page": 99}).status_code == 404


def test_another_language_shows_the_same_ranking_and_the_same_search(client: Client) -> None:
    page = shown(client, "statistics/?l=en&by=platform&of=posts_per_week")
    assert 'href="?of=posts_per_week&amp;by=platform&amp;l=nl"' in page
    found = shown(client, "?l=en&q=consulate+%26")
    assert 'href="?q=consulate+%26&amp;l=nl"' in found


def test_each_platforms_line_is_drawn_once_and_named(client: Client) -> None:
    platforms = len(set(DayTotal.objects.exclude(platform="").values_list("platform", flat=True)))
    page = shown(client, "statistics/?l=en&by=platform")
    assert page.count("<polyline") == min(platforms, statistics.PLOTS)
    whole = shown(client, "statistics/ranking?l=en&by=platform")
    labels = re.findall(r'role="img" aria-label="([^"]+)"', whole)
    assert len(labels) == len(set(labels)) == platforms


def test_what_is_measured_of_posts_is_asked_once_for_all_rankings(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    client.get("/atlas/statistics/?l=en")
    with django_assert_max_num_queries(6):
        client.get("/atlas/statistics/?l=en&by=country")


def test_a_ranking_makes_no_object_for_each_account(client: Client) -> None:
    accounts = public_accounts().count()
    made: list[type] = []
    known = Account.from_db.__func__  # type: ignore[attr-defined]

    def from_db(cls: type, *args: Any) -> Any:
        made.append(cls)
        return known(cls, *args)

    client.get("/atlas/statistics/?l=en")
    try:
        Account.from_db = classmethod(from_db)  # type: ignore[method-assign,assignment]
        client.get("/atlas/statistics/?l=en&by=account")
    finally:
        del Account.from_db
    assert accounts > 50
    assert len(made) <= 10, "only those that are shown"
