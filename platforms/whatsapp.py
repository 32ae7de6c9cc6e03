"""WhatsApp through the Cloud API: a template's places are filled, or an answer is written freely within its 24 hours.

Accepted is not delivered, which a webhook says later.
"""

from typing import ClassVar

from platforms.answers import AsyncSession, seconds, told
from platforms.contract import Endpoint, Outgoing, PlatformSpec, Receipt, Target
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
from platforms.specs.whatsapp import WHATSAPP

VERSION = "v23.0"
PARTS = 3
WAIT_S, PAIR_S, CAP_S = 60.0, 6.0, 3600.0
LONGEST_ID = 120
# Source: developers.facebook.com, WhatsApp Cloud API error codes.
_TOO_FAST, _PAIR, _CAP = {4, 80007, 130429, 133016}, 131056, 131049
_QUOTA, _RESTRICTED, _GONE = {131042, 131048}, {368, 131031}, 131026
_ACCESS = {0, 3, 10, 190, 131005, *range(200, 300)}
_NOT_IN_THIS_LANGUAGE = 132001
_CONFIG = {33, 131047, 133010, *range(132000, 132016)}
_DOWN, _UNKNOWN = 131016, {1, 2, 131000}


class WhatsappMessenger:
    """Writes to citizens on WhatsApp."""

    spec: ClassVar[PlatformSpec] = WHATSAPP

    def __init__(self, endpoint: Endpoint) -> None:
        self._session = AsyncSession(endpoint)

    async def notify(self, out: Outgoing, target: Target) -> Receipt:
        """Fill the template for one person; what the platform knows no key for, its webhook settles by our reference.

        Only an answer goes out without a template: it is allowed, and free of charge, for 24 hours after the person wrote.
        """
        if missing := [name for name in WHATSAPP.secrets if not target.secrets.get(name)]:
            raise BadCredentials(f"no {', '.join(missing)} stored")
        message = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": target.address.removeprefix("+"),
            **(_free(out) if out.answers else _template(out, target)),
            "biz_opaque_callback_data": out.key or out.marker.replace("/", "-"),
        }
        path = f"/{VERSION}/{target.secrets['number_id']}/messages"
        answer = await self._session.post(path, message, {"Authorization": f"Bearer {target.secrets['token']}"})
        if not 200 <= answer.status < 300:
            raise _refusal(answer)
        messages = told(answer).get("messages")
        number = (
            messages[0].get("id") if isinstance(messages, list) and messages and isinstance(messages[0], dict) else None
        )
        if not isinstance(number, str) or not 0 < len(number) <= LONGEST_ID:
            raise Unconfirmed("accepted, without an id")
        return Receipt(number)

    async def hang_up(self) -> None:
        """Close the connections that this loop has opened."""
        await self._session.hang_up()


def _free(out: Outgoing) -> dict[str, object]:
    return {"type": "text", "text": {"body": out.text, "preview_url": False}}


def _template(out: Outgoing, target: Target) -> dict[str, object]:
    parameters = [{"type": "text", "text": part} for part in _parts(out.text)]
    return {
        "type": "template",
        "template": {
            "name": target.secrets["template"],
            "language": {"code": out.language.replace("-", "_")},
            "components": [{"type": "body", "parameters": parameters}],
        },
    }


def _parts(text: str) -> list[str]:
    """Return what fills the template's places: a place takes no line break, and no run of spaces."""
    first, *between = text.strip().split("\n\n")
    if len(between) < PARTS - 1:
        raise ContentRejected("the text has not the three parts that the template asks for")
    *middle, last = between
    return [" ".join(part.split()) for part in (first, "\n".join(middle), last)]


def _refusal(answer: Answer) -> PlatformError:
    """Tell what an answer means that accepted nothing; the platform's own code decides, else the status."""
    given = told(answer).get("error")
    error = given if isinstance(given, dict) else {}
    code = error.get("code") if isinstance(error.get("code"), int) else None
    words = f"{answer.status} {error.get('message', '')}".strip()
    known_as = str(answer.status if code is None else code)
    if code in _TOO_FAST or (code is None and answer.status == 429):
        wait = seconds(answer.headers.get("Retry-After"), WAIT_S)
        return Throttled(words, scope="app", retry_after=wait, platform_code=known_as)
    if code in (_PAIR, _CAP):
        return Throttled(
            words, scope="recipient", retry_after=PAIR_S if code == _PAIR else CAP_S, platform_code=known_as
        )
    kind = next((kind for codes, kind in _KINDS if code in codes), None)
    if kind is None and answer.status in (401, 403):
        kind = BadCredentials
    if kind is None:
        kind = Unconfirmed if answer.status >= 500 else UnexpectedResponse
    return kind(words, platform_code=known_as)


_KINDS: tuple[tuple[set[int], type[PlatformError]], ...] = (
    (_QUOTA, QuotaUsed),
    (_RESTRICTED, AccountRestricted),
    ({_GONE}, RecipientGone),
    (_ACCESS, BadCredentials),
    # The other languages' texts may leave: this one is refused, and it is seen.
    ({_NOT_IN_THIS_LANGUAGE}, ContentRejected),
    (_CONFIG, PlatformConfig),
    ({_DOWN}, PlatformDown),
    (_UNKNOWN, Unconfirmed),
)
