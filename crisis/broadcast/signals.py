"""What the rest of the house may hear, after the commit: the tasks ring their workers, the public pages copy themselves."""

from django.dispatch import Signal

issued = Signal()  # alert_id: an alert was issued; its deliveries are due
stopped = Signal()  # alert_id: an alert was stopped
swept = Signal()  # now: a round of the sweep; whoever keeps something beside the ledger brings it up to date
due = Signal()  # delivery_ids: these deliveries may go on now
