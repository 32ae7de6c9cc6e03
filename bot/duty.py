"""What the bot says to linked staff, to each in their own language: how a broadcast goes, and the button that stops it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from bot.replies import Press, Reply
from bot.speaker import Speaker, fallback, spoken
from crisis.alerts.lifecycle import NotPossible
from crisis.alerts.models import Alert, State
from crisis.alerts.operations import Changed
from crisis.alerts.queries import PUBLIC
from crisis.alerts.ring_words import about
from crisis.broadcast.models import DeliveryState
from crisis.broadcast.operations import stop as stop_broadcast
from crisis.broadcast.queries import progress
from crisis.language import STORED, within
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed, Right, require
from crisis.staff.rostering import link_chat

BUTTON = "d"  # what comes back of its buttons begins with it: d:stop:ALERT:MINUTE
HOLDS = timedelta(minutes=5)  # a button that stops an alert, so that none is pressed by mistake days later
LATELY = timedelta(days=1)
MOST = 5  # alerts of one answer
LONGEST_CODE = 12

Asked = ParamSpec("Asked")


def _to_staff(
    answer: Callable[Concatenate[Officer, Asked], list[Reply]],
) -> Callable[Concatenate[Officer, Asked], list[Reply]]:
    """Let an answer be in the language of whoever of the staff asks."""

    @wraps(answer)
    def answered(officer: Officer, /, *args: Asked.args, **kwargs: Asked.kwargs) -> list[Reply]:
        with override(officer.language or STORED):
            return answer(officer, *args, **kwargs)

    return answered


def link(who: Speaker, code: str, now: datetime) -> list[Reply]:
    """Link a chat to whoever got this code in the console."""
    officer = link_chat(code=code[:LONGEST_CODE], chat=who.chat, now=now)
    if officer is not None:
        return _linked(officer)
    with override(_spoken_by(who)):
        return [
            Reply(
                _("This code is not valid, or not any more. Make a new one in the console: Roster, How I am reached.")
            )
        ]


@_to_staff
def _linked(officer: Officer) -> list[Reply]:
    words = _(
        "This chat is now linked to %(officer)s. You are rung here when an alert waits for you.\n\n"
        "/progress shows how the latest alerts go, /stop_alert CODE stops one."
    )
    return [Reply(words % {"officer": officer})]


def nobodys(who: Speaker | None) -> str:
    """Return what is said to whoever presses a button of the staff in a chat that is linked to nobody."""
    with override(_spoken_by(who)):
        return _("This chat is not linked to the staff.")


def _spoken_by(who: Speaker | None) -> str:
    return (spoken(who.language) if who else None) or fallback()


@_to_staff
def unknown(_officer: Officer) -> list[Reply]:
    """Say that a button means nothing."""
    return [Reply(_("This button is not known any more."))]


@_to_staff
def how_it_goes(officer: Officer, code: str, now: datetime) -> list[Reply]:
    """Say how one alert goes, or those of the last day.

    Args:
        officer: who asks.
        code: of the alert, with or without its number; blank: the latest.
        now: the time.
    """
    try:
        require(officer, Right.ALERTS)
    except NotAllowed as error:
        return [Reply(str(error))]
    if code:
        alert = _found(code)
        missing = _("No issued alert has the code %(code)s.") % {"code": code[:LONGEST_CODE]}
        return [Reply(_line(alert, now) if alert else missing)]
    alerts = Alert.objects.filter(state__in=PUBLIC, issued_at__gt=now - LATELY).select_related("ministry", "references")
    lines = [_line(alert, now) for alert in alerts.order_by("-issued_at")[:MOST]]
    return [Reply("\n\n".join(lines) or _("Nothing was issued in the last 24 hours."))]


@_to_staff
def ask_to_stop(officer: Officer, code: str, now: datetime) -> list[Reply]:
    """Ask whether an alert shall really be stopped; nothing is done yet."""
    try:
        require(officer, Right.STOP)
    except NotAllowed as error:
        return [Reply(str(error))]
    alert = _found(code) if code else None
    if alert is None:
        return [Reply(_("Say which alert: /stop_alert and its code. /progress lists them."))]
    if alert.state != State.ISSUED:
        refused = _("It cannot be stopped: it is “%(state)s”.") % {"state": within(alert.get_state_display())}
        return [Reply(f"{about(alert)}\n\n{refused}")]
    named = {"mode": alert.get_mode_display(), "marker": alert.marker}
    press = Press(_("Stop %(mode)s %(marker)s now") % named, f"{BUTTON}:stop:{alert.pk}:{_minute(now)}")
    words = _(
        "Nothing more of it leaves. What is out stays out, and nobody is told: to take it back, retract it in the console."
    )
    return [Reply(f"{about(alert)}\n\n{words}\n{_link(alert)}", ((press,),))]


@_to_staff
def stop(officer: Officer, alert_id: int, minute: int, now: datetime) -> list[Reply]:
    """Stop an alert whose button was pressed in time."""
    alert = Alert.objects.select_related("ministry", "references").filter(pk=alert_id).first()
    if alert is None or not 0 <= _minute(now) - minute <= HOLDS // timedelta(minutes=1):
        return [Reply(_("This button is too old: nothing was stopped. Ask again with /stop_alert and the code."))]
    try:
        stopped = stop_broadcast(alert=alert, by=officer, now=now)
    except (NotAllowed, NotPossible, Changed) as error:
        return [Reply(str(error))]
    words = _("Stopped: %(stopped)s had not left yet and will not. What is out stays out.") % {"stopped": stopped}
    return [Reply(f"{about(alert)}\n\n{words}\n{_link(alert)}")]


def _minute(now: datetime) -> int:
    return int(now.timestamp() // 60)


def _found(code: str) -> Alert | None:
    """Return the issued alert that a code names; the newest of its chain where no number is given."""
    name, _slash, number = code.upper().partition("/")
    rows = Alert.objects.filter(code=name[:LONGEST_CODE], state__in=PUBLIC).select_related("ministry", "references")
    if number:
        rows = (
            rows.filter(number=int(number))
            if number.isascii() and number.isdecimal() and len(number) < 5
            else rows.none()
        )
    return rows.order_by("-number").first()


def _line(alert: Alert, now: datetime) -> str:
    counted = progress(alert, now)
    whole = ngettext(
        "%(posted)s of %(accounts)s account has all of it",
        "%(posted)s of %(accounts)s accounts have all of it",
        counted.accounts,
    )
    shown = (
        (_("%(n)s waiting"), counted.deliveries_open),
        (_("%(n)s failed"), counted.deliveries.get(DeliveryState.FAILED, 0)),
        (_("%(n)s with unknown outcome"), counted.deliveries.get(DeliveryState.UNCONFIRMED, 0)),
        (_("%(n)s for a person to decide"), counted.deliveries.get(DeliveryState.HELD, 0)),
    )
    numbers = [whole % {"posted": counted.accounts_posted, "accounts": counted.accounts}]
    numbers += [words % {"n": number} for words, number in shown if number]
    lines = [about(alert), f"{alert.get_state_display()}: {', '.join(numbers)}."]
    if alert.approved_at and counted.first_posted_at and counted.last_posted_at:
        first, last = (
            (moment - alert.approved_at).total_seconds() for moment in (counted.first_posted_at, counted.last_posted_at)
        )
        words = _("First publication after %(first)s s, last after %(last)s s.")
        lines.append(words % {"first": round(first), "last": round(last)})
    if counted.expected_notices:
        words = _("%(n)s of %(all)s notices accepted")
        lines.append(f"{words % {'n': counted.notices.get('accepted', 0), 'all': counted.expected_notices}}.")
    return "\n".join([*lines, _link(alert)])


def _link(alert: Alert) -> str:
    return settings.PUBLIC_URL + reverse("console:alert", args=[alert.mode, alert.pk])
