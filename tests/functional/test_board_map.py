"""The board by hour, on a map, and narrowed by what stands in its address; and nobody sees more of it than is theirs."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.alerts.where import Circle
from crisis.broadcast.models import Notice
from crisis.checkins.counting import Row
from crisis.checkins.models import CheckIn, Safety
from crisis.checkins.operations import record
from crisis.checkins.tallying import tick
from crisis.journal.models import Entry
from crisis.plots import HOURS, by_hour
from crisis.registry.models import Post
from crisis.staff.models import Grant, Officer, Role
from simulator.testing import Running
from tests.functional.factories import NOW, citizen, issued

At = Callable[[datetime], None]
KINSHASA, LUBUMBASHI = "be-kinshasa-emb", "be-lubumbashi-cg"


def post(code: str) -> Post:
    return Post.objects.get(code=code)


@pytest.fixture
def congo_and_japan(sim: Running, at: At) -> Alert:
    """One in Kinshasa is safe; an hour later one in Lubumbashi needs help. In Kinshasa and Tokyo one each is silent."""
    people = [
        citizen("Kinshasa", name="Ada", people=4), citizen("Lubumbashi", name="Bea", people=2),
        citizen("Kinshasa", name="Cem"), citizen("Tokyo", name="Dai"),
    ]  # fmt: skip
    alert = issued(countries=["CD", "JP"])
    Notice.objects.filter(run__alert=alert).update(state="accepted", accepted_at=NOW)
    for hours, (contact, safety) in enumerate(((people[0], Safety.SAFE), (people[1], Safety.NEEDS_HELP))):
        at(NOW + timedelta(hours=hours))
        record(
            rollcall=alert.rollcall, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT,
            ref=f"t:{hours}", now=clock.now(),
        )  # fmt: skip
    tick(clock.now())
    return alert


def shown(page: str) -> set[str]:
    """Whom the list of people holds."""
    return set(re.findall(r'data-label="Name">(\w+)', page))


def test_each_country_and_post_says_its_gravest_by_sign_and_number(
    congo_and_japan: Alert, signed_in: Callable[[str], Client]
) -> None:
    page = signed_in("clerk").get(f"/console/rollcalls/{congo_and_japan.rollcall.pk}/map/").content.decode()
    there = dict(re.findall(r'id="there-(\w+)"[^>]* aria-label="([^"]+)"', page))
    assert there["CD"].endswith(": 2 need help, 1 no answer, 4 safe, or not there")
    assert there["JP"].endswith(": 1 no answer")
    assert there[str(post(LUBUMBASHI).pk)].endswith(": 2 need help")
    assert there[str(post(KINSHASA).pk)].endswith(": 1 no answer, 4 safe, or not there")
    assert 'fill="url(#p-needs_help)" d="M' in page
    signs = re.findall(r"<text x=[^>]+central\">([^<]+)</text>", page)
    assert signs[-1] == "!2", "the gravest is drawn last"
    assert set(signs) == {"!2", "…1"}


@pytest.mark.parametrize(
    ("query", "names", "safe", "help_"),
    [
        ("", {"Ada", "Bea", "Cem", "Dai"}, "4", "2"),
        ("country=CD", {"Ada", "Bea", "Cem"}, "4", "2"),
        ("post={lubumbashi}", {"Bea"}, "0", "2"),
        ("country=CD&status=no_answer", {"Cem"}, "4", "2"),
        ("since={second}", {"Bea"}, "0", "2"),
        ("since={second}&country=JP", set(), "0", "0"),
        ("country=XX&since=yesterday&post=x&status=y", {"Ada", "Bea", "Cem", "Dai"}, "4", "2"),
    ],
)
def test_what_stands_in_the_address_narrows_counts_and_people(
    congo_and_japan: Alert, signed_in: Callable[[str], Client], query: str, names: set[str], safe: str, help_: str
) -> None:
    second = f"{(NOW + timedelta(hours=1)).astimezone(UTC):%Y-%m-%dT%H}"
    query = query.format(lubumbashi=post(LUBUMBASHI).pk, second=second)
    browser, path = signed_in("clerk"), f"/console/rollcalls/{congo_and_japan.rollcall.pk}/"
    page = browser.get(f"{path}?{query}").content.decode()
    assert shown(page) == names
    counts = browser.get(f"{path}counts/?{query}").content.decode()
    for text in (page, counts):
        assert f"<strong>{help_}</strong> need help" in text
        assert f"<strong>{safe}</strong> safe" in text
    assert 'id="there-JP"' in browser.get(f"{path}map/?{query}").content.decode(), "from the map one goes anywhere"


def test_a_filter_is_an_address_and_the_list_that_leaves_is_the_list_that_is_shown(
    congo_and_japan: Alert, signed_in: Callable[[str], Client]
) -> None:
    browser, path = signed_in("clerk"), f"/console/rollcalls/{congo_and_japan.rollcall.pk}/"
    form = {"status": "no_answer", "country": "CD", "post": "", "since": "", "name": ""}
    assert browser.post(path, form)["Location"] == f"{path}?status=no_answer&country=CD"
    answer = browser.post(f"{path}export/", form | {"form": "csv"})
    assert [row[0] for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))] == ["Name", "Cem"]
    assert Entry.objects.get(action="checkins.export").data["country"] == "CD"


def test_the_silent_leave_as_a_list_with_the_most_exposed_first(
    sim: Running, signed_in: Callable[[str], Client]
) -> None:
    for town, name in (("Hiroshima", "Ada"), ("Osaka", "Zoe")):
        citizen(town, name=name)
    alert = issued(countries=["JP"], circle=Circle("Osaka", 400))
    Notice.objects.filter(run__alert=alert).update(state="accepted", accepted_at=NOW)
    path = f"/console/rollcalls/{alert.rollcall.pk}/export/"
    told = signed_in("clerk").post(path, {"form": "csv", "status": "no_answer"}).content.decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(told))] == ["Name", "Zoe", "Ada"]
    page = signed_in("clerk").post(path, {"form": "print", "status": "no_answer"}).content.decode()
    assert page.index(">Zoe<") < page.index(">Ada<")
    assert '<span class="tag">EXERCISE</span>' in page
    assert f'href="/console/rollcalls/{alert.rollcall.pk}/?status=no_answer"' in page
    assert [entry.data["form"] for entry in Entry.objects.filter(action="checkins.export")] == ["csv", "print"]


def test_who_is_bound_to_a_post_sees_its_place_and_its_hours_only(congo_and_japan: Alert, client: Client) -> None:
    bound = Officer.objects.create_user("bound", password="a long password of theirs")
    grant = Grant.objects.create(officer=bound, role=Role.CLERK, granted_at=NOW, bound=True)
    grant.posts.set([post(LUBUMBASHI)])
    client.force_login(bound)
    path = f"/console/rollcalls/{congo_and_japan.rollcall.pk}/"
    part = client.get(f"{path}map/").content.decode()
    assert set(re.findall(r'id="there-(\w+)"', part)) == {"CD", str(post(LUBUMBASHI).pk)}
    assert part.count("since=") == 1, "the hour in which Bea answered"
    assert "at most 2 in one hour" in part
    assert shown(client.get(f"{path}?country=JP").content.decode()) == set()
    assert shown(client.get(f"{path}?post={post(KINSHASA).pk}").content.decode()) == set()


def test_the_map_is_made_once_for_all_and_not_sent_again(
    congo_and_japan: Alert, signed_in: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    browser, path = signed_in("clerk"), f"/console/rollcalls/{congo_and_japan.rollcall.pk}/map/"
    first = browser.get(path)
    with django_assert_max_num_queries(3):
        assert browser.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert len(first.content) < 60_000


def test_an_hour_is_a_bar_and_nobody_in_need_is_too_small_to_be_seen() -> None:
    last = datetime(2026, 11, 29, 3, tzinfo=UTC)
    kinds = ("safe", "needs_help")
    hours = {last: {"safe": 9_999, "needs_help": 1}, last - timedelta(hours=HOURS): {"safe": 5}}
    bars = by_hour(hours, kinds=kinds, until=last + timedelta(minutes=59))
    assert bars is not None
    ((at, (safe, need)),) = bars.bars
    assert (at, bars.most, safe.number, need.number) == (last, 10_000, 9_999, 1), "what is too long ago is not drawn"
    assert need.height >= 3
    assert safe.x + bars.wide <= bars.width
    assert by_hour({}, kinds=kinds, until=last) is None
    assert by_hour({last: {"safe": 0}}, kinds=kinds, until=last) is None


def test_a_row_since_an_hour_counts_those_answers_only() -> None:
    row = Row(1, "A", no_answer=3)
    hour = datetime(2026, 11, 29, 3, tzinfo=UTC)
    for at, people in ((hour - timedelta(hours=1), 5), (hour, 2)):
        row.change("safe", people)
        row.in_hour(at, "safe", people)
    later = row.since(hour)
    assert (later.answers, later.no_answer, row.answers) == ({"safe": 2}, 3, {"safe": 7})
