"""Registers the room with Django, and hears what the domain says after each commit."""

from typing import Any

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """Connects the domain's signals to the bells of the workers."""

    name = "tasks"

    def ready(self) -> None:
        """Connect."""
        from crisis.audience.signals import asked as asked_signal
        from crisis.audience.signals import brought as brought_signal
        from crisis.broadcast import signals
        from crisis.checkins.signals import knocked as knocked_signal
        from crisis.checkins.signals import replied as replied_signal
        from crisis.checkins.signals import written as written_signal
        from tasks import bells

        def issued(*, alert_id: int, **_: Any) -> None:
            bells.ring_alert(alert_id)

        def due(*, delivery_ids: list[int], **_: Any) -> None:
            bells.ring_deliveries(delivery_ids)

        def submitted(*, alert_id: int, **_: Any) -> None:
            bells.ring_approvers(alert_id)

        def rang(*, message_ids: list[int], **_: Any) -> None:
            bells.ring_staff(message_ids)

        def replied(*, contact_id: int, said: str, checkin_id: int, others: int, key: str, **_: Any) -> None:
            bells.ring_reply(contact_id, said, checkin_id, others=others, key=key)

        def brought(**_: Any) -> None:
            bells.ring_lists()

        def written(**_: Any) -> None:
            bells.ring_casework()

        written_signal.connect(written, weak=False, dispatch_uid="tasks.written")
        brought_signal.connect(brought, weak=False, dispatch_uid="tasks.brought")

        def knocked(*, kind: str, sealed: str, key: str, **_: Any) -> None:
            bells.ring_stranger(kind, sealed, key)

        def asked(*, contact_id: int, purpose: str, **_: Any) -> None:
            bells.ring_link(contact_id, purpose)

        signals.issued.connect(issued, weak=False, dispatch_uid="tasks.issued")
        signals.due.connect(due, weak=False, dispatch_uid="tasks.due")
        signals.submitted.connect(submitted, weak=False, dispatch_uid="tasks.submitted")
        signals.rang.connect(rang, weak=False, dispatch_uid="tasks.rang")
        replied_signal.connect(replied, weak=False, dispatch_uid="tasks.replied")
        knocked_signal.connect(knocked, weak=False, dispatch_uid="tasks.knocked")
        asked_signal.connect(asked, weak=False, dispatch_uid="tasks.asked")
        self._hear_of_the_staff()

    def _hear_of_the_staff(self) -> None:
        from crisis.staff import signals
        from tasks import bells

        def invited(*, officer_id: int, **_: Any) -> None:
            bells.ring_invitation(officer_id)

        def forgotten(*, sealed: str, **_: Any) -> None:
            bells.ring_forgotten(sealed)

        def unconfirmed(*, way_id: int, **_: Any) -> None:
            bells.ring_code(way_id)

        signals.invited.connect(invited, weak=False, dispatch_uid="tasks.invited")
        signals.forgotten.connect(forgotten, weak=False, dispatch_uid="tasks.forgotten")
        signals.unconfirmed.connect(unconfirmed, weak=False, dispatch_uid="tasks.unconfirmed")
