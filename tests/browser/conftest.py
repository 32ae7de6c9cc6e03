"""Headless Chromium, the system's own; where there is none, these tests say so and are skipped."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.house import House, running

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole house, started as `make run` does, anew for each file."""
    with running(tmp_path_factory) as started:
        yield started


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium for this folder's tests only: while Playwright is open, an event loop runs in this thread, and others need one."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed on this machine: the browser tests did not run")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


class Visitor:
    """A person with a browser of their own; what the browser complains of fails the test."""

    def __init__(self, browser: Browser, house: House, width: int) -> None:
        self.house = house
        self.context: BrowserContext = browser.new_context(viewport={"width": width, "height": 900})
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._local(request.url))

    def _note(self, kind: str, text: str) -> None:
        # A request whose place a later one takes is aborted, as it is meant: htmx calls that an error.
        aborted = text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
        if kind == "error" and "favicon" not in text and not aborted:
            self.complaints.append(text)

    def _local(self, url: str) -> None:
        if not url.startswith((self.house.url, self.house.simulator, "data:", "about:")):
            self.complaints.append(f"leaves the machine: {url}")

    def sign_in(self, name: str) -> Page:
        page = self.page
        page.goto(f"{self.house.url}/console/")
        page.fill("#id_username", name)
        page.fill("#id_password", f"tocsin-{name}")
        page.click("button.primary")
        page.wait_for_selector("h1:has-text('Alerts')")
        return page

    def fits(self) -> bool:
        """Whether nothing stands out over the window's right edge, nor over that of a section that would scroll sideways."""
        fits: bool = self.page.evaluate(
            "[document.documentElement, ...document.querySelectorAll('section')]"
            ".every(each => each.scrollWidth <= each.clientWidth + 1)"
        )
        return fits


@pytest.fixture
def visitor(browser: Browser, house: House) -> Iterator[Any]:
    opened: list[Visitor] = []

    def visit(width: int = 1200) -> Visitor:
        opened.append(Visitor(browser, house, width))
        return opened[-1]

    yield visit
    for each in opened:
        each.context.close()
    for each in opened:
        assert not each.complaints, each.complaints


def picture(page: Page, name: str) -> None:
    """Keep a picture where TOCSIN_PICTURES names a folder."""
    if folder := os.environ.get("TOCSIN_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=False)


def subscribe(citizen: Any, name: str, town: str) -> Page:
    """A citizen subscribes in the browser, as on a phone."""
    chat: Page = citizen.page
    chat.goto(f"{citizen.house.simulator}/chat")
    chat.get_by_label(re.compile("name", re.IGNORECASE)).first.fill(name)
    chat.get_by_role("button", name=re.compile("chat|start|begin|open", re.IGNORECASE)).first.click()
    chat.wait_for_url("**/chat/9*")
    chat.get_by_role("button", name=re.compile("^start", re.IGNORECASE)).first.click()
    chat.wait_for_selector("text=/crisis bot|bot de crise|crisisbot|Krisen-Bot/")
    chat.wait_for_selector("text=/Where are you now|Waar bent u nu|Où êtes-vous|Wo sind Sie/")
    box = chat.get_by_role("textbox").last
    box.fill(town)
    box.press("Enter")
    chat.wait_for_selector("text=/Embassy of Belgium in (Oslo|Vienna)/")
    return chat
