"""Making what tests need, through the domain's own operations wherever there is one."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from crisis import clock
from crisis.alerts.content import Content
from crisis.alerts.models import Alert
from crisis.alerts.operations import draft
from crisis.alerts.where import Circle
from crisis.audience.addresses import sealed
from crisis.audience.models import Citizen, Contact
from crisis.audience.operations import Place, move, subscribe
from crisis.broadcast import closing, filling, overdue
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Delivery
from crisis.broadcast.operations import submit
from crisis.broadcast.preflight import look
from crisis.places.queries import search
from crisis.registry.models import Account, Mode
from crisis.staff.models import Officer
from crisis.wording.catalogue import situation
from simulator.testing import Running

NOW = datetime.now(UTC)  # noqa: TID251 - the platforms' clocks are the machine's
_chats = itertools.count(8_200_000_000)


def filled(slug: str, **more: str) -> dict[str, str]:
    """Fill a situation's required slots."""
    slots: dict[str, str] = {}
    for slot in situation(slug).slots:
        if slot.kind == "time" and slot.required:
            # It is local time: it has passed everywhere.
            slots[slot.name] = (NOW - timedelta(hours=13)).strftime("%Y-%m-%dT%H:%M")
        elif slot.kind == "choice":
            slots[slot.name] = slot.choices[0]
    return slots | more


def content(
    countries: Sequence[str] = ("JP",), slug: str = "earthquake", circle: Circle | None = None, **more: Any
) -> Content:
    """Fill in an alert."""
    slots = filled(slug, **more.pop("slots", {}))
    return Content(situation=slug, countries=countries, circle=circle, slots=slots, **more)


def drafted(**kwargs: Any) -> Alert:
    """Write an exercise."""
    mode = kwargs.pop("mode", Mode.EXERCISE)
    by = Officer.objects.get(username="officer")
    return draft(content=content(**kwargs), mode=mode, by=by, now=clock.now())


def submitted(**kwargs: Any) -> Alert:
    """Write an exercise and submit it with every tick."""
    alert = drafted(**kwargs)
    by = Officer.objects.get(username="officer")
    ticks = look(alert, clock.now()).ticks
    submit(alert=alert, revision=alert.revision, acknowledged=ticks, by=by, now=clock.now())
    return alert


def issued(**kwargs: Any) -> Alert:
    """Write an exercise and let it go the whole way to the ledger."""
    alert = submitted(**kwargs)
    by = Officer.objects.get(username="approver")
    approve_and_issue(alert=alert, revision=alert.revision, by=by, now=clock.now())
    fill(alert)
    return alert


def fill(alert: Alert) -> None:
    """Write an alert's notices, as the worker does, without ringing for them."""
    for run in alert.notice_runs.values_list("pk", flat=True):
        if filling.take(run_id=run, now=clock.now()):
            for part in filling.slices(run_id=run):
                filling.write_slice(run_id=run, part=part, now=clock.now())
            closing.close(run_id=run, now=clock.now())


def citizen(
    where: str = "Tokyo", *, language: str = "fr", name: str = "Emma Peeters", people: int = 1, sim: Running | None = None,
    exercises: bool = True, **simulated: Any,
) -> Contact:  # fmt: skip
    """Subscribe somebody; with a simulator, the person has a chat there."""
    chat = next(_chats)
    contact, _ = subscribe(address=str(chat), name=name, language=language, now=NOW)
    Citizen.objects.filter(pk=contact.citizen_id).update(people=people, in_exercises=exercises)
    contact.citizen.refresh_from_db()
    if where:
        town = search(where, limit=1)[0]
        move(citizen=contact.citizen, to=Place(town.lat, town.lon, town.name), now=NOW)
    if sim is not None:
        person = {"chat_id": chat, "first_name": name, "language_code": language, "started": True} | simulated
        sim.control("PUT", "people", [person])
    return contact


def reachable(contact: Contact, kind: str, address: str) -> Contact:
    """Give somebody another way to be written to."""
    return Contact.objects.create(citizen=contact.citizen, kind=kind, linked_at=NOW, **sealed(address))


def deliver_all(rounds: int = 20) -> None:
    """Do what the workers would do with everything that is due."""
    from tasks.broadcast import deliver

    for _ in range(rounds):
        due = overdue.due(clock.now(), corrections=True) + overdue.due(clock.now(), corrections=False)
        if not due:
            return
        for pk in due:
            deliver(pk)


def some_seconds_later() -> None:
    """Let everybody have been written to so long ago that the next message to them waits for none."""
    from tasks import throttle

    if spoken_to := list(throttle._client().scan_iter("chat:*")):
        throttle._client().delete(*spoken_to)


def notify_all(alert: Alert) -> None:
    """Do what the workers would do with an alert's due notices; whoever was answered a moment ago is not waited for."""
    from tasks.notices import send_chunk

    some_seconds_later()
    for run in alert.notice_runs.order_by("pk"):
        ids = list(run.notices.order_by("id").values_list("pk", flat=True))
        if ids:
            send_chunk(run.pk, ids[0], ids[-1])


def one(alert: Alert, platform: str, part: int = 1) -> Delivery:
    """Return one delivery, as the database has it."""
    return Delivery.objects.select_related("account").get(alert=alert, account__platform=platform, part=part)


def thread(alert: Alert) -> int:
    """Return how many publications an alert is on its X account: more where a day's name is long."""
    count = Delivery.objects.filter(alert=alert, account__platform="x").count()
    assert 4 < count <= 12, "each of four languages stands alone, and then goes on"
    return count


def shadow(platform: str, address: str) -> Account:
    """Return the shadow of a live account."""
    return Account.objects.get(shadow_of__platform=platform, shadow_of__address=address)
