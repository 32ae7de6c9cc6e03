"""Answers that the simulator does not give: a bad certificate, a limit with a date; and a ban that Redis has forgotten."""

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.conf import settings

from crisis import clock
from crisis.broadcast.models import Attempt, Delivery
from tests.faults.counting import asked_during_bans
from tests.faults.furnishing import WIDE
from tests.faults.rows import Outcome, row
from tests.faults.world import World
from tests.load import certificate

READABLE = ("x", "facebook")
HOUR = 3600


class _Refuses(BaseHTTPRequestHandler):
    """Answers everything with 429 and the date at which it is over."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = (
            b'{"title": "Too Many Requests", "status": 429, "detail": "Too Many Requests",'  # as X says it
            b' "error": {"message": "(#32) Page request limit reached", "type": "OAuthException", "code": 32}}'  # as Facebook
        )
        self.send_response(429)
        self.send_header("Retry-After", format_datetime(clock.now() + timedelta(seconds=30), usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - the library's name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def _instead(world: World, *platforms: str, tls: bool = False) -> Iterator[None]:
    """Put a server of our own in the place of some platforms; afterwards the workers are killed, and know the right address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refuses)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.make(world.var))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # whoever hangs up is what is looked at
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    paths = {slug: settings.PLATFORM_URLS[slug].split("/", 3)[3] for slug in platforms}
    world.write("urls", json.dumps({slug: f"{base}/{path}" for slug, path in paths.items()}))
    try:
        yield
    finally:
        (world.var / "urls").unlink()
        world.signal_group("posts", 9)
        server.shutdown()
        server.server_close()


def _understood(world: World, outcome: Outcome, code: str) -> None:
    tries = Attempt.objects.filter(delivery__alert__in=world.alerts, delivery__account__platform__in=READABLE)
    told = set(tries.filter(step="publish").exclude(outcome="posted").values_list("outcome", flat=True))
    outcome.expect(told == {code}, f"understood as {sorted(told)}, not as {code}")
    outcome.figure = f"understood as {', '.join(sorted(told))}"


@row("bad TLS: a certificate that nobody trusts")
def bad_tls(world: World) -> Outcome:
    """Nothing is said to a server that cannot prove who it is; once it can, everything is published."""
    with _instead(world, *READABLE, tls=True):
        world.start(posts=8)
        world.issue(WIDE)
        time.sleep(4)
        published = world.published()
    outcome = Outcome(recovery_s=world.settle(90))
    outcome.expect(published <= 1, f"{published} were published meanwhile")  # Telegram's channel stands elsewhere
    _understood(world, outcome, "unreachable")
    return outcome


@row("429 storm: with an HTTP date")
def storm_dated(world: World) -> Outcome:
    """A date instead of the platform's own header: it is a limit all the same, and nobody asks again at once."""
    with _instead(world, *READABLE):
        world.start(posts=8)
        world.issue(WIDE)
        time.sleep(6)
        waiting = Delivery.objects.filter(alert__in=world.alerts, state="queued", reason="throttled").count()
        early = asked_during_bans(world.alerts, "account", 25)
    world.write("shift", str(2 * HOUR))
    with world.redis_client() as client:
        client.flushall()
    outcome = Outcome(recovery_s=world.settle(90))
    outcome.expect(waiting, "nobody waited")
    outcome.expect(early == 0, f"{early} asked again during the ban")
    _understood(world, outcome, "throttled")
    return outcome


@row("429 storm, and Redis flushed during the ban", short=("sqlite",))
def flushed_during_a_ban(world: World) -> Outcome:
    """What Redis forgets, the database knows: nobody asks before the ban's end, not even for an alert issued meanwhile."""
    ban = 8
    # Facebook counts in minutes, and the limiter's own buckets would be full of what this row is not about.
    for slug, method in (("x", "create"), ("telegram", "sendMessage")):
        params = {"retry_after": ban, "scope": "account"}
        world.fault("rate_limit", platform=slug, method=method, times=4, params=params)
    world.start(posts=8)
    world.issue(WIDE)
    tries = Attempt.objects.filter(delivery__alert__in=world.alerts, outcome="throttled")
    world.until(lambda: tries.count() >= 4, 30, "nobody is refused")
    for _ in range(3):
        with world.redis_client() as client:
            client.flushall()
        world.issue(WIDE)
        time.sleep(0.7)
    outcome = Outcome(runs=tries.count(), recovery_s=world.settle(120))
    early = asked_during_bans(world.alerts, "account", ban)
    outcome.expect(early == 0, f"{early} asked during the ban")
    outcome.figure = f"{tries.count()} refused, {early} asked during the ban"
    return outcome
