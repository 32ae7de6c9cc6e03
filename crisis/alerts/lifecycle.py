"""The life of an alert as a table: from which state which step leads where. Nothing else moves an alert."""

from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crisis.alerts.models import State
from crisis.language import within


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
        raise NotPossible(
            _("An alert that is “%(state)s” cannot be %(step)s.")
            % {"state": within(State(state).label), "step": _PAST[step]}
        ) from None


_PAST = {
    Step.REVISE: gettext_lazy("changed"),
    Step.SUBMIT: gettext_lazy("submitted"),
    Step.RECALL: gettext_lazy("taken back"),
    Step.REJECT: gettext_lazy("rejected"),
    Step.APPROVE: gettext_lazy("approved"),
    Step.ISSUE: gettext_lazy("issued"),
    Step.STOP: gettext_lazy("stopped"),
    Step.SUPERSEDE: gettext_lazy("updated or retracted"),
    Step.DISCARD: gettext_lazy("discarded"),
}
