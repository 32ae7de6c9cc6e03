"""Checking one cell of a row: what it says, or a ValueError in the words of whoever filled it in. No database."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from crisis.places.areas import state_of
from crisis.places.borders import country_at
from crisis.places.names import country_name, country_of, is_country
from crisis.registry.addresses import canonical, known, page_only
from platforms import catalog

# Each is a column: those that have an adapter, and those whose accounts are only listed.
PLATFORMS = (*catalog.slugs(), *page_only())
LONGEST_REGION = 120
_PHONE = re.compile(r"^\+[\d\s().-]{6,30}$")
_POST_ID = re.compile(r"^[a-z0-9][a-z0-9_-]{1,59}$")


@dataclass(frozen=True, slots=True)
class Claim:
    """A country, or one region of it, that a post is competent for."""

    country: str
    region_name: str = ""


def post_id(text: str, column: str) -> str:
    """Return the code of a post."""
    if not _POST_ID.match(text):
        raise ValueError(f"{column} {text!r} must be small letters, digits, hyphens and underscores")
    return text


def country(text: str, column: str) -> str:
    """Return a country's code."""
    if not text:
        raise ValueError(f"{column} is blank")
    code = country_of(text)
    if code is None:
        raise ValueError(f"{column} {text!r} is no country: use its two-letter ISO code")
    return code


def point(row: Mapping[str, str], country: str) -> tuple[float, float] | None:
    """Return where a post is, (lat, lon) in degrees, or None where nobody says."""
    lat_text, lon_text = row.get("lat", ""), row.get("lon", "")
    if not lat_text and not lon_text:
        return None
    try:
        lat, lon = float(lat_text.replace(",", ".")), float(lon_text.replace(",", "."))
    except ValueError:
        raise ValueError(f"coordinates {lat_text!r}, {lon_text!r} are no numbers of degrees") from None
    if lat == lon == 0:
        raise ValueError("coordinates 0, 0 lie in the open sea off Africa: leave both blank where they are not known")
    swapped_ok = abs(lon) <= 90 and abs(lat) <= 180 and country_at(lon, lat) == country
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        hint = "; they look swapped" if swapped_ok else ""
        raise ValueError(f"coordinates {lat}, {lon} are out of range (lat -90 to 90, lon -180 to 180){hint}")
    if swapped_ok and country_at(lat, lon) != country:
        raise ValueError(f"coordinates {lat}, {lon} look swapped: {lon}, {lat} lies in {country}, they do not")
    return lat, lon


def elsewhere(at: tuple[float, float] | None, country: str, jurisdictions: Container[str]) -> str:
    """Return a remark where a post stands neither in its country nor in one that it serves; blank as a rule.

    A remark only: borders are drawn coarsely at coasts, some are disputed, and some posts do stand next door.
    """
    if at is None:
        return ""
    found = country_at(*at)
    if found is None:
        return f"its coordinates {at[0]}, {at[1]} lie at sea, in no country."
    if found == country or found in jurisdictions or state_of(found) == state_of(country):
        return ""
    where, own = country_name(found, "en"), country_name(country, "en")
    return f"its coordinates {at[0]}, {at[1]} lie in {where}, not in {own} nor where it is competent."


def split(text: str) -> list[str]:
    """Return what stands between the bars."""
    return [token.strip() for token in text.split("|") if token.strip()]


def claim(token: str) -> Claim:
    """Return what a post is competent for: "JP", or "CD:Katanga"."""
    country, _colon, region = token.partition(":")
    code = country.strip().upper()
    if len(code) != 2 or not is_country(code):
        raise ValueError(f"jurisdiction {token!r} is no country code, nor country code:region")
    return _short(Claim(code, region.strip()))


def _short(found: Claim) -> Claim:
    if len(found.region_name) > LONGEST_REGION:
        raise ValueError(f"region {found.region_name[:20]!r}… has more than {LONGEST_REGION} characters")
    return found


def claims(row: Mapping[str, str], country: str) -> tuple[Claim, ...]:
    """Return the consular jurisdictions of a row."""
    found = tuple(claim(token) for token in split(row.get("consular", "")))
    regions = split(row.get("jurisdiction_other", ""))
    if regions and found == (Claim(country),):
        return tuple(_short(Claim(country, region)) for region in regions)
    return found


def handle(platform: str, address: str) -> str:
    """Return an account's address as the registry keeps it, of its name or of any link to it."""
    return canonical(address, platform).address


def accounts(row: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the accounts of a row, by platform: one on each, and any number of pages, between bars."""
    found: dict[str, tuple[str, ...]] = {}
    for platform in PLATFORMS:
        if cell := row.get(platform):
            written = split(cell) if known()[platform].whole else [cell]
            found[platform] = tuple(dict.fromkeys(handle(platform, address) for address in written))
    return found


def asked(text: str, accounts: Container[str]) -> frozenset[str]:
    """Return the platforms whose account is used only when an officer ticks it."""
    found = frozenset(word.lower() for word in _words(text))
    for platform in sorted(found):
        if platform not in PLATFORMS:
            raise ValueError(f"ask {platform!r} is none of {', '.join(PLATFORMS)}")
        if platform not in accounts:
            raise ValueError(f"ask names {platform}, and the row has no {platform} account")
    return found


def _words(text: str) -> list[str]:
    return split(text.replace(" ", "|").replace(",", "|"))


def languages(text: str) -> tuple[str, ...]:
    """Return language codes, in order."""
    codes = tuple(code.lower() for code in _words(text))
    for code in codes:
        if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})?", code):
            raise ValueError(_("language %(code)s is no language code (nl, fr, pt-br)") % {"code": repr(code[:20])})
    return codes


def period(row: Mapping[str, str]) -> tuple[date | None, date | None]:
    """Return the first and the last day on which a post is open, each None where it is not known."""
    first, last = _day(row.get("valid_from", ""), "valid_from"), _day(row.get("valid_to", ""), "valid_to")
    if first and last and last < first:
        raise ValueError(f"valid_to {last} lies before valid_from {first}")
    return first, last


def _day(text: str, column: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"{column} {text!r} is no day: write 2026-09-30") from None


def successor(text: str, code: str) -> str:
    """Return the code of the post that serves a post's people after it."""
    if text == code and text:
        raise ValueError("successor names the post itself")
    return post_id(text, "successor") if text else ""


def website(text: str) -> str:
    """Return an http(s) address, or blank."""
    if text and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise ValueError(f"website {text!r} is no http(s) address")
    return text


def email(text: str) -> str:
    """Return an e-mail address, or blank."""
    if text and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise ValueError(f"e-mail {text!r} is no address")
    return text


def phone(text: str) -> str:
    """Return a number as dialled from abroad, or blank."""
    if text and not _PHONE.match(text):
        raise ValueError(
            _("phone %(number)s must be a number as dialled from abroad: +32 2 501 40 00") % {"number": repr(text)}
        )
    return text
