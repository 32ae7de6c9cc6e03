"""What live operation asks of staff, on phone and desktop: a second factor, a retraction, a case from help to its end."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import picture, subscribe
from tests.house import House, running

pytestmark = pytest.mark.browser

PATIENT = 60_000  # milliseconds: two seconds can be twenty on a busy machine
SUBMITTED = "from tests.functional.factories import submitted; print(submitted(countries=['{country}']).pk)"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A demo that asks for a second factor, as live operation does."""
    with running(tmp_path_factory, SECOND_FACTOR="yes") as started:
        yield started


def shown_by_app(secret: str, *, steps: int = 0) -> str:
    """What an authenticator app shows, some half minutes from now: the house takes the one before and after too."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def ends(part: Locator) -> float:
    """How far down a part of a page ends, in pixels."""
    box = part.bounding_box()
    assert box
    return box["y"] + box["height"]


def approve(page: Page) -> None:
    page.check("input[name=agreed]")
    page.click("text=Approve and issue now")


@pytest.mark.parametrize(("width", "name", "country"), [(360, "approver", "IS"), (1200, "deputy", "SI")])
def test_an_approval_and_a_retraction_with_the_second_factor(
    visitor: Any, house: House, width: int, name: str, country: str
) -> None:
    made = house.manage("shell", "-v0", "-c", SUBMITTED.format(country=country))
    assert made.returncode == 0, made.stderr
    me = visitor(width)
    page: Page = me.sign_in(name)
    alert = f"{house.url}/console/exercise/{made.stdout.split()[-1]}/"

    # Without one, nothing leaves.
    page.goto(alert)
    page.wait_for_selector("#decision >> text=set it up")
    approve(page)
    page.wait_for_selector("text=Nothing was done. This needs a second factor")
    assert me.fits()
    page.click("a:text-is('Set it up')")
    page.fill("input[type=password]", f"tocsin-{name}")
    page.click("text=Go on")
    secret = page.inner_text("#factor-key")
    assert me.fits()
    page.fill("input[name=code]", shown_by_app(secret))
    page.click("button:text-is('Set it up')")
    page.wait_for_selector("h1:has-text('Recovery codes')")
    assert me.fits()

    # Signed in anew, on any machine, it is asked for; a code works once.
    page.click("text=Sign out")
    page.fill("#id_username", name)
    page.fill("#id_password", f"tocsin-{name}")
    page.click("button.primary")
    page.wait_for_selector("h1:has-text('Second factor')")
    page.fill("input[name=code]", shown_by_app(secret, steps=1))
    picture(page, f"second-factor-{width}")
    assert me.fits()
    page.click("text=Go on")
    page.wait_for_selector("h1:has-text('Alerts')")

    page.goto(alert)
    assert ends(page.locator("#text-en")) < ends(page.locator("#decision"))
    page.click("a[href='#decision']")
    picture(page, f"approval-{width}")
    approve(page)
    page.wait_for_selector("#progress >> text=see it there", timeout=PATIENT)
    public = page.get_by_role("link", name="Public page").get_attribute("href")

    # One press takes it back, in the words that were approved with it; it is in sight on a phone.
    page.reload()
    assert ends(page.get_by_role("link", name="Retract it")) < 780
    page.click("text=Retract it")
    assert "EXERCISE" in page.inner_text("button.danger")
    assert me.fits()
    picture(page, f"retract-{width}")
    page.click("button.danger")
    page.wait_for_selector("text=This is a retraction")
    page.wait_for_selector("#progress >> text=see it there", timeout=PATIENT)
    assert me.fits()
    picture(page, f"retracted-{width}")
    page.goto(f"{house.url}{public}")
    assert "The earlier alert no longer holds" in page.inner_text("#en")


@pytest.mark.parametrize(("width", "country", "town"), [(1200, "IS", "Reykjavik"), (360, "SI", "Ljubljana")])
def test_a_case_from_help_to_its_end(visitor: Any, house: House, width: int, country: str, town: str) -> None:
    name = f"Helped {width}"
    chat = subscribe(visitor(width), name, town)
    house.drill("--country", country)
    help_button = re.compile("I need help|Ik heb hulp nodig|J’ai besoin d’aide|Ich brauche Hilfe")
    chat.get_by_role("button", name=help_button).last.click()
    chat.wait_for_selector("text=/Recorded: you need help|Genoteerd: u hebt hulp nodig|Enregistré|Notiert/")

    clerk = visitor(width)
    page = clerk.sign_in("clerk")
    expect(page.locator("#badge")).to_contain_text(re.compile(r"EXERCISE \d"), timeout=PATIENT)
    page.click("#badge")
    page.click(f"text=/Needs help: {name}/")
    page.click("text=/^Looks after it$/")
    expect(page.locator("main")).to_contain_text("Carla Clerk (consular clerk) looks after it")
    assert clerk.fits()
    page.get_by_label("Ready answer").select_option("received")
    page.get_by_role("button", name="Send").click()
    chat.wait_for_selector("text=/Keep your phone with you|Houd uw telefoon bij u|Gardez votre téléphone|Behalten Sie/")
    picture(chat, f"helped-{width}")
    page.get_by_label("How the call went").select_option(index=1)
    page.get_by_role("button", name="Note the call").click()
    expect(page.locator("#thread")).to_contain_text("staff, by phone")
    picture(page, f"case-{width}")
    page.get_by_label("What came of it").fill("A colleague has brought them to the airport")
    page.get_by_role("button", name="Close the case").click()
    page.goto(f"{house.url}/console/cases/?state=closed")
    closed = page.locator("article", has_text=name)
    assert "brought them to the airport" in closed.inner_text()
    assert clerk.fits()
