"""SMS through a gateway that speaks docs/sms-gateway.md: taken is not delivered, which a receipt says later."""

from typing import ClassVar

from platforms.answers import AsyncSession, seconds, told
from platforms.contract import Endpoint, Outgoing, PlatformSpec, Receipt, Target
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
from platforms.measure import sms, sms_text
from platforms.specs.sms import SMS

WAIT_S = 30.0  # a 429 that names no time
LONGEST_ID = 120


class SmsMessenger:
    """Writes SMS to citizens."""

    spec: ClassVar[PlatformSpec] = SMS

    def __init__(self, endpoint: Endpoint) -> None:
        self._session = AsyncSession(endpoint)

    async def notify(self, out: Outgoing, target: Target) -> Receipt:
        """Write to one phone; the reference makes a repetition harmless."""
        if not (token := target.secrets.get("token")):
            raise BadCredentials("no token stored")
        counted = sms(out.text)
        message = {
            "to": target.address,
            "text": sms_text(out.text),
            "encoding": "ucs-2" if counted.forcing else "gsm-7",
            "segments": counted.segments,
            "reference": out.key or out.marker.replace("/", "-"),
        }
        answer = await self._session.post("/messages", message, {"Authorization": f"Bearer {token}"})
        if answer.status != 202:
            raise _refusal(answer)
        number = told(answer).get("id")
        if not isinstance(number, str) or not 0 < len(number) <= LONGEST_ID:
            raise Unconfirmed("taken, without an id")
        return Receipt(number)

    async def hang_up(self) -> None:
        """Close the connections that this loop has opened."""
        await self._session.hang_up()


def _refusal(answer: Answer) -> PlatformError:
    """Tell what an answer means that is no 202. Source: docs/sms-gateway.md."""
    code = str(told(answer).get("code", ""))
    words, known_as = f"{answer.status} {code}".strip(), code or str(answer.status)
    match answer.status:
        case 401 | 403:
            return BadCredentials(words, platform_code=known_as)
        case 402:
            return QuotaUsed(words, platform_code=known_as)
        case 429:
            wait = seconds(answer.headers.get("Retry-After"), WAIT_S)
            return Throttled(words, scope="app", retry_after=wait, platform_code=known_as)
        case 400 | 404 | 410 | 422 if code == "number":
            return RecipientGone(words, platform_code=code)
        case 400 | 413 | 422 if code == "text":
            return ContentRejected(words, platform_code=code)
        case 503 if code == "not_accepted":
            return PlatformDown(words, platform_code=code)
        case status if status >= 500 or status < 300:
            return Unconfirmed(words, platform_code=known_as)
        case _:
            return UnexpectedResponse(words, platform_code=known_as)
