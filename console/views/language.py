"""The language in which somebody reads the console."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from console.access import officer
from console.factor import back
from crisis import clock
from crisis.staff.language import speak


@require_POST
@login_required
def language_view(request: HttpRequest) -> HttpResponse:
    """Speak another language with whoever asks for it, and go back to where they were."""
    chosen = request.POST.get("language", "")
    try:
        speak(officer=officer(request), language=chosen, now=clock.now())
    except ValueError as error:
        messages.error(request, str(error))
        return redirect(back(request))
    with override(chosen):
        messages.success(request, _("The console speaks English with you now."))
    return redirect(back(request))
