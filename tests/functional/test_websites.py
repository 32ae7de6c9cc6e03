"""The audit of websites: polite, bounded whatever a site does, and right about what is missing, unknown and gone."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.presence import audit
from crisis.presence.guidelines import guidelines, lacks
from crisis.presence.models import WebsiteVisit
from crisis.presence.standing import standings
from crisis.registry.models import Account, DirectoryEntry, Post
from crisis.registry.queries import home_ministry
from platforms import websites
from platforms.websites import NotRead, Reader
from tasks.websites import visit

SLOW_S = 0.5


class Site(ThreadingHTTPServer):
    """A website on loopback that behaves as badly as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Wire)
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def says(self, path: str, body: bytes | str, status: int = 200, **headers: str) -> None:
        content = body if isinstance(body, bytes) else body.encode()
        told = {"Content-Type": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, told, content)


class _Wire(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(2_000):
                try:
                    self.wfile.write(b"<")
                except OSError:
                    return
                time.sleep(0.05)
            return
        status, headers, body = self.server.pages.get(self.path, (404, {}, b"no"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def reader(*, loopback_only: bool = True) -> Reader:
    return Reader(
        agent="Tocsin-Atlas/1 (+https://tocsin.example/atlas/data)", loopback_only=loopback_only, permit=lambda _: True
    )


def why(url: str, *, loopback_only: bool = True) -> str:
    with reader(loopback_only=loopback_only) as guest, pytest.raises(NotRead) as caught:
        guest.page(url)
    return caught.value.why


def test_a_sites_manners_bound_nobody_but_itself(site: Site) -> None:
    site.says("/huge", b"<a href='https://x.com/be'>" + b" " * 2_000_000)
    site.says("/loop", "", 302, Location="/loop2")
    site.says("/loop2", "", 302, Location="/loop")
    for step in range(20):
        site.says(f"/long{step}", "", 301, Location=f"/long{step + 1}")
    site.says("/picture", b"\x89PNG", Content_Type="image/png")
    site.says("/away", "", 302, Location="file:///etc/passwd")
    site.says("/nowhere", "", 302, Location="http://[half")
    assert [why(f"{site.url}/{name}") for name in ("huge", "loop", "long0", "picture", "away", "nowhere", "absent")] == [
        "too_large", "redirects", "redirects", "not_html", "unreachable", "unreachable", "gone",
    ]  # fmt: skip
    assert site.asked.count("/long5") == 1
    assert "/long6" not in site.asked
    assert why("http://127.0.0.1:1/") == "unreachable"


def test_a_byte_at_a_time_comes_to_an_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websites, "READ_S", SLOW_S)
    begun = time.monotonic()
    assert why(f"{site.url}/drip") == "slow"
    assert time.monotonic() - begun < 60, "it would go on for 100 s"


def test_a_page_that_ends_no_tag_is_read_in_no_time(site: Site) -> None:
    # Without a guard these take the parser of Python 3.11.7 some hours, on a thread beside those that publish.
    site.says("/open", "<a href='https://x.com/be'>us</a><![broken>" + "<a " * 200_000)
    begun = time.process_time()
    with reader() as guest:
        assert guest.page(f"{site.url}/open").links == ("https://x.com/be",)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    "goal", ["http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]:1/", "http://192.168.1.1/"]
)
def test_a_redirect_into_our_network_is_not_followed(site: Site, goal: str) -> None:
    site.says("/", "", 302, Location=goal)
    assert why(site.url + "/") in ("not_public", "unreachable")


def test_in_live_operation_no_name_and_no_number_leads_into_our_network(site: Site) -> None:
    site.says("/", "<a href='https://x.com/be'>")
    port = site.server_port
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433"):
        assert why(f"http://{host}:{port}/", loopback_only=False) == "not_public", host
    assert site.asked == [], "not a byte was sent"


def test_robots_are_heard_and_asked_for_once(site: Site) -> None:
    site.says("/robots.txt", "User-agent: *\nDisallow: /secret\n", Content_Type="text/plain")
    site.says("/secret/", "<a href='https://x.com/be'>")
    site.says("/", "", 302, Location="/secret/")
    assert why(site.url + "/") == "robots"
    assert site.asked == ["/robots.txt", "/"]
    site.says("/robots.txt", "busy", 503)
    assert why(site.url + "/") == "unreachable"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("é <a href=https://x.com/one>x</a>".encode("latin-1"), "text/html; charset=utf-8"),
        ("é <a href=https://x.com/one>x</a>".encode(), "text/html; charset=utf-16"),
        ("<a href=https://x.com/one>x</a>".encode("utf-16"), "text/html"),
        (b"\xff <a href=https://x.com/one>x</a>", "text/html; charset=no-such-thing"),
        (b"<base href='//x.com/'><!-- <a href='/two'> --><a href='/one'><a href='http://[half'><a href='mailto:a@b.c'>", ""),
    ],
)  # fmt: skip
def test_a_page_is_read_however_wrongly_it_is_written(site: Site, body: bytes, kind: str) -> None:
    site.says("/", body, Content_Type=kind or "text/html")
    with reader() as guest:
        assert [link.removeprefix("http:").removeprefix("https:") for link in guest.page(site.url + "/").links] == [
            "//x.com/one"
        ]


@pytest.fixture
def audited(site: Site, sim: Any) -> Account:
    """A post with one account that its website names, and others that it does not; nobody else is due."""
    account = Account.objects.filter(platform="x", mode="live", holder__post__isnull=False).order_by("pk")[0]
    assert account.holder.post is not None
    DirectoryEntry.objects.filter(purpose="website").exclude(post=account.holder.post).delete()
    DirectoryEntry.objects.filter(post=account.holder.post, purpose="website").update(value=site.url + "/")
    return account


def standing(post: Post | None) -> Any:
    return next(each for each in standings(home_ministry(), on=clock.now().date()) if each.post == post)


def test_an_audit_says_what_is_missing_and_what_is_unknown(
    audited: Account, site: Site, client: Client, signed_in: Any
) -> None:
    site.says(
        "/",
        f"<a href='https://twitter.com/{audited.address.upper()}'></a><a href='https://facebook.com/Somebody.Else'></a>",
    )
    visit()
    found = WebsiteVisit.objects.get()
    assert found.outcome == "read"
    assert list(found.linked.all()) == [audited]
    assert found.strange == ["https://facebook.com/Somebody.Else"]
    told = standing(audited.holder.post)
    assert audited not in told.unlinked
    assert len(told.unlinked) == len(told.accounts) - 1
    page = signed_in("officer").get("/console/websites/").content.decode()
    assert "https://facebook.com/Somebody.Else" in page
    visit()
    assert site.asked == ["/robots.txt", "/"], "a week passes before the next visit"
    site.says("/", "broken", 500)
    WebsiteVisit.objects.update(due_at=clock.now())
    sim_free()
    visit()
    found.refresh_from_db()
    assert (found.outcome, list(found.linked.all())) == ("unreachable", [audited]), "what was read still stands"


def test_what_an_old_website_says_is_not_kept_of_the_new_one(audited: Account, site: Site) -> None:
    audit.enrol(home_ministry(), clock.now())
    (taken,) = audit.due(clock.now(), limit=1)
    assert audit.take(taken, clock.now())
    DirectoryEntry.objects.filter(purpose="website").update(value=site.url + "/moved")
    audit.enrol(home_ministry(), clock.now())
    assert audit.note_read(taken, [f"https://x.com/{audited.address}"], clock.now()) == {}
    audit.note_unread(taken, "gone", clock.now())
    found = WebsiteVisit.objects.get()
    assert (found.url, found.read_at, found.outcome) == (site.url + "/moved", None, "")
    assert found.due_at <= clock.now(), "it is visited at once"


def sim_free() -> None:
    """Let the host be visited again at once."""
    from tasks import throttle

    throttle._client().flushall()


def test_a_host_that_was_just_visited_is_left_alone(audited: Account, site: Site) -> None:
    site.says("/", "nothing")
    visit()
    WebsiteVisit.objects.update(due_at=clock.now())
    visit()
    assert site.asked == ["/robots.txt", "/"]
    assert WebsiteVisit.objects.get().outcome == "busy"


def test_what_nobody_has_read_is_held_against_no_post(audited: Account) -> None:
    told = standing(audited.holder.post)
    rules = guidelines(home_ministry())
    assert not {"unlinked", "dead"} & {lack.rule for lack in lacks(told, rules, on=clock.now().date())}
    audit.enrol(home_ministry(), clock.now())
    one = WebsiteVisit.objects.get()
    audit.note_read(one, [], clock.now())
    audit.note_dead(one, ["https://facebook.com/gone"])
    found = {lack.rule: lack.what for lack in lacks(standing(audited.holder.post), rules, on=clock.now().date())}
    assert str(audited) in found["unlinked"]
    assert found["dead"] == ("https://facebook.com/gone",)


def test_a_page_is_gone_only_if_its_server_says_so(site: Site) -> None:
    site.says("/there", "hello")
    site.says("/wall", "sign in", 403)
    with reader() as guest:
        assert guest.is_gone(f"{site.url}/absent")
        assert not guest.is_gone(f"{site.url}/there")
        with pytest.raises(NotRead, match="refused"):
            guest.is_gone(f"{site.url}/wall")


def test_no_lookup_names_a_host_of_ours_twice(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    """A name that is public at first and leads here afterwards is caught where the connection has led."""
    real = socket.getaddrinfo

    def ours(host: Any, port: Any, *more: Any, **also: Any) -> Any:
        return (
            real("127.0.0.1", site.server_port, *more, **also)
            if host == "posts.example.org"
            else real(host, port, *more, **also)
        )

    monkeypatch.setattr(socket, "getaddrinfo", ours)
    assert why("http://posts.example.org/", loopback_only=False) == "not_public"
    assert site.asked == []
