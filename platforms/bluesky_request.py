"""atproto's transport on the guarded session: its own, on httpx, follows redirects, and has no deadline for a whole answer.

The library documents `Request` as what a client is given; this is its base, with the two calls that a client makes.
"""

from typing import Any

from atproto_client.exceptions import AtProtocolError
from atproto_client.request import RequestBase, Response

from platforms.dpop import send
from platforms.http import GuardedSession


class NotAccepted(AtProtocolError):  # type: ignore[misc] # the library ships no types
    """The answer is not what the library reads: the answer itself is then judged."""


class DpopRequest(RequestBase):  # type: ignore[misc] # as above
    """Sends what one account asks, with its token and the proof that it is ours."""

    def __init__(self, session: GuardedSession, nonces: dict[str, str], *, dpop_key: str, token: str) -> None:
        """Make it, for one call.

        Args:
            session: keeps the answer.
            nonces: of `platforms.dpop.send`.
            dpop_key: the text of the account's key.
            token: the access token.
        """
        super().__init__()
        self._session, self._nonces, self._key, self._token = session, nonces, dpop_key, token

    def __repr__(self) -> str:
        return "DpopRequest()"

    def get(self, url: str, **more: Any) -> Response:
        """Ask; raises NotAccepted, or what the session raises."""
        return self._send("GET", url, **more)

    def post(self, url: str, **more: Any) -> Response:
        """Have something done; raises NotAccepted, or what the session raises."""
        return self._send("POST", url, **more)

    def _send(
        self, method: str, url: str, *, headers: Any = None, params: Any = None, content: Any = None, data: Any = None
    ) -> Response:
        answer = send(
            self._session,
            self._nonces,
            method,
            url,
            dpop_key=self._key,
            token=self._token,
            headers=headers,
            params=params,
            data=content if content is not None else data,
        )
        value = answer.json()
        if not 200 <= answer.status < 300 or not isinstance(value, dict):
            raise NotAccepted
        return Response(success=True, status_code=answer.status, content=value, headers=dict(answer.headers))
