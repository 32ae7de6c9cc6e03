"""The whole journey in a browser: officer, approver, progress, citizen, board; at desktop and at phone width."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from crisis import clock
from tests.browser.conftest import picture, subscribe

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "country", "town"), [(1200, "Iceland", "Reykjavik"), (360, "Slovenia", "Ljubljana")])
def test_from_the_officer_to_safe_on_the_board(visitor: Any, width: int, country: str, town: str) -> None:
    name = f"Browser {width}"
    chat = subscribe(visitor(width), name, town)

    # The officer writes an exercise and sees what would go out.
    officer = visitor(width)
    page = officer.sign_in("officer")
    page.click("text=New exercise")
    page.click("text=Earthquake")
    page.fill("#id_countries", country)
    page.fill("#id_slot_time", f"{clock.now():%Y-%m-%dT%H:%M}")
    page.wait_for_selector("#preview >> text=weighted characters", state="attached")
    assert "EXERCISE" in page.inner_text("#preview")
    assert officer.fits()
    picture(page, f"compose-{width}")
    page.click("text=Save the draft")
    page.wait_for_selector("h2:has-text('Draft')")
    for tick in page.locator("input[type=checkbox]").all():
        tick.check()
    page.click("text=Submit for approval")
    page.wait_for_selector("h2:has-text('Waiting for approval')")
    assert page.locator("text=Approve and issue now").count() == 0, "the author is not offered to approve"
    address = page.url

    # Another person approves exactly that.
    approver = visitor(width)
    page = approver.sign_in("approver")
    page.goto(address)
    assert "EXERCISE – Earthquake – " in page.inner_text(".tick.big")
    picture(page, f"approve-{width}")
    page.check("input[name=agreed]")
    page.click("text=Approve and issue now")

    # The progress updates by itself.
    page.wait_for_selector("text=/everything has settled|nothing moves by itself any more/", timeout=30_000)
    assert "see it there" in page.inner_text("#progress")
    assert approver.fits()
    picture(page, f"progress-{width}")

    # The citizen gets it and answers with one tap.
    chat.wait_for_selector("text=/I am safe|Ik ben veilig|en sécurité|in Sicherheit/", timeout=15_000)
    chat.get_by_role(
        "button", name=re.compile("I am safe|Ik ben veilig|Je suis en sécurité|Ich bin in Sicherheit")
    ).last.click()
    chat.wait_for_selector("text=/Recorded: you are safe|Genoteerd: u bent veilig|Enregistré|Notiert/", timeout=15_000)
    picture(chat, f"chat-{width}")

    # The board shows it.
    page.click("text=Check-in board")
    page.select_option("select[name=status]", "safe")
    page.fill("input[name=name]", name)
    page.click(".filter >> text=Show")
    row = page.locator("#people tbody tr")
    expect(row).to_have_count(1, timeout=30_000)
    assert name in row.inner_text()
    assert "Safe" in row.inner_text()
    assert approver.fits()
    picture(page, f"board-{width}")

    # And everybody can see the alert's page.
    code = page.inner_text("h1 + p >> a").split("/")[0]
    page.goto(f"{approver.house.url}/a/{code}")
    assert "EXERCISE: this is a drill." in page.inner_text("#en")
    assert approver.fits()
    picture(page, f"page-{width}")


def test_every_page_fits_a_small_phone(visitor: Any) -> None:
    me = visitor(360)
    page = me.sign_in("approver")
    for path in ("", "cases/", "posts/", "accounts/", "rollcalls/1/", "exercise/1/"):
        page.goto(f"{me.house.url}/console/{path}")
        assert me.fits(), path
    for path in ("/", "/timelines", "/chat"):
        page.goto(me.house.simulator + path)
        assert me.fits(), path


def test_the_board_counts_update_by_themselves(visitor: Any) -> None:
    me = visitor()
    page = me.sign_in("clerk")
    page.goto(f"{me.house.url}/console/rollcalls/1/")
    before = page.inner_text("#counts .hint")
    page.wait_for_function(
        "before => document.querySelector('#counts .hint').innerText !== before", arg=before, timeout=10_000
    )
    assert page.inner_text("#counts .numbers")
    picture(page, "board")


def test_an_address_that_is_being_pasted_outlives_the_update_around_it(visitor: Any) -> None:
    me = visitor()
    unknown = "Delivery.objects.filter(pk=Delivery.objects.order_by('pk').first().pk).update(state='unconfirmed')"
    done = me.house.manage("shell", "-c", f"from crisis.broadcast.models import Delivery; {unknown}")
    assert done.returncode == 0, done.stderr
    page = me.sign_in("officer")
    page.goto(f"{me.house.url}/console/exercise/1/")
    box = page.locator("input[id^=decide-url]")
    box.fill("https://t.me/alerts/7")
    page.evaluate("document.querySelector('#progress').dataset.old = 'yes'")
    page.evaluate("htmx.ajax('GET', location.pathname + 'progress/', {target: '#progress', swap: 'outerHTML'})")
    page.wait_for_selector("#progress:not([data-old])")
    assert box.input_value() == "https://t.me/alerts/7"
    assert page.evaluate("document.activeElement.name") == "url", "the cursor stays in it"

    page.click("text=It stands there")
    page.wait_for_selector("text=Noted: it stands there.")
    assert page.locator("input[id^=decide-url]").count() == 0
    assert page.locator("a[href='https://t.me/alerts/7']").count() == 1


def test_the_console_works_with_the_keyboard(visitor: Any) -> None:
    me = visitor()
    page = me.page
    page.goto(f"{me.house.url}/console/")
    page.keyboard.type("officer")
    page.keyboard.press("Tab")
    page.keyboard.type("tocsin-officer")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Alerts')")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
