"""What every consent by OAuth 1.0a has in common."""

from urllib.parse import parse_qsl

from platforms.errors import UnexpectedResponse
from platforms.wire import Answer


def form(answer: Answer) -> dict[str, str]:
    """Return the fields of an answer; none of one that refuses. Source: RFC 5849, 2.1."""
    return dict(parse_qsl(answer.body.decode("utf-8", "replace"))) if 200 <= answer.status < 300 else {}


def request_token(answer: Answer) -> dict[str, str]:
    """Return a request token and its secret, as a consent keeps them: `token` and `secret`.

    Raises:
        UnexpectedResponse: none was given, or not for our callback address.
    """
    told = form(answer)
    if told.get("oauth_callback_confirmed") != "true" or not told.get("oauth_token"):
        raise UnexpectedResponse(f"{answer.status} without a request token")
    return {"token": told["oauth_token"], "secret": told.get("oauth_token_secret", "")}
