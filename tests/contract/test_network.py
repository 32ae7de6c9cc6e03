"""What no platform answers: full queues, false certificates, a hostile environment, hosts that may not be spoken to."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from platforms.contract import Endpoint
from platforms.errors import AdapterMisconfigured, Unreachable
from tests.contract.conftest import Stage, endpoint_of, make
from tests.contract.rows import EVERY


@pytest.fixture
def full_queue() -> Iterator[int]:
    """A port whose listener accepts nobody: a further connection hangs until it times out."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    port = listener.getsockname()[1]
    waiting = []
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))
        waiting.append(client)
    yield port
    for client in [*waiting, listener]:
        client.close()


@pytest.mark.usefixtures("impatient")
def test_a_connection_that_is_not_accepted_never_left(anyone: Stage, full_queue: int) -> None:
    stage = anyone
    adapter = stage.elsewhere(f"http://127.0.0.1:{full_queue}/x")

    with pytest.raises(Unreachable):
        stage.send(adapter, stage.target)


@pytest.fixture
def false_certificate(tmp_path: Path) -> Iterator[int]:
    """A TLS server on loopback whose certificate nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin.replace(year=2090))
    certificate = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    pem = tmp_path / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(client, server_side=True).close()
            except OSError:
                client.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_a_false_certificate_never_gets_the_text(anyone: Stage, false_certificate: int) -> None:
    stage = anyone
    adapter = stage.elsewhere(f"https://127.0.0.1:{false_certificate}/x")

    with pytest.raises(Unreachable):
        stage.send(adapter, stage.target)


def test_the_environments_proxy_and_netrc_are_not_used(
    anyone: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unused_port: int
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port}")
    monkeypatch.setenv("NO_PROXY", "")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))

    stage = anyone
    adapter = stage.elsewhere(endpoint_of(stage.world, stage.slug).base_url)

    assert stage.send(adapter, stage.target).remote_id


@pytest.mark.parametrize("slug", list(EVERY))
@pytest.mark.parametrize(
    "url", ["https://api.telegram.org/bot", "https://api.x.com", "http://10.0.0.7/x", "http://localhost.example.org/"]
)
def test_loopback_only_refuses_every_other_host(slug: str, url: str) -> None:
    with pytest.raises(AdapterMisconfigured, match="not this machine"):
        make(slug, Endpoint(url, "https://web.example", loopback_only=True))


@pytest.mark.parametrize("slug", list(EVERY))
def test_live_speaks_https_only(slug: str) -> None:
    with pytest.raises(AdapterMisconfigured, match="https"):
        make(slug, Endpoint("http://api.example.org", "https://web.example", loopback_only=False))


@pytest.mark.parametrize("slug", ["x", "facebook"])
def test_a_session_never_follows_a_request_off_the_machine(slug: str) -> None:
    """Even where an SDK builds an address of its own, the session stops it."""
    from platforms.http import GuardedSession

    endpoint = Endpoint("http://127.0.0.1:9/x", "https://web.example", loopback_only=True)
    session = GuardedSession(host="https://api.twitter.com", endpoint=endpoint)

    with pytest.raises(AdapterMisconfigured):
        session.get("https://upload.example.org/1.1/media")


def test_no_process_loads_an_sdk_by_asking_for_a_spec() -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom platforms import catalog\n"
        "[s.measure('a') for s in [*catalog.specs(), *catalog.private()]]\n"
        "print([m for m in ('telegram', 'tweepy', 'facebook', 'requests', 'httpx', 'aiosmtplib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"
