"""Reading the public pages as a browser without script does: what stands in a form is sent back with what was typed."""

import re
from html import unescape
from typing import Any

from django.test import Client

_FIELD = re.compile(r"<(input|textarea|select|button)\b([^>]*)>([^<]*)", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


def fields(page: str) -> dict[str, str]:
    """What a form would send as it stands: texts, hidden numbers, and what is chosen."""
    found: dict[str, str] = {}
    for tag, inside, text in _FIELD.findall(page):
        given = {name: unescape(value) for name, value in _ATTRIBUTE.findall(inside)}
        name = given.get("name", "")
        if not name or tag in ("select", "button"):
            continue
        if given.get("type") in ("radio", "checkbox"):
            if "checked" in given:
                found[name] = given["value"]
        else:
            found[name] = unescape(text) if tag == "textarea" else given.get("value", "")
    return found


class Visitor:
    """Somebody with a browser that keeps no cookies."""

    def __init__(self, address: str = "203.0.113.7", language: str = "en") -> None:
        self.address, self.language = address, language

    def _client(self) -> Client:
        return Client(enforce_csrf_checks=True, REMOTE_ADDR=self.address, headers={"Accept-Language": self.language})

    def get(self, path: str) -> Any:
        return self._client().get(path)

    def post(self, path: str, values: dict[str, str], **headers: str) -> Any:
        return self._client().post(path, values, headers=headers)

    def send(self, path: str, **typed: str) -> Any:
        """Open a page, fill it in, send it."""
        page = self.get(path)
        return self.post(path, fields(page.content.decode()) | typed)
