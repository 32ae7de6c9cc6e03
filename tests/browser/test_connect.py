"""An editor connects an account in a browser, on a phone too: our page, the platform's consent screen, and back."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import picture

pytestmark = pytest.mark.browser


def connection(page: Page, house: Any, words: str) -> None:
    """Open the page of the connection of the one shadow that fits a search."""
    page.goto(f"{house.url}/console/accounts/?mode=exercise&q={words}")
    picture(page, f"accounts-{page.viewport_size['width'] if page.viewport_size else 0}")
    page.click("text=Connection >> nth=0")
    page.wait_for_selector("h1:has-text('EXERCISE')")


def link(page: Page) -> str:
    """Disconnect the account whose page is open, and make a link for its editor."""
    page.click("summary:has-text('Disconnect')")
    page.check("details input[type=checkbox]")
    page.click("details button.danger")
    page.wait_for_selector("h2:has-text('Not connected')")
    page.click("text=Make a link")
    page.wait_for_selector("#made")
    return page.inner_text("#made")


def release(page: Page, house: Any, words: str) -> None:
    """Let the account publish again: other tests use this house too."""
    page.goto(f"{house.url}/console/accounts/?mode=exercise&q={words}")
    page.click("button:has-text('Release') >> nth=0")
    page.wait_for_selector("text=may publish now")


@pytest.mark.parametrize(
    ("width", "platform", "handle", "field", "yes"),
    [
        (1200, "X", "belgiumembjapan", "account", "Authorise app"),
        (360, "Facebook", "belgiuminjamaica", "pages", "text=/^Continue$/"),
    ],
)
def test_an_editor_allows_it(visitor: Any, width: int, platform: str, handle: str, field: str, yes: str) -> None:
    headquarters = visitor(width)
    page = headquarters.sign_in("approver")
    connection(page, headquarters.house, f"{handle}")
    address = page.inner_text("h1").split()[-1]
    assert headquarters.fits()
    made = link(page)
    assert headquarters.fits()
    picture(page, f"invite-{width}")

    editor = visitor(width)
    theirs: Page = editor.page
    theirs.goto(made)
    assert editor.fits()
    picture(theirs, f"connect-{width}")
    theirs.click("text=Français")
    theirs.click(f"text=Continuer vers {platform}")
    theirs.wait_for_selector("text=SIMULATOR")
    assert editor.fits()
    picture(theirs, f"consent-{width}")
    theirs.fill(f"input[name={field}]", address)
    theirs.click(yes if yes.startswith("text=") else f"text={yes}")
    theirs.wait_for_selector(f"h1:has-text('{address} est connecté')")
    assert editor.fits()
    release(page, headquarters.house, handle)


def test_an_editor_posts_a_code_in_a_channel(visitor: Any) -> None:
    headquarters = visitor(360)
    page = headquarters.sign_in("approver")
    connection(page, headquarters.house, "tocsin_demo_alerts")
    address = page.inner_text("h1").split()[-1]
    made = link(page)

    editor = visitor(360)
    theirs: Page = editor.page
    theirs.goto(made)
    theirs.click("button.go")
    theirs.wait_for_selector(".key")
    assert editor.fits()
    picture(theirs, "claim-360")
    code = theirs.inner_text(".key")

    channel: Page = visitor(360).page
    channel.goto(f"{headquarters.house.simulator}/telegram/{address.removeprefix('@').lower()}")
    channel.click("summary")
    channel.click("text=an administrator")
    channel.click("summary")
    channel.fill("details input[name=text]", code)
    channel.click("details button.big")
    theirs.wait_for_selector(f"h1:has-text('{address} is connected')", timeout=20_000)
    release(page, headquarters.house, "tocsin_demo_alerts")
