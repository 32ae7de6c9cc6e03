"""What stands at the foot of every public page, in every language."""

from functools import cache

from django import template
from django.conf import settings
from django.utils.translation import override

from public import words

register = template.Library()


@cache
def _links() -> list[tuple[str, dict[str, str]]]:
    found = []
    for code, _ in settings.LANGUAGES:
        with override(code):
            found.append((code, words.foot()))
    return found


@register.inclusion_tag("public/_foot.html")
def foot() -> dict[str, object]:
    """Lead to how one verifies what is ours, to what we keep of people, and to the accessibility statement."""
    return {"links": _links()}
