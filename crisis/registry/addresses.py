"""Any pasted link or name becomes one account: on which platform, under which address. Nothing is fetched; no database.

Where accounts are found is data (data/addresses.toml), beside what each platform's spec says of its own pages.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from platforms import catalog
from platforms.errors import BadCredentials
from platforms.federation import own_server

LONGEST_ADDRESS = 160  # characters of an address, also folded: what the registry can hold
_LONGEST_SHOWN = 80  # characters of what was pasted that a message repeats
_NAME = r"[\w.\-À-ɏ]{1,150}"
# What a mail or a chat puts around a link, and what cannot be seen.
_AROUND = "<>()[]{}\"'`“”„«»‹›*,;:!?…"
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\0]")
_SERVER_PAGE = re.compile(r"@([\w.\-]+)(?:@([^/@]+))?", re.ASCII)


class NoAddress(ValueError):
    """It names no account; the message says why, in the words of whoever pasted it."""


@dataclass(frozen=True, slots=True)
class Address:
    """An account: its platform's slug, and its address as the registry keeps it."""

    platform: str
    address: str

    @property
    def key(self) -> str:
        """The address as addresses are compared."""
        return self.address.casefold()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of where a platform's accounts are; see data/addresses.toml.

    Attributes:
        server: an address is a name with its server, "@user@server.example".
        domain: an address is the name of a domain.
    """

    slug: str
    name: str
    links: tuple[str, ...]
    page: str
    pages: tuple[tuple[re.Pattern[str], str], ...]
    under: dict[str, str]
    spelt: re.Pattern[str]
    reserved: frozenset[str]
    at: bool
    whole: bool
    server: bool
    domain: bool


def canonical(text: str, platform: str = "") -> Address:
    """Return which account a link or a name means; what it returns, written out or as its page, means the same again.

    Args:
        text: a link of any form, or a name ("@name", "name", "@user@server.example").
        platform: the slug of the one that is meant; blank where only a link, or an address with its server, can tell.

    Raises:
        NoAddress: it names no account, or one of another platform than is meant.
    """
    asked = text
    text = _UNSEEN.sub("", text).strip().lstrip(_AROUND).rstrip(f"{_AROUND}.").strip()
    where = known().get(platform)
    if platform and where is None:
        raise NoAddress(
            _("platform %(platform)s is none of %(known)s")
            % {"platform": _shown(platform), "known": ", ".join(known())}
        )
    if where is not None and where.whole:
        return Address(platform, _page(where, text))
    found = _linked(text, where)
    if found is None:
        if where is None and re.fullmatch(r"@?[\w.\-]+@[\w.\-]+\.[\w\-]+", text):
            where = _of_many_servers()
        if where is None:
            raise NoAddress(
                _("%(text)s is no link to an account that we know: say on which platform it is")
                % {"text": _shown(asked)}
            )
        found = Address(where.slug, _named(where, text))
    if where is not None and found.platform != where.slug:
        raise NoAddress(
            _("%(text)s is no %(platform)s account, but one of %(other)s")
            % {"text": _shown(asked), "platform": where.name, "other": known()[found.platform].name}
        )
    if len(found.key) > LONGEST_ADDRESS:
        raise _too_long(found.platform, found.address)
    return found


def _shown(text: str) -> str:
    """Return what was pasted as a message may repeat it: its beginning, between quotation marks, with nothing unseen."""
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")


def _too_long(platform: str, address: str) -> NoAddress:
    return NoAddress(
        _("%(platform)s account %(address)s has more than %(most)s characters")
        % {"platform": platform, "address": _shown(address), "most": LONGEST_ADDRESS}
    )


def page(platform: str, address: str) -> str:
    """Return the page of an account as people open it; blank where none is known."""
    if address.startswith("https://") or not address:
        return address
    where, name = known().get(platform), address.removeprefix("@")
    if where is None:
        return ""
    if where.server:
        user, _at, server = name.partition("@")
        return f"https://{server}/@{quote(user)}"
    pattern = next((page for looks, page in where.pages if looks.fullmatch(name)), where.page)
    return pattern.format(quote(name, safe="@"))


@cache
def known() -> dict[str, Known]:
    """Return what is known of every platform's addresses, by its slug: those with an adapter first."""
    told = _data()["platforms"]
    found = {spec.slug: _known(spec.slug, told.get(spec.slug, {})) for spec in catalog.specs()}
    return found | {slug: _known(slug, entry) for slug, entry in told.items() if slug not in found}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(settings.DATA_DIR) / "addresses.toml").read_text(encoding="utf-8"))


def _of_many_servers() -> Known:
    """Return the platform whose accounts are named with their server; "@user@server.example" is one of its."""
    return next(each for each in known().values() if each.server)


def page_only() -> dict[str, Known]:
    """Return the platforms that have no adapter: their accounts are listed, and alerts never go there."""
    return {slug: where for slug, where in known().items() if slug not in catalog.slugs()}


def _known(slug: str, told: dict[str, Any]) -> Known:
    spec = catalog.spec(slug) if slug in catalog.slugs() else None
    links = list(told.get("links", ()))
    if spec is not None and not (spec.handle.page or spec.handle.server or spec.by_administrator):
        host = (urlsplit(spec.web_url).hostname or "").removeprefix("www.")
        links += [f"{each}/{spec.page_path}" for each in (host, *spec.also_at)]
    return Known(
        slug=slug,
        name=spec.name if spec else told["name"],
        links=tuple(links),
        page=f"{spec.web_url}/{spec.page_path}" if spec else told.get("page", ""),
        pages=tuple((re.compile(looks), at) for looks, at in told.get("pages", ())),
        under=told.get("under", {}),
        spelt=re.compile(told.get("spelt", _NAME)),
        reserved=frozenset(told.get("reserved", ())),
        at=spec.handle.at if spec else told.get("at", False),
        whole=spec.handle.page if spec else told.get("whole", False),
        server=bool(spec and spec.handle.server),
        domain=bool(spec and spec.federated and not spec.handle.server),
    )


# --- names ------------------------------------------------------------------------------------------------------------------


def _named(where: Known, text: str) -> str:
    """Return an address of which only the name was given."""
    if where.server:
        return _with_server(where, text.removeprefix("@"))
    if where.domain:
        return _domain(where, text.removeprefix("@"))
    name = text.removeprefix("@")
    if not where.spelt.fullmatch(name) or name.casefold() in where.reserved:
        raise NoAddress(
            _("%(platform)s account %(address)s is no handle: give its name, or the address of its page")
            % {"platform": where.slug, "address": _shown(text)}
        )
    return f"@{name}" if where.at else name


def _with_server(where: Known, address: str) -> str:
    name, _at, server = address.partition("@")
    try:
        host = own_server("" if "@" in server else server)
    except BadCredentials:
        raise NoAddress(
            _("%(platform)s account %(address)s names no server: write it as @user@server.example")
            % {"platform": where.slug, "address": _shown(address)}
        ) from None
    whole = f"@{name}@{host}"
    if not re.fullmatch(r"\w[\w.-]*", name, re.ASCII) or len(whole) > LONGEST_ADDRESS:
        raise NoAddress(
            _("%(platform)s account %(address)s is no handle: write it as @user@server.example")
            % {"platform": where.slug, "address": _shown(address)}
        )
    return whole


def _domain(where: Known, address: str) -> str:
    """Return an address that is the name of a domain of its own."""
    try:
        return own_server("" if "@" in address else address)
    except BadCredentials:
        raise NoAddress(
            _("%(platform)s account %(address)s is no domain: write it as name.server.example")
            % {"platform": where.slug, "address": _shown(address)}
        ) from None


def _page(where: Known, text: str) -> str:
    """Return the address of a page, whole."""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or "." not in parts.netloc or "@" in parts.netloc or re.search(r"[\s|]", text):
        raise NoAddress(
            _("%(platform)s account %(address)s is no page: give its https address")
            % {"platform": where.slug, "address": _shown(text)}
        )
    if len(text.casefold()) > LONGEST_ADDRESS:
        raise _too_long(where.slug, text)
    return parts._replace(scheme="https", netloc=parts.netloc.lower(), fragment="").geturl()


# --- links ------------------------------------------------------------------------------------------------------------------


def _linked(text: str, where: Known | None) -> Address | None:
    """Return the account of a link; None if it is no link, or one to a place of which we know nothing.

    Raises:
        NoAddress: it leads to a platform that we know, and to no account there.
    """
    scheme, mark, rest = text.partition("://")
    if mark and scheme.lower() not in ("http", "https"):
        return None
    try:
        parts = urlsplit(f"//{rest if mark else text}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    is_link = bool(mark) or "/" in text
    if not host or "@" in parts.netloc or port not in (None, 80, 443):
        return None
    steps = [unquote(step) for step in parts.path.split("/") if step]
    told = {key: values[0] for key, values in parse_qs(parts.query).items()}
    known_host = any(host.endswith(f".{each}") for each, *_ in _patterns())
    for link_host, path, query, each in _patterns():
        if not _same_site(host, link_host):
            continue
        known_host = True
        asked = told.get(query, "").lstrip("+ ") if _leads(path, steps) else ""
        name = (asked if query else _step(path, steps)).strip().rstrip(_AROUND).removeprefix("@")
        if name and each.spelt.fullmatch(name) and name.casefold() not in each.reserved:
            return Address(each.slug, _named(each, name))
    if (below := _below(host)) is not None:
        return below
    if known_host and is_link:
        raise NoAddress(_("%(text)s leads to no account: give the address of its page") % {"text": _shown(text)})
    return _on_a_server(host, steps) if is_link and (where is None or where.server) else None


@cache
def _patterns() -> tuple[tuple[str, tuple[str, ...], str, Known], ...]:
    """Return each link: its host, its steps, the word of its query where the name stands there, and whose it is."""
    return tuple(
        _split(link, each)
        for each in known().values()
        for link in sorted(dict.fromkeys(each.links), key=lambda link: -link.count("/"))  # the longest says most
    )


def _split(link: str, each: Known) -> tuple[str, tuple[str, ...], str, Known]:
    whole, _mark, query = link.partition("?")
    host, *path = whole.split("/")
    return host, tuple(path), query.partition("=")[0], each


def _same_site(host: str, ours: str) -> bool:
    """Tell whether a host is one, or the same under another name in front."""
    return host == ours or (host.endswith(f".{ours}") and bool(_fronts().fullmatch(host.removesuffix(f".{ours}"))))


@cache
def _fronts() -> re.Pattern[str]:
    one = f"(?:{'|'.join(_data()['fronts'])})"
    return re.compile(rf"{one}(?:\.{one})?")


def _leads(path: tuple[str, ...], steps: list[str]) -> bool:
    return len(steps) >= len(path) and all(
        want in ("*", have) or want.casefold() == have.casefold() for want, have in zip(path, steps, strict=False)
    )


def _step(path: tuple[str, ...], steps: list[str]) -> str:
    """Return what stands where the name does, or blank if the steps are others."""
    before, last = path[:-1], path[-1]
    if len(steps) < len(path) or not _leads(before, steps):
        return ""
    start = last.partition("{}")[0]
    return steps[len(before)].removeprefix(start) if steps[len(before)].startswith(start) else ""


def _below(host: str) -> Address | None:
    """Return the account that has a host of its own below a platform's."""
    name, _dot, site = host.partition(".")
    for each in known().values():
        if site in each.under and each.spelt.fullmatch(name) and name not in each.reserved:
            return Address(each.slug, _named(each, each.under[site].format(name)))
    return None


def _on_a_server(host: str, steps: list[str]) -> Address | None:
    """Return an account of a server that nobody can list: "server.example/@user", also as another server shows it."""
    if not steps:
        return None
    step = steps[1] if steps[0] in ("web", "users", "deck") and len(steps) > 1 else steps[0]
    found = _SERVER_PAGE.fullmatch(f"@{step}" if steps[0] == "users" else step)
    if found is None:
        return None
    where = _of_many_servers()
    return Address(where.slug, _with_server(where, f"{found[1]}@{found[2] or host}"))
