"""Keys, on the side of a server: that a request comes from who holds one (RFC 9449), and that an app is itself (RFC 7523)."""

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from simulator.bluesky.state import SKEW_SECONDS

if TYPE_CHECKING:
    from simulator.world import World

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class BadProof(Exception):
    """A proof proves nothing. `nonce`: it only lacks the server's own nonce."""

    def __init__(self, why: str, *, nonce: bool = False) -> None:
        super().__init__(why)
        self.nonce = nonce


def thumbprint_of_text(text: str) -> str:
    """Return the thumbprint of the key that is made from a text: its SHA-256, as a number of the curve's."""
    scalar = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % (_ORDER - 1) + 1
    point = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
    x, y = (_encoded(each.to_bytes(32, "big")) for each in (point.x, point.y))
    return thumbprint({"kty": "EC", "crv": "P-256", "x": x, "y": y})


def thumbprint(jwk: dict[str, Any]) -> str:
    """Return the name of a public key. Source: RFC 7638."""
    needed = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return _encoded(hashlib.sha256(json.dumps(needed, separators=(",", ":")).encode()).digest())


def check_proof(world: "World", proof: str, method: str, url: str, now: float, token: str = "") -> str:
    """Return the thumbprint of the key by which a request was proved.

    Raises:
        BadProof: it was not.
    """
    header, claims = _read(proof)
    jwk = header.get("jwk")
    if header.get("typ") != "dpop+jwt" or header.get("alg") != "ES256" or not isinstance(jwk, dict) or "d" in jwk:
        raise BadProof("the header of a proof is another")
    _check_signature(proof, jwk)
    if claims.get("htm") != method or claims.get("htu") != url:
        raise BadProof("the proof is of another request")
    if abs(now - float(claims.get("iat", 0))) > SKEW_SECONDS:
        raise BadProof("the proof is too old")
    if token and claims.get("ath") != _encoded(hashlib.sha256(token.encode()).digest()):
        raise BadProof("the proof is of another token")
    if claims.get("nonce") not in (world.bluesky.nonce(now), world.bluesky.nonce(now, 1)):
        raise BadProof("a nonce of this server is needed", nonce=True)
    if str(claims.get("jti")) in world.bluesky.seen:
        raise BadProof("the proof was used before")
    world.bluesky.note(str(claims.get("jti")), now)
    return thumbprint(jwk)


def check_assertion(assertion: str, client_id: str, client_key: str, issuer: str, now: float) -> bool:
    """Tell whether an app has proved that it is itself; its key is known here, instead of from its address."""
    try:
        header, claims = _read(assertion)
        scalar = int.from_bytes(hashlib.sha256(client_key.encode()).digest(), "big") % (_ORDER - 1) + 1
        point = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
        _check_signature(assertion, {name: _encoded(getattr(point, name).to_bytes(32, "big")) for name in ("x", "y")})
    except BadProof:
        return False
    own = claims.get("iss") == claims.get("sub") == client_id and claims.get("aud") == issuer
    return own and header.get("kid") == thumbprint_of_text(client_key) and float(claims.get("exp", 0)) > now


def _check_signature(token: str, jwk: dict[str, Any]) -> None:
    words, _, signature = token.rpartition(".")
    try:
        raw = _decoded(signature)
        x, y = (int.from_bytes(_decoded(str(jwk[name])), "big") for name in ("x", "y"))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        signed = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public.verify(signed, words.encode(), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, KeyError, ValueError) as error:
        raise BadProof("the signature does not fit") from error


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        first, second, _ = token.split(".")
        header, claims = json.loads(_decoded(first)), json.loads(_decoded(second))
    except ValueError as error:
        raise BadProof("no token that can be read") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadProof("no token that can be read")
    return header, claims


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
