"""A household's code to show at a door: large, and as a QR code that leads staff to its check. It looks nothing up."""

from typing import Any

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import override
from django.views.decorators.http import require_safe

from crisis.gathering import codes
from public import words
from public.visitor import chosen


@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Draw it. A code that was never given looks the same: whether it is good, only staff are told."""
    normal = codes.normal(code)
    if not normal:
        raise Http404
    language = chosen(request)
    picture: Any = segno.make(f"{settings.PUBLIC_URL}/console/passes/{normal}/", micro=False)
    with override(language):
        context = {
            "language": language,
            "words": words.own_code(),
            "code": codes.shown(normal),
            "picture": mark_safe(picture.svg_inline(scale=6, border=4, light="#fff")),  # noqa: S308 - drawn here
        }
        response = HttpResponse(render_to_string("public/pass.html", context))
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
