"""Some of a household: crashes, presses that nobody made, households that change meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from crisis import clock
from crisis.audience.models import Citizen, Member
from crisis.broadcast.models import Notice
from crisis.checkins import households
from crisis.checkins.counting import board
from crisis.checkins.households import Others
from crisis.checkins.models import Case, CheckIn, InboxUpdate, Rest, Safety
from crisis.checkins.operations import record
from tests.functional.factories import citizen, issued
from tests.functional.families import adds_up, asked, current, forged, household, parts, press
from tests.functional.phones import Person, buttons, take_in, text, work


def again(update: dict[str, Any]) -> None:
    """Handle an update once more, as after a crash between what was recorded and its being done."""
    rows = InboxUpdate.objects.filter(ref=str(update["update_id"]))
    rows.update(state=InboxUpdate.State.NEW, payload=update, chat=str(update["callback_query"]["from"]["id"]))
    work()


@pytest.mark.parametrize("step", range(5))
def test_a_crash_after_any_step_changes_nothing(person: Callable[..., Person], step: int) -> None:
    me = household(person, people=3)
    alert = asked()
    luc = Member.objects.order_by("pk")[0].pk
    pk = alert.rollcall.pk
    for number, data in enumerate(
        (f"c:{pk}:some", f"s:{pk}:+:0", f"s:{pk}:+:{luc}", f"s:{pk}:done", f"o:{pk}:no_word")
    ):
        message = next(m for m in reversed(me.messages()) if data in buttons(m))
        me.acts("press", message_id=message["message_id"], data=data)
        (update,) = take_in()
        work()
        if number == step:
            again(update)
    assert parts(me) == ("safe", 2, "no_word", 1)
    assert list(current(me).others_named.values_list("name", flat=True)) == ["Zoé Peeters"]
    assert CheckIn.objects.count() == 3
    assert Case.objects.count() == 1
    assert not InboxUpdate.objects.exclude(state="handled").exists()


@pytest.mark.parametrize(
    "rest", ["+:999999999", "n:0", "n:4", "n:99", "n:x", "r:3:1", "r:1:99999", "done:1", "-", "+:", "?", "n:²", "n:-1"]
)
def test_a_button_that_we_never_made_counts_nobody(person: Callable[..., Person], rest: str) -> None:
    me = household(person, named=False)
    alert = asked()
    told = text(forged(me, f"s:{alert.rollcall.pk}:{rest}"))
    assert "no longer valid" in told or "How many of you 4 are safe?" in told
    assert not CheckIn.objects.exists()


def test_of_another_household_nobody_is_ticked(person: Callable[..., Person]) -> None:
    me, stranger = household(person, people=2), household(person, people=2)
    alert = asked()
    theirs = Member.objects.get(citizen=stranger.contact.citizen)
    press(me, ":some")
    me.does("press", message_id=me.messages()[-1]["message_id"], data=buttons(me.messages()[-1])[0])
    households.tick(rollcall=alert.rollcall, citizen=me.contact.citizen, who=theirs.pk, safe=True)
    assert households.ticked(alert.rollcall, me.contact.citizen) == {0}


def test_a_household_that_shrinks_meanwhile_is_asked_anew(person: Callable[..., Person]) -> None:
    me = household(person, named=False)
    asked()
    press(me, ":some")
    press(me, ":n:1")
    Citizen.objects.filter(pk=me.contact.citizen_id).update(people=3)
    told = press(me, f"o:{current(me).rollcall_id}:not_there")
    assert "How many of you 3 are safe?" in text(told)
    assert parts(me) == ("safe", 1, "no_word", 3)


def test_the_domain_and_the_database_refuse_what_makes_no_sense(sim: Any) -> None:
    contact = citizen("Tokyo", people=2)
    rollcall = issued().rollcall

    def says(safety: Safety, others: Others) -> None:
        record(
            rollcall=rollcall, citizen=contact.citizen, contact=contact, safety=safety, source=CheckIn.Source.BOT, ref="t:1",
            now=clock.now(), others=others,
        )  # fmt: skip

    for safety, others in ((Safety.SAFE, 2), (Safety.SAFE, 0), (Safety.NEEDS_HELP, 1)):
        with pytest.raises(ValueError, match="at least one who is safe"):
            says(safety, Others(others, Rest.NO_WORD))
    says(Safety.SAFE, Others(1, Rest.NO_WORD))
    for wrong in ({"others_are": ""}, {"others": 0}, {"safety": "not_there"}, {"others_are": "safe"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CheckIn.objects.update(**wrong)


def test_an_answer_of_somebody_who_was_not_told_adds_up_too(sim: Any) -> None:
    contact = citizen("Tokyo", people=5)
    alert = issued()
    Notice.objects.filter(contact=contact).delete()
    record(
        rollcall=alert.rollcall, citizen=contact.citizen, contact=contact, safety=Safety.SAFE, source=CheckIn.Source.BOT,
        ref="t:1", now=clock.now(), others=Others(3, Rest.NO_WORD),
    )  # fmt: skip
    total = board(alert.rollcall).total
    assert (total.registered, total.answers, total.no_answer) == (5, {"safe": 2}, 3)
    assert adds_up(total)
