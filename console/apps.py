"""Registers the room with Django, and notes in the journal what happens at the way in."""

from typing import Any

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """See the room's own docstring."""

    name = "console"

    def ready(self) -> None:
        """Hear of sign-ins, of second factors that are set up and ended, of lock-outs and of new passwords."""
        from allauth.account.signals import password_changed
        from allauth.mfa.signals import authenticator_added, authenticator_removed
        from axes.signals import user_locked_out
        from django.contrib.auth.signals import user_logged_in
        from django.http import HttpRequest

        from console.shift import begin
        from crisis import clock
        from crisis.journal.operations import append
        from crisis.staff.factors import note
        from crisis.staff.models import Officer

        def added(*, user: Officer, authenticator: Any, **_: Any) -> None:
            note(officer=user, action="factor_added", kind=authenticator.type, now=clock.now())

        def removed(*, user: Officer, authenticator: Any, **_: Any) -> None:
            note(officer=user, action="factor_removed", kind=authenticator.type, now=clock.now())

        def changed(*, user: Officer, **_: Any) -> None:
            append(actor=user.actor, action="staff.password", subject=f"officer:{user.pk}", now=clock.now())

        def locked(*, username: str | None, **_: Any) -> None:
            # Somebody whom we do not have is nobody's entry: what was typed may be anything.
            for pk in Officer.objects.filter(username=username or "").values_list("pk", flat=True):
                append(actor="door", action="staff.locked_out", subject=f"officer:{pk}", now=clock.now())

        def signed_in(*, request: HttpRequest, **_: Any) -> None:
            begin(request)

        user_logged_in.connect(signed_in, weak=False, dispatch_uid="console.signed_in")
        authenticator_added.connect(added, weak=False, dispatch_uid="console.factor_added")
        authenticator_removed.connect(removed, weak=False, dispatch_uid="console.factor_removed")
        password_changed.connect(changed, weak=False, dispatch_uid="console.password")
        user_locked_out.connect(locked, weak=False, dispatch_uid="console.locked")
