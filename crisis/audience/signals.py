"""What the rest of the house may hear, after the commit: the tasks connect here and ring their workers."""

from django.dispatch import Signal

# A list waits to be checked or brought in.
brought = Signal()
# contact_id, purpose (a value of Link.Purpose): somebody asked on a public page for a link to this contact's address.
asked = Signal()
