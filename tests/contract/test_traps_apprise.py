"""What Apprise tells nobody, and what its services would do if they were let: each with what showed it."""

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import apprise
import pytest

from platforms import apprise_guard
from platforms.apprise import SCHEMAS, AppriseAdapter
from platforms.contract import Endpoint, Outgoing, Target
from platforms.errors import BadCredentials, PlatformConfig, Throttled, Unconfirmed, Unreachable
from simulator.testing import Running
from tests.contract.conftest import Stage

OUT = Outgoing("EXERCISE. Alert TSTC0D/1", "TSTC0D/1")
LIVE = Endpoint("https://apprise.invalid", "https://apprise.invalid", loopback_only=False, connect_s=0.2, read_s=0.2)
# One whole address of each allowed kind, with keys that are nobody's.
ADDRESSES = {
    "line": "line://0123456789abcdef0123456789abcdef/U0123456789abcdef0123456789abcdef",
    "discord": "discord://4711/abcdefghijklmnopqrstuvwx",
    "signal": "signal://127.0.0.1:9/+32470000001/+32470000002",
    "json": "json://127.0.0.1:9/a",
    "xml": "xml://127.0.0.1:9/a",
    "form": "form://127.0.0.1:9/a",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
    "workflow": "workflow://127.0.0.1:9/643e8a1b2c3d4e5f60718293a4b5c6d7/abcdefghijklmnopqrstuvwxyz0123456789-_abcde",
    "matrix": "matrix://someone:secret@127.0.0.1:9/!room:127.0.0.1",
    "ntfy": "ntfy://127.0.0.1:9/topic",
    "gotify": "gotify://127.0.0.1:9/abcdefghijklmno",
    "pover": "pover://uabcdefghijklmnopqrstuvwxyz123@aabcdefghijklmnopqrstuvwxyz123",
    "mmost": "mmost://127.0.0.1:9/3ccdd113474722377935511fc85d3dd4",
    "rocket": "rocket://someone:secret@127.0.0.1:9/#channel",
    "gchat": "gchat://workspace/webhook-key/webhook-token",
}


@pytest.fixture
def service(stage_of: Any) -> Stage:
    made: Stage = stage_of("apprise")
    return made


def to(service: Stage, address: str) -> Target:
    return dataclasses.replace(service.target, secrets={"service_url": address})


def test_every_allowed_kind_is_tried() -> None:
    assert {schema.removesuffix("s") for schema in SCHEMAS} == {schema.removesuffix("s") for schema in ADDRESSES}


@pytest.mark.parametrize("schema", ADDRESSES)
def test_no_service_speaks_past_the_guard(
    service: Stage, schema: str, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    send = apprise_guard.ServiceSession.send

    def seen(self: Any, request: Any, **kwargs: Any) -> Any:
        asked.append(self._rewritten(request.url))
        return send(self, request, **kwargs)

    monkeypatch.setattr(apprise_guard.ServiceSession, "send", seen)
    adapter = service.elsewhere(f"http://127.0.0.1:{unused_port}/x")

    with pytest.raises(Unreachable):
        adapter.publish(OUT, to(service, ADDRESSES[schema]))

    assert len(asked) == 1, "what follows a failure is a second try"
    assert asked[0].startswith(f"http://127.0.0.1:{unused_port}/"), "in a demo even a service with a fixed host"


@pytest.mark.parametrize(
    "address",
    ["file:///tmp/x", "syslog://", "dbus://", "mailto://a:b@example.org", "exec://ls", "windows://", "tgram://1:a/2",
     "apprise://127.0.0.1/token", "http://127.0.0.1/x", "", "://"],
)  # fmt: skip
def test_no_other_kind_is_used(service: Stage, address: str) -> None:
    with pytest.raises(PlatformConfig if address else BadCredentials):
        service.adapter.publish(OUT, to(service, address))
    assert service.world.control("GET", "requests")["total"] == 0


def test_half_an_address_is_no_access(service: Stage) -> None:
    for address in ("json", "json://", "discord://4711", "slack://x"):
        with pytest.raises(BadCredentials):
            service.adapter.publish(OUT, to(service, address))


@pytest.mark.parametrize(
    ("address", "why"),
    [("json://gateway.example.org/a", "https only"), ("jsons://127.0.0.1/a", "private"), ("jsons://10.0.0.7/a", "private"),
     ("jsons://[::1]/a", "private"), ("jsons://169.254.169.254/latest", "private"), ("jsons://localhost/a", "private"),
     ("jsons://[::ffff:10.0.0.7]/a", "private"), ("jsons://[2002:a00:7::]/a", "private")],
)  # fmt: skip
def test_live_speaks_https_to_public_addresses_only(address: str, why: str) -> None:
    adapter = AppriseAdapter(LIVE)
    with pytest.raises(PlatformConfig, match=why):
        adapter.publish(OUT, Target("a", secrets={"service_url": address}))
    adapter.close()


def test_outside_a_publication_a_service_sends_nothing(service: Stage) -> None:
    service.publish()  # the guard stands in its module from now on
    sender = apprise.Apprise()
    sender.add(f"json://127.0.0.1:{service.world.url.rpartition(':')[2]}/apprise/notify/contract-service")

    assert not sender.notify(body="past the guard")

    assert service.standing() == 1


def test_what_an_address_asks_for_of_patience_and_cutting_is_not_done(service: Stage) -> None:
    address = service.target.secrets["service_url"]
    service.fault("rate_limit", retry_after=120, times=None)
    begun = time.monotonic()
    eager = to(service, address.replace("?", "?retry=3&wait=5&cto=60&rto=60&redirect=yes&overflow=split&verify=no&"))

    with pytest.raises(Throttled):
        service.adapter.publish(OUT, eager)

    assert time.monotonic() - begun < 3
    assert service.world.control("GET", "requests")["requests"]["apprise"]["notify"] == {"429": 1}


def test_after_two_requests_a_refusal_proves_nothing(world: Running, service: Stage) -> None:
    call = apprise_guard.Call(service.adapter._sessions.get(), service.adapter._endpoint)
    url = f"{world.url}/apprise/notify/contract-service"
    key = {"X-Access-Key": "service-key-4d3c2b1a0f9e"}
    call.ask("POST", url, json={"version": "1.0", "type": "info", "title": "", "message": "one"}, headers=key)
    call.ask("POST", url, json={})
    from platforms.apprise import _outcome

    assert isinstance(_outcome(call, ""), Unconfirmed)


def test_many_threads_publish_each_once(service: Stage) -> None:
    texts = [dataclasses.replace(service.out, text=f"{number}. {service.out.text}") for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda out: service.adapter.publish(out, service.target), texts))

    assert len(receipts) == 24
    assert sorted(each["text"] for each in service.publications()) == sorted(out.text for out in texts)


def test_the_services_words_are_shown_without_its_key(service: Stage) -> None:
    body = {"error": "no such key: service-key-4d3c2b1a0f9e"}
    service.fault("error_json", status=400, body=body)
    with pytest.raises(Exception, match="no such key") as raised:
        service.publish()
    assert "4d3c2b1a0f9e" not in f"{raised.value!r} {raised.value}"
