"""Asking about alerts."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from crisis.alerts.editions import kind_of
from crisis.alerts.models import Alert, Approval, Rollcall, State
from crisis.registry.models import Mode
from crisis.wording.forms import sources

PUBLIC = [State.ISSUED, State.STOPPED, State.SUPERSEDED]


def public_chain(code: str) -> list[Alert]:
    """Return the issued alerts of a chain, the newest first; empty if the code is unknown."""
    chain = Alert.objects.filter(code=code.upper(), state__in=PUBLIC).select_related("ministry", "references")
    return list(chain.prefetch_related("infos", "areas").order_by("-number"))


def public_newest(code: str) -> Alert | None:
    """Return the newest issued alert of a chain, with its ministry; None if the code is unknown."""
    chain = Alert.objects.filter(code=code.upper(), state__in=PUBLIC).select_related("ministry")
    return chain.order_by("-number").first()


def public_state(code: str, now: datetime) -> str:
    """Return what decides how a chain's page looks now, as a short text; blank if the code is unknown.

    It changes with every alert that is issued, stopped or expires in the chain, and when its rollcall closes.
    """
    return public_states([code.upper()], now).get(code.upper(), "")


def public_states(codes: Collection[str], now: datetime) -> dict[str, str]:
    """Return the same for several codes, without those that are unknown."""
    chain = Alert.objects.filter(code__in=codes, state__in=PUBLIC).order_by("code", "number")
    rows = chain.values_list("code", "pk", "state", "expires_at", "stopped_at", "rollcall__closed_at")
    told: dict[str, list[str]] = {}
    for code, pk, state, ends, stopped, closed in rows:
        told.setdefault(code, []).append(f"{pk} {state} {bool(ends and ends <= now)} {stopped} {closed}")
    return {code: hashlib.sha256("|".join(lines).encode()).hexdigest()[:24] for code, lines in told.items()}


def shown_lately(since: datetime, *, limit: int) -> list[str]:
    """Return the codes of alerts that hold, or held since a moment, the newest first."""
    lately = Alert.objects.filter(state__in=PUBLIC, expires_at__gt=since).order_by("-id")
    return list(dict.fromkeys(lately.values_list("code", flat=True)[:limit]))


def by_marker(code: str, number: int) -> Alert | None:
    """Return an issued alert by its public code and number, or None."""
    return Alert.objects.filter(code=code.upper(), number=number, state__in=PUBLIC).select_related("ministry").first()


def replacement(alert: Alert) -> Alert | None:
    """Return the issued alert of the chain that has taken an alert's place, or None."""
    return (
        Alert.objects.filter(references=alert, state__in=PUBLIC)
        .select_related("references")
        .order_by("-number")
        .first()
    )


def with_decision(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """Return alerts, each with the latest yes or no to it as `decision`: "approved", "rejected" or None."""
    latest = Approval.objects.filter(alert=OuterRef("pk")).order_by("-id").values("decision")[:1]
    return alerts.annotate(decision=Subquery(latest))


def current(now: datetime) -> QuerySet[Alert]:
    """Return what is issued and holds now."""
    return Alert.objects.filter(state=State.ISSUED, expires_at__gt=now)


def shown_in_atlas() -> QuerySet[Alert]:
    """Return what everybody may read of what was ever issued, the newest first; drills never."""
    real = Alert.objects.filter(mode=Mode.LIVE, state__in=PUBLIC, ministry__is_home=True)
    return real.select_related("ministry").prefetch_related("infos", "areas").order_by("-issued_at", "-id")


def holding(now: datetime) -> list[Alert]:
    """Return the real alerts that hold now, the newest first, without those that only take one back."""
    held = shown_in_atlas().filter(state=State.ISSUED, expires_at__gt=now)
    return list(held.exclude(msg_type=Alert.MsgType.CANCEL))


def countries_of(alert: Alert) -> frozenset[str]:
    """Return the countries that an alert names, by their codes: of a circle, those that its officer gave."""
    named = {area.country for area in alert.areas.all() if area.country}
    return frozenset(named | set(alert.slots.get("place", {}).get("countries", ())))


def open_rollcalls(now: datetime) -> QuerySet[Rollcall]:
    """Return the rollcalls that still take answers: neither closed, nor of an alert that was stopped or has expired."""
    holding = Q(alert__state=State.ISSUED, alert__expires_at__gt=now)
    return Rollcall.objects.filter(holding, closed_at=None).select_related("alert__ministry").order_by("-alert_id")


def rollcall_about(alert_id: int | None) -> int | None:
    """Return the number of the latest rollcall of an alert's chain; None if it asks nothing, or there is no alert."""
    if alert_id is None:
        return None
    code = Alert.objects.filter(pk=alert_id).values("code")
    chain = Rollcall.objects.filter(alert__code__in=code).order_by("-alert__number")
    return chain.values_list("pk", flat=True).first()


def unreviewed(alert: Alert) -> list[str]:
    """Return the languages in which an alert would say what no native speaker has reviewed; a drill needs no review."""
    if alert.exercise:
        return []
    used = sources(kind_of(alert), alert.slots)
    complete = [info.language for info in alert.infos.all() if info.complete]
    return [code for code in complete if not all(kind.texts[code].reviewed for kind in used)]
