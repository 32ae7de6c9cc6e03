"""The simulator that these tests talk to, and the real client libraries, pointed at it."""

import asyncio
import json
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import telegram
import tweepy
from telegram.request import HTTPXRequest

from simulator.testing import Running, running

os.environ.setdefault("PTB_TIMEDELTA", "true")  # as our adapter sets it, whether or not it is loaded

with warnings.catch_warnings():
    # facebook-sdk writes "\d" in a plain string, which Python complains about once, when it compiles the file.
    warnings.simplefilter("ignore")
    import facebook

TOKEN = "123456:AAtest-token"
X_SECRETS = {
    "consumer_key": "app-key",
    "consumer_secret": "app secret &",
    "access_token": "111-user",
    "access_token_secret": "user secret/+",
    "bearer_token": "bearer-of-mfa",
}
FACEBOOK_SECRETS = {"page_token": "page-token-1"}


@dataclass
class Control:
    """The control API of a simulator, with the answers decoded."""

    url: str
    session: requests.Session

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.session.request(method, f"{self.url}/_control/{path}", json=body, timeout=10)

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.ask(method, path, body)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, name: str, platform: str, **rest: Any) -> int:
        return int(self("POST", "faults", {"fault": name, "platform": platform, **rest})["id"])

    def act(self, chat_id: int, kind: str, **rest: Any) -> dict[str, int]:
        return dict(self("POST", f"people/{chat_id}/act", {"kind": kind, **rest}))

    def chat(self, chat: object) -> dict[str, Any]:
        return dict(self("GET", f"chats/{chat}"))


@dataclass
class BotCaller:
    """python-telegram-bot, one event loop a call."""

    url: str
    token: str = TOKEN
    read_timeout: float = 5

    def __call__(self, method: str, *args: Any, **kwargs: Any) -> Any:
        async def call() -> Any:
            # verify=False spares each call the reading of a hundred certificates that loopback does not need.
            requests_ = [HTTPXRequest(read_timeout=self.read_timeout, httpx_kwargs={"verify": False}) for _ in range(2)]
            bot = telegram.Bot(
                self.token, base_url=f"{self.url}/telegram/bot", request=requests_[0], get_updates_request=requests_[1]
            )
            try:
                return await getattr(bot, method)(*args, **kwargs)
            finally:
                for request in requests_:
                    await request.shutdown()

        return asyncio.run(call())


class Session(requests.Session):
    """A session that sends the libraries' hard-coded hosts to the simulator, and keeps the last answer."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.hosts = {"https://api.twitter.com": f"{url}/x", "https://graph.facebook.com": f"{url}/graph"}
        self.last: requests.Response | None = None
        self.read_timeout = 5.0

    def request(self, method: Any, url: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        for host, here in self.hosts.items():
            url = url.replace(host, here)
        kwargs["timeout"] = (2, self.read_timeout)
        kwargs["allow_redirects"] = False
        self.last = super().request(method, url, **kwargs)
        return self.last


@pytest.fixture(scope="module")
def running_simulator() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def simulator(running_simulator: Running, session: requests.Session) -> Running:
    """A simulator that is empty but for one bot, one channel, one X account, one page and one person."""
    control = Control(running_simulator.url, session)
    control("POST", "reset")
    control("PUT", "bots", [{"token": TOKEN, "username": "tocsin_bot", "name": "Tocsin"}])
    control(
        "PUT",
        "accounts",
        [
            {"platform": "telegram", "address": "@mfa_alerts", "name": "MFA alerts", "followers": 7},
            {"platform": "x", "address": "MFA", "name": "The ministry", "secrets": X_SECRETS, "followers": 42},
            {"platform": "facebook", "address": "mfa.page", "name": "The page", "secrets": FACEBOOK_SECRETS},
        ],
    )
    control("PUT", "people", [{"chat_id": 77, "first_name": "Ana", "language_code": "es", "started": True}])
    return running_simulator


@pytest.fixture
def control(simulator: Running, session: requests.Session) -> Control:
    return Control(simulator.url, session)


@pytest.fixture
def bot(simulator: Running) -> BotCaller:
    return BotCaller(simulator.url)


@pytest.fixture
def x_session(simulator: Running) -> Iterator[Session]:
    with Session(simulator.url) as session:
        yield session


def _client(session: Session, secrets: dict[str, str]) -> tweepy.Client:
    client = tweepy.Client(**{name: value for name, value in secrets.items() if name != "bearer_token"})
    client.session.close()
    client.session = session
    return client


@pytest.fixture
def x_client(x_session: Session) -> tweepy.Client:
    return _client(x_session, X_SECRETS)


@pytest.fixture
def make_x_client(x_session: Session) -> Callable[[dict[str, str]], tweepy.Client]:
    return lambda secrets: _client(x_session, secrets)


@pytest.fixture
def x_secrets() -> dict[str, str]:
    return dict(X_SECRETS)


@pytest.fixture
def graph(simulator: Running) -> Iterator[facebook.GraphAPI]:
    with Session(simulator.url) as session:
        api = facebook.GraphAPI(FACEBOOK_SECRETS["page_token"], session=session)
        api.version = "v25.0"
        yield api


@pytest.fixture
def raw(simulator: Running, session: requests.Session) -> Callable[..., requests.Response]:
    """Plain HTTP: method, path, and what requests takes."""

    def ask(method: str, path: str, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", 5)
        kwargs.setdefault("allow_redirects", False)
        return session.request(method, simulator.url + path, **kwargs)

    return ask


@pytest.fixture
def call_bot(raw: Callable[..., requests.Response]) -> Callable[..., dict[str, Any]]:
    """The Bot API with a JSON body and without a library: the decoded answer, with its status."""

    def call(method: str, **values: Any) -> dict[str, Any]:
        answer = raw("POST", f"/telegram/bot{TOKEN}/{method}", json=values)
        return dict(json.loads(answer.content)) | {"status": answer.status_code, "headers": answer.headers}

    return call


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A real PNG, 3 by 2 pixels."""
    import struct
    import zlib

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\xc8\x3c\x28" * 3 for _ in range(2)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def publish(bot: BotCaller, x_client: tweepy.Client, graph: facebook.GraphAPI) -> dict[str, Callable[[str], str]]:
    """Publishing one text on a platform, through its library; the remote id comes back."""
    return {
        "telegram": lambda text: str(bot("send_message", "@mfa_alerts", text).message_id),
        "x": lambda text: str(x_client.create_tweet(text=text).data["id"]),
        "facebook": lambda text: str(graph.put_object("me", "feed", message=text)["id"]),
    }


@pytest.fixture
def impatient(bot: BotCaller, x_session: Session, graph: facebook.GraphAPI) -> None:
    """Every client gives up after 0.15 seconds."""
    bot.read_timeout = x_session.read_timeout = graph.session.read_timeout = 0.15


@pytest.fixture
def stands(control: Control) -> Callable[[str], int]:
    """How many publications were accepted with a marker, on all accounts."""
    return lambda marker: sum(control("GET", f"counts?marker={marker}").values())


@pytest.fixture
def struck(control: Control) -> Callable[[], int]:
    """How often faults have struck."""
    return lambda: sum(fault["struck"] for fault in control("GET", "faults")["faults"])


@pytest.fixture
def failure() -> Callable[[Callable[[], Any]], Any]:
    """What an act raises; None when it seems to succeed."""

    def catch(act: Callable[[], Any]) -> Any:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - the libraries raise anything from AttributeError to their own
            return error
        return None

    return catch
