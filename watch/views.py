"""/metrics, /healthz and /readyz."""

import hmac
import ipaddress
import json

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from watch import readiness
from watch.collector import LedgerCollector
from watch.memory import Busy, Shared
from watch.readiness import Answer

METRICS_S = 5.0  # several scrapers, or a person who reloads, share one count
READY_S = 1.0

_registry = CollectorRegistry()
_registry.register(LedgerCollector())
_metrics = Shared(lambda: generate_latest(_registry), least_s=METRICS_S, share=1)
_ready = Shared(lambda: readiness.bounded(readiness.QUESTIONS), least_s=READY_S, share=1)


def _busy() -> HttpResponse:
    return HttpResponse("busy: somebody else is being answered\n", status=503, content_type="text/plain")


def _from_here(request: HttpRequest) -> bool:
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_ON_LOOPBACK and _from_here(request):
        return True
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), settings.METRICS_TOKEN.encode())


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the counts in Prometheus' text format, for whoever holds the token; without one set, there is no such page."""
    if not _may_read(request):
        return HttpResponse("A bearer token is needed.\n", status=403, content_type="text/plain")
    try:
        return HttpResponse(_metrics.get(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    except Busy:
        return _busy()


@require_safe
def healthz(_: HttpRequest) -> HttpResponse:
    """Say that the process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(_: HttpRequest) -> HttpResponse:
    """Say whether the house can do its work, with one line for each thing that it needs: 200, or 503."""
    try:
        answers = _ready.get()
    except Busy:
        return _busy()
    ready = all(answer.ok for answer in answers)
    return HttpResponse(_lines(answers, ready=ready), status=200 if ready else 503, content_type="application/json")


def _lines(answers: list[Answer], *, ready: bool) -> str:
    checks = [
        f'  "{each.name}": ' + json.dumps({"ok": each.ok, "says": each.says, "seconds": round(each.seconds, 3)})
        for each in answers
    ]
    return f'{{\n "ready": {json.dumps(ready)},\n "checks": {{\n' + ",\n".join(checks) + "\n }\n}\n"
