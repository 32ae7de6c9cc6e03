"""Pressed buttons as they stand in the inbox: what can be recorded without a word is, before anybody is answered."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError

from bot.handlers.buttons import is_key
from bot.handlers.saying import is_chat
from bot.handlers.saying import ref as ref_of
from crisis.checkins import inbox
from crisis.checkins.inbox import Received
from crisis.checkins.presses import Press, record_presses

log = logging.getLogger(__name__)

AT_ONCE = 200  # presses of one transaction: some tens of milliseconds
OVERLAP = 100  # a row that was numbered earlier may be committed later


@dataclass
class Ahead:
    """Records plain presses ahead of the handling of their updates; whatever it leaves, and its mistakes, handling mends.

    Attributes:
        looked: the greatest key of the inbox that was looked at.
    """

    looked: int = 0

    def record(self, now: datetime) -> int:
        """Record what is plain among the updates that came since the last look.

        Returns:
            How many answers were recorded.
        """
        came = inbox.unhandled(after=self.looked - OVERLAP, limit=AT_ONCE + OVERLAP)
        if not came or came[-1].id <= self.looked:
            return 0
        self.looked = came[-1].id
        presses = [press for received in came if (press := press_in(received)) is not None]
        if not presses:
            return 0
        try:
            return record_presses(presses=presses, now=now)
        except DatabaseError as error:
            # Somebody recorded one of them at the same moment, say: each is recorded for itself when it is handled.
            log.warning("presses are recorded one by one", extra={"error": type(error).__name__})
            return 0


def press_in(received: Received) -> Press | None:
    """Return the answer to an alert that an update is, if it is whole and comes from the person's own chat; else None."""
    match received.payload:
        case {
            "callback_query": {
                "id": str(),
                "data": str(data),
                "from": {"id": int(who)},
                "message": {"message_id": int(), "chat": {"id": int(chat), "type": "private"}},
            }
        } if chat == who and is_chat(chat):
            match data.split(":"):
                case ["c", rollcall, answer] if is_key(rollcall):
                    return Press(str(chat), int(rollcall), answer, ref_of(received.payload["update_id"]))
    return None
