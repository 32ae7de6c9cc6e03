"""Any other service through Apprise: at most once, by whatever its own address says, with no id and no way back."""

import logging
import re
import warnings
from typing import Any, ClassVar
from urllib.parse import unquote

with warnings.catch_warnings():
    # It loads its services when the first is asked for; some use what newer Pythons warn of.
    warnings.simplefilter("ignore")
    import apprise

    apprise.Apprise.instantiate("json://localhost")

from platforms.apprise_guard import Call, ServiceSession, during, guard
from platforms.contract import Endpoint, Outgoing, PlatformSpec, Receipt, Target
from platforms.errors import (
    BadCredentials,
    ContentRejected,
    PlatformConfig,
    PlatformError,
    QuotaUsed,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
)
from platforms.http import Answer, Sessions
from platforms.specs.apprise import APPRISE

# Services for people at a distance, each spoken to over HTTP. None that writes to this machine or sends mail or SMS, and none
# that only passes on what some other list of addresses says.
SCHEMAS = frozenset({
    "line", "discord", "signal", "signals", "json", "jsons", "xml", "xmls", "form", "forms", "slack", "workflow", "workflows",
    "matrix", "matrixs", "ntfy", "ntfys", "gotify", "gotifys", "pover", "mmost", "mmosts", "rocket", "rockets", "gchat",
})  # fmt: skip
_WAIT_S = 60.0  # where a service asks for patience and names no time
_ASSET: dict[str, Any] = {
    "async_mode": False,
    "http_redirects": False,
    "secure_logging": True,
    "app_id": "Tocsin",
    "app_desc": "Tocsin",
}

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it tells addresses, which are secrets


class AppriseAdapter:
    """Publishes, once."""

    spec: ClassVar[PlatformSpec] = APPRISE

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._sessions = Sessions(ServiceSession, host=APPRISE.base_url, endpoint=endpoint)

    def publish(self, out: Outgoing, target: Target) -> Receipt:
        """Hand the text to the service; that it accepts it is all there is to know.

        Raises:
            PlatformError: `Unconfirmed` wherever a byte may have left and no single refusal came back.
        """
        address = target.secrets.get("service_url", "")
        service = _service(address)
        call = Call(self._sessions.get(), self._endpoint)
        sender = apprise.Apprise(asset=apprise.AppriseAsset(**_ASSET))
        sender.add(service)
        with during(call):
            told = sender.notify(body=out.text, body_format=apprise.NotifyFormat.TEXT)
        if told and not call.ended and call.answers and not _is_page(call.answers[-1]):
            return Receipt(f"{APPRISE.slug}:{out.marker}")
        raise _outcome(call, address)

    def close(self) -> None:
        """Close the connections."""
        self._sessions.close()


def _service(address: str) -> Any:
    """Return the service of an address.

    Raises:
        BadCredentials: there is no address, or none that Apprise knows.
        PlatformConfig: it is of a kind that is not allowed.
    """
    if not address:
        raise BadCredentials("no service_url stored")
    schema = address.partition("://")[0].lower()
    if schema not in SCHEMAS:
        raise PlatformConfig("services of this kind are not allowed; those that are: " + ", ".join(sorted(SCHEMAS)))
    service = apprise.Apprise.instantiate(address, asset=apprise.AppriseAsset(**_ASSET))
    if service is None:
        raise BadCredentials(f"this is no whole address of {schema}://")
    service.verify_certificate = True
    service.overflow_mode = apprise.OverflowMode.UPSTREAM
    if not guard(service):
        raise PlatformConfig(f"{schema}:// cannot be guarded")
    return service


def _is_page(answer: Answer) -> bool:
    """Tell whether a web page came where a service should answer: somebody on the way, and nothing is proven."""
    return answer.body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _outcome(call: Call, address: str) -> PlatformError:
    """Tell what became of a publication that is no success."""
    if call.failed is not None and not call.answers:
        return call.failed
    if not call.answers:
        return UnexpectedResponse("the service asked nobody: is its address whole?")
    last = call.answers[-1]
    words = _without(address, last.words)
    # Of several requests one may have been the publication.
    if len(call.answers) > 1 or call.failed is not None or 200 <= last.status < 300:
        return Unconfirmed(f"{last.status}: {words}", platform_code=str(last.status))
    return _refusal(last, words)


def _refusal(answer: Answer, words: str) -> PlatformError:
    """Tell what the only answer refuses, by its status: services have no codes in common."""
    status = answer.status
    if status == 429:
        wait = answer.headers.get("Retry-After", "")
        seconds = float(wait) if re.fullmatch(r"\d{1,9}(\.\d+)?", wait) else _WAIT_S
        return Throttled(words, scope="account", retry_after=seconds, platform_code="429")
    kinds: dict[int, type[PlatformError]] = {
        400: ContentRejected, 401: BadCredentials, 402: QuotaUsed, 403: BadCredentials, 404: BadCredentials, 408: Unconfirmed,
        410: BadCredentials, 413: ContentRejected, 422: ContentRejected,
    }  # fmt: skip
    kind = Unconfirmed if status >= 500 else kinds.get(status, UnexpectedResponse)
    return kind(words, platform_code=str(status))


def _without(address: str, words: str) -> str:
    """Return a service's words without any part of its address that could be its secret."""
    for part in re.split(r"[^\w.\-]+", unquote(address)):
        if len(part) >= 6:  # shorter ones are words, not secrets
            words = words.replace(part, "…")
    return words
