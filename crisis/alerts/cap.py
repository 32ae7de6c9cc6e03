"""The alert as CAP 1.2: the snapshot that is frozen when it is issued, and later fed to others.

Source: OASIS Common Alerting Protocol 1.2 (2010-07-01).
"""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from django.conf import settings

from crisis.alerts.editions import kind_of
from crisis.alerts.models import Alert, Area
from crisis.places.names import country_name

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


def _time(at: datetime) -> str:
    # CAP writes UTC as -00:00 and knows neither Z nor fractions.
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def snapshot(alert: Alert, *, sent_at: datetime, expires_at: datetime) -> str:
    """Return the alert as CAP 1.2 XML, one <info> for each complete language.

    Args:
        alert: with its areas and infos stored.
        sent_at: when it is issued.
        expires_at: when it ends.
    """
    root = ET.Element("alert", {"xmlns": NAMESPACE})
    _add(root, "identifier", alert.identifier)
    _add(root, "sender", alert.ministry.cap_sender or f"tocsin@{alert.ministry.code.lower()}")
    _add(root, "sent", _time(sent_at))
    _add(root, "status", "Exercise" if alert.exercise else "Actual")
    _add(root, "msgType", alert.msg_type)
    _add(root, "scope", "Public")
    earlier = alert.references
    if earlier is not None and earlier.issued_at is not None:
        _add(root, "references", f"{earlier.ministry.cap_sender},{earlier.identifier},{_time(earlier.issued_at)}")
    kind = kind_of(alert)
    for info in alert.infos.all():
        if not info.complete:
            continue
        part = ET.SubElement(root, "info")
        _add(part, "language", info.language)
        _add(part, "category", kind.category)
        _add(part, "event", kind.name(info.language))
        for response in kind.response:
            _add(part, "responseType", response)
        for name in ("urgency", "severity", "certainty"):
            _add(part, name, getattr(alert, name))
        _add(part, "expires", _time(expires_at))
        _add(part, "senderName", alert.ministry.name(info.language))
        _add(part, "headline", info.headline)
        _add(part, "description", info.description)
        _add(part, "instruction", info.instruction)
        _add(part, "web", f"{settings.PUBLIC_URL}/a/{alert.code}")
        for area in alert.areas.all():
            _area(part, area, info.language)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)


def _area(part: ET.Element, area: Area, language: str) -> None:
    element = ET.SubElement(part, "area")
    if area.kind == Area.Kind.COUNTRY:
        _add(element, "areaDesc", country_name(area.country, language))
        code = ET.SubElement(element, "geocode")
        _add(code, "valueName", "ISO 3166-1 alpha-2")
        _add(code, "value", area.country)
        return
    _add(element, "areaDesc", area.name)
    if area.kind == Area.Kind.POLYGON:
        # CAP 1.2, 3.2.4: at least four pairs, the first and the last the same.
        _add(element, "polygon", " ".join(f"{lat},{lon}" for lat, lon in [*area.ring, area.ring[0]]))
    else:
        _add(element, "circle", f"{area.lat},{area.lon} {area.radius_km}")
