"""Every address of the house, and one that does nothing: what the same server takes for a request at least."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def nothing(_: HttpRequest) -> HttpResponse:
    """Answer."""
    return HttpResponse("ok")


urlpatterns = [path("nothing", nothing), path("", include("config.urls"))]
