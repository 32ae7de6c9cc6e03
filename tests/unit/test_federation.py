"""Which server an account is on: a public one, by its name and by where the name leads."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from platforms.contract import Endpoint
from platforms.errors import BadCredentials, Unreachable
from platforms.federation import endpoint_for, is_public, own_server
from platforms.http import PublicSession, network_error

LIVE = Endpoint("https://social.example", "https://social.example", loopback_only=False, connect_s=1.0, read_s=1.0)
DEMO = Endpoint("http://127.0.0.1:8001/mastodon", "http://127.0.0.1:8001/mastodon", loopback_only=True)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("@press@Social.Ministry.Example", "social.ministry.example"),
        ("press@social.example", "social.example"),
        ("embassy.social.example", "embassy.social.example"),
        ("@presse@auswärtiges-amt.example", "xn--auswrtiges-amt-8hb.example"),
        (" @presse@amt.xn--vermgensberatung-pwb\n", "amt.xn--vermgensberatung-pwb"),
    ],
)
def test_an_address_names_its_server(address: str, host: str) -> None:
    assert own_server(address) == host


@pytest.mark.parametrize(
    "address",
    [
        "", "@press", "@press@", "@press@localhost", "@press@printer.local", "@press@db.internal", "@press@127.0.0.1",
        "@press@10.1", "@press@127.0.0.0x1", "@press@2130706433", "@press@[::1]", "@press@::1", "@press@social.example:8443",
        "@press@social.example/../x", "@press@a..example", "@press@-a.example", "@press@social_x.example", "@press@x y.example",
        "@press@" + "a." * 130 + "example", "@press@" + "a" * 64 + ".example",
        "@press@1.0.0.127.in-addr.arpa",
        "@press@user:secret@10.0.0.1", "@press@social.example?x", "@press@social.example#x",
    ],
)  # fmt: skip
def test_what_is_no_public_name_is_refused(address: str) -> None:
    with pytest.raises(BadCredentials):
        own_server(address)


def test_in_a_demo_every_server_is_the_simulators() -> None:
    assert endpoint_for(DEMO, "social.example") is DEMO


def test_live_an_accounts_own_server_takes_the_place_of_the_platforms() -> None:
    found = endpoint_for(LIVE, "press.ministry.example")
    assert (found.base_url, found.web_url) == ("https://press.ministry.example", "https://press.ministry.example")
    assert (found.loopback_only, found.connect_s, found.read_s) == (False, 1.0, 1.0)


@pytest.mark.parametrize(
    ("number", "public"),
    [
        ("1.1.1.1", True), ("2606:4700:4700::1111", True), ("127.0.0.1", False), ("10.0.0.7", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("224.0.0.1", False), ("::1", False), ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.7", False), ("::ffff:1.1.1.1", True), ("2002:a00:7::", False), ("", False), ("social.example", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(number: str, public: bool) -> None:
    assert is_public(number) == public


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A server of our own network, that keeps what it is sent."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                heard.append(client.recv(1000))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1], heard
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def test_a_public_name_that_leads_into_our_network_is_sent_nothing(
    listener: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, heard = listener
    real = socket.getaddrinfo

    def ours(host: Any, *args: Any, **kwargs: Any) -> Any:
        return real("127.0.0.1" if host == "social.example" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", ours)
    with PublicSession(host="https://social.example", endpoint=LIVE) as session:
        with pytest.raises(requests.exceptions.ConnectionError) as raised:
            session.get(f"https://social.example:{port}/api/v1/accounts/verify_credentials")
        assert isinstance(network_error(raised.value), Unreachable)
        with pytest.raises(requests.exceptions.InvalidSchema):
            session.get(f"http://social.example:{port}/")
    assert not any(heard), "not one byte left"
