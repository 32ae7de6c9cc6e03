"""Finding Japan in two actions: by the search, on the map and in the list; with and without script, on a desktop and a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from atlas import world
from tests.browser.conftest import picture
from tests.house import House

pytestmark = pytest.mark.browser

NAGANO = (36.2, 138.2)  # in the middle of the largest island


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def reader(browser: Browser, house: House, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Opens the atlas for a reader of English."""
    opened: list[BrowserContext] = []

    def look(width: int) -> Page:
        opened.append(
            browser.new_context(
                java_script_enabled=request.param, viewport={"width": width, "height": 740}, locale="en-GB"
            )
        )
        page = opened[-1].new_page()
        page.goto(f"{house.url}/atlas/")
        return page

    yield look
    for each in opened:
        each.close()


def found(page: Page, house: House, at: str = "JP") -> None:
    page.wait_for_url(f"{house.url}/atlas/{at}?l=en")
    assert page.get_by_role("heading", level=1, name="Japan").is_visible()
    account = page.get_by_role("link", name="belgiumembjapan").first
    assert account.is_visible()
    assert account.get_attribute("href") == "https://x.com/belgiumembjapan"


@pytest.mark.parametrize("width", [1200, 360])
def test_by_the_search(reader: Any, house: House, width: int) -> None:
    page = reader(width)
    page.get_by_label("Country, town or platform").fill("Japan")
    page.get_by_role("button", name="Find").click()
    found(page, house)
    picture(page, f"atlas-japan-{width}")


@pytest.mark.parametrize("width", [1200, 360])
def test_by_the_search_with_the_keyboard_in_another_language(reader: Any, house: House, width: int) -> None:
    page = reader(width)
    page.get_by_label("Country, town or platform").focus()
    page.keyboard.type("Japon")
    page.keyboard.press("Enter")
    found(page, house)


@pytest.mark.parametrize("width", [1200, 360])
def test_on_the_map(reader: Any, house: House, width: int) -> None:
    page = reader(width)
    box = page.locator("svg.map").bounding_box()
    assert box is not None
    x, y = world.at(*NAGANO)
    page.mouse.click(box["x"] + box["width"] * x / world.WIDTH, box["y"] + box["height"] * y / world.HEIGHT)
    found(page, house)


@pytest.mark.parametrize("width", [1200, 360])
def test_in_the_list_beside_the_map(reader: Any, house: House, width: int) -> None:
    page = reader(width)
    page.get_by_role("link", name="Skip the map").click()
    page.locator("#list").get_by_role("link", name="Japan", exact=True).click()
    found(page, house)


@pytest.mark.parametrize("width", [1200, 360])
def test_the_map_with_the_keyboard(reader: Any, house: House, width: int) -> None:
    page = reader(width)
    page.locator("svg.map a[href^='/atlas/JP']").focus()
    page.keyboard.press("Enter")
    found(page, house)


def test_the_statistics_of_a_phone_are_short_and_lead_on_by_links_alone(reader: Any, house: House) -> None:
    page = reader(360)
    page.goto(f"{house.url}/atlas/statistics/?l=en&by=post&of=followers")
    assert page.locator("table").first.locator("tbody tr").count() <= 10
    picture(page, "atlas-statistics-360")
    page.get_by_role("link", name="Show all").first.click()
    page.wait_for_url("**/atlas/statistics/ranking?of=followers&by=post&l=en")
    assert page.locator("tbody tr").count() > 10
