"""What belongs to a person, and what becomes of it when the person is forgotten: one list, whoever asks for it, and whenever.

A test holds the list against every model that points to a person: what somebody adds later cannot be left out of it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from crisis.audience.contacts import take_away
from crisis.audience.lists import Invite, Likeness
from crisis.audience.models import ChatMessage, Citizen, Contact, EmergencyContact, Link, Member, NameWord, Stay
from crisis.broadcast.models import Notice
from crisis.checkins.enclosures import Attachment, Content
from crisis.checkins.models import Case, CheckIn, InboxUpdate, LadderStep, Ticking
from crisis.checkins.rounds import RoundAnswer
from crisis.checkins.seeking import Enquiry
from crisis.checkins.thread import Note, Reply
from crisis.checkins.unverified import Letter, Report
from crisis.gathering.models import Pass

# What somebody without registration told us of who, where and how to be reached.
NO_WORDS: dict[str, Any] = {
    "name": "", "folded_name": "", "where": "", "text": "", "contact_kind": "", "address": "", "sealed": "",
}  # fmt: skip


class Fate(StrEnum):
    """What becomes of rows."""

    REMOVED = "removed"
    EMPTIED = "emptied"  # the row stays, because something is counted by it, and says no more of whom
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Belonging:
    """One kind of rows.

    Attributes:
        model: which.
        paths: how they lead to the person, each by a query's words.
        fate: what becomes of them.
        empty: of rows that are emptied, the columns and what they are then.
        why: of what is kept or only emptied, what it is needed for.
    """

    model: type[Model]
    paths: tuple[str, ...]
    fate: Fate = Fate.REMOVED
    empty: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""

    def of(self, ids: Collection[int]) -> QuerySet[Any]:
        """Return the rows of some people."""
        mine = reduce(or_, (Q(**{f"{path}__in": ids}) for path in self.paths))
        rows: QuerySet[Any] = self.model._default_manager.filter(mine)  # noqa: SLF001 - Django's name for it
        return rows


# In this order: what points to something else goes before it.
BELONGINGS = (
    Belonging(Content, ("attachment__case__citizen", "attachment__checkin__citizen")),
    Belonging(Attachment, ("case__citizen", "checkin__citizen")),
    Belonging(Reply, ("case__citizen", "contact__citizen", "letter__contact__citizen")),
    Belonging(Letter, ("contact__citizen", "case__citizen")),
    Belonging(
        Enquiry,
        ("citizen",),
        Fate.EMPTIED,
        {"citizen": None, "matched_at": None, "consent": ""},
        why="a relative still looks for somebody; nobody knows any more that it was this person",
    ),
    Belonging(RoundAnswer, ("citizen",)),
    Belonging(Note, ("case__citizen",)),
    Belonging(ChatMessage, ("contact__citizen",)),
    Belonging(Invite, ("citizen", "contact__citizen")),
    Belonging(Link, ("citizen", "contact__citizen")),
    Belonging(Pass, ("citizen", "contact__citizen")),
    Belonging(Likeness, ("citizen", "other")),
    Belonging(Ticking, ("citizen",)),
    Belonging(NameWord, ("citizen",)),
    Belonging(Member, ("citizen",)),
    Belonging(EmergencyContact, ("citizen",)),
    Belonging(Stay, ("citizen",)),
    Belonging(Citizen.also_on.through, ("citizen",)),
    Belonging(
        Report, ("citizen", "checkin__citizen"), Fate.EMPTIED, NO_WORDS, why="reports are counted, by post and answer"
    ),
    Belonging(CheckIn, ("citizen", "contact__citizen"), Fate.EMPTIED, {"text": ""}, why="answers are counted"),
    Belonging(
        LadderStep,
        ("citizen",),
        Fate.EMPTIED,
        {"taken_by": None, "taken_at": None, "done_at": Coalesce("done_at", "at")},  # nobody calls them any more
        why="nobody is asked twice; it holds no word of the person's",
    ),
    Belonging(Case, ("citizen",), Fate.KEPT, why="closed, it answers for what was done, until its own time is over"),
    Belonging(Notice, ("contact__citizen", "emergency__citizen"), Fate.KEPT, why="what was sent is counted"),
    # Last: the address goes, and the row with it unless a notice is counted by it.
    Belonging(Contact, ("citizen",), Fate.EMPTIED, why="notices are counted by contact"),
)
NOBODY: dict[str, Any] = {
    "name": "", "folded_name": "", "indexed_name": "", "in_exercises": False, "came_with": None, "erase_asked_at": None,
}  # fmt: skip


@transaction.atomic
def forget(ids: Collection[int]) -> None:
    """Take from some people's rows whatever says who they are, where, and how they are reached; what is counted stays."""
    chats = Contact.objects.filter(citizen__in=ids, kind=Contact.Kind.TELEGRAM).values_list("address", flat=True)
    # What could not be handled holds what they wrote; what is being handled empties itself.
    unread = InboxUpdate.objects.filter(chat__in=list(chats), state=InboxUpdate.State.FAILED)
    unread.update(payload={}, chat="")
    for belonging in BELONGINGS:
        rows = belonging.of(ids)
        if belonging.fate == Fate.REMOVED:
            rows.delete()
        elif belonging.empty:
            rows.update(**belonging.empty)
    drop(Contact.objects.filter(citizen__in=ids))
    Citizen.objects.filter(pk__in=ids).update(**NOBODY)


def drop(contacts: QuerySet[Contact]) -> None:
    """Remove addresses; the row of one by which notices are counted stays, and holds nothing of the person's."""
    counted = Exists(Notice.objects.filter(contact=OuterRef("pk")))
    for contact in contacts.filter(counted):
        take_away(contact=contact)
    contacts.exclude(counted).delete()


def uncounted(people: QuerySet[Citizen]) -> QuerySet[Citizen]:
    """Leave out those by whose rows answers, cases or notices are counted."""
    for model, path in ((CheckIn, "citizen"), (Case, "citizen"), (Notice, "contact__citizen")):
        people = people.exclude(Exists(model._default_manager.filter(**{path: OuterRef("pk")})))  # noqa: SLF001
    return people
