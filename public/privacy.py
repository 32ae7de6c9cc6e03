"""What is kept of people, why and until when: the page to which every other one leads. It needs no database."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import override
from django.views.decorators.http import require_safe

from crisis.privacy import notice
from public import words
from public.visitor import chosen


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Tell it in the reader's language."""
    language = chosen(request)
    with override(language):
        context = {
            "language": language,
            "title": notice.title(),
            "basis": notice.basis(),
            "lines": notice.lines(),
            "rights": notice.rights(),
            "words": words.privacy(),
        }
        response = HttpResponse(render_to_string("public/privacy.html", context))
    response["Cache-Control"] = "public, max-age=3600"
    patch_vary_headers(response, ["Accept-Language"])
    return response
