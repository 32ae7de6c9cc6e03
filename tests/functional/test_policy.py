"""The policy of the pages (CSP): every page is walked, and nothing stands in it that its own policy forbids."""

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crisis.staff.models import Officer, Role
from crisis.staff.operations import add_officer
from tests.functional.factories import NOW
from tests.functional.two_posts import World, path_of, views, world


class Page(HTMLParser):
    """Collects what a policy can forbid."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.kind = "", ""
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.attributes: list[str] = []
        self.loaded: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inside, self.kind = tag, given.get("type", "")
        self.attributes += [f"{tag} {name}" for name in given if name.startswith("on") or name in ("style", "hx-on")]
        self.attributes += [f"{tag} {name}" for name, value in given.items() if value.strip().startswith("javascript:")]
        for name in ("src", "href", "action", "formaction"):
            if name in given and (tag, name) != ("a", "href"):
                self.loaded.append((tag, given[name]))

    def handle_data(self, data: str) -> None:
        if not data.strip():
            return
        if self.inside == "script" and self.kind != "application/json":
            self.scripts.append(data)
        if self.inside == "style":
            self.styles.append(data)

    def handle_endtag(self, _: str) -> None:
        self.inside = ""


def faults(response: Any) -> Iterator[str]:
    """Say what a page holds that its policy forbids."""
    policy = response["Content-Security-Policy"]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";") if rule.strip()}
    if rules["default-src"] != ["'none'"]:
        yield "the policy does not begin with nothing"
    if rules.get("frame-ancestors") != ["'none'"] or rules.get("base-uri") != ["'none'"]:
        yield "it may be framed, or led elsewhere by <base>"
    if any(word in policy for word in ("'unsafe-inline'", "'unsafe-eval'", "http:", "*")):
        yield "the policy lets too much in"
    page = Page()
    page.feed(response.content.decode())
    yield from (f"an inline script: {text[:60]}" for text in page.scripts)
    yield from (f"an attribute that is script or style: {each}" for each in page.attributes)
    for style in page.styles:
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        if f"'sha256-{digest}'" not in rules.get("style-src", []):
            yield f"a style that the policy does not know: {style[:60]}"
    for tag, address in page.loaded:
        if re.match(r"https?:|//", address) and tag in ("script", "link", "img", "form", "button", "iframe"):
            yield f"{tag} from elsewhere: {address}"
        if tag == "script" and "'self'" not in rules.get("script-src", []):
            yield f"a script where none runs: {address}"


@pytest.fixture
def made(sim: Any) -> World:
    return world()


def test_no_page_of_the_console_holds_what_its_policy_forbids(made: World) -> None:
    add_officer(username="officer", name="", password="", roles=[r for r in Role if r != Role.VOLUNTEER], now=NOW)
    client, seen = Client(), 0
    client.force_login(Officer.objects.get(username="officer"))
    addresses = [path_of(pattern, made, made.own) for pattern in views()]
    addresses += [reverse(name) for name in ("mfa_index", "account_change_password", "account_reauthenticate")]
    for path in addresses:
        response = client.get(path)
        if "attachment" in response.get("Content-Disposition", ""):
            continue  # a file to keep, which no browser opens here
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            assert list(faults(response)) == [], path
            seen += 1
    assert seen > 20
    assert list(faults(Client().get("/console/login/"))) == []


@pytest.mark.parametrize(
    "path", ["/", "/a/{code}", "/a/{code}/check-in", "/subscribe", "/manage", "/verify", "/privacy", "/nowhere"]
)
def test_no_public_page_does_and_none_runs_a_script(made: World, path: str) -> None:
    response = Client().get(path.format(code=made.alert.code))
    assert list(faults(response)) == []
    assert "script-src" not in response["Content-Security-Policy"]
    assert response["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert response["X-Frame-Options"] == "DENY"


def test_the_walk_would_see_them() -> None:
    """The test above is worth something only if it finds what it looks for."""
    from django.http import HttpResponse

    bad = '<body onload="x()"><script>1</script><style>a{}</style><p style="a:b"><a href="javascript:x()"></a>'
    bad += '<img src="//e.example/">'
    response = HttpResponse(bad)
    response["Content-Security-Policy"] = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    assert len(list(faults(response))) == 6
