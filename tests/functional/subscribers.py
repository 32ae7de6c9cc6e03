"""People who subscribe on the web, for tests: forms, letters, links."""

import re
from collections.abc import Callable
from typing import Any

from crisis.audience.addresses import found
from crisis.audience.models import Contact
from simulator.testing import Running
from tests.functional.pages import Visitor

MAIL, PHONE = "anna.peeters@post.example", "+99955512345"
FORM = {
    "way": "email", "address": f" {MAIL.title()} ", "where": "Goma", "people": "3", "until": "", "speak": "nl",
}  # fmt: skip


def letters(sim: Running, way: str = "email") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.control("GET", f"letters?way={way}")
    return found


def link(letter: dict[str, Any]) -> str:
    (address,) = re.findall(r"http://127\.0\.0\.1:8000(/\S+)", letter["text"])
    return str(address)


def confirmed(asks: Callable[..., Any], sim: Running, **typed: str) -> tuple[Contact, str]:
    """Somebody who has subscribed, and the link to manage that their browser was given."""
    asks(**FORM | typed)
    way = typed.get("way", "email")
    done = Visitor().post(link(letters(sim, way)[0]), {}).content.decode()
    (path,) = re.findall(r'href="(/manage/[^"]+)"', done)
    contact = found(way, typed.get("address", MAIL))
    assert contact is not None
    return contact, path
