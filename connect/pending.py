"""What waits in an editor's browser session between two steps; sealed, because a part of it is secret."""

import json
from typing import Any

from django.http import HttpRequest

from crisis.encryption import UnreadableSecret, open_sealed, seal


def keep(request: HttpRequest, name: str, **what: Any) -> None:
    """Keep something in this browser's session; what was kept under the name before is gone."""
    request.session[f"connect:{name}"] = seal(json.dumps(what))


def peek(request: HttpRequest, name: str) -> dict[str, Any]:
    """Return what this browser's session keeps, or nothing."""
    sealed = request.session.get(f"connect:{name}")
    try:
        kept = json.loads(open_sealed(sealed)) if isinstance(sealed, str) else {}
    except (UnreadableSecret, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def take(request: HttpRequest, name: str) -> dict[str, Any]:
    """Return what this browser's session keeps, or nothing; it can be taken once."""
    kept = peek(request, name)
    request.session.pop(f"connect:{name}", None)
    return kept
