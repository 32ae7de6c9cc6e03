"""Who of the staff may do what: roles are given and taken here, by somebody else than whose they are."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, whole_number
from crisis import clock
from crisis.language import within
from crisis.registry.models import Post
from crisis.registry.queries import home_ministry
from crisis.staff.factors import has_factor, take_factor
from crisis.staff.models import OF_POSTS, Officer, Role
from crisis.staff.operations import NotGiven, give, take
from crisis.staff.queries import staff
from crisis.staff.rights import RIGHTS, Right


@allowed(Right.ROLES)
def staff_view(request: HttpRequest) -> HttpResponse:
    """List the staff with their roles, and what each role may do."""
    table = [(role.label, [str(right) for right, holders in RIGHTS.items() if role in holders]) for role in Role]
    return render(request, "console/staff.html", {"people": staff(clock.now()), "table": table, "now": clock.now()})


@allowed(Right.ROLES)
def roles_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one person's roles, and give or take one."""
    person = get_object_or_404(staff(clock.now()), pk=pk)
    if request.method == "POST":
        _change(request, person)
        return redirect("console:roles", pk)
    context = {
        "person": person,
        "own": person.pk == officer(request).pk,
        "factor": has_factor(person),
        "invitation": getattr(person, "invitation", None),
        "in_before": person.has_usable_password(),
        "now": clock.now(),
        "held": person.grants.all(),
        "roles": [(role.value, role.label) for role in Role if role != Role.VOLUNTEER],
        "of_posts": ", ".join(within(role.label) for role in OF_POSTS if role != Role.VOLUNTEER),
        "posts": Post.objects.filter(ministry=home_ministry()).order_by("name"),
    }
    return render(request, "console/roles.html", context)


def _change(request: HttpRequest, person: Officer) -> None:
    by, now = officer(request), clock.now()
    chosen = filter(None, map(whole_number, request.POST.getlist("posts")))
    posts = Post.objects.filter(ministry=home_ministry(), pk__in=list(chosen))
    try:
        role = Role(request.POST.get("role", ""))
        if request.POST.get("step") == "take":
            take(officer=person, role=role, by=by, now=now)
            messages.success(request, _("Taken."))
        elif request.POST.get("reach") == "posts" and not posts:
            raise NotGiven(_("Choose the posts, or the whole ministry."))
        else:
            bound = [post.pk for post in posts] if request.POST.get("reach") == "posts" else []
            give(officer=person, role=role, posts=bound, by=by, now=now)
            messages.success(request, _("Given. It holds from their next click on."))
    except ValueError as error:
        note_refusal(request, error, officer_id=person.pk)
        messages.error(request, _("Choose a role."))
    except NotGiven as error:
        note_refusal(request, error, officer_id=person.pk)
        messages.error(request, str(error))


@require_POST
@allowed(Right.ROLES)
def factor_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take somebody's lost second factor away."""
    try:
        take_factor(officer=get_object_or_404(Officer, pk=pk), by=officer(request), now=clock.now())
    except NotGiven as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken away. They set up another one, and issue nothing before."))
    return redirect("console:roles", pk)
