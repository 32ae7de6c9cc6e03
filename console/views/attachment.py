"""What somebody has sent with a case: a recording, a picture, a film."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from console.access import allowed, officer
from crisis import clock
from crisis.checkins.attachments import TYPES, opened
from crisis.checkins.enclosures import Attachment, Content
from crisis.checkins.reach import attachments
from crisis.privacy.looking import looked
from crisis.staff.rights import Right


@allowed(Right.CASES, of=attachments)
@require_GET
def attachment(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a file as what its bytes are, whatever its sender called it; who has opened it stands in the journal."""
    found = get_object_or_404(Attachment.objects.select_related("case"), pk=pk, state=Attachment.State.KEPT)
    by, now = officer(request), clock.now()
    try:
        content = opened(attachment=found, by=by, now=now)
    except Content.DoesNotExist as error:
        raise Http404 from error
    looked(by=by, citizens=[found.case.citizen_id], page="attachment", now=now)
    name = f"case-{found.case_id}-{found.pk}.{TYPES[found.media_type]}"
    return HttpResponse(
        content,
        content_type=found.media_type,
        headers={
            "Content-Disposition": f'inline; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            # What a stranger sent runs nothing, even if a browser took it for a page.
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store, private",
        },
    )
