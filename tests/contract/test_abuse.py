"""One table of abuse, every adapter: which class of outcome, and how many publications stand there afterwards."""

import logging
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from config.logging import LineFormatter
from platforms import errors
from platforms.contract import Receipt
from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformError,
    QuotaUsed,
    RecipientGone,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unreachable,
)
from simulator.faults import RULES
from tests.contract.conftest import MARKER, PUBLISHERS, Stage
from tests.contract.rows import EVERY, PRIVATE

REFUSALS = (400, 403, 404, 409)
# fault, its parameters, the usual outcome (a row's `answers` says where a platform differs), how many stand there afterwards
TABLE: list[tuple[str, dict[str, Any], type[PlatformError], int]] = [
    ("error_json", {"status": 400}, UnexpectedResponse, 0),
    ("unauthorized", {}, BadCredentials, 0),
    ("suspended", {}, AccountRestricted, 0),
    ("error_json", {"status": 404}, UnexpectedResponse, 0),
    ("error_json", {"status": 409}, UnexpectedResponse, 0),
    ("rate_limit", {"retry_after": 7}, Throttled, 0),
    ("rate_limit", {"retry_after": None}, Throttled, 0),
    ("quota", {}, QuotaUsed, 0),
    ("error_html", {"status": 500}, Unconfirmed, 0),
    ("error_html", {"status": 503}, Unconfirmed, 0),
    ("error_html", {"status": 502, "stored": True}, Unconfirmed, 1),
    ("error_html", {"status": 502, "content_type": None}, Unconfirmed, 0),
    ("error_json", {"status": 500}, Unconfirmed, 0),
    ("empty_json", {"status": 500}, Unconfirmed, 0),
    ("empty_json", {"status": 200}, Unconfirmed, 0),
    ("garbage_2xx", {}, Unconfirmed, 0),
    ("created_garbage", {}, Unconfirmed, 1),
    ("array_2xx", {}, Unconfirmed, 0),
    ("array_2xx", {"status": 500}, Unconfirmed, 0),
    ("array_2xx", {"status": 403}, UnexpectedResponse, 0),
    ("cut_before", {}, Unconfirmed, 0),
    ("cut_after", {}, Unconfirmed, 1),
    ("cut_within", {}, Unconfirmed, 1),
    ("slow_after", {"seconds": 2.5}, Unconfirmed, 1),
    ("drip", {"seconds": 0.3}, Unconfirmed, 1),
    ("redirect", {"to": "http://127.0.0.1:9/elsewhere"}, UnexpectedResponse, 0),
    ("answer_bytes", {"size": 10_000_000}, Unconfirmed, 0),
]


# Each with whatever can happen to it: a mail server has no page of HTML to answer with.
CASES = [(slug, *row) for slug in (*PUBLISHERS, *PRIVATE) for row in TABLE if slug in RULES[row[0]].platforms]


@pytest.mark.parametrize(
    ("anyone", "fault", "params", "expected", "standing"),
    CASES,
    indirect=["anyone"],
    ids=[f"{row[0]}-{row[1]}-{row[2]}" for row in CASES],
)
def test_each_abuse_has_one_outcome(
    anyone: Stage,
    fault: str,
    params: dict[str, Any],
    expected: type[PlatformError],
    standing: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = anyone
    stage.fault(fault, **params)
    caplog.set_level(logging.DEBUG)
    # A refusal is known by its status; everything else by its name.
    answers = EVERY[stage.slug].answers
    wanted = answers.get(_told(fault, params), answers.get(f"{fault}-{params.get('status', 200)}", expected))
    if wanted is Receipt:
        assert stage.publish().remote_id
        return

    with pytest.raises(PlatformError) as raised:
        stage.publish()

    assert isinstance(raised.value, wanted), repr(raised.value)
    assert stage.standing() == standing
    show_no_secret(stage, raised.value, caplog)


def _told(fault: str, params: dict[str, Any]) -> str:
    return (
        str(params["status"]) if fault in ("error_json", "array_2xx") and params.get("status", 0) in REFUSALS else fault
    )


def show_no_secret(stage: Stage, error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """No secret in the error, its causes, its detail, the target's repr, or any log line as it is written."""
    shown = [repr(error), str(error), getattr(error, "detail", ""), repr(stage.target), repr(stage.out)]
    formatter = LineFormatter()
    # The SDKs are quiet in our LOGGING; a record of theirs that slips through is redacted by the formatter.
    shown += [formatter.format(record) for record in caplog.records]
    for secret in EVERY[stage.slug].secrets.values():
        assert not any(secret in text for text in shown)


def test_an_ok_is_a_receipt_with_id_and_address(stage: Stage) -> None:
    receipt = stage.publish()

    assert stage.standing() == 1
    standing = stage.world.control("GET", f"publications?marker={stage.out.marker}")
    assert standing[0]["text"] == stage.out.text
    if stage.adapter.spec.blind:
        assert receipt == Receipt(f"{stage.slug}:{stage.out.marker}"), "an id of ours, and nowhere to look"
        return
    assert receipt.remote_id == standing[0]["remote_id"]
    assert receipt.remote_id in receipt.url


@pytest.mark.parametrize("slug", list(PRIVATE))
def test_a_receipt_of_a_notice_names_what_the_person_got(stage_of: Any, slug: str) -> None:
    stage: Stage = stage_of(slug)
    stage.out = replace(stage.out, key="TSTC0D-1.77", leave_url="https://alerts.example.org/leave/token")
    receipt = stage.publish()

    (letter,) = stage.world.control("GET", f"letters?way={slug}&to={quote(stage.target.address)}")
    assert (letter["remote_id"], letter["reference"]) == (receipt.remote_id, "TSTC0D-1.77")
    assert MARKER in letter["text"]


@pytest.mark.parametrize("slug", list(PRIVATE))
def test_whoever_is_gone_is_gone(stage_of: Any, slug: str) -> None:
    stage: Stage = stage_of(slug)
    stage.fault("gone")
    with pytest.raises(RecipientGone):
        stage.publish()
    assert stage.standing() == 0


@pytest.mark.parametrize("slug", ["x", "facebook"])
def test_no_token_ever_stands_in_an_address(stage_of: Any, slug: str) -> None:
    """Telegram's own protocol has it there; the log formatter hides it."""
    stage: Stage = stage_of(slug)
    stage.publish()
    stage.find()
    stage.verify()

    assert stage.world.control("GET", "requests")["tokens_in_urls"] == 0


@pytest.mark.parametrize("slug", [slug for slug in (*PUBLISHERS, *PRIVATE) if EVERY[slug].says_when])
def test_the_time_of_a_refusal_is_kept_to_the_second(stage_of: Any, slug: str) -> None:
    stage: Stage = stage_of(slug)
    stage.fault("rate_limit", retry_after=120)

    with pytest.raises(Throttled) as raised:
        stage.publish()

    assert raised.value.retry_after == pytest.approx(120, abs=3)


def test_facebook_waits_minutes_not_seconds(stage_of: Any) -> None:
    stage: Stage = stage_of("facebook")
    stage.fault("rate_limit", retry_after=3600)

    with pytest.raises(Throttled) as raised:
        stage.publish()

    assert raised.value.retry_after == pytest.approx(3600, abs=61)


@pytest.mark.parametrize("slug", ["x", "facebook"])
def test_an_app_wide_limit_halts_the_app(stage_of: Any, slug: str) -> None:
    stage: Stage = stage_of(slug)
    stage.fault("rate_limit", retry_after=60, scope="app")

    with pytest.raises(Throttled) as raised:
        stage.publish()

    assert raised.value.scope == ("app" if slug == "facebook" else "account")


@pytest.mark.parametrize("slug", ["x", "facebook"])
def test_a_duplicate_is_believed_only_after_reading_back(stage_of: Any, slug: str) -> None:
    stage: Stage = stage_of(slug)
    stage.publish()

    with pytest.raises(Unconfirmed) as raised:
        stage.publish()

    assert raised.value.duplicate
    found = stage.find()
    assert found is not None
    assert stage.standing() == 1


def test_every_class_of_outcome_has_its_own_code_and_sentence() -> None:
    classes = [
        cls for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, PlatformError) and cls is not PlatformError
    ]  # fmt: skip
    codes = [cls.code for cls in classes]

    assert len(set(codes)) == len(classes) == 19
    assert all(cls.sentence.endswith(".") and len(cls.sentence) > 20 for cls in classes)


def test_a_missing_secret_is_bad_credentials_without_a_request(anyone: Stage) -> None:
    stage = anyone
    bare = type(stage.target)(stage.target.address, stage.target.platform_id)

    with pytest.raises(BadCredentials):
        stage.send(stage.adapter, bare)

    assert stage.world.control("GET", "requests")["total"] == 0


def test_a_wrong_secret_is_bad_credentials(anyone: Stage) -> None:
    stage = anyone
    wrong = {name: value[:-3] + "xyz" for name, value in stage.target.secrets.items()}

    with pytest.raises((BadCredentials, ContentRejected)) as raised:
        stage.send(stage.adapter, type(stage.target)(stage.target.address, stage.target.platform_id, wrong))

    assert isinstance(raised.value, BadCredentials)


def test_a_refused_port_never_left(anyone: Stage, unused_port: int) -> None:
    adapter = anyone.elsewhere(f"http://127.0.0.1:{unused_port}/x")

    with pytest.raises(Unreachable):
        anyone.send(adapter, anyone.target)
