"""What the rest of the house may hear, after the commit: the tasks connect here and ring their workers."""

from django.dispatch import Signal

issued = Signal()  # alert_id: an alert was issued; its deliveries are due
due = Signal()  # delivery_ids: these deliveries may go on now
