"""Mastodon's traps, and those of its SDK: keys, HTML, pictures, limits of each server, tokens that are files, odd headers."""

import dataclasses
import json
import socket
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms import catalog
from platforms.access import Connects, Revokes
from platforms.contract import Endpoint, Stages, Target
from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ConsentDeclined,
    ConsentMismatch,
    ContentRejected,
    PlatformDown,
    PlatformError,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unreachable,
    Unsupported,
)
from platforms.mastodon import MastodonAdapter
from platforms.mastodon_answers import plain_text
from platforms.measure import mastodon_units
from simulator.mastodon.counting import length, wire_html
from tests import kite
from tests.contract.conftest import Stage, endpoint_of, picture
from tests.contract.rows import ROWS

BACK = "http://127.0.0.1:8000/connect/callback/mastodon/"
ROW = ROWS["mastodon"]


@pytest.fixture
def mastodon(stage_of: Any) -> Stage:
    made: Stage = stage_of("mastodon")
    return made


def limit(stage: Stage, **limits: float) -> None:
    stage.world.control("PUT", "limits", limits)


def test_a_second_try_with_the_same_key_is_answered_with_the_first_status(mastodon: Stage) -> None:
    mastodon.fault("cut_after")
    with pytest.raises(Unconfirmed):
        mastodon.publish()

    assert mastodon.publish() == mastodon.publish() == mastodon.find()
    assert mastodon.standing() == 1


def test_another_key_or_none_is_another_status(mastodon: Stage) -> None:
    for key in ("a", "b", "", ""):
        mastodon.adapter.publish(dataclasses.replace(mastodon.out, key=key), mastodon.target)
    assert mastodon.standing() == 4


def test_a_key_is_good_for_an_hour(mastodon: Stage) -> None:
    first = mastodon.publish()
    keys = mastodon.world.world.mastodon.keys
    keys.update({name: (made, until - 3601) for name, (made, until) in keys.items()})
    assert mastodon.publish() != first


@pytest.mark.parametrize(
    "words",
    [
        "https://www.alerts.example.org/a/with-a-very-long-path/that-is-cut-on-the-screen?x=1&y=2#z <b>&amp; \"q\" 'p'",
        "Ask @embassy@other.example or @press, or write to a@b.example",
        "a\n\n\nb\nc  d\n\n#Tokyo :smile:",
        "اخرج من المبنى\nخارج 😀👩‍👩‍👧 é",
    ],
)
def test_html_is_read_back_as_the_text_that_it_was(mastodon: Stage, words: str) -> None:
    out = dataclasses.replace(mastodon.out, text=f"{mastodon.out.text}\n{words}")
    receipt = mastodon.adapter.publish(out, mastodon.target)
    mastodon.out = out
    assert mastodon.find() == receipt
    mastodon.out = dataclasses.replace(out, text=out.text.replace("away", "inside"))
    assert mastodon.find() is None


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=60))
def test_whatever_is_written_html_gives_it_back(text: str) -> None:
    if "@" not in text:
        assert plain_text(wire_html(text)).split() == text.split()


@given(
    st.text(max_size=40),
    st.sampled_from(["", " https://alerts.example.org/a/TSTC0D", "https://a.example/x.", " @u@h.example"]),
)
def test_we_never_count_less_than_the_server(words: str, more: str) -> None:
    for text in (words + more, more + words, f"{words} {more} {words}"):
        assert mastodon_units(text) >= length(text)


def test_a_server_with_a_lower_limit_refuses_in_its_own_words(mastodon: Stage) -> None:
    limit(mastodon, mastodon_status_characters=60)
    with pytest.raises(ContentRejected, match="character limit of 60"):
        mastodon.publish()
    assert mastodon.standing() == 0


def test_exactly_the_limit_is_taken(mastodon: Stage) -> None:
    room = 500 - mastodon_units(mastodon.out.text + "\n")
    for words, fits in (("é" * room, True), ("👨‍👩‍👧" * (room + 1), False)):
        out = dataclasses.replace(mastodon.out, text=f"{mastodon.out.text}\n{words}", key=f"{fits}")
        assert (mastodon_units(out.text) <= 500) == fits
        if fits:
            mastodon.adapter.publish(out, mastodon.target)
        else:
            with pytest.raises(ContentRejected):
                mastodon.adapter.publish(out, mastodon.target)


def staged(stage: Stage) -> str:
    assert isinstance(stage.adapter, Stages)
    return stage.adapter.stage(dataclasses.replace(stage.out, media=picture()), stage.target)


def test_the_card_stands_with_its_words_for_those_who_do_not_see_it(mastodon: Stage) -> None:
    number = staged(mastodon)
    assert mastodon.publications() == []
    mastodon.adapter.publish(dataclasses.replace(mastodon.out, staged=number), mastodon.target)

    assert mastodon.publications()[0]["pictures"] == [number]
    assert mastodon.world.world.pictures.alt_text(number) == picture().alt
    assert mastodon.world.control("GET", "requests")["requests"]["mastodon"].keys() == {"media", "statuses"}, (
        "no other was asked"
    )


def test_a_picture_is_of_one_status_only(mastodon: Stage) -> None:
    out = dataclasses.replace(mastodon.out, staged=staged(mastodon))
    for _ in range(2):
        mastodon.adapter.publish(out, mastodon.target)
    with pytest.raises(ContentRejected, match="already attached"):
        mastodon.adapter.publish(dataclasses.replace(out, key="another"), mastodon.target)
    assert mastodon.standing() == 1


def test_a_picture_on_which_the_server_still_works_is_waited_for_by_the_engine(mastodon: Stage) -> None:
    limit(mastodon, mastodon_media_seconds=30)
    out = dataclasses.replace(mastodon.out, staged=staged(mastodon))
    with pytest.raises(PlatformDown):
        mastodon.adapter.publish(out, mastodon.target)
    limit(mastodon, mastodon_media_seconds=0)
    mastodon.adapter.publish(out, mastodon.target)
    assert mastodon.standing() == 1


@pytest.mark.parametrize("fault", ["cut_after", "error_html", "garbage_2xx", "empty_json", "array_2xx"])
def test_an_upload_that_is_unknown_leaves_nothing_public(mastodon: Stage, fault: str) -> None:
    mastodon.fault(fault, method="media")
    with pytest.raises(PlatformError) as raised:
        staged(mastodon)
    assert not isinstance(raised.value, Unconfirmed), "an upload is no publication"
    assert raised.value.retryable
    assert staged(mastodon)
    assert mastodon.standing() == 0


def test_a_correction_takes_its_own_picture_and_none_of_the_old_words(mastodon: Stage) -> None:
    receipt = mastodon.adapter.publish(dataclasses.replace(mastodon.out, staged=staged(mastodon)), mastodon.target)
    after = dataclasses.replace(
        mastodon.out, text=mastodon.out.text.replace("outside", "inside"), staged=staged(mastodon)
    )
    assert mastodon.amend(receipt.remote_id, after) == receipt
    assert mastodon.publications()[0]["pictures"] == [after.staged]
    mastodon.amend(receipt.remote_id, dataclasses.replace(after, staged=""))
    assert mastodon.publications()[0]["pictures"] == []

    history = asked(mastodon, f"api/v1/statuses/{receipt.remote_id}/history")
    assert ["outside" in each["content"] for each in history] == [True, False, False], "readers see what stood there"


def asked(stage: Stage, path: str) -> Any:
    where = urlsplit(endpoint_of(stage.world, "mastodon").base_url)
    headers = {"Authorization": f"Bearer {stage.target.secrets['access_token']}"}
    with closing(HTTPConnection(where.netloc, timeout=5)) as browser:
        browser.request("GET", f"{where.path}/{path}", headers=headers)
        return json.load(browser.getresponse())


def test_the_language_is_told_and_the_server_says_its_limits(mastodon: Stage) -> None:
    receipt = mastodon.adapter.publish(dataclasses.replace(mastodon.out, language="pt-BR"), mastodon.target)
    status = asked(mastodon, f"api/v1/statuses/{receipt.remote_id}")
    assert (status["language"], status["visibility"], status["spoiler_text"]) == ("pt", "public", "")
    assert (
        asked(mastodon, "api/v2/instance")["configuration"]["statuses"]["max_characters"]
        == mastodon.adapter.spec.text_limit
    )


def test_it_stands_alone_where_what_it_answers_is_gone(mastodon: Stage) -> None:
    first = mastodon.publish()
    mastodon.withdraw(first.remote_id)
    later = dataclasses.replace(
        mastodon.out, reply_to=first.remote_id, key="later", text=f"Correction. {mastodon.out.text}"
    )
    assert mastodon.adapter.publish(later, mastodon.target).remote_id != first.remote_id
    assert [bool(each["deleted_at"]) for each in mastodon.publications()] == [True, False]


def test_a_token_that_is_a_files_name_is_a_token(
    mastodon: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / mastodon.target.secrets["access_token"]).write_text("another-token\nhttp://127.0.0.1:9/\n")
    assert mastodon.publish().remote_id


def test_a_header_that_the_sdk_cannot_read_does_not_hide_what_stands(mastodon: Stage) -> None:
    with kite.running() as server:
        server.answer = (200, {"X-RateLimit-Reset": "soon", "X-RateLimit-Remaining": "many"}, b'{"id": "17"}')
        receipt = mastodon.elsewhere(f"http://127.0.0.1:{server.server_port}").publish(mastodon.out, mastodon.target)
        assert receipt.remote_id == "17"
        assert receipt.url == "https://web.example/@contract/17"
        (_, headers, _), *more = server.asked
    assert headers["Idempotency-Key"] == mastodon.out.key
    assert not more


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (403, "This action is outside the authorized scopes", BadCredentials),
        (403, "Your login is currently disabled", AccountRestricted),
        (422, "This method requires an authenticated user", BadCredentials),
        (422, "Validation failed: Text can't be blank", ContentRejected),
        (404, "Record not found", UnexpectedResponse),
        (410, "Gone", UnexpectedResponse),
    ],
)
def test_a_refusal_is_known_by_its_words_where_its_status_has_several(
    mastodon: Stage, status: int, words: str, kind: type[PlatformError]
) -> None:
    mastodon.fault("error_json", status=status, body={"error": words})
    with pytest.raises(PlatformError) as raised:
        mastodon.publish()
    assert type(raised.value) is kind
    assert words in raised.value.detail


def test_the_servers_own_limit_is_waited_for_to_its_end(mastodon: Stage) -> None:
    limit(mastodon, mastodon_statuses_per_3_hours=1)
    mastodon.publish()
    with pytest.raises(Throttled) as raised:
        mastodon.adapter.publish(dataclasses.replace(mastodon.out, key="other"), mastodon.target)
    assert raised.value.retry_after == pytest.approx(10_800, abs=5)
    assert raised.value.scope == "account"


@pytest.mark.parametrize("remote_id", ["", "by hand", "../accounts/1", "1?x"])
def test_what_is_no_status_is_left_alone(mastodon: Stage, remote_id: str) -> None:
    with pytest.raises(Unsupported):
        mastodon.withdraw(remote_id)
    with pytest.raises(Unsupported):
        mastodon.amend(remote_id, mastodon.out)


@pytest.mark.parametrize("address", ["@press", "press", "@press@localhost", "@press@10.0.0.1"])
def test_an_account_without_a_public_server_is_asked_nowhere(mastodon: Stage, address: str) -> None:
    with pytest.raises(BadCredentials):
        mastodon.adapter.publish(mastodon.out, dataclasses.replace(mastodon.target, address=address))
    assert mastodon.world.control("GET", "requests")["total"] == 0


def test_live_its_own_server_is_asked_and_never_one_of_our_network(
    mastodon: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up, real = [], socket.getaddrinfo

    def ours(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        looked_up.append((host, port))
        return real("127.0.0.1", mastodon.world.port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", ours)
    live = MastodonAdapter(
        Endpoint("https://mastodon.social", "https://mastodon.social", loopback_only=False, connect_s=1)
    )
    with pytest.raises(Unreachable):
        live.publish(mastodon.out, mastodon.target)
    live.close()
    assert looked_up == [("social.example", 443)]


def on_the_screen(url: str, said: str, account: str) -> dict[str, str]:
    """Answer a consent screen, and return what the browser brings back."""
    where = urlsplit(url)
    form = dict(parse_qsl(where.query)) | {"answer": said, "account": account}
    with closing(HTTPConnection(where.netloc, timeout=5)) as browser:
        browser.request("POST", where.path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        answer = browser.getresponse()
        assert answer.status == 303
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def test_an_editor_gives_access_on_the_accounts_own_server_and_it_ends(mastodon: Stage) -> None:
    screen = catalog.consent("mastodon", endpoint_of(mastodon.world, "mastodon"))
    assert isinstance(screen, Connects)
    assert isinstance(screen, Revokes)
    consent = screen.consent(callback=BACK, app={}, account="contract@social.example")
    secrets = [consent.kept[name] for name in ("client_secret", "verifier")]
    assert not any(secret in f"{consent.url} {consent!r}" for secret in secrets)

    query = on_the_screen(consent.url, "yes", "contract@social.example")
    for kept in ({**consent.kept, "verifier": "another"}, {**consent.kept, "callback": f"{BACK}x"}):
        with pytest.raises(ConsentMismatch):
            screen.exchange(query=query, kept=kept, app={})
    (granted,) = screen.exchange(query=query, kept=consent.kept, app={})
    assert (granted.identity.address, granted.identity.platform_id) == (ROW.address, mastodon.target.platform_id)
    assert granted.scopes == ("read:accounts", "read:statuses", "write:media", "write:statuses")
    with pytest.raises(ConsentMismatch):
        screen.exchange(query=query, kept=consent.kept, app={})

    mastodon.target = Target(ROW.address, mastodon.target.platform_id, granted.secrets)
    assert mastodon.publish().remote_id
    with pytest.raises(PlatformError):
        screen.revoke(Target(ROW.address, secrets={**granted.secrets, "client_secret": "wrong"}))
    screen.revoke(mastodon.target)
    screen.revoke(mastodon.target)
    with pytest.raises(BadCredentials):
        mastodon.verify()
    with pytest.raises(BadCredentials):
        screen.revoke(Target(ROW.address))


def test_a_no_and_another_browser_give_nothing(mastodon: Stage) -> None:
    screen = catalog.consent("mastodon", endpoint_of(mastodon.world, "mastodon"))
    assert isinstance(screen, Connects)
    consent = screen.consent(callback=BACK, app={}, account="@contract@social.example")
    with pytest.raises(ConsentDeclined):
        screen.exchange(query=on_the_screen(consent.url, "no", "contract@social.example"), kept=consent.kept, app={})
    for query in ({}, {"state": "other", "code": "c"}, {"state": "ünï"}):
        with pytest.raises(ConsentMismatch):
            screen.exchange(query=query, kept=consent.kept, app={})
    with pytest.raises(BadCredentials):
        screen.consent(callback=BACK, app={}, account="contract")


@pytest.mark.parametrize(
    "fault", ["cut_before", "error_html", "empty_json", "garbage_2xx", "array_2xx", "rate_limit", "slow_before"]
)
def test_a_server_that_registers_no_app_is_an_error_of_ours(mastodon: Stage, fault: str) -> None:
    params = {"seconds": 5} if fault == "slow_before" else {}
    mastodon.fault(fault, method="apps", **params)
    screen = catalog.consent("mastodon", endpoint_of(mastodon.world, "mastodon"))
    assert isinstance(screen, Connects)
    with pytest.raises(PlatformError):
        screen.consent(callback=BACK, app={}, account="contract@social.example")
