"""A drill: an exercise is written, approved and issued as people would, then followed until it has settled."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Min

from crisis import clock
from crisis.alerts.content import Content
from crisis.alerts.models import Alert
from crisis.alerts.operations import draft, follow_up
from crisis.alerts.where import Circle
from crisis.audience.models import Contact
from crisis.broadcast.corrections import corrected
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.models import Delivery, DeliveryState, Notice, NoticeState
from crisis.broadcast.operations import submit
from crisis.broadcast.preflight import Preflight, look
from crisis.broadcast.queries import Progress, deliveries_of, progress, sentence
from crisis.broadcast.retract import retract
from crisis.checkins.counting import board
from crisis.checkins.models import CheckIn
from crisis.checkins.operations import rollcall_of
from crisis.places.queries import largest
from crisis.registry.models import Mode
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from crisis.wording.catalogue import Situation, situation
from crisis.wording.slots import place_text
from demo.crowd import PRESSES, way_of
from platforms import catalog

SETTLE_S = 90.0
TICK_S = 0.25
_EXAMPLES = {"magnitude": "6.4"}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a drill is about: countries by code, or a circle around a town, and a situation."""

    countries: Sequence[str]
    situation: str
    circle: Circle | None = None


def _slots(kind: Situation, countries: Sequence[str], now: datetime) -> dict[str, str]:
    """Fill every required slot with something plausible."""
    zone, filled = "UTC", {"place": ""}
    if len(countries) == 1 and (towns := largest(countries[0])):
        zone, filled["place"] = towns[0].time_zone, towns[0].name
    local = now.astimezone(ZoneInfo(zone))
    for slot in kind.slots:
        if slot.kind == "time" and slot.required:
            filled[slot.name] = (local - timedelta(minutes=4)).strftime("%Y-%m-%dT%H:%M")
        elif slot.kind == "choice":
            filled[slot.name] = slot.choices[0]
        elif slot.kind == "number":
            filled[slot.name] = _EXAMPLES.get(slot.name, f"{slot.least or 1:g}")
    return filled


def impossible() -> str:
    """Return why no drill at all can be run, with what to do; blank where one can."""
    ministry = home_ministry()
    if ministry.posts.exists():
        return ""
    return (
        f"{ministry} has no posts yet, so there is nothing to drill. Bring them in: "
        f".venv/bin/python manage.py import_posts FILE.csv --ministry {ministry.code} (data/posts.csv shows the columns), "
        "then: make drill"
    )


def issue(asked: Asked, now: datetime) -> tuple[Alert, Preflight]:
    """Write, submit, approve and issue a drill.

    Raises:
        ContentError, Refused: see `alerts` and `broadcast`: an unknown country or situation, an empty target.
    """
    author = Officer.objects.get(username="officer")
    approver = Officer.objects.get(username="approver")
    kind = situation(asked.situation)
    content = Content(
        situation=asked.situation,
        countries=asked.countries,
        circle=asked.circle,
        slots=_slots(kind, asked.countries, now),
    )
    with transaction.atomic():  # a refused drill leaves no draft behind
        alert = draft(content=content, mode=Mode.EXERCISE, by=author, now=now)
        found = look(alert, now)
        submit(alert=alert, revision=alert.revision, acknowledged=found.ticks, by=author, now=now)
        approve_and_issue(alert=alert, revision=alert.revision, by=approver, now=clock.now())
    return alert, found


def then(step: str, alert: Alert, now: datetime) -> Alert:
    """Correct a drill as people would.

    Args:
        step: "update", "end" (an all-clear) or "retract".
        alert: the newest of its chain.
        now: the time.
    """
    author, approver = Officer.objects.get(username="officer"), Officer.objects.get(username="approver")
    if step == "retract":
        return retract(alert=alert, by=author, now=now).alert
    kind = situation("all-clear" if step == "end" else alert.situation)
    countries = [area.country for area in alert.areas.all() if area.country]
    circle = next((Circle(str(a.place or a.name), a.radius_km or 1) for a in alert.areas.all() if not a.country), None)
    slots = _slots(kind, countries, now) | {slot.name: alert.situation for slot in kind.slots if slot.ends}
    content = Content(situation=kind.slug, countries=countries, circle=circle, slots=slots)
    msg_type = Alert.MsgType.CANCEL if step == "end" else Alert.MsgType.UPDATE
    with transaction.atomic():
        later = follow_up(earlier=alert, msg_type=msg_type, content=content, by=author, now=now)
        ticks = look(later, now).ticks
        submit(alert=later, revision=later.revision, acknowledged=ticks, by=author, now=now)
        approve_and_issue(alert=later, revision=later.revision, by=approver, now=clock.now())
    return later


def _answers_expected(alert: Alert) -> int:
    """Return how many of the simulated citizens that were told will answer."""
    if not alert.asks:
        return 0
    accepted = Notice.objects.filter(run__alert=alert, state=NoticeState.ACCEPTED, contact__citizen__simulated=True)
    accepted = accepted.filter(contact__kind=Contact.Kind.TELEGRAM)
    chats = accepted.values_list("contact__address", flat=True)
    return sum(1 for chat in chats if way_of(int(chat)) in PRESSES)


def _answered(alert: Alert) -> int:
    return CheckIn.objects.filter(rollcall__alert__code=alert.code, current=True).count()


def follow(alert: Alert, say: Say, *, patience_s: float = SETTLE_S) -> list[str]:
    """Wait until everything has left and everybody who will answer has answered, saying how it goes.

    Args:
        alert: issued.
        say: takes each line.
        patience_s: for how long nothing may move.

    Returns:
        What it still waits for when patience ends, in words; nothing where it has settled, but for what a platform's limit
        holds for longer.
    """
    until, told = time.monotonic() + patience_s, ""
    while True:
        counted, answered = progress(alert), _answered(alert)
        line = (
            f"  {counted.deliveries.get('posted', 0)} of {sum(counted.deliveries.values())} publications, "
            f"{counted.notices.get('accepted', 0)} of {counted.expected_notices} notices, {answered} answers"
        )
        if line != told:
            say(line)
            told, until = line, time.monotonic() + patience_s
        # What leaves within half of that is waited for, so that patience does not end just before it does.
        held = (
            sum(count for count, _ in limited(alert, for_s=patience_s / 2).values()) if counted.deliveries_open else 0
        )
        waits = waiting(alert, counted, held=held)
        if not waits or time.monotonic() >= until:
            return waits
        time.sleep(TICK_S)


def waiting(alert: Alert, counted: Progress, *, held: int = 0) -> list[str]:
    """Return what an alert still waits for, each with where to look; nothing where it has settled.

    Args:
        alert: issued.
        counted: how far it is.
        held: publications that a platform's limit holds for longer than anybody waits, which are no sign of trouble.
    """
    logs = settings.VAR_DIR / "log"
    waits = []
    if (left := counted.deliveries_open - held) > 0:
        waits.append(
            f"publications that have not left: {left} (follow them: .venv/bin/python manage.py progress {alert.marker} --follow)"
        )
    if counted.notices_open:
        waits.append(f"notices that have not left: {counted.notices_open} (see {logs / 'bulk.log'})")
    if unsure := counted.notices.get(NoticeState.UNCONFIRMED, 0):
        waits.append(f"notices of which nobody knows whether they left: {unsure} (see {logs / 'bulk.log'})")
    missing = _answers_expected(alert) - _answered(alert) if rollcall_of(alert) else 0
    if missing > 0:
        waits.append(f"answers of simulated citizens that have not come: {missing} (see {logs / 'bot.log'})")
    return waits


def limited(alert: Alert, *, for_s: float) -> dict[str, tuple[int, datetime]]:
    """Return how many publications a platform's limit holds for longer than a time, and until when the next of them.

    Those that wait behind them on the same account are held as well.

    Args:
        alert: issued.
        for_s: seconds from now; who waits no longer is not held.

    Returns:
        The count and the moment, by the name of the platform.
    """
    waiting_there = Delivery.objects.filter(alert=alert, state=DeliveryState.QUEUED)
    beyond = clock.now() + timedelta(seconds=for_s)
    first = dict(
        waiting_there.filter(reason="throttled", not_before__gt=beyond)
        .values_list("account")
        .annotate(next=Min("not_before"))
    )
    found: dict[str, tuple[int, datetime]] = {}
    for account, slug in waiting_there.filter(account__in=first).values_list("account", "account__platform"):
        spec = catalog.spec(slug)
        name = spec.name if spec else slug
        count, until = found.get(name, (0, first[account]))
        found[name] = (count + 1, min(until, first[account]))
    return found


def _seconds(alert: Alert, at: datetime | None) -> float | None:
    return round((at - alert.approved_at).total_seconds(), 2) if at and alert.approved_at else None


def report(alert: Alert, found: Preflight, *, waits: Sequence[str] = ()) -> dict[str, Any]:
    """Return what happened, as data."""
    counted = progress(alert)
    rollcall = rollcall_of(alert)
    total = board(rollcall).total if rollcall else None
    publications = []
    for delivery in deliveries_of(alert):
        spec = catalog.spec(delivery.account.platform)
        publications.append(
            {
                "platform": spec.name if spec else delivery.account.platform,
                "account": delivery.account.address,
                "shadow_of": delivery.account.shadow_of.address if delivery.account.shadow_of else "",
                "holder": str(delivery.account.holder.post or delivery.account.holder.name),
                "languages": delivery.wording.languages.split(",") if delivery.wording else [],
                "part": delivery.part,
                "done": delivery.kind,
                "state": delivery.state,
                "why": sentence(delivery.reason) if delivery.reason else "",
                "seconds": _seconds(alert, delivery.posted_at),
                "remote_id": delivery.remote_id,
                "url": delivery.url,
            }
        )
    return {
        "alert": alert.marker,
        "mode": alert.mode,
        "situation": alert.situation,
        "place": place_text(alert.slots["place"], "en"),
        "posts": [post.name for post in found.posts],
        "posts_without_account": found.ticks.get("posts_without_account", []),
        "accounts": {"meant": counted.accounts, "posted": counted.accounts_posted},
        "by_hand": counted.by_hand,
        "limited": {
            name: {"publications": count, "next": until.isoformat(timespec="seconds")}
            for name, (count, until) in limited(alert, for_s=0).items()
        },
        "publications": publications,
        "notices": {"expected": counted.expected_notices, **counted.notices},
        "people": {"told": total.accepted, "no_answer": total.no_answer, **total.answers} if total else {},
        "seconds": {
            "first_publication": _seconds(alert, counted.first_posted_at),
            "last_publication": _seconds(alert, counted.last_posted_at),
            "first_notice": _seconds(alert, counted.first_accepted_at),
            "last_notice": _seconds(alert, counted.last_accepted_at),
        },
        "console": f"{settings.PUBLIC_URL}/console/{alert.mode}/{alert.pk}/",
        "page": f"{settings.PUBLIC_URL}/a/{alert.code}",
        "board": f"{settings.PUBLIC_URL}/console/rollcalls/{rollcall.pk}/" if rollcall else "",
        "corrections": asdict(done) | {"total": done.total} if (done := corrected(alert)) else None,
        "settled": not waits,
        "waits_for": list(waits),
    }


def _corrections(told: dict[str, Any]) -> str:
    """Return what became of the publications that an update or a retraction found standing."""
    words = {
        "edited": "edited in place", "answered": "answered", "taken_away": "taken away", "published": "published anew",
        "by_hand": "waiting for a hand", "waiting": "under way", "failed": "failed", "nothing": "had never left",
    }  # fmt: skip
    parts = ", ".join(f"{told[name]} {text}" for name, text in words.items() if told[name])
    return f"  Corrections: {parts or 'nothing was out'}; 95 % corrected after {_figure(told['seconds'])}"


def _figure(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.2f} s"


def summary(told: dict[str, Any]) -> list[str]:
    """Return what happened, in lines for people; the last one begins "Drill complete:"."""
    lines = [f"EXERCISE {told['alert']}: {told['situation']}, {told['place']}"]
    lines.append(f"  Posts concerned: {', '.join(told['posts'])}")
    if told["corrections"]:
        lines.append(_corrections(told["corrections"]))
    if told["posts_without_account"]:
        lines.append(f"  Without a public account of their own: {', '.join(told['posts_without_account'])}")
    for each in told["publications"]:
        where = each["url"] or each["why"]
        languages = "+".join(each["languages"])
        lines.append(
            f"  {each['platform']:<9} {each['account']:<34} {languages:<12} {each['done']:<9} {each['state']:<9} "
            f"{_figure(each['seconds']):>8}  {where}"
        )
    seconds, people, notices = told["seconds"], told["people"], told["notices"]
    posted = sum(1 for each in told["publications"] if each["state"] == "posted")
    if told["by_hand"]:
        lines.append(f"  By hand: {told['by_hand']} wait for a person, with the text to copy: {told['console']}")
    lines += [
        f"  {name} takes no more for now: {held['publications']} of its publications leave by themselves, the next at "
        f"{datetime.fromisoformat(held['next']):%H:%M:%S} UTC"
        for name, held in told["limited"].items()
    ]
    if people:
        lines.append(f"  Check-in board: {told['board']}")
    lines.append(f"  Public page: {told['page']}")
    names = {"safe": "safe", "needs_help": "need help", "not_there": "not there", "unclear": "unclear"}
    answers = ", ".join(f"{people.get(key, 0)} {name}" for key, name in names.items()) if people else "none asked"
    silent = f", {people['no_answer']} silent" if people else ""
    hand = f", {told['by_hand']} by hand still open" if told["by_hand"] else ""
    held = sum(each["publications"] for each in told["limited"].values())
    hand += f", {held} held by a platform's limit" if held else ""
    head = "Drill complete:" if told["settled"] else "Drill not settled in time:"
    lines.append(
        f"{head} {told['accounts']['posted']} of {told['accounts']['meant']} accounts posted ({posted} publications){hand}, "
        f"{notices.get('accepted', 0)} of {notices['expected']} notices accepted, people: {answers}{silent}; "
        f"from approval to the first publication {_figure(seconds['first_publication'])}, "
        f"to the last {_figure(seconds['last_publication'])}."
    )
    return lines
