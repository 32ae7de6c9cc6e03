"""Where an account of the AT Protocol is: from its name, a domain, to its number, its own server, and who gives access to it.

In a demo all of these are the simulator. All addresses come from others, so none may lead into our own network.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from platforms.contract import Endpoint
from platforms.errors import BadCredentials, UnexpectedResponse
from platforms.federation import endpoint_for, own_server
from platforms.http import GuardedSession, ask, up

_DIRECTORY = "https://plc.directory"  # github.com/did-method-plc: where numbers "did:plc:..." are looked up
_DID = re.compile(r"did:(plc:[a-z0-9]{10,60}|web:[a-z0-9.\-]{4,250})")


@dataclass(frozen=True, slots=True)
class Home:
    """An account: its number (DID), its name, the address of its server, and of who gives access to it."""

    did: str
    handle: str
    pds: str
    issuer: str


def server_at(endpoint: Endpoint, address: str) -> Endpoint:
    """Return where a server's interface is; in a demo every server is the simulator's.

    Args:
        endpoint: of the platform.
        address: "https://server.example".

    Raises:
        BadCredentials: it is none of the public internet, or not spoken to over https.
    """
    if endpoint.loopback_only:
        return endpoint
    try:
        where = urlsplit(address)
    except ValueError:
        raise BadCredentials("what is stored is no server that may be spoken to") from None
    if where.scheme != "https" or where.netloc != where.hostname or where.path.strip("/"):
        raise BadCredentials(f"{where.hostname or 'what is stored'} is no server that may be spoken to")
    return endpoint_for(endpoint, own_server(where.netloc))


def told(session: GuardedSession, url: str) -> dict[str, Any]:
    """Return a JSON object that anybody may read.

    Raises:
        PlatformError: there is none.
    """
    answer = up(ask(session, "GET", url, headers={"Accept": "application/json"}))
    content = answer.json()
    if answer.status != 200 or not isinstance(content, dict):
        raise UnexpectedResponse(platform_code=str(answer.status))
    return content


def did_of(session: GuardedSession, endpoint: Endpoint, handle: str) -> str:
    """Return the number of a name. Source: atproto.com, lexicon com.atproto.identity.resolveHandle."""
    try:
        name = own_server(handle)
    except BadCredentials:
        raise BadCredentials(f"{handle!r} is no domain of the public internet, as the name of an account is") from None
    url = f"{endpoint.base_url}/xrpc/com.atproto.identity.resolveHandle?handle={quote(name)}"
    did = told(session, url).get("did")
    if not isinstance(did, str) or not _DID.fullmatch(did):
        raise UnexpectedResponse("an answer without a DID")
    return did


def home_of(session: GuardedSession, endpoint: Endpoint, did: str) -> Home:
    """Return an account by its number; its document says the name and the server, and the name must lead back to the number.

    Source: atproto.com, DID, handle and OAuth specifications.

    Raises:
        BadCredentials: a name does not lead back, or a server is not of the public internet.
        PlatformError: it could not be found out.
    """
    if not _DID.fullmatch(did):
        raise UnexpectedResponse("no DID")
    found = told(session, _document(endpoint, did))
    handle = _handle(found)
    if found.get("id") != did or not handle or did_of(session, endpoint, handle) != did:
        raise BadCredentials("the name of the account does not lead back to it")
    pds = _server(found)
    where = server_at(endpoint, pds).base_url
    named = told(session, f"{where}/.well-known/oauth-protected-resource").get("authorization_servers")
    issuer = named[0] if isinstance(named, list) and named and isinstance(named[0], str) else ""
    server_at(endpoint, issuer)
    return Home(did, handle, pds, issuer)


def authorisation(session: GuardedSession, endpoint: Endpoint, issuer: str) -> dict[str, str]:
    """Return what an authorisation server says of itself: its addresses, all of them its own. Source: RFC 8414."""
    where = server_at(endpoint, issuer).base_url
    said = told(session, f"{where}/.well-known/oauth-authorization-server")
    found = {name: value for name, value in said.items() if isinstance(value, str)}
    names = ("pushed_authorization_request_endpoint", "authorization_endpoint", "token_endpoint")
    own = all(found.get(name, "").startswith(f"{where}/") for name in names)
    own = own and found.get("revocation_endpoint", f"{where}/").startswith(f"{where}/")
    if not own or found.get("issuer") != issuer:
        raise UnexpectedResponse("an authorisation server that does not speak for itself")
    return found


def _document(endpoint: Endpoint, did: str) -> str:
    method, _, name = did.removeprefix("did:").partition(":")
    if endpoint.loopback_only:
        return f"{endpoint.base_url}/plc/{quote(did)}"
    return f"https://{own_server(name)}/.well-known/did.json" if method == "web" else f"{_DIRECTORY}/{did}"


def _handle(document: Mapping[str, Any]) -> str:
    names = document.get("alsoKnownAs")
    first = next((each for each in names if str(each).startswith("at://")), "") if isinstance(names, list) else ""
    return str(first).removeprefix("at://")


def _server(document: Mapping[str, Any]) -> str:
    services = document.get("service")
    for each in services if isinstance(services, list) else []:
        if isinstance(each, dict) and str(each.get("id", "")).endswith("#atproto_pds"):
            return str(each.get("serviceEndpoint", "")).rstrip("/")
    raise UnexpectedResponse("an account without a server")
