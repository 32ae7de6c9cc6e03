"""What the Cloud API can answer: its code decides, not its status; and what a template's place refuses is never sent."""

import json
from dataclasses import replace
from typing import Any

import pytest

from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformDown,
    PlatformError,
    QuotaUsed,
    RecipientGone,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
)
from platforms.http import Answer
from platforms.whatsapp import _parts, _refusal
from tests.contract.conftest import Stage


@pytest.mark.parametrize(
    ("status", "code", "kind", "scope"),
    [
        (429, 130429, Throttled, "app"),
        (400, 80007, Throttled, "app"),
        (400, 4, Throttled, "app"),
        (400, 131056, Throttled, "recipient"),
        (400, 131049, Throttled, "recipient"),
        (429, None, Throttled, "app"),
        (400, 131048, QuotaUsed, ""),
        (400, 131042, QuotaUsed, ""),
        (400, 131026, RecipientGone, ""),
        (401, 190, BadCredentials, ""),
        (403, 10, BadCredentials, ""),
        (403, 200, BadCredentials, ""),
        (403, None, BadCredentials, ""),
        (403, 131031, AccountRestricted, ""),
        (403, 368, AccountRestricted, ""),
        (404, 132001, ContentRejected, ""),
        (400, 132000, PlatformConfig, ""),
        (400, 131047, PlatformConfig, ""),
        (400, 33, PlatformConfig, ""),
        (503, 131016, PlatformDown, ""),
        (500, 131000, Unconfirmed, ""),
        (500, None, Unconfirmed, ""),
        (400, 131009, UnexpectedResponse, ""),
        (400, None, UnexpectedResponse, ""),
    ],
)
def test_each_code_has_its_class(status: int, code: int | None, kind: type[PlatformError], scope: str) -> None:
    body = b"<html>" if code is None else json.dumps({"error": {"code": code, "message": "words"}}).encode()
    found = _refusal(Answer(status, {}, body))
    assert type(found) is kind
    assert getattr(found, "scope", "") == scope


def test_a_place_of_the_template_takes_one_line(stage_of: Any) -> None:
    assert _parts("A\nB\n\n• one\n• two\n\nmore     room\n\nC\tD") == ["A B", "• one • two more room", "C D"]
    stage: Stage = stage_of("whatsapp")
    stage.out = replace(stage.out, text="only one part")
    with pytest.raises(ContentRejected):
        stage.publish()
    assert stage.world.control("GET", "requests")["total"] == 0


def test_a_language_without_an_approved_template_is_refused_for_its_readers_only(stage_of: Any) -> None:
    stage: Stage = stage_of("whatsapp")
    stage.out = replace(stage.out, language="ja")
    with pytest.raises(ContentRejected) as raised:
        stage.publish()
    assert raised.value.platform_code == "132001"
