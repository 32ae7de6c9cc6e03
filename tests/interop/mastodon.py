"""Mastodon: our adapter and our consent against mastodon-mock, which shares no line with us nor with our simulator."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import requests
from PIL import Image

from platforms.contract import Endpoint, Media, Outgoing, Target
from platforms.errors import BadCredentials, ContentRejected, PlatformError, PublicationGone
from platforms.mastodon import MastodonAdapter
from platforms.mastodon_consent import MastodonConsent
from tests.interop.other import PYTHON, need, program
from tests.servers import free_port

AGAINST = "mastodon-mock"
TOKEN = "interop-token-of-ours"
BACK = "http://127.0.0.1:8000/connect/callback/mastodon/"
SEED = f"""
[[seed.accounts]]
username = "embassy"
display_name = "Embassy"
access_token = "{TOKEN}"
"""
OUT = Outgoing(
    text="EXERCISE\nEarthquake: Tokyo, Japan\nStay outside & <away>.\nAlert TSTC0D/1: https://www.alerts.example.org/a/TSTC0D?l=en\n\nEXERCISE",
    marker="TSTC0D/1",
    language="en",
    key="interop:1",
)


@contextmanager
def checks() -> Iterator[list[Callable[[], None]]]:
    """Start the double, and yield what is tried on it."""
    need("mastodon_mock")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tocsin-interop-") as name:
        folder = Path(name)
        (folder / "config.toml").write_text(SEED, encoding="utf-8")
        serve: list[str | Path] = [
            PYTHON,
            "-m",
            "mastodon_mock",
            "serve",
            "--in-memory",
            "--port",
            str(port),
            "--config",
            "config.toml",
        ]
        with program(serve, port, folder / "log"):
            tried = _Tried(f"http://127.0.0.1:{port}")
            yield [
                tried.it_tells_whose_token_it_is,
                tried.a_status_stands_with_its_card_and_is_read_back,
                tried.a_second_try_with_the_same_key_is_the_first_status,
                tried.a_part_answers_the_one_before,
                tried.a_correction_stands_in_its_place,
                tried.what_is_withdrawn_is_gone_and_stays_so,
                tried.what_is_too_long_is_refused,
                tried.a_dead_token_is_known,
                tried.an_editor_gives_access_and_it_ends,
            ]
            tried.adapter.close()


class _Tried:
    """What is tried, one after the other, on one account."""

    def __init__(self, url: str) -> None:
        self.where = Endpoint(url, url, loopback_only=True)
        self.adapter = MastodonAdapter(self.where)
        self.target = Target("@embassy@social.example", secrets={"access_token": TOKEN})
        self.since = datetime.now(UTC)  # noqa: TID251 - the double's clock is the machine's
        self.first = ""

    def it_tells_whose_token_it_is(self) -> None:
        who = self.adapter.verify(self.target)
        assert who.address == "@embassy@social.example"
        self.target = replace(self.target, platform_id=who.platform_id)

    def a_status_stands_with_its_card_and_is_read_back(self) -> None:
        file = BytesIO()
        Image.new("RGB", (320, 320), "#8a5a00").save(file, "JPEG")
        out = replace(OUT, media=Media(file.getvalue(), "Consular alert: earthquake, Tokyo."))
        receipt = self.adapter.publish(replace(out, staged=self.adapter.stage(out, self.target)), self.target)
        assert self.adapter.find(OUT, self.target, self.since) == receipt
        assert (
            self.adapter.find(replace(OUT, text=OUT.text.replace("outside", "inside")), self.target, self.since) is None
        )
        self.first = receipt.remote_id

    def a_second_try_with_the_same_key_is_the_first_status(self) -> None:
        assert self.adapter.publish(OUT, self.target).remote_id == self.first

    def a_part_answers_the_one_before(self) -> None:
        part = replace(OUT, text=f"Part 2. {OUT.text}", key="interop:2", reply_to=self.first)
        receipt = self.adapter.publish(part, self.target)
        shown = requests.get(f"{self.where.base_url}/api/v1/statuses/{receipt.remote_id}", timeout=5).json()
        assert shown["in_reply_to_id"] == self.first
        assert self.adapter.find(part, self.target, self.since) == receipt

    def a_correction_stands_in_its_place(self) -> None:
        after = replace(OUT, text=OUT.text.replace("outside", "inside"))
        for _ in range(2):
            assert self.adapter.amend(self.first, after, self.target).remote_id == self.first
        found = self.adapter.find(after, self.target, self.since)
        assert found is not None
        assert found.remote_id == self.first

    def what_is_withdrawn_is_gone_and_stays_so(self) -> None:
        for _ in range(2):
            self.adapter.withdraw(self.first, self.target)
        try:
            self.adapter.amend(self.first, OUT, self.target)
        except PublicationGone:
            return
        raise AssertionError("it was amended")

    def what_is_too_long_is_refused(self) -> None:
        assert (
            _refused(lambda: self.adapter.publish(replace(OUT, text="é" * 501, key="long"), self.target))
            is ContentRejected
        )
        assert self.adapter.publish(replace(OUT, text="é" * 500, key="longest"), self.target).remote_id

    def a_dead_token_is_known(self) -> None:
        dead = replace(self.target, secrets={"access_token": "dead"})
        assert _refused(lambda: self.adapter.publish(replace(OUT, key="dead"), dead)) is BadCredentials

    def an_editor_gives_access_and_it_ends(self) -> None:
        screen = MastodonConsent(self.where)
        consent = screen.consent(callback=BACK, app={}, account=self.target.address)
        asked = dict(parse_qsl(urlsplit(consent.url).query))
        form = {name: asked[name] for name in ("redirect_uri", "client_id", "scope", "state")} | {"username": "embassy"}
        sent = requests.post(f"{self.where.base_url}/oauth/authorize", data=form, timeout=5, allow_redirects=False)
        query = dict(parse_qsl(urlsplit(sent.headers["Location"]).query))
        (granted,) = screen.exchange(query=query, kept=consent.kept, app={})
        assert granted.identity.platform_id == self.target.platform_id
        ours = replace(self.target, secrets=granted.secrets)
        assert self.adapter.publish(replace(OUT, key="granted"), ours).remote_id
        screen.revoke(ours)
        assert _refused(lambda: self.adapter.verify(ours)) is BadCredentials


def _refused(do: Callable[[], object]) -> type[PlatformError] | None:
    try:
        do()
    except PlatformError as error:
        return type(error)
    return None
