"""Who we are, for platforms on which an app is an address of its own."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from connect import wiring
from crisis.registry.endpoints import app_secrets
from platforms import catalog
from platforms.access import Describes


@require_safe
def describe(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001 - a view
    """Show what a platform's servers read of our app; 404 where it reads nothing, or our app is not set up."""
    screen: object = wiring.screen(slug) if catalog.spec(slug) else None
    if not isinstance(screen, Describes):
        raise Http404
    app = app_secrets(slug)
    if not all(app.values()):
        raise Http404
    return JsonResponse(screen.describe(callback=wiring.callback(slug), app=app))
