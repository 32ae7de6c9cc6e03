"""The card of an alert: frozen with its texts, shown to who approves, and given to whoever has its address."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast import cards
from crisis.broadcast.models import CARD, Delivery, DeliveryState, Wording
from crisis.broadcast.preflight import Preflight, look
from crisis.broadcast.retract import retract
from crisis.cards.card import OVER
from crisis.cards.faces import Undrawable
from crisis.cards.faces import face_for as face_for_any
from crisis.registry.models import Account, Ministry
from crisis.staff.models import Officer
from crisis.wording.catalogue import situation
from platforms import catalog
from tasks.broadcast import deliver
from tests.functional.factories import deliver_all, drafted, issued, one
from tests.functional.test_console import form
from tests.kite import Kite

At = Callable[[datetime], None]
TAKEN: tuple[int, dict[str, str], bytes] = (201, {}, b'{"id": "m1"}')


def only_kite(alert: Alert, rounds: int = 1) -> Delivery:
    for _ in range(rounds):
        deliver(one(alert, "kite").pk)
    return one(alert, "kite")


def card_of(alert: Alert) -> Wording:
    return Wording.objects.get(alert=alert, platform=CARD, form="alert")


def fetched(client: Client, address: str) -> Any:
    return client.get(address.removeprefix("http://127.0.0.1:8000"))


def test_where_no_picture_can_be_drawn_a_person_publishes_by_hand(gallery: Kite, gallery_account: Account) -> None:
    draft = drafted()
    draft.slots["place"]["name"] = "ꦗꦮ"
    Alert.objects.filter(pk=draft.pk).update(slots=draft.slots)
    draft.refresh_from_db()
    found = look(draft, clock.now())
    (plan,) = [plan for plan in found.plans if plan.account.platform == "kite"]
    assert plan.reason == "no_card"
    # Which of the required languages comes first is a matter of turns.
    assert re.search("Kite shows nothing without a picture, and none can be drawn: (nl|fr): no typeface has", plan.held)
    assert plan not in found.publishing


def test_a_language_that_cannot_be_drawn_is_left_out_of_the_card(
    gallery: Kite, gallery_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crisis.cards import words

    whole = face_for_any

    def face_for(text: str, language: str) -> Any:
        if language == "nl":
            raise Undrawable("ꦗ")
        return whole(text, language)

    monkeypatch.setattr(words, "face_for", face_for)
    found = look(drafted(), clock.now())
    (plan,) = [plan for plan in found.publishing if plan.account.platform == "kite"]
    said = found.card("alert", plan.publications[0], plan.languages)
    assert said is not None
    assert "nl" in plan.publications[0].languages
    assert "nl" not in said.languages
    assert "fr" in said.languages
    alone = replace(plan.publications[0], languages=("nl",))
    found.cards["alert", ("fr",)] = replace(said, languages=("fr",))
    next_one = found.card("alert", alone, ("nl", "fr"))
    assert next_one is not None
    assert next_one.languages == ("fr",), "the account's next language"
    assert Preflight(situation("earthquake")).card("alert", replace(alone, follows=True), ("fr",)) is None


@pytest.mark.parametrize(
    ("picture", "without", "has"), [("may", [], 1), ("may", ["kite"], 0), ("must", ["kite"], 1), ("never", [], 0)]
)
def test_a_ministry_chooses_where_its_card_is_shown_unless_it_must_be(
    gallery: Kite, gallery_account: Account, monkeypatch: pytest.MonkeyPatch, picture: Any, without: list[str], has: int
) -> None:
    entry = catalog._PLATFORMS["kite"]
    monkeypatch.setitem(catalog._PLATFORMS, "kite", entry._replace(spec=replace(entry.spec, picture=picture)))
    Ministry.objects.filter(is_home=True).update(without_card=without)
    alert = issued()
    assert Wording.objects.filter(alert=alert, platform=CARD, form="alert").count() == has
    assert Wording.objects.filter(alert=alert, platform=CARD, form="retraction").count() == has
    assert only_kite(alert).state == DeliveryState.POSTED
    assert gallery.paths().count("/media") == has


def test_a_retraction_has_a_card_of_its_own_words(gallery: Kite, gallery_account: Account, officer: Officer) -> None:
    alert = issued()
    only_kite(alert)
    cancel = retract(alert=alert, by=officer, now=clock.now()).alert
    deliver_all()
    row = one(cancel, "kite")
    assert row.state == DeliveryState.POSTED
    assert row.wording is not None
    assert row.wording.card is not None
    shown = cards.shown(row.wording.card)
    assert shown.tone == OVER
    assert "Rechtzetting: waarschuwing voor aardbeving ingetrokken" in shown.alt
    assert gallery.paths() == ["/media", "/posts"] * 2
    assert gallery.asked[0][2] != gallery.asked[2][2]


def test_the_card_says_what_the_text_says(gallery: Kite, gallery_account: Account) -> None:
    alert = issued(slots={"place": "Osaka"}, free={"details": {"nl": "De haven is dicht.", "fr": "Le port est fermé."}})
    text = one(alert, "kite").wording
    assert text is not None
    lines = [line.removeprefix("• ") for line in text.text.split("\n")]
    said = [line[2:] if line[:2] in ("@ ", "= ", "! ") else line for line in card_of(alert).text.split("\n")]
    kept = [line.removeprefix("• ") for line in said if not line.startswith(("~", "———"))]
    assert [line for line in kept if not any(line in whole for whole in lines)] == []
    assert "Aardbeving: Osaka, Japan" in kept


def test_a_platform_fetches_the_picture_under_a_signed_address(
    client: Client, gallery: Kite, gallery_account: Account, at: At
) -> None:
    alert = issued()
    address = cards.address(card_of(alert), clock.now())
    answer = fetched(client, address)
    assert (answer.status_code, answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        200,
        "image/jpeg",
        "nosniff",
    )
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert Image.open(BytesIO(answer.content)).format == "JPEG"
    assert client.head(address.removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert client.post(address.removeprefix("http://127.0.0.1:8000")).status_code == 405

    number, rest = address.rsplit("/m/", 1)[1].split("-", 1)
    for token in (f"{int(number) + 1}-{rest}", f"{number}-9{rest}", "x.jpg", "1-2.3.jpg", f"{number}-{rest[:-5]}x.jpg"):
        refused = client.get(f"/m/{token}")
        assert (refused.status_code, refused["Content-Type"]) == (404, "text/plain; charset=utf-8")
        assert "no picture" in refused.content.decode()
    at(clock.now() + timedelta(hours=5, minutes=59))
    assert fetched(client, address).status_code == 200
    at(clock.now() + timedelta(hours=1, minutes=2))
    assert fetched(client, address).status_code == 404


def test_an_address_names_cards_only(client: Client, gallery: Kite, gallery_account: Account) -> None:
    text = one(issued(), "kite").wording
    assert text is not None
    assert fetched(client, cards.address(text, clock.now())).status_code == 404


def test_the_public_page_stays_neutral_in_link_previews(
    client: Client, gallery: Kite, gallery_account: Account
) -> None:
    assert b"og:image" not in client.get(f"/a/{issued().code}").content


def test_who_approves_sees_the_card_and_what_it_says(
    gallery: Kite, gallery_account: Account, signed_in: Callable[[str], Client]
) -> None:
    alert = drafted()
    client = signed_in("officer")
    page = client.get(f"/console/exercise/{alert.pk}/").content.decode()
    found = look(alert, clock.now()).cards
    (card,) = [
        each for (form, spoken), each in found.items() if form == "alert" and set(spoken) == {"nl", "fr", "de", "en"}
    ]
    assert not isinstance(card, str)
    languages = ",".join(card.languages)
    address = f"/console/exercise/{alert.pk}/card/?languages={languages}"
    assert page.count(f'href="{address}"') == page.count(f'src="{address}"') == 1
    assert "a picture with the text on Kite" in page
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200,
        "image/jpeg",
        "private, no-cache",
    )
    for wrong in ("xx", "nl,xx", ""):
        assert client.get(f"/console/exercise/{alert.pk}/card/?languages={wrong}").status_code == 404
    assert client.get(f"/console/exercise/{alert.pk}/card/?form=other&languages=nl").status_code == 404
    assert Client().get(address).status_code == 302, "a draft is shown to staff only"

    out = issued()
    assert f"/console/exercise/{out.pk}/card/?languages=" in client.get(f"/console/exercise/{out.pk}/").content.decode()
    frozen = client.get(f"/console/exercise/{out.pk}/card/?languages={card_of(out).languages}")
    assert frozen.content == cards.jpeg(card_of(out))


def test_while_it_is_written_the_words_of_the_card_are_shown(
    gallery: Kite, gallery_account: Account, signed_in: Callable[[str], Client]
) -> None:
    page = signed_in("officer").post("/console/exercise/new/earthquake/preview/", form()).content.decode()
    assert "See the picture" in page
    assert "/card/" not in page, "there is nothing to draw it from yet"
    picture = "/console/exercise/new/earthquake/picture/"
    page = signed_in("officer").post(picture, form(languages="nl,fr")).content.decode()
    assert "data:image/jpeg;base64,/9j/" in page
    assert "There is no card" in signed_in("officer").post(picture, form(languages="xx")).content.decode()
    assert not Alert.objects.exists()
