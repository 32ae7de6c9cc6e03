"""What a gateway can say wrong: each answer has one class, and an id that is none is no receipt."""

from dataclasses import replace
from typing import Any

import pytest

from platforms import measure
from platforms.errors import (
    BadCredentials,
    ContentRejected,
    PlatformDown,
    PlatformError,
    QuotaUsed,
    RecipientGone,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
)
from platforms.http import Answer
from platforms.sms import _refusal
from simulator.gateway import segments
from tests.contract.conftest import Stage


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"code": "text"}', ContentRejected),
        (413, b'{"code": "text"}', ContentRejected),
        (422, b'{"code": "number"}', RecipientGone),
        (404, b'{"code": "number"}', RecipientGone),
        (404, b"{}", UnexpectedResponse),
        (401, b"", BadCredentials),
        (403, b"<html>", BadCredentials),
        (402, b"{}", QuotaUsed),
        (429, b"", Throttled),
        (503, b'{"code": "not_accepted"}', PlatformDown),
        (503, b"{}", Unconfirmed),
        (502, b"<html>", Unconfirmed),
        (200, b'{"id": "1"}', Unconfirmed),
        (302, b"", UnexpectedResponse),
        (418, b"[]", UnexpectedResponse),
    ],
)
def test_each_answer_has_its_class(status: int, body: bytes, kind: type[PlatformError]) -> None:
    assert type(_refusal(Answer(status, {}, body))) is kind


def test_a_repetition_under_the_same_reference_sends_nothing(stage_of: Any) -> None:
    stage: Stage = stage_of("sms")
    stage.out = replace(stage.out, key="TSTC0D-1.5")
    assert stage.publish() == stage.publish()
    assert stage.standing() == 1


@pytest.mark.parametrize(
    "text",
    [
        "Short.",
        "a" * 160,
        "a" * 161,
        "€" * 80,
        "€" * 81,
        "a" * 152 + "€" + "b" * 20,
        "漢" * 70,
        "漢" * 71,
        "👩‍👩‍👧" * 30,
        "",
    ],
)
def test_the_gateway_counts_as_we_do(text: str) -> None:
    counted = measure.sms(text)
    assert segments(text) == ("ucs-2" if counted.forcing else "gsm-7", max(1, counted.segments))


def test_spaces_that_do_not_break_leave_as_plain_ones(stage_of: Any) -> None:
    """Else a French text would more than double its price by them."""
    stage: Stage = stage_of("sms")
    stage.out = replace(stage.out, text="Inondation\u00a0: partez TSTC0D/1", key="TSTC0D-1.6")
    stage.publish()
    (letter,) = stage.world.control("GET", "letters?marker=TSTC0D/1")
    assert letter["text"] == "Inondation : partez TSTC0D/1"
    assert letter["body"]["encoding"] == "gsm-7"
