"""Whom our sessions trust: a server that proves who it is, by certificates that are read once, and nobody else."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from platforms import http as wire
from platforms.contract import Endpoint
from tests.load import certificate


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An address, and the certificate that proves it."""
    pem = certificate.make(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{listening.server_port}", pem
    listening.shutdown()
    listening.server_close()


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    wire._tls.cache_clear()
    yield
    wire._tls.cache_clear()


def ask(url: str) -> int:
    with wire.GuardedSession(host=url, endpoint=Endpoint(url, url, loopback_only=True)) as session:
        return session.get(f"{url}/").status_code


def test_a_server_that_nobody_vouches_for_is_told_nothing(server: tuple[str, Path]) -> None:
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        ask(server[0])


def test_a_server_that_this_machine_trusts_is_spoken_to(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server[1]))
    assert ask(server[0]) == 200


def test_the_certificates_are_read_once_for_all_connections(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server[1]))
    context, before = wire._tls(), wire._tls().cert_store_stats()
    assert before["x509_ca"] > 50, "those that requests brings"
    read: list[object] = []
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *args, **_: read.append(args))
    for _ in range(3):
        assert ask(server[0]) == 200
    assert read == []
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
