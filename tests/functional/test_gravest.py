"""The gravest first: the list of a rollcall's people, what is taken out of it, and the posts on its board."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from crisis import clock
from crisis.audience.models import Citizen, Contact
from crisis.broadcast.models import Notice
from crisis.checkins import exporting
from crisis.checkins.counting import Row, Wanted, gravest_posts
from crisis.checkins.gravest import Gravest
from crisis.checkins.models import CheckIn, Rest, Safety
from crisis.checkins.operations import record
from crisis.checkins.queries import STATUSES, people
from crisis.checkins.rounds import RoundAnswer, open_round
from crisis.registry.models import Post
from crisis.staff.models import Officer
from crisis.staff.reach import Reach
from simulator.testing import Running
from tests.functional.crowds import crowd
from tests.functional.factories import NOW, citizen, issued

_refs = count(1)
# As the list must show them. Their names would put them the other way round.
ORDER = [
    "Zoe, who needs help", "Yuri, two of three in need", "Xenia, unclear", "Willy, no word of one", "Vera, silent and near",
    "Ugo, not delivered", "Tom, silent and far", "Sara, safe since long", "Rik, safe since just now", "Piet, not there",
]  # fmt: skip


def says(contact: Contact, rollcall: Any, safety: Safety, others: int = 0, are: str = "") -> None:
    record(
        rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT,
        ref=f"g:{next(_refs)}", now=clock.now(),
    )  # fmt: skip
    if others:
        given = CheckIn.objects.filter(citizen=contact.citizen, current=True)
        given.update(people=contact.citizen.people - others, others=others, others_are=are)


@pytest.fixture
def everybody(sim: Running) -> Any:
    """Their rollcall: each is told, in the order of the alphabet, and answers or not."""
    by_name = {name: citizen("Kinshasa", name=name, people=3) for name in sorted(ORDER)}
    zoe, yuri, xenia, willy, vera, ugo, tom, sara, rik, piet = (by_name[name] for name in ORDER)
    alert = issued(countries=["CD"])
    notices = Notice.objects.filter(run__alert=alert)
    notices.update(state="accepted", accepted_at=NOW, rank=5)
    for contact, rank in ((vera, 1), (ugo, 3), (tom, 900)):
        notices.filter(contact=contact).update(rank=rank)
    notices.filter(contact=ugo).update(state="undelivered", reason="recipient_gone")
    for contact, *given in (
        (sara, Safety.SAFE), (piet, Safety.NOT_THERE), (willy, Safety.SAFE, 1, Rest.NO_WORD), (xenia, Safety.UNCLEAR),
        (zoe, Safety.NEEDS_HELP), (yuri, Safety.SAFE, 1, Rest.NEEDS_HELP), (rik, Safety.SAFE),
    ):  # fmt: skip
        says(contact, alert.rollcall, *given)
    return alert.rollcall


def test_whoever_needs_help_stands_first_and_the_nearest_of_the_silent_before_the_safe(everybody: Any) -> None:
    assert [each.name for each in Gravest(everybody)[:50]] == ORDER
    assert [each.name for each in Gravest(everybody)[3:5]] == ORDER[3:5], "a page is cut out of the same order"


def test_the_page_shows_them_so_and_so_does_each_filter(everybody: Any, signed_in: Any) -> None:
    path, browser = f"/console/rollcalls/{everybody.pk}/", signed_in("clerk")
    for query, names in (
        ("", ORDER), ("?status=safe", [ORDER[1], ORDER[3], *ORDER[7:9]]), ("?status=no_answer", [*ORDER[3:5], ORDER[6]]),
    ):  # fmt: skip
        page = browser.get(path + query).content.decode()
        page = page[page.index('id="people"') :]
        assert sorted(names, key=page.index) == names, query
        assert not any(name in page for name in ORDER if name not in names), query
    found = browser.post(path, {"name": "who needs"}).content.decode()
    assert ORDER[0] in found
    assert ORDER[1] not in found


def test_what_is_taken_out_is_in_the_same_order(everybody: Any, clerk: Officer) -> None:
    table = exporting.export(rollcall=everybody, wanted=Wanted(), form="csv", by=clerk, now=clock.now())
    assert [row[0] for row in table[1:]] == ORDER


@pytest.mark.parametrize("status", ["", *STATUSES])
def test_the_order_loses_and_doubles_nobody(everybody: Any, clerk: Officer, status: str) -> None:
    asked = open_round(rollcall=everybody, questions=["leave"], by=clerk, now=clock.now() + timedelta(seconds=1))
    stranger = citizen("Goma", name="Only asked in the round")
    RoundAnswer.objects.create(round=asked, citizen=stranger.citizen, question="leave", value=1, at=NOW)
    for more in ({}, {"post_id": Post.objects.get(code="be-kinshasa-emb").pk}, {"country": "CD"}, {"name": "o"}):
        chosen = people(everybody, status=status, **more)
        ids = Gravest(everybody, chosen, status=status).ids(slice(100))
        assert len(ids) == len(set(ids))
        assert set(ids) == set(chosen.values_list("pk", flat=True)), more
    if not status:
        assert set(Gravest(everybody).ids(slice(100))) == set(people(everybody).values_list("pk", flat=True))


def test_who_was_told_by_two_ways_stands_once_and_as_near_as_they_are(sim: Running) -> None:
    crowd(6, second=2)
    alert = issued()
    last = Citizen.objects.get(name="n4")
    notice = Notice.objects.get(run__alert=alert, contact__citizen=last, contact__kind="telegram")
    Notice.objects.update(rank=9)
    Notice.objects.create(
        run=notice.run, contact=last.contacts.get(kind="email"), wording=notice.wording, people=1, rank=2
    )
    found = [each.name for each in Gravest(alert.rollcall)[:50]]
    assert found[0] == "n4"
    assert sorted(found) == [f"n{n}" for n in range(6)]


CHOSEN: dict[str, dict[str, Any] | None] = {
    "everybody": None,
    **{status or "all": {"status": status} for status in ("", *STATUSES)},
    "country": {"country": "CD"},
    "name": {"name": "silent"},
    "status and country": {"status": "safe", "country": "CD"},
    "reach": {"reach": Reach.of(posts=frozenset({1, 2}), rollcall=None) | Reach.of(posts=None, rollcall=1)},
}


@pytest.mark.parametrize("chosen", CHOSEN.values(), ids=CHOSEN)
def test_nothing_is_asked_again_for_each_person(everybody: Any, chosen: dict[str, Any] | None, clerk: Officer) -> None:
    """What a database calls so never ends among a million."""
    open_round(rollcall=everybody, questions=["leave"], by=clerk, now=clock.now())
    among = None if chosen is None else people(everybody, **chosen)
    asked = [part[:50] for part in Gravest(everybody, among).parts()] + ([] if among is None else [among])
    steps = [step for each in asked for step in each.explain().splitlines()]
    again = {"sqlite": "CORRELATED", "postgresql": "SubPlan"}[connection.vendor]
    assert steps
    assert not any(again in step for step in steps), steps


def test_whoever_answers_while_a_list_is_taken_out_is_on_it(everybody: Any) -> None:
    rik = Citizen.objects.get(name=ORDER[8])

    class Meanwhile(Gravest):
        def parts(self) -> Iterator[Any]:
            for n, part in enumerate(super().parts()):
                yield part
                if n == 0:
                    CheckIn.objects.filter(citizen=rik).update(safety=Safety.NEEDS_HELP)

    assert Meanwhile(everybody, people(everybody)).every_id(50)[0] == rik.pk


def test_a_page_costs_the_same_whoever_stands_on_it(
    sim: Running, signed_in: Any, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    crowd(60)
    alert = issued()
    browser, path = signed_in("clerk"), f"/console/rollcalls/{alert.rollcall.pk}/"
    browser.get(path)
    cache.clear()
    with django_assert_max_num_queries(45):
        first = browser.get(path)
    assert first.context["page"].paginator.num_pages == 2
    with django_assert_max_num_queries(6):
        assert len(Gravest(alert.rollcall)[:50]) == 50
    with django_assert_num_queries(11):
        assert len(Gravest(alert.rollcall)[50:100]) == 10, "above them nobody is read, but counted"


def test_the_posts_with_people_in_need_stand_first_on_the_board() -> None:
    rows = [
        Row(1, "Anywhere", no_answer=900), Row(2, "Bujumbura", no_answer=3), Row(3, "Chisinau", answers={"unclear": 2}),
        Row(4, "Dakar", answers={"needs_help": 1}),
    ]  # fmt: skip
    assert [row.post for row in gravest_posts(rows, {2: 1})] == ["Dakar", "Chisinau", "Bujumbura", "Anywhere"]
