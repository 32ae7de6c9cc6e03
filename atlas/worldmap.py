"""The map of the first page: whatever is the same on every map is made once a language and kept."""

from collections.abc import Iterable, Mapping
from functools import cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from atlas import lines, world

_MANY = 3  # accounts from which a country is dark


@cache
def _parts(language: str) -> tuple[tuple[str, str, str], ...]:
    """Return of each shape its country's code, what stands before the number of its accounts, and what after its shade."""
    names = lines.countries(language)
    return tuple(
        (code, format_html('<a href="{1}"><title>{0}', *names[code]), format_html('" d="{}"/></a>', d))
        for code, d in world.land().items()
        if code
    )


@cache
def _nobodys() -> str:
    return format_html('<path class="c0" d="{}"/>', world.land().get("", ""))


def shapes(counted: Mapping[str, int], language: str) -> SafeString:
    """Draw every country as a link to its page, shaded by how many accounts we have there.

    Args:
        counted: how many, by country, of those that we serve.
        language: of the names.
    """
    drawn = [_nobodys()]
    for code, before, after in _parts(language):
        many = counted.get(code)
        number = f": {many}" if many else ""
        drawn.append(f'{before}{number}</title><path class="{_shade(many)}{after}')
    return mark_safe("\n".join(drawn))  # noqa: S308 - of parts that are escaped, and numbers


def _shade(many: int | None) -> str:
    return "c0" if many is None else "c3" if many >= _MANY else "c2" if many else "c1"


def points(places: Iterable[tuple[float, float]]) -> SafeString:
    """Draw a point for each post.

    Args:
        places: degrees north and east, WGS 84.
    """
    return format_html_join("", '<circle cx="{}" cy="{}" r="4"/>', (world.at(lat, lon) for lat, lon in places))
