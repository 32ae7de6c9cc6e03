"""The accessibility statement: the model of Implementing Decision (EU) 2018/1523, in the reader's language."""

from datetime import date

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from crisis.registry.queries import home_ministry
from public.pages import Unreachable, patiently
from public.visitor import chosen

# The day of the latest review. The directive asks for one a year: try the pages, and bring what is said here up to date.
REVIEWED = date(2026, 11, 29)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show it; without the database, without the ministry's name."""
    language, contact = chosen(request), settings.ACCESSIBILITY_CONTACT
    with override(language):
        context = {
            "language": language,
            "ministry": _ministry(language),
            "title": _("Accessibility statement"),
            "sections": statement(),
            "feedback": feedback(),
            "enforcement": enforcement(),
            "contact": contact,
            "contact_link": contact if "://" in contact else f"mailto:{contact}",
            "enforced_at": settings.ACCESSIBILITY_ENFORCEMENT,
        }
        response = HttpResponse(render_to_string("public/accessibility.html", context))
    response["Cache-Control"] = "public, max-age=3600"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def _ministry(language: str) -> str:
    try:
        with patiently():
            return home_ministry().name(language)
    except (Error, Unreachable):
        return ""


def statement() -> list[tuple[str, list[str]]]:
    """Return what is said before the ways to complain: headings, each with its paragraphs; the first has none."""
    return [
        (
            "",
            [
                _(
                    "We want everybody to be able to use these pages, as the law asks by which our country applies Directive "
                    "(EU) 2016/2102. This statement holds for every page at this address: alerts, answering, subscribing, the "
                    "list of our accounts, and the console of our staff."
                )
            ],
        ),
        (
            _("Compliance status"),
            [
                _(
                    "These pages are partially compliant with EN 301 549 V3.2.1 (WCAG 2.1, level AA), due to the "
                    "non-compliances listed below. We aim at WCAG 2.2, level AA."
                )
            ],
        ),
        (
            _("Non-accessible content"),
            [
                _(
                    "Not compliant: names of embassies, and texts for which there is no translation yet, stand in another "
                    "language than the page without being marked (WCAG 3.1.2)."
                ),
                _(
                    "Outside the scope of the law: the pages of social networks on which our alerts stand, and pictures and "
                    "recordings that people send us. Every alert also stands as text on a page of ours."
                ),
            ],
        ),
        (
            _("Preparation of this statement"),
            [
                _(
                    "This statement was prepared on %(day)s. It rests on an assessment of our own: at each change, a program "
                    "(axe-core) examines every page, light and dark, on a phone and on a desktop. People who use a screen "
                    "reader have not tried them yet."
                )
                % {"day": date_format(REVIEWED, "j F Y")}
            ],
        ),
    ]


def feedback() -> dict[str, str]:
    """Return the heading, and how to tell us what keeps somebody out; the second one is for where no contact is set."""
    return {
        "title": _("Feedback and contact information"),
        "how": _(
            "Does something keep you out, or do you need a text in another form? Write to us. This is not for emergencies."
        ),
        "anyhow": _("Write to the ministry or to your embassy."),
    }


def enforcement() -> dict[str, str]:
    """Return the heading, and where to turn after that; the address stands in the settings."""
    return {
        "title": _("Enforcement procedure"),
        "how": _("If our answer does not satisfy you, you can turn to the body that watches over these rules."),
    }
