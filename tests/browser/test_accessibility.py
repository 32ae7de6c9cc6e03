"""Every page, examined by axe-core by the rules of WCAG 2.2, A and AA: light on a desktop, dark on a phone; and on paper."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIResponse, Page

from tests.browser.conftest import Visitor
from tests.house import House

pytestmark = pytest.mark.browser

AXE = Axe().axe_script

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
    "preload": False,  # for a rule on turned screens only; our styles turn nothing
}
# Of what repeats itself (the rows of a list, the sheets of an offline kit) the first ones are enough.
CONTEXT = {"exclude": [["tbody tr:nth-child(n+20)"], ["li:nth-child(n+20)"], [".sheet + .sheet ~ .sheet"]]}
LOOKS: list[tuple[int, Any]] = [(1200, "light"), (360, "dark")]
# Of these there is nothing to show, or somebody is led on, in the state in which they are opened here.
NOTHING_THERE = {301, 302, 400, 403, 404, 405}
NOWHERE = "/nowhere"  # where the page is looked at that says so


@pytest.fixture(scope="module")
def addresses(house: House) -> dict[str, list[str]]:
    done = house.manage("shell", "-v0", "-c", "from tests.browser.every_page import tell; tell()")
    assert done.returncode == 0, done.stderr
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told


def is_page(answer: APIResponse) -> bool:
    """Whether it is a whole page, not a part of one, a file or data."""
    kind = answer.headers.get("content-type", "")
    return kind.startswith("text/html") and answer.text().lstrip().lower().startswith("<!doctype html")


def findings(page: Page) -> Iterator[str]:
    """Say what is wrong with the page that is open, as it stands; what axe-core only advises is no finding."""
    if page.evaluate("!window.axe"):
        page.evaluate(AXE)  # by the driver: no policy of ours lets a script in
    # What a bar at the window's edge lies over scrolls out from under it; axe-core looks at one position only.
    page.evaluate("document.querySelectorAll('.bar').forEach(bar => { bar.style.position = 'static'; })")
    found = page.evaluate("([where, how]) => axe.run(where, how)", [CONTEXT, RULES])["violations"]
    for rule in found:
        for node in rule["nodes"]:
            why = (node["any"] or node["all"] or node["none"])[0]["message"]
            yield f"{rule['impact']} {rule['id']}: {node['html'][:200]} ({why})"


def examine(me: Visitor, paths: list[str], *, least: int) -> None:
    """Open each page, and fail with all that is wrong with any."""
    page, wrong, pages = me.page, [], 0
    for path in paths:
        # A look at a page takes as long as the server keeps a quiet connection: it may be closing it as we ask.
        answer = me.context.request.get(me.house.url + path, max_redirects=0, max_retries=2)
        assert answer.ok or answer.status in NOTHING_THERE, f"{path}: {answer.status}"
        if not is_page(answer) or answer.status == 405 or (answer.status == 404 and path != NOWHERE):
            continue
        page.set_viewport_size({"width": LOOKS[0][0], "height": 900})
        page.emulate_media(color_scheme=LOOKS[0][1])
        if "attachment" in answer.headers.get("content-disposition", ""):
            page.goto("about:blank")
            page.set_content(answer.text())
        else:
            page.goto(me.house.url + path)
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            wrong += [f"{path} ({scheme}, {width} px): {each}" for each in findings(page)]
            if not me.fits():
                wrong.append(f"{path} ({width} px): stands out over the edge")
        pages += 1
    # A missing page is the browser's complaint too; here it is looked at as one.
    me.complaints = [each for each in me.complaints if "status of 40" not in each]
    assert not wrong, "\n".join(dict.fromkeys(wrong))
    assert pages >= least, f"only {pages} pages were there to look at"


def test_every_page_of_the_console(visitor: Any, addresses: dict[str, list[str]]) -> None:
    me = visitor()
    page = me.sign_in("approver")
    page.goto(f"{me.house.url}/console/account/again/")  # the pages of the second factor ask for it first
    page.fill("input[type=password]", "tocsin-approver")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/")
    examine(me, addresses["staff"], least=45)


def test_every_page_that_everybody_may_open(visitor: Any, addresses: dict[str, list[str]]) -> None:
    examine(visitor(), addresses["public"], least=25)


@pytest.mark.parametrize("path", ["/console/login/", "/atlas/", "/privacy"])
def test_paper_is_light_when_the_screen_is_dark(visitor: Any, path: str) -> None:
    me = visitor()
    page = me.page
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(me.house.url + path)
    paper = page.evaluate(
        "[document.documentElement, document.body].map(each => getComputedStyle(each).backgroundColor)"
        ".filter(colour => colour !== 'rgba(0, 0, 0, 0)')[0]"
    )
    assert paper in ("rgb(255, 255, 255)", "rgb(250, 250, 249)")
