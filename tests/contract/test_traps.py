"""The traps of each platform and SDK, one cage each."""

import asyncio
import dataclasses
import time
from typing import Any

import pytest

from platforms.contract import Button, Outgoing, Receipt, Target
from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformError,
    RecipientGone,
    RecipientMoved,
    Throttled,
    Unconfirmed,
)
from platforms.telegram import TelegramAdapter
from tests.contract.conftest import Stage
from tests.contract.rows.telegram import BOT_TOKEN

CITIZEN = 8_100_000_001


@pytest.fixture
def telegram(stage_of: Any) -> Stage:
    made: Stage = stage_of("telegram")
    made.world.control("PUT", "people", [{"chat_id": CITIZEN, "first_name": "Emma", "started": True}])
    return made


@pytest.fixture
def x(stage_of: Any) -> Stage:
    made: Stage = stage_of("x")
    return made


@pytest.fixture
def facebook(stage_of: Any) -> Stage:
    made: Stage = stage_of("facebook")
    return made


def notify(stage: Stage, chat: int | str = CITIZEN, **changes: Any) -> Any:
    adapter = stage.adapter
    assert isinstance(adapter, TelegramAdapter)
    out = dataclasses.replace(stage.out, **changes)
    target = Target(str(chat), secrets={"bot_token": BOT_TOKEN})

    async def on_a_loop_of_its_own() -> Receipt:
        try:
            return await adapter.notify(out, target)
        finally:
            await adapter.hang_up()

    return asyncio.run(on_a_loop_of_its_own())


# --- Telegram --------------------------------------------------------------------------------------------------------


def test_a_citizen_gets_text_and_buttons(telegram: Stage) -> None:
    receipt = notify(telegram, buttons=((Button("✅ I am safe", "c:1:safe"),), (Button("🆘", "c:1:help"),)))

    chat = telegram.world.control("GET", f"chats/{CITIZEN}")
    assert [m["text"] for m in chat["messages"]] == [telegram.out.text]
    assert chat["messages"][0]["inline_keyboard"][0][0]["callback_data"] == "c:1:safe"
    assert receipt.remote_id == str(chat["messages"][0]["message_id"])


def test_one_adapter_serves_many_loops_and_threads(telegram: Stage) -> None:
    """A Bot belongs to one event loop: reused over two asyncio.run() it fails every second time."""
    for _ in range(3):
        notify(telegram)
    telegram.publish()

    assert len(telegram.world.control("GET", f"chats/{CITIZEN}")["messages"]) == 3


@pytest.mark.parametrize(
    ("fault", "params", "expected"),
    [
        ("gone", {"reason": "blocked"}, RecipientGone),
        ("gone", {"reason": "deactivated"}, RecipientGone),
        ("gone", {"reason": "not_found"}, RecipientGone),
        ("migrated", {"to": -100777}, RecipientMoved),
        ("cut_after", {}, Unconfirmed),
        ("unauthorized", {}, BadCredentials),
    ],
)
def test_what_a_citizens_chat_can_answer(telegram: Stage, fault: str, params: dict[str, Any], expected: Any) -> None:
    telegram.fault(fault, method="sendMessage", **params)

    with pytest.raises(expected) as raised:
        notify(telegram)

    if isinstance(raised.value, RecipientMoved):
        assert raised.value.address == "-100777"


def test_somebody_who_never_started_the_bot_is_gone(telegram: Stage) -> None:
    telegram.world.control("PUT", "people", [{"chat_id": CITIZEN + 1, "first_name": "Jules", "started": False}])

    with pytest.raises(RecipientGone):
        notify(telegram, CITIZEN + 1)


@pytest.mark.parametrize(("reason", "expected"), [("kicked", AccountRestricted), ("not_found", AccountRestricted)])
def test_a_lost_channel_is_the_accounts_trouble_not_a_citizens(telegram: Stage, reason: str, expected: Any) -> None:
    telegram.fault("gone", reason=reason, method="sendMessage")

    with pytest.raises(expected):
        telegram.publish()


def test_telegram_refuses_a_text_over_its_limit_and_we_do_not_cut_it(telegram: Stage) -> None:
    long = dataclasses.replace(telegram.out, text="x" * 4097)

    with pytest.raises(ContentRejected):
        telegram.adapter.publish(long, telegram.target)


def test_a_429_for_a_citizen_halts_the_token_and_for_a_channel_the_chat(telegram: Stage) -> None:
    telegram.fault("rate_limit", retry_after=5, method="sendMessage", times=2)

    with pytest.raises(Throttled) as for_citizen:
        notify(telegram)
    with pytest.raises(Throttled) as for_channel:
        telegram.publish()

    assert (for_citizen.value.scope, for_citizen.value.retry_after) == ("app", 5)
    assert for_channel.value.scope == "recipient"


def test_a_malformed_bot_token_is_bad_credentials_and_is_not_shown(telegram: Stage) -> None:
    with pytest.raises(BadCredentials) as raised:
        telegram.adapter.publish(telegram.out, Target("@contract_channel", secrets={"bot_token": "no token at all"}))

    assert "no token at all" not in str(raised.value)


# --- X ----------------------------------------------------------------------------------------------------------------


def test_x_never_sleeps_on_a_429_without_a_time(x: Stage) -> None:
    """tweepy's wait_on_rate_limit posts a thousand times without sleeping, then dies of recursion."""
    x.fault("rate_limit", retry_after=None, times=None)
    begun = time.monotonic()

    with pytest.raises(Throttled) as raised:
        x.publish()

    assert time.monotonic() - begun < 5
    assert raised.value.retry_after == 225
    assert sum(x.world.control("GET", "requests")["requests"]["x"]["tweets"].values()) == 1


def test_x_speaks_in_the_parts_of_a_thread(x: Stage) -> None:
    first = x.publish()
    second = dataclasses.replace(x.out, text=x.out.text.replace("EXERCISE", "OEFENING"), reply_to=first.remote_id)

    x.adapter.publish(second, x.target)

    assert x.world.control("GET", "publications")[1]["reply_to"] == first.remote_id


def test_x_over_280_is_refused_by_its_own_counter(x: Stage) -> None:
    long = dataclasses.replace(x.out, text="é" * 281)

    with pytest.raises(ContentRejected):
        x.adapter.publish(long, x.target)


@pytest.mark.parametrize(
    ("code", "expected"),
    [(64, AccountRestricted), (326, AccountRestricted), (226, AccountRestricted), (89, BadCredentials)],
)
def test_x_old_error_codes_inside_a_403(x: Stage, code: int, expected: Any) -> None:
    x.fault("error_json", status=403, body={"errors": [{"code": code, "message": "…"}]})

    with pytest.raises(expected):
        x.publish()


def test_x_daily_limit_and_duplicates_by_code(x: Stage) -> None:
    x.fault(
        "error_json", status=403, body={"errors": [{"code": 185, "message": "User is over daily status update limit."}]}
    )
    with pytest.raises(Throttled):
        x.publish()
    x.fault("error_json", status=403, body={"errors": [{"code": 187, "message": "Status is a duplicate."}]})
    with pytest.raises(Unconfirmed) as raised:
        x.publish()
    assert raised.value.duplicate


def test_x_usage_cap_is_a_quota_not_a_pause(x: Stage) -> None:
    from platforms.errors import QuotaUsed

    x.fault("quota", kind="usage-capped")

    with pytest.raises(QuotaUsed):
        x.publish()


def test_x_client_forbidden_is_for_the_administrator(x: Stage) -> None:
    kind = "https://api.twitter.com/2/problems/client-forbidden"
    x.fault("error_json", status=403, body={"title": "Client Forbidden", "detail": "…", "type": kind})

    with pytest.raises(PlatformConfig):
        x.publish()


# --- Facebook -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "subcode", "expected"),
    [
        (1, None, Unconfirmed), (2, None, Unconfirmed),
        (4, None, Throttled), (17, None, Throttled), (32, None, Throttled), (341, None, Throttled), (613, None, Throttled),
        (80001, None, Throttled),
        (190, 458, BadCredentials), (190, 459, AccountRestricted), (190, 460, BadCredentials), (190, 463, BadCredentials),
        (190, 464, AccountRestricted), (190, 467, BadCredentials), (190, 492, BadCredentials), (102, None, BadCredentials),
        (10, None, BadCredentials), (200, None, BadCredentials), (299, None, BadCredentials),
        (368, 1390008, Throttled), (368, 4854002, AccountRestricted), (368, 1404082, Unconfirmed), (506, None, Unconfirmed),
        (100, None, ContentRejected), (100, 33, ContentRejected), (1609005, None, ContentRejected),
        (1366046, None, ContentRejected), (3, None, PlatformConfig), (2635, None, PlatformConfig),
    ],
)  # fmt: skip
def test_facebook_code_decides_not_its_status(facebook: Stage, code: int, subcode: int | None, expected: Any) -> None:
    error = {"message": "words", "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "A"}
    facebook.fault("error_json", status=400, body={"error": error})

    with pytest.raises(PlatformError) as raised:
        facebook.publish()

    assert type(raised.value) is expected
    assert str(code) in raised.value.platform_code


def test_facebook_transient_is_unknown_whatever_its_code(facebook: Stage) -> None:
    error = {"message": "try again", "code": 9999, "is_transient": True}
    facebook.fault("error_json", status=500, body={"error": error})

    with pytest.raises(Unconfirmed):
        facebook.publish()


def test_facebook_unsupported_version_is_for_the_administrator(
    facebook: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platforms.facebook.API_VERSION", "v2.8")

    with pytest.raises(PlatformConfig):
        facebook.publish()


def test_facebook_gets_the_proof_and_the_card(facebook: Stage) -> None:
    """The page was registered with an app secret: without appsecret_proof it refuses."""
    facebook.publish()
    assert facebook.world.control("GET", "publications")[0]["link"] == facebook.out.link

    secretless = Target(
        facebook.target.address, facebook.target.platform_id, {"page_token": facebook.target.secrets["page_token"]}
    )
    with pytest.raises(ContentRejected):
        facebook.adapter.publish(Outgoing("another text", "M"), secretless)
