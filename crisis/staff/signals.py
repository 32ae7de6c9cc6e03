"""What the rest of the house may hear, after the commit: the tasks connect here and ring their workers."""

from django.dispatch import Signal

# officer_id: somebody was invited, and is to get their link by e-mail.
invited = Signal()
# sealed: what somebody has typed who says that they have forgotten their password; looked at by a worker, so that nobody learns
# from how long an answer takes whether we know them.
forgotten = Signal()
# way_id: a code is to be sent that way, to see whether it reaches its person.
unconfirmed = Signal()
