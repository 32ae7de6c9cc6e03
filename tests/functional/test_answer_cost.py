"""What one answer costs the database, by each way in: what was asked once is not asked again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from bot import conversation, freetext
from bot.speaker import Speaker
from crisis import clock
from crisis.checkins.models import CheckIn
from crisis.checkins.unverified import Report
from simulator.testing import Running
from tasks.replies import confirm
from tests.functional.factories import issued
from tests.functional.families import asked, household
from tests.functional.pages import Visitor, fields
from tests.functional.phones import Person
from tests.functional.texting import phone, told, written

At = Callable[..., Any]


@pytest.mark.parametrize(("text", "most"), [("1", 22), ("2", 27), ("I am safe", 28), ("where is the embassy?", 33)])
def test_a_text(sim: Running, text: str, most: int, django_assert_max_num_queries: At) -> None:
    phone()
    told()
    with django_assert_max_num_queries(most):
        assert written(text).status_code == 200
    assert CheckIn.objects.count() == 1


def test_its_confirmation(sim: Running, django_assert_max_num_queries: At) -> None:
    contact = phone()
    told()
    written("1")
    checkin = CheckIn.objects.get()
    with django_assert_max_num_queries(8):
        confirm(contact.pk, "safe", checkin.pk, 0, "RE-NONE")


def test_the_bot(person: Callable[..., Person], django_assert_max_num_queries: At) -> None:
    me, rollcall = household(person, people=1), asked().rollcall
    speaker, ref = Speaker(me.chat, "Emma", "en"), "telegram:1"
    with django_assert_max_num_queries(21):
        conversation.answered(speaker, rollcall.pk, "safe", ref, clock.now())
    with django_assert_max_num_queries(12):  # as it is where the press was recorded ahead
        conversation.answered(speaker, rollcall.pk, "safe", ref, clock.now())
    assert CheckIn.objects.get().safety == "safe"
    CheckIn.objects.all().delete()
    with django_assert_max_num_queries(27):
        freetext.wrote(speaker, "I am safe", "telegram:2", clock.now())
    assert CheckIn.objects.get().safety == "safe"


def test_the_page_its_form_and_what_is_said_afterwards(sim: Running, django_assert_max_num_queries: At) -> None:
    path, visitor = f"/a/{issued().code}/check-in?l=en", Visitor()
    page = visitor.get(path).content.decode()
    with django_assert_max_num_queries(0):
        visitor.get(path)
    with django_assert_max_num_queries(20):
        taken = visitor.post(path, fields(page) | {"said": "safe"})
    assert Report.objects.count() == 1
    with django_assert_max_num_queries(4):
        visitor.get(taken["Location"])
    cache.clear()
    with django_assert_max_num_queries(7):
        visitor.get(path)
