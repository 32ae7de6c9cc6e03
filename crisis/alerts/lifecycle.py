"""The life of an alert as a table: from which state which step leads where. Nothing else moves an alert."""

from enum import StrEnum

from crisis.alerts.models import State


class Step(StrEnum):
    """Something that a person, or issuing, does to an alert."""

    REVISE = "revise"
    SUBMIT = "submit"
    RECALL = "recall"
    REJECT = "reject"
    APPROVE = "approve"
    ISSUE = "issue"
    STOP = "stop"
    SUPERSEDE = "supersede"
    DISCARD = "discard"


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.DRAFT, Step.REVISE): State.DRAFT,
    (State.DRAFT, Step.SUBMIT): State.SUBMITTED,
    (State.DRAFT, Step.DISCARD): State.DISCARDED,
    (State.SUBMITTED, Step.RECALL): State.DRAFT,
    (State.SUBMITTED, Step.REJECT): State.DRAFT,
    (State.SUBMITTED, Step.APPROVE): State.APPROVED,
    (State.APPROVED, Step.ISSUE): State.ISSUED,
    (State.APPROVED, Step.RECALL): State.DRAFT,
    (State.ISSUED, Step.STOP): State.STOPPED,
    (State.ISSUED, Step.SUPERSEDE): State.SUPERSEDED,
    (State.STOPPED, Step.SUPERSEDE): State.SUPERSEDED,
}


class NotPossible(Exception):
    """The step does not lead anywhere from here, or somebody else took one meanwhile."""


def after(state: str, step: Step) -> State:
    """Return where a step leads.

    Raises:
        NotPossible: nowhere, from this state.
    """
    try:
        return TRANSITIONS[State(state), step]
    except KeyError:
        raise NotPossible(f"An alert that is “{State(state).label.lower()}” cannot be {_PAST[step]}.") from None


_PAST = {
    Step.REVISE: "changed",
    Step.SUBMIT: "submitted",
    Step.RECALL: "taken back",
    Step.REJECT: "rejected",
    Step.APPROVE: "approved",
    Step.ISSUE: "issued",
    Step.STOP: "stopped",
    Step.SUPERSEDE: "updated or retracted",
    Step.DISCARD: "discarded",
}
