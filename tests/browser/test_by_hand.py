"""Publishing by hand in a browser: the text is copied, published on the page, its address given; at desktop and phone width."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import picture

pytestmark = pytest.mark.browser

ADD = """
from crisis import clock
from crisis.registry.models import Holder
from crisis.registry.operations import add_account
from demo import furnish
holder = Holder.objects.get(post__code="be-lima-emb")
for address in ("https://clips.example/@lima",):  # the ministry has a page of its own
    if not holder.accounts.filter(address=address).exists():
        add_account(holder=holder, platform="manual", address=address, now=clock.now())
furnish.furnish(clock.now())
"""


@pytest.mark.parametrize("width", [1200, 360])
def test_what_is_held_is_copied_published_and_said(visitor: Any, width: int) -> None:
    me = visitor(width)
    done = me.house.manage("shell", "-c", ADD)
    assert done.returncode == 0, done.stderr
    told = me.house.drill("--country", "PE")
    assert told["by_hand"] == 2
    assert told["settled"]

    page: Page = me.sign_in("officer")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(told["console"])
    assert "2 wait for a hand" in page.inner_text(".hands")
    first = page.locator(".hand").first
    first.scroll_into_view_if_needed()
    assert me.fits()
    picture(page, f"hand-{width}")
    first.get_by_role("button", name="Copy the text").click()
    first.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == first.locator("pre").inner_text()
    assert told["alert"] in copied

    editor = visitor(width)
    editor.page.goto(first.get_by_role("link", name="Open the page").get_attribute("href"))
    assert editor.fits()
    editor.page.fill("textarea", copied)
    editor.page.get_by_role("button", name="Publish").click()
    editor.page.wait_for_selector("text=Be the editor of this page")
    assert editor.fits()
    picture(editor.page, f"hand-page-{width}")

    first.get_by_label("Published: its address").fill(editor.page.url)
    first.get_by_role("button", name="It is published").click()
    page.wait_for_selector("text=Noted: it stands there.")
    assert "1 waits for a hand" in page.inner_text(".hands")
    assert page.locator(f"a[href='{editor.page.url}']").count() == 1

    last = page.locator(".hand")
    last.get_by_text("It was not possible").click()
    last.get_by_label("Why").fill("The page is locked.")
    last.get_by_role("button", name="Note it").click()
    page.wait_for_selector("text=Noted: it was not done, and why.")
    assert page.locator(".hand").count() == 0
    assert "everything has settled" in page.inner_text("#progress")
    assert me.fits()


def test_without_javascript_the_text_can_be_selected_and_said(visitor: Any) -> None:
    me = visitor()
    assert me.house.manage("shell", "-c", ADD).returncode == 0
    told = me.house.drill("--country", "PE")
    page: Page = me.context.browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{me.house.url}/console/")
    page.fill("#id_username", "officer")
    page.fill("#id_password", "tocsin-officer")
    page.click("button.primary")
    page.goto(told["console"])
    assert page.locator("[data-copy]").first.is_hidden()
    first = page.locator(".hand").first
    assert told["alert"] in first.locator("pre.copy").inner_text()
    first.get_by_text("It was not possible").click()
    first.get_by_label("Why").fill("No script here.")
    first.get_by_role("button", name="Note it").click()
    assert "Noted: it was not done" in page.inner_text("main")
    page.context.close()
