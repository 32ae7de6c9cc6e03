"""What every page of the console knows: the kind of installation, and what this person may do."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from crisis.staff.models import Officer
from crisis.staff.rights import rights_of


def house(request: HttpRequest) -> dict[str, Any]:
    """Return the context."""
    user = getattr(request, "user", None)
    rights = {right.name.lower() for right in rights_of(user)} if isinstance(user, Officer) else set()
    return {"installation": settings.TOCSIN_MODE, "rights": rights, "factor_asked": settings.SECOND_FACTOR_REQUIRED}
