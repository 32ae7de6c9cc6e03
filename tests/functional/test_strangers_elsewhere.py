"""What people write beneath our publications on Mastodon and Bluesky, and of our account on X: read, shown, answered once."""

from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast.models import Delivery
from crisis.checkins.letters import Written, receive
from crisis.checkins.unverified import Answer, Letter, Listening
from crisis.registry import cells
from crisis.registry.models import Holder
from crisis.registry.operations import add_account
from crisis.registry.queries import home_ministry
from crisis.wording.catalogue import words
from demo import furnish
from simulator.testing import Running
from tasks import listening
from tasks.broadcast import deliver
from tests.functional.factories import NOW, issued, one
from tests.functional.test_strangers import listen_again

ADDRESSES = {"mastodon": "@Ministry@social.example", "bluesky": "ministry.example.org"}


@pytest.fixture(params=list(ADDRESSES))
def slug(request: pytest.FixtureRequest, sim: Running) -> str:
    """A platform on which the whole ministry has an account."""
    holder = Holder.objects.filter(ministry=home_ministry(), kind=Holder.Kind.DEPARTMENT)[0]
    address = cells.handle(request.param, ADDRESSES[request.param])
    add_account(holder=holder, platform=request.param, address=address, now=NOW)
    furnish.shadows(NOW)
    furnish.apps()
    return str(request.param)


def published(slug: str) -> tuple[Alert, Delivery]:
    alert = issued()
    for row in Delivery.objects.filter(alert=alert, account__platform=slug).order_by("part"):
        deliver(row.pk)
    row = one(alert, slug)
    assert row.state == "posted", row.detail
    return alert, row


def write(sim: Running, row: Delivery, text: str, *, author: str = "77", beneath: str = "") -> str:
    said = {
        "platform": row.account.platform, "account": row.account.address, "author": author, "text": text,
        "beneath": beneath or row.remote_id,
    }  # fmt: skip
    return str(sim.control("POST", "strangers", said)["remote_id"])


def answers(sim: Running, row: Delivery, beneath: str) -> list[dict[str, Any]]:
    found = sim.control("GET", f"publications?platform={row.account.platform}")
    return [each for each in found if each["reply_to"] == beneath]


def test_replies_and_what_answers_them_reach_staff_once_and_our_own_do_not(sim: Running, slug: str) -> None:
    alert, row = published(slug)
    first = write(sim, row, "we are trapped under a bridge")
    write(sim, row, "What a sad day", author="78", beneath=first)
    listening.listen()
    listen_again()
    letters = Letter.objects.all()
    assert sorted((letter.text, letter.way, letter.alert) for letter in letters) == [
        ("What a sad day", "public", alert), ("we are trapped under a bridge", "public", alert),
    ]  # fmt: skip
    listening.answer()
    assert answers(sim, row, first) == [], "it shows nothing that should be private"


def test_whoever_shows_too_much_is_asked_once_to_write_privately(sim: Running, slug: str) -> None:
    alert, row = published(slug)
    number = write(sim, row, "Ich heiße Anna und wir sind im Hotel, bitte helfen Sie uns")
    write(sim, row, "Meine Nummer ist +49 170 1234567")
    listening.listen()
    listening.answer()
    listen_again()
    listening.answer()
    assert [answer.state for answer in Answer.objects.all()] == ["sent"]
    (told,) = answers(sim, row, number)
    asked = words("de")["stranger_public"].format(link=f"{settings.PUBLIC_URL}/a/{alert.code}")
    named = "@77@elsewhere.example " if slug == "mastodon" else ""
    assert told["text"] == f"{named}{words('de')['exercise']}. {asked}"


def test_in_several_languages_only_as_many_as_there_is_room_for(sim: Running, slug: str) -> None:
    _, row = published(slug)
    number = write(sim, row, "+32 470 12 34 56")
    listening.listen()
    listening.answer()
    assert Answer.objects.get().state == "sent"
    assert len(answers(sim, row, number)) == 1


def test_what_was_taken_away_meanwhile_is_not_answered(sim: Running, slug: str) -> None:
    _, row = published(slug)
    write(sim, row, "call me: +32 470 12 34 56")
    listening.listen()
    Letter.objects.update(remote_id="1" if slug == "mastodon" else "at://did:plc:77/app.bsky.feed.post/1")
    sim.control("DELETE", "faults")
    listening.answer()
    assert Answer.objects.get().state == "failed"


def test_a_reply_that_not_everybody_sees_is_a_private_letter_and_not_answered_there(sim: Running, slug: str) -> None:
    alert, row = published(slug)
    letter = receive(
        account=row.account, way=Letter.Way.PRIVATE, now=clock.now(), alert=alert,
        written=Written("5", "77", "call me: +32 470 12 34 56", clock.now()),
    )  # fmt: skip
    assert letter is not None
    assert not Answer.objects.exists()


def test_what_names_us_elsewhere_on_x_is_read_within_the_same_budget(sim: Running, settings: Any) -> None:
    alert = issued()
    row = one(alert, "x")
    deliver(row.pk)
    row.refresh_from_db()
    settings.READS_DAILY = {"x": 50}
    handle = row.account.address
    write(sim, row, f"@{handle} beneath it", author="1")
    write(sim, row, f"@{handle} we are trapped in Kinshasa", author="2", beneath="1234567")
    write(sim, row, f"@{handle}s is somebody else", author="3", beneath="1234567")
    listening.listen()
    assert sorted(letter.text for letter in Letter.objects.all()) == [
        f"@{handle} beneath it", f"@{handle} we are trapped in Kinshasa",
    ]  # fmt: skip
    assert {letter.alert for letter in Letter.objects.all()} == {alert}
    assert Answer.objects.count() == 0
    read = Listening.objects.get()
    assert (read.reads, read.reads_on) == (3, clock.now().date()), "what was handed out twice was paid for twice"

    settings.READS_DAILY = {"x": 3}
    write(sim, row, f"@{handle} one more", author="4", beneath="1234567")
    listen_again()
    assert Letter.objects.count() == 2


def test_what_names_us_is_read_again_after_a_worker_died_before_it_was_kept(sim: Running, settings: Any) -> None:
    row = one(issued(), "x")
    deliver(row.pk)
    row.refresh_from_db()
    settings.READS_DAILY = {"x": 50}
    write(sim, row, f"@{row.account.address} we are trapped", author="2", beneath="1234567")

    def full(execute: Any, sql: str, *more: Any) -> Any:
        if sql.startswith("INSERT INTO") and Letter._meta.db_table in sql:
            raise OperationalError("the disk is full")
        return execute(sql, *more)

    with connection.execute_wrapper(full), pytest.raises(OperationalError):
        listening.listen()
    assert Listening.objects.get().named_since is None
    listen_again()
    assert Letter.objects.get().text.endswith("we are trapped")
    assert Listening.objects.get().named_since is not None
