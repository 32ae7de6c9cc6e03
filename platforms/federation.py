"""Accounts on many servers: which server an account is on, where its interface is, and that it is a public one.

The name of a server comes with an account, so from whoever fills in the registry: it must never lead into our own network.
"""

import ipaddress
import re
from dataclasses import replace

from platforms.contract import Endpoint
from platforms.errors import BadCredentials

# A name of the public DNS: two labels or more, and the last begins with a letter, as no number of an address does.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+(?=[a-z]){_LABEL}")
# Endings that the public DNS never holds. Source: iana.org, special-use domain names; RFC 6762, appendix G; RFC 9476.
_NEVER_PUBLIC = frozenset(
    ["local", "localhost", "internal", "intranet", "private", "corp", "home", "lan", "arpa", "onion", "invalid", "alt"]
)


def own_server(address: str) -> str:
    """Return the host of an account's server, in small letters and, if it has others than ASCII's, as the DNS writes it.

    Args:
        address: "@user@server.example", with or without the first @; or a host alone.

    Raises:
        BadCredentials: it names no server, or none of the public internet: a number, a port, a name of a network of one's own.
    """
    try:
        host = address.strip().rpartition("@")[2].encode("idna").decode().lower()
    except UnicodeError:
        host = ""
    if not _HOST.fullmatch(host):
        raise BadCredentials(f"{address!r} names no server: an address is written @user@server.example")
    if host.rpartition(".")[2] in _NEVER_PUBLIC:
        raise BadCredentials(f"{host} is no server of the public internet")
    return host


def endpoint_for(endpoint: Endpoint, host: str) -> Endpoint:
    """Return where the interface of one server is: on itself, over https; in a demo every server is the simulator's.

    Args:
        endpoint: of the platform; its time-outs and its proxy hold for each of its servers.
        host: as `own_server` returns it.
    """
    if endpoint.loopback_only:
        return endpoint
    return replace(endpoint, base_url=f"https://{host}", web_url=f"https://{host}")


def is_public(number: str) -> bool:
    """Tell whether an IP address is one of the public internet's; also where it is written within an IPv6 address."""
    try:
        found = ipaddress.ip_address(number.partition("%")[0])
    except ValueError:
        return False
    inner = (found.ipv4_mapped or found.sixtofour) if isinstance(found, ipaddress.IPv6Address) else None
    return is_public(str(inner)) if inner else found.is_global and not found.is_multicast
