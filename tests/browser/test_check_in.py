"""Checking in from a phone on a bad line, without script and without registration; the clerk sees it, and confirms it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browser.conftest import picture

pytestmark = pytest.mark.browser

LIGHT = (
    14 * 1024
)  # bytes on the wire, with its style: what a server sends before it waits for the first answer (RFC 6928)
GPRS = {"offline": False, "latency": 500, "downloadThroughput": 50_000 / 8, "uploadThroughput": 20_000 / 8}


class Line:
    """A phone on a 2G line, with scripts and cookies off, and what came over it."""

    def __init__(self, browser: Browser, width: int) -> None:
        self.context = browser.new_context(
            java_script_enabled=False, viewport={"width": width, "height": 640}, locale="de-BE"
        )
        self.page: Page = self.context.new_page()
        self.bytes = 0
        self.refused: list[str] = []
        session = self.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", GPRS)
        session.on("Network.loadingFinished", lambda event: self._count(event["encodedDataLength"]))
        self.page.on("console", self._note)

    def _count(self, number: int) -> None:
        self.bytes += number

    def _note(self, message: ConsoleMessage) -> None:
        if "Security Policy" in message.text:
            self.refused.append(message.text)

    def came(self) -> int:
        """How many bytes came since this was asked last."""
        self.page.wait_for_load_state("networkidle")
        number, self.bytes = self.bytes, 0
        return number

    def fits(self) -> bool:
        session = self.context.new_cdp_session(self.page)
        sizes = session.send("Page.getLayoutMetrics")
        return bool(sizes["cssContentSize"]["width"] <= sizes["cssVisualViewport"]["clientWidth"] + 1)


@pytest.fixture
def line(browser: Browser) -> Iterator[Any]:
    opened: list[Line] = []

    def phone(width: int = 360) -> Line:
        opened.append(Line(browser, width))
        return opened[-1]

    yield phone
    for each in opened:
        each.context.close()


def check_in(phone: Line, address: str, name: str, width: int) -> None:
    """From the alert's page to the confirmation, with a mistake on the way."""
    page: Page = phone.page
    page.goto(address)
    ask = page.get_by_role("link", name="Sind Sie dort?")
    box = ask.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 640, "it is seen without scrolling"
    picture(page, f"check-in-alert-{width}")
    phone.came()

    ask.click()
    page.wait_for_selector("h1:has-text('Wie geht es Ihnen?')")
    assert 1000 < phone.came() < LIGHT
    assert phone.fits()
    picture(page, f"check-in-form-{width}")
    page.get_by_label("Einige von uns sind in Sicherheit").check()
    page.get_by_label("Wie viele Personen").fill("2")
    page.get_by_label("Ihre Namen").fill(name)
    page.get_by_role("button", name="Senden").click()
    page.wait_for_selector("text=Noch nicht gesendet")
    assert phone.came() < LIGHT
    picture(page, f"check-in-wrong-{width}")
    page.get_by_role("link", name="Bitte schreiben Sie, wer in Sicherheit ist").click()
    assert page.get_by_label("Ihre Namen").input_value() == name, "what was typed is kept"
    page.get_by_label("Wir brauchen Hilfe").check()
    page.get_by_role("button", name="Senden").click()
    page.wait_for_selector("h1:has-text('Sie brauchen Hilfe')")
    assert phone.came() < LIGHT
    assert phone.fits()
    picture(page, f"check-in-done-{width}")
    assert page.locator("a[href^='tel:+']").count() == 1
    assert name not in page.content()
    assert phone.context.cookies() == []
    page.reload()
    assert phone.refused == [], "its own policy refuses nothing of it"


@pytest.mark.parametrize("width", [360, 1200])
def test_somebody_without_registration_checks_in_on_a_bad_line_and_a_clerk_confirms(
    line: Any, visitor: Any, width: int
) -> None:
    clerk = visitor(1200)
    told = clerk.house.drill("--country", "CD")
    code = told["alert"].partition("/")[0]
    name = f"Berta Browser {width}"

    check_in(line(width), f"{clerk.house.url}/a/{code}", name, width)

    staff = clerk.sign_in("clerk")
    picture(staff, f"check-in-home-{width}")
    staff.get_by_role("link", name="without registration").click()
    picture(staff, f"check-in-reports-{width}")
    staff.get_by_role("link", name=name).click()
    staff.get_by_label("Not registered").check()
    picture(staff, f"check-in-report-{width}")
    staff.get_by_role("button", name="Confirm").click()
    staff.wait_for_selector("text=is confirmed, as people without registration")
    staff.get_by_label("What came of it").fill("called back")
    staff.get_by_role("button", name="Close it").click()
    assert clerk.fits()
    staff.goto(told["board"])
    staff.wait_for_selector("text=Without registration")
    assert clerk.fits()
    picture(staff, f"check-in-board-{width}")


def test_the_pages_to_subscribe_work_on_the_same_line(line: Any, visitor: Any) -> None:
    house = visitor().house
    phone = line()
    page: Page = phone.page
    page.goto(f"{house.url}/subscribe")
    assert phone.came() < LIGHT
    assert phone.fits()
    picture(page, "subscribe-form")
    page.get_by_label("Per E-Mail").check()
    page.get_by_label("Ihre E-Mail-Adresse").fill("berta@post.example")
    page.get_by_label("In welchem Ort").fill("London")
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_selector("text=Es gibt mehrere")
    assert phone.came() < LIGHT
    picture(page, "subscribe-choice")
    page.get_by_label("London, Vereinigtes Königreich").check()
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_selector("h1:has-text('Noch ein Schritt')")
    picture(page, "subscribe-sent")

    found: list[dict[str, Any]] = []
    for _ in range(100):
        found = [each for each in house.control("letters?way=email") if each["recipient"] == "berta@post.example"]
        if found:
            break
        page.wait_for_timeout(200)
    address = next(word for word in found[0]["text"].split() if "/confirm/" in word)
    page.goto(address)
    assert phone.fits()
    picture(page, "subscribe-confirm")
    page.get_by_role("button", name="Ja, schicken Sie mir").click()
    page.wait_for_selector("h1:has-text('Fertig')")
    page.get_by_role("link", name="Ansehen oder ändern").click()
    page.wait_for_selector("text=London, Vereinigtes Königreich")
    assert phone.fits()
    assert phone.came() < 4 * LIGHT
    picture(page, "subscribe-manage")
    assert phone.refused == []
