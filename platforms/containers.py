"""Publishing in two steps, as Instagram and Threads do: a container that nobody sees, then its publication."""

import hashlib
import hmac
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

import requests

from platforms.contract import Endpoint, Identity, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import (
    AccountRestricted,
    BadCredentials,
    ContentRejected,
    PlatformDown,
    PlatformError,
    QuotaUsed,
    Unconfirmed,
    UnexpectedResponse,
    Unfinished,
    Unsupported,
)
from platforms.graph_answers import NOT_THERE, created, refusal
from platforms.http import Answer, GuardedSession, Sessions, network_error
from platforms.readback import SLACK, Doing, accepted, in_light_of, stands_in

# Subcodes of both. Source: developers.facebook.com, Instagram Platform, error codes (updated on 2 June 2026).
_MEANS: dict[int, type[PlatformError]] = {
    2207042: QuotaUsed,
    2207050: AccountRestricted,
    2207051: AccountRestricted,
    # Our picture could not be fetched, or not in time.
    2207003: PlatformDown,
    2207052: PlatformDown,
    2207004: ContentRejected,
    2207005: ContentRejected,
    2207009: ContentRejected,
    2207010: ContentRejected,
    2207006: PlatformDown,
    2207020: PlatformDown,
    2207027: PlatformDown,
    # "Try again": said of what may have been done.
    2207001: Unconfirmed,
    2207008: Unconfirmed,
    2207032: Unconfirmed,
    # Threads, of a container that is not there, or not yet. Source: field experience.
    4279009: PlatformDown,
}
# No such object, or not for this token.
_MISSING = (NOT_THERE, "24/2207006", "24/4279009")
_ENDED = ("ERROR", "EXPIRED", "")
_CODE = re.compile(r"\b2207\d{3}\b")
# Seconds between looks at a picture that is being processed: both platforms fetch it after they have answered.
_PAUSES = (0.5, 1.0, 2.0, 4.0)
_READ_BACK = 10
# Seconds after which a try is given up before anything is public. Whoever sends holds the delivery for 45 s, of which one answer
# may take 23: published later, another worker may have found nothing there meanwhile, and publish it too.
LONGEST_BEFORE_S = 12.0


@dataclass(frozen=True, slots=True)
class Words:
    """How a platform calls the steps.

    Attributes:
        interface: its address with the version.
        make, publish, listed: below the account: make a container, publish it, list what was published.
        text: the field of the text.
        state, why: the fields of a container's state, and of what went wrong.
        token: which of the secrets speaks for the account.
    """

    interface: str
    make: str
    publish: str
    listed: str
    text: str
    state: str
    why: str
    token: str


class Containers(ABC):
    """Stages, publishes, withdraws, reads back and verifies; what differs is in `words` and `_content`."""

    spec: ClassVar[PlatformSpec]
    words: ClassVar[Words]

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions = Sessions(GuardedSession, host=self.spec.base_url, endpoint=endpoint)

    @abstractmethod
    def _content(self, out: Outgoing) -> dict[str, str]:
        """Return what a container is made of."""

    def stage(self, out: Outgoing, target: Target) -> str:
        """Make a container, and wait some seconds for the platform to fetch and process the picture.

        Returns:
            Its number; it can be published within 24 hours.
        """
        made, _ = self._made(out, target)
        return made

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Publish the staged container, or another in its place if that has ended."""
        begun = time.monotonic()
        with _nothing_public():
            container, state = out.staged, self._state(out.staged, target) if out.staged else ""
            if state in _ENDED:
                container, state = self._made(out, target)
        if state == "PUBLISHED":
            raise Unconfirmed(f"container {container} is published already", duplicate=True)
        if state != "FINISHED":
            raise PlatformDown(f"container {container} is {state}")
        if time.monotonic() - begun > LONGEST_BEFORE_S:
            raise PlatformDown("it answers too slowly to publish in time")
        content = self._ask(
            target, "POST", f"{target.platform_id}/{self.words.publish}", "creating", creation_id=container
        )
        if not (remote_id := _text(content, "id")):
            raise Unconfirmed(f"an answer without an id: {content}")
        return Receipt(remote_id, self._address(remote_id, target))

    def withdraw(self, remote_id: str, target: Target) -> None:
        """Delete a publication."""
        if not remote_id.isdecimal():
            raise Unsupported(f"{remote_id} is no number of a publication")
        try:
            content = self._ask(target, "DELETE", remote_id, "changing")
        except PlatformError as refused:
            if refused.platform_code not in _MISSING:
                raise
            if self._is_gone(remote_id, target):
                return
            raise Unsupported(refused.detail, platform_code=refused.platform_code) from None
        if content.get("success") is not True:
            raise Unfinished(f"an answer without a success: {content}")

    def find(self, out: Outgoing, target: Target, since: datetime) -> Receipt | None:
        """Look through the latest publications for the text, and ask the container whether it was published."""
        fields = f"id,{self.words.text},timestamp,permalink"
        path = f"{target.platform_id}/{self.words.listed}"
        content = self._ask(target, "GET", path, "reading", fields=fields, limit=str(_READ_BACK))
        if not isinstance(rows := content.get("data"), list):
            raise UnexpectedResponse(f"an answer without a list: {content}")
        for row in rows:
            ours = stands_in(out, str(row.get(self.words.text, "")))
            if ours and created(row, "timestamp") >= since.astimezone(UTC) - SLACK:
                return Receipt(str(row["id"]), self._shown(row))
        if out.staged and self._state(out.staged, target, "reading") == "PUBLISHED":
            # It stands there, and who reads again will see it.
            raise PlatformDown(f"container {out.staged} is published, and not listed yet")
        return None

    def verify(self, target: Target) -> Identity:
        """Ask whose token it is."""
        content = self._ask(target, "GET", target.platform_id or "me", "reading", fields="id,username")
        if not (number := _text(content, "id")):
            raise UnexpectedResponse(f"an answer without an id: {content}")
        return Identity(number, _text(content, "username"))

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()

    def _made(self, out: Outgoing, target: Target) -> tuple[str, str]:
        """Make a container, and return its number and the state in which it is some seconds later at most."""
        with _nothing_public():
            path = f"{target.platform_id}/{self.words.make}"
            content = self._ask(target, "POST", path, "creating", **self._content(out))
            if not (made := _text(content, "id")):
                raise PlatformDown(f"an answer without an id: {content}")
            state = self._state(made, target)
            for pause in _PAUSES:
                if state != "IN_PROGRESS":
                    break
                time.sleep(pause)
                state = self._state(made, target)
        if state in _ENDED:
            raise PlatformDown(f"container {made} has ended at once: {state}")
        return made, state

    def _state(self, container: str, target: Target, doing: Doing = "creating") -> str:
        """Return a container's state, blank for one that is no longer there.

        Raises:
            PlatformError: among others, what the platform says of a picture that it refuses.
        """
        try:
            content = self._ask(target, "GET", container, doing, fields=f"{self.words.state},{self.words.why}")
        except PlatformError as refused:
            if refused.platform_code not in _MISSING:
                raise
            return ""
        state, why = _text(content, self.words.state), _text(content, self.words.why)
        if state == "ERROR" and doing == "creating" and (code := _CODE.search(why)):
            kind = _MEANS.get(int(code[0]))
            if kind is ContentRejected:
                raise ContentRejected(why, platform_code=code[0])
        if not state:
            raise in_light_of(doing, Unconfirmed(f"an answer without a state: {content}"))
        return state

    def _is_gone(self, remote_id: str, target: Target) -> bool:
        """Tell what is gone from what we may not touch: the account's own token sees whatever stands there."""
        for name in (remote_id, target.platform_id):
            try:
                content = self._ask(target, "GET", name, "changing", fields="id")
            except PlatformError as refused:
                if refused.platform_code not in _MISSING:
                    raise
                continue
            if not (seen := _text(content, "id")):
                raise Unfinished(f"an answer without an id: {content}")
            return name != remote_id and seen == name
        return False

    def _address(self, remote_id: str, target: Target) -> str:
        """Return where a publication is seen; blank if the platform does not say so now: it is published all the same."""
        try:
            return self._shown(self._ask(target, "GET", remote_id, "reading", fields="permalink"))
        except PlatformError:
            return ""

    def _shown(self, row: Mapping[str, Any]) -> str:
        address = _text(row, "permalink")
        return address if address.startswith(("https://", self._endpoint.web_url)) else ""

    def _ask(
        self, target: Target, method: Literal["GET", "POST", "DELETE"], path: str, doing: Doing, **fields: str
    ) -> dict[str, Any]:
        secrets = target.secrets
        if missing := [name for name in self.spec.secrets if not secrets.get(name)]:
            raise BadCredentials(f"no {', '.join(missing)} stored")
        token, app_secret = secrets[self.words.token], secrets.get("app_secret", "")
        if app_secret:
            fields["appsecret_proof"] = hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        session = self._sessions.get()
        where = {"data": fields} if method == "POST" else {"params": fields}
        headers = {"Authorization": f"Bearer {token}"}
        try:
            session.request(method, f"{self.words.interface}/{path}", headers=headers, **where)
        except requests.exceptions.RequestException as error:
            raise in_light_of(doing, network_error(error)) from None
        answer = accepted(session.last, _refusal, doing=doing)
        if not isinstance(content := answer.json(), dict):
            raise in_light_of(doing, Unconfirmed(f"{answer.status} cannot be read: {answer.words}"))
        return content


@contextmanager
def _nothing_public() -> Iterator[None]:
    """Tell what is unknown of a container: whatever became of it, nobody sees it, and another can be made."""
    try:
        yield
    except Unconfirmed as unknown:
        raise PlatformDown(unknown.detail, platform_code=unknown.platform_code) from None


def _refusal(answer: Answer) -> PlatformError | None:
    return refusal(answer, _MEANS)


def _text(row: Mapping[str, Any], name: str) -> str:
    return found if isinstance(found := row.get(name), str) else ""
