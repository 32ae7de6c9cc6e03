"""Tokens that are of use only to whoever holds a key: OAuth 2.0's DPoP (RFC 9449), and an app's own proof (RFC 7523)."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from platforms.errors import Unconfirmed
from platforms.http import GuardedSession
from platforms.wire import Answer

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256: FIPS 186-5
_ASSERTION_S = 60
_WANTS_NONCE = "use_dpop_nonce"  # RFC 9449, 8 and 9


class Key:
    """A signing key on the curve P-256 (ES256), made from a long random text: the same text is always the same key."""

    def __init__(self, text: str) -> None:
        scalar = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % (_ORDER - 1) + 1
        self._private = ec.derive_private_key(scalar, _CURVE)
        point = self._private.public_key().public_numbers()
        self.public = {"kty": "EC", "crv": "P-256", "x": _coordinate(point.x), "y": _coordinate(point.y)}

    def __repr__(self) -> str:
        return "Key()"

    @property
    def thumbprint(self) -> str:
        """Return the name of the public key. Source: RFC 7638."""
        return _encoded(hashlib.sha256(_json(dict(sorted(self.public.items())))).digest())

    def signed(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Return a JSON Web Token. Source: RFC 7515."""
        words = f"{_encoded(_json({'alg': 'ES256', **header}))}.{_encoded(_json(claims))}"
        r, s = decode_dss_signature(self._private.sign(words.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{words}.{_encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


@lru_cache(1024)
def key(text: str) -> Key:
    """Return the key of a text; those in use are kept, as making one costs as much as signing."""
    return Key(text)


def proof(text: str, method: str, url: str, *, nonce: str = "", token: str = "") -> str:
    """Return the proof that goes with one request.

    Args:
        text: of the key.
        method: of HTTP.
        url: where to; its query is no part of a proof.
        nonce: the server's latest, if it gave one.
        token: the access token that the request carries, if any.
    """
    claims: dict[str, Any] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": urlsplit(url)._replace(query="", fragment="").geturl(),
        "iat": int(time.time()),
    }
    if nonce:
        claims["nonce"] = nonce
    if token:
        claims["ath"] = _encoded(hashlib.sha256(token.encode()).digest())
    return key(text).signed({"typ": "dpop+jwt", "jwk": key(text).public}, claims)


def assertion(text: str, client_id: str, issuer: str) -> dict[str, str]:
    """Return the fields by which an app proves who it is to an authorisation server, instead of a secret."""
    now = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": issuer, "iat": now, "exp": now + _ASSERTION_S}
    claims["jti"] = secrets.token_urlsafe(16)
    return {
        "client_id": client_id,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": key(text).signed({"kid": key(text).thumbprint}, claims),
    }


def send(
    session: GuardedSession,
    nonces: dict[str, str],
    method: str,
    url: str,
    *,
    dpop_key: str,
    token: str = "",
    **more: Any,
) -> Answer:
    """Send a request with its proof; where the server first wants its own nonce in it, once more: nothing was done before that.

    Args:
        session: sends it.
        nonces: the latest of each server, by its origin; kept up to date.
        method, url: of the request.
        dpop_key: the text of the key.
        token: the access token, if any.
        more: headers, and whatever else `session.request` takes.

    Raises:
        requests.RequestException: as the session raises it.
    """
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    headers = dict(more.pop("headers", None) or {}) | ({"Authorization": f"DPoP {token}"} if token else {})
    for repeated in (False, True):
        signed = proof(dpop_key, method, url, nonce=nonces.get(origin, ""), token=token)
        session.request(method, url, headers={**headers, "DPoP": signed}, **more)
        answer = session.last
        if answer is None:
            break
        given = answer.headers.get("DPoP-Nonce", "")
        if given:
            nonces[origin] = given
        if repeated or not given or not _wants_nonce(answer):
            return answer
    raise Unconfirmed("no answer")


def _wants_nonce(answer: Answer) -> bool:
    if answer.status not in (400, 401):
        return False
    content = answer.json()
    told = content.get("error") if isinstance(content, dict) else ""
    return told == _WANTS_NONCE or _WANTS_NONCE in answer.headers.get("WWW-Authenticate", "")


def _coordinate(number: int) -> str:
    return _encoded(number.to_bytes(32, "big"))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
