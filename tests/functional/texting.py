"""People with phones that have no more than SMS, and the gateway that carries what they write."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from django.conf import settings
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.audience.models import Contact
from crisis.checkins.models import CheckIn
from simulator.testing import Running
from tests.functional.factories import citizen, issued, notify_all, reachable, some_seconds_later

PHONE = "+99955512345"
ADDRESS = "/receipts/sms/messages"


def phone(number: str = PHONE, **person: Any) -> Contact:
    contact = citizen(**person)
    found = reachable(contact, "sms", number)
    contact.delete()
    return found


def told(**kwargs: Any) -> Alert:
    """An alert that its citizens' phones have got."""
    alert = issued(**kwargs)
    notify_all(alert)
    return alert


def post(body: bytes, *, secret: str = "", age_s: int = 0) -> Any:
    at = str(int(clock.now().timestamp()) - age_s)
    key = secret or settings.RECEIPTS_SECRETS["sms"]
    proof = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Tocsin-Timestamp": at, "Tocsin-Signature": f"sha256={proof}"}
    return Client(enforce_csrf_checks=True).post(ADDRESS, body, "application/json", headers=headers)


def written(text: str, **more: Any) -> Any:
    """What the gateway says that somebody wrote, some seconds after they were written to: no test waits for those."""
    some_seconds_later()
    word = {"id": f"in-{text}", "from": PHONE, "text": text, "at": int(clock.now().timestamp())} | more
    return post(json.dumps(word).encode())


def answers() -> list[tuple[str, bool]]:
    return list(CheckIn.objects.order_by("pk").values_list("safety", "current"))


def letters(sim: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", "letters?way=sms")
    return found


def by_the_simulator(sim: Running, text: str) -> int:
    """Write on the simulator's phone; what its gateway posts reaches us in this thread, which holds the test's transaction."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            given = {name: value for name, value in self.headers.items() if name.startswith("Tocsin-")}
            answer = Client().post(self.path, body, "application/json", headers=given)
            self.send_response(answer.status_code)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    statuses: list[int] = []

    def write() -> None:
        statuses.append(sim.control("POST", "ways/sms/reply", {"from": PHONE, "text": text})["status"])

    with HTTPServer(("127.0.0.1", 0), Door) as door:
        door.timeout = 0.1
        callback = f"http://127.0.0.1:{door.server_port}/receipts/sms"
        sender = {"way": "sms", "callback": callback, "callback_secret": settings.RECEIPTS_SECRETS["sms"]}
        sim.control("PUT", "ways", [sender | {"secrets": sim.world.ways["sms"].secrets}])
        hand = threading.Thread(target=write)
        hand.start()
        # What became of an earlier notice may be told at this door too, before what is written now.
        while hand.is_alive():
            door.handle_request()
    return statuses[0]
