"""The web's door: a machine that only drops something passes none of what pages need."""

from collections.abc import Callable, Mapping
from typing import cast

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase

_View = Callable[[HttpRequest], HttpResponse]


class Door(WSGIHandler):
    """Django's own, but for some addresses that are answered without any middleware.

    No browser opens these: sessions, languages and what a page may do are nothing to them, and take a quarter of their time.
    Whatever else such a view needs, it does itself: it knows its caller, and bounds what it reads.
    """

    def __init__(self, machines: Mapping[str, _View]) -> None:
        """Make it.

        Args:
            machines: the views of those addresses; each stands among the other addresses too.
        """
        super().__init__()
        # The library's types allow for views that are awaited, which these are not.
        safely = cast("Callable[[_View], _View]", convert_exception_to_response)
        self._machines = {path: safely(view) for path, view in machines.items()}

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        view = self._machines.get(request.path_info)
        return view(request) if view is not None else super().get_response(request)
