"""Access to a Telegram channel: its editor makes our bot an administrator, and we end it by leaving."""

import requests

from platforms.contract import Endpoint, Target
from platforms.errors import BadCredentials, PlatformDown, UnexpectedResponse
from platforms.http import GuardedSession, network_error
from platforms.readback import in_light_of

_HOST = "https://api.telegram.org"


class TelegramConsent:
    """Ends what an editor gave us. There is nothing to ask for: a channel is claimed by a code that is posted in it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def revoke(self, target: Target) -> None:
        """Leave the channel."""
        with GuardedSession(host=_HOST, endpoint=self._endpoint) as session:
            where = f"{self._endpoint.base_url}{target.secrets.get('bot_token', '')}/leaveChat"
            try:
                session.post(where, json={"chat_id": target.address})
            except requests.exceptions.RequestException as error:
                raise in_light_of("reading", network_error(error)) from None
            answer = session.last
        if answer is None or answer.status == 429 or answer.status >= 500:
            raise PlatformDown(platform_code=str(answer.status) if answer else "")
        content = answer.json()
        if isinstance(content, dict) and content.get("ok") is True:
            return
        code = str(answer.status)
        if answer.status in (400, 401, 403, 404):
            raise BadCredentials("our bot was no administrator there any more", platform_code=code)
        raise UnexpectedResponse(platform_code=code)
