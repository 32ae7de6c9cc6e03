"""What passes for ours is listed, and whoever asks, in whatever language and by whatever door, is warned."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from crisis import clock
from crisis.registry.fakes import list_fake, note_gone
from crisis.registry.importing import import_posts
from crisis.registry.keeping import Fake
from crisis.registry.models import Account, Post
from crisis.registry.operations import RegistryError
from crisis.registry.proposing import Wish, decide, propose_new
from crisis.registry.queries import home_ministry
from crisis.registry.reading import read
from crisis.staff.models import Officer
from tests.functional.phones import Person, text
from tests.functional.test_atlas import shown


@pytest.fixture
def fake(officer: Officer) -> Fake:
    day = clock.now().date() - timedelta(days=3)
    return list_fake(
        link="https://www.instagram.com/belgium_in_japan_help/?hl=en", platform="", reported_on=day, note="asks for money",
        by=officer, now=clock.now(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "warns", "looks"),
    [
        ("en", "passes for us, and is not ours", "it looks like these accounts of ours"),
        ("nl", "doet zich voor als ons", "het lijkt op deze accounts van ons"),
        ("fr", "se fait passer pour nous", "cela ressemble à ces comptes à nous"),
        ("de", "gibt sich für uns aus", "Es sieht aus wie diese Konten von uns"),
    ],
)
def test_whoever_asks_is_warned_on_the_page_and_in_the_bot(
    client: Client, fake: Fake, person: Callable[..., Person], language: str, warns: str, looks: str
) -> None:
    asked = "instagram.com/belgium_in_japan_help"
    page = client.get("/verify", {"q": asked, "l": language}).content.decode()
    assert warns in page
    assert "asks for money" not in page
    assert warns in text(person(language).does("text", text=f"/verify {asked}"))
    alike = client.get("/verify", {"q": "@belgiumembjapan_official", "l": language}).content.decode()
    assert looks in alike
    assert "belgiumembjapan (X)" in alike
    assert looks in text(person(language).does("text", text="/verify @be1giumembjapan"))


def test_machines_are_told_too_and_a_look_alike_is_never_ours(client: Client, fake: Fake) -> None:
    told = client.get("/api/verify", {"q": "@belgium_in_japan_help"}).json()
    assert told["ours"] is False
    assert told["fakes"] == [
        {
            "platform": "instagram",
            "name": "belgium_in_japan_help",
            "reported_on": fake.reported_on.isoformat(),
            "gone_on": None,
        }
    ]
    for asked in ("https://t.me/belgiumembjapan", "https://evil.example/belgiumembjapan", "@bеlgiumembjapan"):
        told = client.get("/api/verify", {"q": asked}).json()
        assert told["ours"] is False
        assert [each["name"] for each in told["taken_for"]] == ["belgiumembjapan"], asked
    assert client.get("/api/verify", {"q": "@belgiumembjapan"}).json()["taken_for"] == []


def test_the_atlas_lists_it_with_the_day_of_its_report_and_of_its_end(
    client: Client, fake: Fake, officer: Officer
) -> None:
    listed = shown(client, "fakes?l=nl")
    assert fake.reported_on.isoformat() in listed
    assert "staat er misschien nog" in listed
    assert 'href="https://www.instagram.com/belgium_in_japan_help' not in listed, "nobody is led there"
    note_gone(fake=fake, gone_on=clock.now().date(), by=officer, now=clock.now())
    assert clock.now().date().isoformat() in shown(client, "fakes?l=nl")
    assert "has been gone since" in client.get("/verify", {"q": "@belgium_in_japan_help", "l": "en"}).content.decode()


def test_ours_is_no_fake_nor_a_fake_ours(fake: Fake, officer: Officer) -> None:
    with pytest.raises(RegistryError, match="is in the registry"):
        list_fake(
            link="https://x.com/belgiumembjapan", platform="", reported_on=clock.now().date(), note="", by=officer,
            now=clock.now(),
        )  # fmt: skip
    holder = Post.objects.get(code="be-tokyo-emb").holder
    with pytest.raises(RegistryError, match="listed as a fake"):
        propose_new(
            holder=holder, link="@belgium_in_japan_help", platform="instagram", wish=Wish(), by=officer, now=clock.now()
        )
    with pytest.raises(RegistryError, match="between"):
        note_gone(fake=fake, gone_on=clock.now().date() + timedelta(days=1), by=officer, now=clock.now())


def test_a_fake_that_was_proposed_before_it_was_listed_does_not_become_ours(
    officer: Officer, approver: Officer, tmp_path: Path
) -> None:
    link, holder = "https://www.instagram.com/be_in_japan/", Post.objects.get(code="be-tokyo-emb").holder
    proposal = propose_new(holder=holder, link=link, platform="", wish=Wish(), by=officer, now=clock.now())
    list_fake(link=link, platform="", reported_on=clock.now().date(), note="", by=officer, now=clock.now())
    with pytest.raises(RegistryError, match="listed as a fake"):
        decide(proposal=proposal, accept=True, by=approver, now=clock.now())
    file = tmp_path / "posts.csv"
    file.write_text("post_id,kind,country,instagram\nbe-tokyo-emb,embassy,JP,be_in_japan\n")
    report = import_posts(reading=read(file), ministry=home_ministry(), now=clock.now())
    assert [problem.why for problem in report.problems] == ["instagram account be_in_japan is listed as a fake"]
    assert not Account.objects.filter(platform="instagram", address="be_in_japan").exists()


def test_the_console_keeps_the_list(signed_in: Any) -> None:
    console, today = signed_in("officer"), clock.now().date()
    typed = {"link": "https://x.com/home", "reported_on": today.isoformat()}
    assert "leads to no account" in console.post("/console/fakes/", typed).content.decode()
    console.post("/console/fakes/", typed | {"link": "https://x.com/belgium_money"})
    fake = Fake.objects.get()
    console.post(f"/console/fakes/{fake.pk}/gone/", {"gone_on": today.isoformat()})
    fake.refresh_from_db()
    assert fake.gone_on == today
    console.post(f"/console/fakes/{fake.pk}/gone/", {"gone_on": ""})
    fake.refresh_from_db()
    assert fake.gone_on is None
