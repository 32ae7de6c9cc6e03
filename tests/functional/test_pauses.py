"""A house that is paused while a long task is at work: nothing more leaves, and what is left leaves once it goes on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from crisis import clock
from crisis.gathering.operations import release
from crisis.registry.operations import pause_house, resume_house
from crisis.staff.models import Officer
from simulator.testing import Running
from tasks import invitations, notices, passes, presence
from tests.functional.test_gathering import asked, called, in_need, messages
from tests.functional.test_import_citizens import begun, upload_of, worked
from tests.functional.test_invitations import ROWS
from tests.functional.test_invitations import states as invites
from tests.functional.test_stay_letters import NOON, letters, without_a_chat

At = Callable[[datetime], None]


@pytest.fixture
def pausing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house is paused as soon as one message has left."""
    write = notices.write

    def then_pause(*args: Any) -> Any:
        receipt = write(*args)
        pause_house(why="restored", actor="test", now=clock.now())
        return receipt

    monkeypatch.setattr(notices, "write", then_pause)


def test_no_further_invitation_leaves(sim: Running, pausing: None) -> None:
    worked(begun(upload_of(ROWS), invite=True))
    invitations.send()
    assert invites() == ["sent", "queued"]
    resume_house(actor="test", now=clock.now())
    invitations.send()
    assert invites() == ["sent", "sent"]


def test_no_further_code_leaves(sim: Running, pausing: None, officer: Officer, approver: Officer) -> None:
    people = in_need(sim, "Emma"), in_need(sim, "Tom", language="nl")
    gathering = called(asked(*people), officer)
    release(gathering=gathering, by=approver, now=clock.now())
    passes.tell()
    assert sum(len(messages(sim, person)) for person in people) == 1
    assert sorted(gathering.passes.values_list("state", flat=True)) == ["queued", "sent"]


def test_nobody_further_is_asked_where_they_are(
    sim: Running, pausing: None, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.presence.bells.waiting", lambda _: 0)
    for number in range(2):
        without_a_chat("email", f"a{number}@post.example")
    at(NOON)
    presence.tick()
    assert len(letters(sim)) == 1
    at(NOON + timedelta(minutes=1))
    resume_house(actor="test", now=clock.now())
    presence.tick()
    assert len(letters(sim)) == 2
