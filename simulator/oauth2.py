"""OAuth 2.0, the side of the app: codes become tokens (RFC 6749, 4.1.3; RFC 7636); each platform words its own answers."""

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from simulator.accounts import Account
from simulator.consents import App, Grant

if TYPE_CHECKING:
    from simulator.world import World


class Refused(Exception):
    """No token is handed out; `error` is OAuth's word for why: invalid_client, invalid_grant."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


def check_app(world: "World", platform: str, key: str, secret: str) -> App:
    """Return the app that knows its secret.

    Raises:
        Refused: it does not.
    """
    app = world.consents.app(platform, key)
    if app is None or not hmac.compare_digest(app.secret.encode(), secret.encode()):
        raise Refused("invalid_client", "Client authentication failed")
    return app


def redeem(
    world: "World", app: App, *, code: str, callback: str, now: float, verifier: str = ""
) -> tuple[Grant, Account]:
    """Use a code up.

    Args:
        world: the simulator.
        app: who asks.
        code: what the browser brought.
        callback: must be the address to which the browser was led.
        now: Unix seconds.
        verifier: PKCE's, if the consent began with a challenge.

    Returns:
        What the code stood for, and the account.

    Raises:
        Refused: it is unknown, used, too old, of another app or address, or the verifier is not the challenge's.
    """
    grant = world.consents.grants.get(code)
    if grant is None or grant.used or grant.until < now or grant.app.key != app.key or grant.callback != callback:
        raise Refused("invalid_grant", "The authorization code is invalid, expired, revoked or of another app")
    if grant.challenge:
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if not hmac.compare_digest(digest, grant.challenge):
            raise Refused("invalid_grant", "The code verifier does not fit the challenge")
    account = world.accounts.named(app.platform, grant.account)
    if account is None:
        raise Refused("invalid_grant", "The account is gone")
    grant.used = True
    return grant, account
