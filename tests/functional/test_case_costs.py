"""The list of cases, and one of them, cost the same however many there are, and however many clerks."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crisis.registry.models import Post
from crisis.staff.models import Grant, Officer, Role
from simulator.testing import Running
from tests.functional.factories import NOW, citizen
from tests.functional.test_casework import calls_for_help

SignIn = Callable[[str], Client]


def asked(browser: Client, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as found:
        assert browser.get(path).status_code == 200
    return len(found)


def test_a_list_of_many_cases_asks_as_often_as_one_of_a_few(sim: Running, signed_in: SignIn) -> None:
    browser = signed_in("clerk")
    for _ in range(2):
        calls_for_help(citizen())
    few = asked(browser, "/console/cases/")
    for _ in range(6):
        calls_for_help(citizen())
    assert asked(browser, "/console/cases/") == few


def test_a_case_asks_as_often_where_it_may_be_given_to_many(sim: Running, signed_in: SignIn) -> None:
    browser, path, tokyo = (
        signed_in("clerk"),
        f"/console/cases/{calls_for_help(citizen()).pk}/",
        Post.objects.get(code="be-tokyo-emb"),
    )

    def clerks(number: int) -> None:
        for _ in range(number):
            person = Officer.objects.create(username=f"c{Officer.objects.count()}")
            Grant.objects.create(officer=person, role=Role.CLERK, bound=True, granted_at=NOW).posts.set([tokyo])

    clerks(1)
    few = asked(browser, path)
    clerks(5)
    assert asked(browser, path) == few
