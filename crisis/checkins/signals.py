"""What the rest of the house may hear, after the commit: the tasks connect here and ring their workers."""

from django.dispatch import Signal

# contact_id, said, checkin_id (0: none), others, key: what somebody wrote back was taken, and is to be confirmed; `key` names
# this confirmation, and no other ever.
replied = Signal()
# kind, sealed, key: somebody whom we do not know wrote, and is answered once; the address is sealed, `key` as above.
knocked = Signal()
# Nothing: staff have written to somebody, and it may leave.
written = Signal()
