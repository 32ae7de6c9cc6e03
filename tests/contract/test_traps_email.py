"""What mail servers and the library make easy to get wrong."""

from dataclasses import replace
from typing import Any

import pytest
from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException, SMTPSenderRefused

from platforms.contract import Target
from platforms.email import _before
from platforms.email_answers import refusal
from platforms.errors import (
    AccountRestricted,
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
from tests.contract.conftest import Stage


def rcpt(code: int, words: str) -> SMTPRecipientRefused:
    return SMTPRecipientRefused(code, words, "citizen@example.org")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (rcpt(550, "5.1.1 no such user"), RecipientGone),
        (rcpt(550, "No such user here"), RecipientGone),
        (rcpt(551, "5.1.6 moved"), RecipientGone),
        (rcpt(550, "5.2.1 mailbox disabled"), RecipientGone),
        # Of the sender, or of our rights, though it is said where the recipient is: nobody's address is lost by that.
        (rcpt(550, "5.1.8 <alerts@ministry.example>: Sender address rejected: Domain not found"), AccountRestricted),
        (rcpt(553, "5.1.7 <alerts@ministry>: bad sender"), AccountRestricted),
        (rcpt(550, "5.1.0 <alerts@ministry.example>: Sender address rejected: User unknown"), AccountRestricted),
        (rcpt(550, "Verification failed for <alerts@ministry.example>\nSender verify failed"), AccountRestricted),
        (rcpt(550, "relay not permitted"), AccountRestricted),
        (rcpt(550, "Unable to relay for citizen@example.org"), AccountRestricted),
        (rcpt(550, "5.1.1 unknown; said to the sender: relay this to nobody"), RecipientGone),
        (rcpt(552, "5.2.2 mailbox full"), UnexpectedResponse),
        (rcpt(550, "5.7.1 rejected as spam"), ContentRejected),
        (rcpt(450, "4.2.0 greylisted"), Throttled),
        (rcpt(452, "4.2.2 over quota"), Throttled),
        (SMTPSenderRefused(550, "5.7.1 not yours", "alerts@ministry.example"), AccountRestricted),
        (SMTPDataError(554, "5.7.1 looks like spam"), ContentRejected),
        (SMTPDataError(552, "5.3.4 too big"), ContentRejected),
        (SMTPDataError(451, "4.3.0 disk"), PlatformDown),
        (SMTPDataError(421, "4.7.0 slow down"), Throttled),
        (SMTPDataError(550, "5.4.5 daily limit"), QuotaUsed),
        (SMTPDataError(-1, "no SMTP at all"), Unconfirmed),
        (SMTPResponseException(530, "5.7.0 sign in first"), BadCredentials),
    ],
)
def test_each_code_has_its_class_and_keeps_no_address(error: SMTPResponseException, kind: type[PlatformError]) -> None:
    error.message += " <citizen@example.org>"
    found = refusal(error)
    assert type(found) is kind
    assert "citizen" not in str(found)


def test_a_server_without_tls_or_a_way_to_sign_in_is_not_merely_out_of_reach() -> None:
    """The library raises its base class for it, and only for it: tests/interop/email.py has a server do it."""
    assert type(_before(SMTPException("SMTP STARTTLS extension not supported by server."))) is BadCredentials


def test_what_one_mailbox_puts_off_concerns_nobody_else(stage_of: Any) -> None:
    stage: Stage = stage_of("email")
    with pytest.raises(Throttled) as raised:
        stage.send(stage.adapter, replace(stage.target, address="busy@example.org"))
    assert raised.value.scope == "recipient"


def test_a_long_subject_in_other_letters_arrives_as_it_is(stage_of: Any) -> None:
    """The library's newer API doubles a space where it folds between encoded words."""
    stage: Stage = stage_of("email")
    subject = "EXERCICE : Alerte de tremblement de terre retirée : Préfecture de Saitama – ce n’était rien, 東京 aussi"
    stage.out = replace(stage.out, subject=subject, text="Ligne.\n.\n..deux points\n" + "mot " * 400 + stage.out.marker)
    stage.publish()

    (letter,) = stage.world.control("GET", "letters?way=email")
    assert letter["subject"] == subject
    assert letter["text"] == stage.out.text
    assert letter["body"]["Content-Language"] == "en"


def test_a_line_break_in_a_subject_makes_no_header(stage_of: Any) -> None:
    stage: Stage = stage_of("email")
    stage.out = replace(stage.out, subject="Alert\r\nBcc: everybody@example.org")
    stage.publish()
    (letter,) = stage.world.control("GET", "letters?way=email")
    assert letter["subject"] == "Alert Bcc: everybody@example.org"


@pytest.mark.parametrize(
    "address", ["émile@example.org", "a b@example.org", "a@b@example.org", "a>@example.org", "a\r\n@x.org"]
)
def test_an_address_that_no_message_can_carry_is_gone_before_a_word_is_said(stage_of: Any, address: str) -> None:
    stage: Stage = stage_of("email")
    with pytest.raises(RecipientGone):
        stage.send(stage.adapter, Target(address, secrets=stage.target.secrets))
    assert stage.world.control("GET", "requests")["total"] == 0


def test_a_kept_connection_serves_the_next_message(stage_of: Any) -> None:
    stage: Stage = stage_of("email")
    for number in range(3):
        stage.out = replace(stage.out, key=f"TSTC0D-1.{number}")
        stage.publish()
    (kept,) = stage.adapter._loops.values()
    assert len(kept.idle) == 1
    assert stage.standing() == 3
