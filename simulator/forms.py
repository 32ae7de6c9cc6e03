"""Request bodies as the client libraries write them: urlencoded forms and multipart forms with files."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file."""

    filename: str
    media_type: str
    content: bytes


class BadForm(ValueError):
    """The body cannot be read as what its content type promises."""


@dataclass(slots=True)
class Form:
    """The parameters of one request, from its query and its body; `values` hold text, or JSON values of a JSON body."""

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Return the parameter as text, None when it is missing."""
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        return str(value).lower() if isinstance(value, bool) else str(value)

    def whole(self, name: str, otherwise: int = 0) -> int:
        """Return the parameter as a whole number; `otherwise` when it is missing or no number, as on Telegram."""
        try:
            return int(self.values[name])
        except (KeyError, TypeError, ValueError):
            return otherwise

    def yes(self, name: str) -> bool:
        """Return the parameter as yes or no."""
        return (self.text(name) or "").lower() in ("true", "yes", "1")

    def structure(self, name: str) -> Any:
        """Return the parameter as a JSON value, whether the body was JSON or the value is a string of JSON.

        Raises:
            BadForm: a string that is not JSON.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise BadForm(f"{name} is not JSON") from error

    def object(self, name: str) -> dict[str, Any]:
        """Return the parameter as a JSON object, an empty one when it is missing.

        Raises:
            BadForm: it is something else.
        """
        value = self.structure(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise BadForm(f"{name} is not an object")
        return value


def read_form(query: str, content_type: str, body: bytes) -> Form:
    """Read query and body of a request into one form; the body wins.

    Args:
        query: the raw query string.
        content_type: the header's value, empty when there is none.
        body: the raw body.

    Raises:
        BadForm: the body is not what the content type says.
    """
    form = Form(dict(parse_qsl(query, keep_blank_values=True)))
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return form
    if kind == "application/json":
        try:
            values = json.loads(body)
        except ValueError as error:
            raise BadForm("the body is not JSON") from error
        if not isinstance(values, dict):
            raise BadForm("the body is not a JSON object")
        form.values |= values
    elif kind == "multipart/form-data":
        _read_multipart(form, content_type, body)
    elif kind in ("application/x-www-form-urlencoded", ""):
        try:
            form.values |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        except UnicodeDecodeError as error:
            raise BadForm("strings must be encoded in UTF-8") from error
    return form


def _read_multipart(form: Form, content_type: str, body: bytes) -> None:
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    if found is None:
        raise BadForm("the multipart body has no boundary")
    fence = b"--" + found[1].encode()
    for part in body.split(fence)[1:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        headers = head.decode("utf-8", "replace")
        name = re.search(r'\bname="([^"]*)"', headers)
        if not blank or name is None:
            raise BadForm("the multipart body is broken")
        content = content.removesuffix(b"\r\n")
        filename = re.search(r'filename="([^"]*)"', headers)
        if filename is None:
            form.values[name[1]] = content.decode("utf-8", "replace")
        else:
            kind = re.search(r"content-type:\s*([^\s;]+)", headers, re.IGNORECASE)
            form.files[name[1]] = Upload(filename[1], kind[1] if kind else "application/octet-stream", content)
