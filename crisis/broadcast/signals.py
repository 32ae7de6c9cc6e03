"""What the rest of the house may hear, after the commit: the tasks ring their workers, the public pages copy themselves."""

from django.dispatch import Signal

submitted = Signal()  # alert_id: an alert waits for approval; whoever may give it is rung
rang = Signal()  # message_ids: these messages to the staff are due
issued = Signal()  # alert_id: an alert was issued; its deliveries are due
stopped = Signal()  # alert_id: an alert was stopped
swept = Signal()  # now: a round of the sweep; whoever keeps something beside the ledger brings it up to date
# now: a backup was put back. Sent within its transaction: whoever keeps a ledger of their own calls unknown what waited in it,
# and returns what that was, for people, and how many there were.
restored = Signal()
due = Signal()  # delivery_ids: these deliveries may go on now
