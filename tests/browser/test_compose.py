"""Composing in a browser, on a phone: from sign-in to the first publication, the map, and two officers at one alert."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import picture

pytestmark = pytest.mark.browser

PHONE = 360
PATIENT = 60_000  # milliseconds: two seconds can be twenty on a busy machine


# Seconds. To point at something, and to think of what comes next: the keystroke-level model, https://doi.org/10.1145/358886.358895.
# A key on a phone, 36 words a minute: https://doi.org/10.1145/3338286.3340120. A word read: https://doi.org/10.1016/j.jml.2019.104047.
KEY_S, POINT_S, THINK_S, WORD_S = 0.33, 1.1, 1.35, 60 / 238


def _words(text: str) -> int:
    return sum(any(letter.isalnum() for letter in each) for each in text.split())


class Hands:
    """What a person does on a page, counted: each field that is filled in, each tap, each key, each word that is read."""

    def __init__(self, page: Page) -> None:
        self.page, self.typed, self.taps, self.keys, self.words = page, 0, 0, 0, 0

    @property
    def model_s(self) -> float:
        """For how long somebody new to it is busy with that, by the model; whatever they waited for is not in it."""
        steps = self.typed + self.taps
        return KEY_S * self.keys + (POINT_S + THINK_S) * steps + WORD_S * self.words

    def read(self, what: str) -> None:
        """Read all that stands open to the eye in some part of the page."""
        self.words += _words(self.page.inner_text(what))

    def seek(self, among: str, wanted: str) -> None:
        """Read names until the wanted one."""
        names = self.page.locator(among).all_inner_texts()
        self.words += sum(_words(name) for name in names[: names.index(wanted) + 1])

    def type(self, field: str, text: str) -> None:
        self.page.fill(field, text)
        self.typed += 1
        self.keys += len(text)

    def choose(self, field: str, value: str) -> None:
        self.page.select_option(field, value)
        self.typed += 1

    def tap(self, what: str) -> None:
        self.page.click(what)
        self.taps += 1

    def sign_in(self, url: str, name: str) -> None:
        self.page.goto(f"{url}/console/")
        self.type("#id_username", name)
        self.type("#id_password", f"tocsin-{name}")
        self.tap("button.primary")
        self.page.wait_for_selector("h1:has-text('Alerts')")


@pytest.mark.parametrize(
    ("situation", "country", "chosen", "fields", "taps", "words"),
    [
        ("Earthquake", "Portugal", {}, 5, 8, 490),
        ("Attack", "Denmark", {}, 5, 8, 510),
        ("Evacuation", "Ireland", {"#id_slot_means": "commercial"}, 6, 8, 540),
    ],
)
def test_from_sign_in_to_the_first_publication(
    visitor: Any,
    record_property: Callable[[str, object], None],
    situation: str,
    country: str,
    chosen: dict[str, str],
    fields: int,
    taps: int,
    words: int,
) -> None:
    """By two people who read all that stands open to the eye; the goal is three minutes, as the median of such tries."""
    me, other = visitor(PHONE), visitor(PHONE)
    officer, approver = Hands(me.page), Hands(other.page)
    begun = time.monotonic()
    officer.sign_in(me.house.url, "officer")
    officer.tap("text=New exercise")
    officer.seek("main strong", situation)
    officer.tap(f"strong:text-is('{situation}')")
    officer.type("#id_countries", country)
    page = me.page
    page.press("#id_countries", "Tab")
    for field, value in chosen.items():
        officer.choose(field, value)
    if not chosen:
        expect(page.locator("#id_slot_time")).to_have_value(re.compile(r"^20\d\d-"), timeout=PATIENT)
    expect(page.locator("#preview")).to_contain_text("of 280 weighted characters", timeout=PATIENT)
    expect(page.locator("#kept")).to_contain_text(re.compile(r"saved at \d\d:\d\d:\d\d"), timeout=PATIENT)
    officer.read("main")
    assert me.fits()
    assert page.locator("#preview").bounding_box()["height"] < 5 * 900, "it is read, and not only scrolled through"
    if not chosen:
        picture(page, f"compose-once-{PHONE}")
    officer.tap("text=Submit for approval")
    page.wait_for_selector("h2:has-text('Waiting for approval')")
    marker = re.search(r"[A-Z0-9]{6}/1", page.inner_text(".hint"))
    assert marker

    approver.sign_in(me.house.url, "approver")
    approver.tap(f"a:has-text('{marker[0]}')")
    approver.read("main")
    approver.tap("input[name=agreed]")
    approver.tap("text=Approve and issue now")
    other.page.wait_for_selector("#progress >> text=/Published/", timeout=60_000)
    assert other.fits()

    done = (officer.typed + approver.typed, officer.taps + approver.taps)
    read, busy_s = officer.words + approver.words, officer.model_s + approver.model_s
    record_property("first publication", (situation, *done, read, busy_s, time.monotonic() - begun))
    assert done == (fields, taps)
    assert read <= words


def test_a_click_on_the_map_means_that_place_and_three_an_area(visitor: Any) -> None:
    me = visitor()
    page = me.sign_in("officer")
    page.goto(f"{me.house.url}/console/exercise/new/earthquake/")
    page.wait_for_selector("svg.map")
    page.locator("svg.map").click(position={"x": 100, "y": 60})
    page.click("#part > summary")
    expect(page.locator("#id_around")).to_have_value("")
    page.locator("svg.map").click(position={"x": 100, "y": 60})
    expect(page.locator("#id_around")).to_have_value(re.compile(r"^-?\d+\.\d\d, -?\d+\.\d\d$"))
    expect(page.locator("#where circle.drawn")).to_have_count(1, timeout=PATIENT)
    page.fill("#id_around", "")
    page.check("#click-corner")
    for number, (x, y) in enumerate(((60, 60), (120, 60), (90, 90)), start=1):
        page.locator("svg.map").click(position={"x": x, "y": y})
        expect(page.locator("#id_corners")).to_have_value(re.compile(rf"^([^,]+,?){{{number}}}$"))
        expect(page.locator("#where circle.spot, #where polygon")).to_have_count(
            number if number < 3 else 1, timeout=PATIENT
        )
    page.locator("#id_around").fill("Lisbon")
    page.click("[data-clear]")
    expect(page.locator("#id_corners")).to_have_value("")
    expect(page.locator("#id_around")).to_have_value("")


def test_what_is_opened_in_the_preview_stays_so_while_one_writes(visitor: Any) -> None:
    me = visitor()
    page = me.sign_in("officer")
    page.goto(f"{me.house.url}/console/exercise/new/earthquake/")
    page.fill("#id_countries", "Iceland")
    page.press("#id_countries", "Tab")
    said, x = page.locator("#text-en"), page.locator("#platform-x")
    expect(said).to_contain_text("Iceland", timeout=PATIENT)
    expect(page.locator("#id_slot_time")).to_have_value(re.compile(r"^20\d\d-"), timeout=PATIENT)
    expect(x).not_to_have_attribute("open", "")
    page.click("#variants > summary")
    page.click("#platform-x > summary")
    page.fill("#id_slot_place", "Reykjavik")
    expect(said).to_contain_text("Reykjavík", timeout=PATIENT)
    expect(x).to_have_attribute("open", "")
    page.click("#platform-x > summary")
    page.fill("#id_slot_place", "Akureyri")
    expect(said).to_contain_text("Akureyri", timeout=PATIENT)
    expect(x).not_to_have_attribute("open", "")


def test_towns_are_offered_while_one_is_typed(visitor: Any) -> None:
    me = visitor(PHONE)
    page = me.sign_in("officer")
    page.goto(f"{me.house.url}/console/exercise/new/earthquake/")
    page.click("#part > summary")
    page.locator("#id_around").press_sequentially("Lisb")
    expect(page.locator("#towns option").first).to_have_attribute(
        "value", re.compile("^Lisbon, Portugal"), timeout=PATIENT
    )


def test_two_officers_at_one_draft_see_each_other_and_choose(visitor: Any) -> None:
    me, other = visitor(PHONE), visitor(PHONE)
    mine, theirs = me.sign_in("officer"), other.sign_in("officer")
    mine.goto(f"{me.house.url}/console/exercise/new/earthquake/")
    mine.fill("#id_countries", "Iceland")
    mine.press("#id_countries", "Tab")
    expect(mine.locator("#id_slot_time")).to_have_value(re.compile(r"^20\d\d-"), timeout=PATIENT)
    mine.click("text=Save the draft")
    mine.wait_for_selector("h2:has-text('Draft')")
    address = f"{mine.url}edit/"
    mine.goto(address)
    theirs.goto(address)
    theirs.fill("#id_countries", "Iceland, Norway")
    theirs.click("text=Save the draft")
    theirs.wait_for_selector("h2:has-text('Draft')")

    mine.fill("#id_countries", "Iceland, Denmark")
    mine.click("text=Save the draft")
    mine.wait_for_selector("text=saved another version")
    assert "Iceland, Norway" in mine.inner_text(".both")
    assert me.fits()
    mine.click("text=Save mine in its place")
    mine.wait_for_selector("h2:has-text('Draft')")
    assert "Denmark" in mine.inner_text("h1")
    me.complaints = [each for each in me.complaints if "409" not in each]


def test_the_form_is_filled_in_with_the_keyboard_alone(visitor: Any) -> None:
    me = visitor()
    page = me.sign_in("officer")
    page.goto(f"{me.house.url}/console/exercise/new/earthquake/")
    page.focus("#id_countries")
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
        if seen[-1] == "Also around a town, or in an area":
            page.keyboard.press("Enter")
        if seen[-1] == "then":
            break
    order = [
        name
        for name in ("around", "radius_km", "corners", "slot_place", "slot_time", "slot_phone", "then")
        if name in seen
    ]
    assert order == ["around", "radius_km", "corners", "slot_place", "slot_time", "slot_phone", "then"]
    assert [seen.index(name) for name in order] == sorted(seen.index(name) for name in order)
