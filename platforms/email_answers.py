"""What a mail server's refusals mean."""

import re

from aiosmtplib import SMTPAuthenticationError, SMTPRecipientRefused, SMTPResponseException, SMTPSenderRefused

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

# RFC 3463: class, subject, detail.
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")
WAIT_S = 60.0  # servers name no time; greylisting opens after some minutes at most, and the ledger asks again
_NOBODY = ("5.1.", "5.2.1")  # no such mailbox, or it is closed
# What is wrong with us: many servers say so of the sender, or of their own rules, only once they hear a recipient. Taken for "no
# such mailbox", one mistake in the DNS would cost everybody's address. Source: RFC 3463, 3.2; the words of Postfix and Exim.
_OURS = ("5.1.7", "5.1.8")
_OUR_WORDS = re.compile(
    r"sender (?:address |domain )?(?:rejected|refused|denied|verif|unknown|not )"
    r"|\brelay(?:ing)?(?: access)? (?:denied|not |prohibited)|(?:unable|not allowed|not permitted) to relay",
    re.IGNORECASE,
)
_USED_UP = ("4.5.3", "5.4.5")  # what may be sent in an hour or a day


def refusal(error: SMTPResponseException) -> PlatformError:
    """Tell what a refusal means: the server has not taken the message. Source: RFC 5321, 4.2.3; RFC 3463; RFC 4954, 6.

    Args:
        error: with the server's code, and its words; an address in them is not kept.
    """
    code, words = error.code, _ADDRESS.sub("(address)", error.message)
    found = _ENHANCED.search(words)
    enhanced = found[0] if found else ""
    known_as = enhanced or str(code)
    if code < 400:
        return Unconfirmed(words, platform_code=known_as)
    if code in (530, 534, 535) or (isinstance(error, SMTPAuthenticationError) and code >= 500):
        return BadCredentials(words, platform_code=known_as)
    if enhanced in _USED_UP:
        return QuotaUsed(words, platform_code=known_as)
    if code < 500:
        if isinstance(error, SMTPRecipientRefused):  # greylisted, or this one mailbox is full or busy
            return Throttled(words, scope="recipient", retry_after=WAIT_S, platform_code=known_as)
        if enhanced.startswith("4.7.") or code == 450:
            return Throttled(words, scope="app", retry_after=WAIT_S, platform_code=known_as)
        return PlatformDown(words, platform_code=known_as)
    return _for_good(error, enhanced)(words, platform_code=known_as)


def _for_good(error: SMTPResponseException, enhanced: str) -> type[PlatformError]:
    if isinstance(error, SMTPSenderRefused) or enhanced in _OURS:
        return AccountRestricted
    if enhanced in ("", "5.1.0") and _OUR_WORDS.search(error.message):
        return AccountRestricted
    if isinstance(error, SMTPRecipientRefused) and not enhanced:
        return RecipientGone if error.code in (550, 551, 553) else UnexpectedResponse
    if enhanced.startswith(_NOBODY):
        return RecipientGone
    if enhanced.startswith(("5.6.", "5.7.", "5.3.4")) or (error.code in (552, 554) and enhanced != "5.2.2"):
        return ContentRejected  # its words, its form or its size; or a server that takes us for a spammer
    return UnexpectedResponse
