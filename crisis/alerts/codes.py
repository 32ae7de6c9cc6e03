"""The public code of a chain of alerts, and the number of each in it."""

import secrets

from crisis.alerts.models import Alert

# No vowels and no look-alikes: it is read over the phone, and spells nothing.
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


def new_code() -> str:
    """Return a code that no alert has."""
    while True:
        code = "".join(secrets.choice(_ALPHABET) for _ in range(6))
        if not Alert.objects.filter(code=code).exists():
            return code


def next_number(code: str) -> int:
    """Return the number of a chain's next alert."""
    last = Alert.objects.filter(code=code).order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1
