"""In which language an officer reads the console."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from crisis.journal.operations import append
from crisis.staff.models import Officer


@transaction.atomic
def speak(*, officer: Officer, language: str, now: datetime) -> None:
    """Note in which language to speak with an officer; each chooses their own.

    Args:
        officer: who.
        language: one of settings.LANGUAGES, by its code.
        now: the time.

    Raises:
        ValueError: the console does not speak it; nothing is changed.
    """
    if language not in dict(settings.LANGUAGES):
        raise ValueError(_("The console does not speak this language."))
    officer.language = language
    officer.save(update_fields=["language"])
    append(actor=officer.actor, action="staff.language", subject=f"officer:{officer.pk}", now=now, language=language)
