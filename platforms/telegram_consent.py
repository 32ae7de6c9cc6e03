"""Access to a Telegram channel: its editor makes our bot an administrator, and we end it by leaving."""

from platforms.contract import Endpoint, Target
from platforms.errors import BadCredentials, UnexpectedResponse
from platforms.http import GuardedSession, ask, up

_HOST = "https://api.telegram.org"


class TelegramConsent:
    """Ends what an editor gave us. There is nothing to ask for: a channel is claimed by a code that is posted in it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def revoke(self, target: Target) -> None:
        """Leave the channel."""
        with GuardedSession(host=_HOST, endpoint=self._endpoint) as session:
            where = f"{self._endpoint.base_url}{target.secrets.get('bot_token', '')}/leaveChat"
            answer = up(ask(session, "POST", where, json={"chat_id": target.address}))
        content = answer.json()
        if isinstance(content, dict) and content.get("ok") is True:
            return
        code = str(answer.status)
        if answer.status in (400, 401, 403, 404):
            raise BadCredentials("our bot was no administrator there any more", platform_code=code)
        raise UnexpectedResponse(platform_code=code)
