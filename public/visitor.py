"""Who asks, as far as a public page needs it: from which place, in which language; and what every such answer carries."""

import hashlib
import ipaddress
import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation.trans_real import parse_accept_lang_header

from crisis.registry.models import Ministry

_LONGEST_HEADER = 500  # characters of Accept-Language that are looked at
_PORT = re.compile(r"^\[([^\]]+)\](?::\d+)?$|^([\d.]+):\d+$")  # some proxies name it
NETWORK = 64  # bits of an IPv6 address that a household shares: RFC 6177


def languages(ministry: Ministry) -> dict[str, str]:
    """Return the languages that a ministry's public pages speak, each with its own name."""
    names = dict(settings.LANGUAGES)
    spoken = {code: names[code] for code in ministry.languages if code in names}
    return spoken or names


def language_of(request: HttpRequest, offered: Sequence[str]) -> str:
    """Return in which of some languages to answer: as the address says (?l=), else as the browser does, else the first."""
    asked = request.GET.get("l", "")
    if asked in offered:
        return asked
    for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:_LONGEST_HEADER]):
        if (short := code.partition("-")[0]) in offered:
            return short
    return offered[0]


def chosen(request: HttpRequest) -> str:
    """Return one of all our languages, for a page that asks no database which ones the ministry speaks."""
    return language_of(request, [settings.LANGUAGE_CODE, *dict(settings.LANGUAGES)])


def place_of(request: HttpRequest) -> str:
    """Return where a request comes from: an IPv4 address, or the network of an IPv6 one; blank where nothing tells.

    Of what proxies tell only that is believed which ours have added: whatever stands before it, the client may have written.
    """
    addresses = [_PORT.sub(r"\1\2", part.strip()) for part in request.headers.get("X-Forwarded-For", "").split(",")]
    behind = settings.PROXIES_IN_FRONT
    if behind > len(addresses):
        return ""  # not all of ours have spoken: what is nearest is one of them, and all would be taken for one
    told = addresses[-behind] if behind > 0 else request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, NETWORK), strict=False))
    return str(address)


@cache
def policy() -> str:
    """Return what a public page may do (Content-Security-Policy): its style, known by its hash, and no script at all."""
    found = []
    for name in ("_style.html", "_form_style.html"):
        text = (settings.BASE_DIR / "templates" / "public" / name).read_text(encoding="utf-8")
        for style in re.findall(r"<style>(.*?)</style>", text, re.DOTALL):
            found.append(f"'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'")
    styles = " ".join(found)
    return f"default-src 'none'; style-src {styles}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def private(response: HttpResponse) -> HttpResponse:
    """Mark what is one visitor's: nobody keeps it, finds it, or is told its address."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    response["Content-Security-Policy"] = policy()
    return response
