"""A passkey is a second factor as good as an app: added, asked for, and none but the right one opens the door."""

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from crisis.journal.models import Entry

HOST = "localhost"
ORIGIN = f"http://{HOST}"
_FLAG = AuthenticatorData.FLAG


class Key:
    """What a person holds in their hand: a security key, in software."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)

    def made(self, options: Any) -> str:
        """Answer to being added."""
        said = CollectedClientData.create("webauthn.create", options["publicKey"]["challenge"], ORIGIN)
        key = ES256.from_cryptography_key(self.private.public_key())  # type: ignore[no-untyped-call]
        public = AttestedCredentialData.create(bytes(16), self.id, key)
        data = AuthenticatorData.create(_here(), _FLAG.UP | _FLAG.UV | _FLAG.AT, 1, public)
        return self._answer(said, attestationObject=AttestationObject.create("none", data, {}))

    def signed(self, options: Any, *, origin: str = ORIGIN) -> str:
        """Answer to being asked."""
        said = CollectedClientData.create("webauthn.get", options["publicKey"]["challenge"], origin)
        data = AuthenticatorData.create(_here(), _FLAG.UP | _FLAG.UV, 2)
        signature = self.private.sign(data + said.hash, ec.ECDSA(SHA256()))
        return self._answer(said, authenticatorData=data, signature=signature)

    def _answer(self, said: bytes, **parts: bytes) -> str:
        number = websafe_encode(self.id)
        response = {name: websafe_encode(part) for name, part in {"clientDataJSON": said, **parts}.items()}
        return json.dumps(
            {"id": number, "rawId": number, "type": "public-key", "response": response, "clientExtensionResults": {}}
        )


def _here() -> bytes:
    return hashlib.sha256(HOST.encode()).digest()


def browser() -> Client:
    client = Client(headers={"Host": HOST})
    client.post("/console/login/", {"username": "approver", "password": "tocsin-approver"})
    return client


def asked(client: Client, name: str) -> Any:
    """What a page asks of a key."""
    page = client.get(reverse(name)).content.decode()
    (data,) = re.findall(r'<script id="key-data" type="application/json">(.*?)</script>', page)
    return next(iter(json.loads(data).values()))


@pytest.fixture
def key() -> Key:
    """A key that was added."""
    key, client = Key(), browser()
    client.post("/console/account/again/", {"password": "tocsin-approver"})
    added = {"name": "My key", "credential": key.made(asked(client, "mfa_add_webauthn"))}
    assert client.post(reverse("mfa_add_webauthn"), added)["Location"] == reverse("mfa_view_recovery_codes")
    assert "My key" in client.get(reverse("mfa_list_webauthn")).content.decode()
    assert Entry.objects.filter(action="staff.factor_added", data__kind="webauthn").exists()
    return key


def test_a_passkey_is_asked_for_and_opens_the_door(key: Key) -> None:
    client = browser()
    assert client.get("/console/").status_code == 302, "the password alone is not enough"
    answer = key.signed(asked(client, "mfa_authenticate"))
    assert client.post(reverse("mfa_authenticate"), {"credential": answer})["Location"] == reverse("console:home")
    assert client.get("/console/").status_code == 200


def test_neither_another_key_nor_an_old_answer_nor_one_for_another_site_does(key: Key) -> None:
    client, other = browser(), Key()
    other.id = key.id
    old = key.signed(asked(client, "mfa_authenticate"))
    tries: list[Callable[[Any], str]] = [
        lambda _: old,
        other.signed,
        lambda options: key.signed(options, origin="https://evil.example"),
        lambda _: "{}",
    ]
    for answer in tries:
        tried = {"credential": answer(asked(client, "mfa_authenticate"))}
        assert client.post(reverse("mfa_authenticate"), tried).status_code == 200
        assert client.get("/console/").status_code == 302
    right = {"credential": key.signed(asked(client, "mfa_authenticate"))}
    assert client.post(reverse("mfa_authenticate"), right).status_code == 302, "they were refused for what they were"
