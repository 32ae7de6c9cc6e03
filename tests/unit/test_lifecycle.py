"""The life of an alert: nothing leaves a state by a way that is not in the table."""

import itertools

import pytest

from crisis.alerts.lifecycle import TRANSITIONS, NotPossible, Step, after
from crisis.alerts.models import State


@pytest.mark.parametrize(("state", "step"), list(itertools.product(State, Step)))
def test_only_what_the_table_allows(state: State, step: Step) -> None:
    if (state, step) in TRANSITIONS:
        assert after(state, step) == TRANSITIONS[state, step]
    else:
        with pytest.raises(NotPossible, match=state.label.lower()):
            after(state, step)


def test_nothing_is_issued_that_was_not_approved() -> None:
    ways_in = [state for (state, step), target in TRANSITIONS.items() if target == State.ISSUED]
    assert ways_in == [State.APPROVED]
    assert [s for (s, step), target in TRANSITIONS.items() if target == State.APPROVED] == [State.SUBMITTED]


def test_what_is_issued_never_comes_back() -> None:
    reachable, edge = {State.ISSUED}, {State.ISSUED}
    while edge:
        edge = {target for (state, _), target in TRANSITIONS.items() if state in edge} - reachable
        reachable |= edge
    assert reachable == {State.ISSUED, State.STOPPED, State.SUPERSEDED}
