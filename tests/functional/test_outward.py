"""What the house says by itself, worded anew in the console: by two people, for all posts or one, until a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client
from django.utils.translation import override

from crisis import clock
from crisis.alerts.operations import SamePerson
from crisis.checkins.strangers import text_for_stranger
from crisis.journal.models import Entry
from crisis.outward import queries
from crisis.outward.models import Rewording
from crisis.outward.operations import OutwardError, checked, end, review, write
from crisis.outward.phrases import PHRASES
from crisis.outward.queries import said
from crisis.registry.models import Post
from crisis.registry.queries import home_ministry
from crisis.staff.models import Grant, Officer, Role
from crisis.staff.rights import NotAllowed
from tests.functional.factories import NOW
from tests.functional.pages import Visitor
from tests.functional.phones import text

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]
LANGUAGES = ("nl", "fr", "de", "en")
CLOSED = "The embassy is closed today. Our staff will read this."


@pytest.fixture(autouse=True)
def _clock(at: At) -> None:
    at(NOW)


def reworded(key: str, text: str, *, post: str = "", language: str = "en", until: datetime | None = None) -> Rewording:
    """Words that are in force."""
    place = Post.objects.get(code=post) if post else None
    last = Rewording.objects.filter(key=key, language=language, post=place).order_by("-number").first()
    row = write(
        key=key, language=language, post=place, text=text, until=until, after=last.number if last else 0,
        by=Officer.objects.get(username="officer"), now=clock.now(),
    )  # fmt: skip
    review(rewording=row, by=Officer.objects.get(username="approver"), now=clock.now())
    cache.clear()  # what another process does by itself after `HELD_S`
    return row


def test_each_shipped_text_is_what_the_list_says_of_it() -> None:
    assert 0 < queries.HELD_S <= 60
    for phrase in PHRASES.values():
        for language in LANGUAGES:
            shipped = phrase.shipped(language)
            if phrase.key not in ("page_front_notice", "page_post_notice"):
                assert checked(phrase, language, shipped) == shipped, (phrase.key, language)
            filled: dict[str, Any] = dict(phrase.sample or {})
            assert said(phrase.key, language=language, **filled) == phrase.filled(shipped)
        translated = {phrase.shipped(language) for language in LANGUAGES}
        assert len(translated) in (1 if not phrase.shipped("en") else len(LANGUAGES), len(LANGUAGES)), phrase.key


def test_two_people_word_an_answer_anew_and_the_shipped_one_comes_back_by_itself(signed_in: SignIn, at: At) -> None:
    path = "/console/outward/bot_staff_read/en/"
    asked = {"text": CLOSED, "until": f"{NOW.year + 1}-11-30T08:00", "after": "0"}
    author, reviewer = signed_in("officer"), signed_in("approver")
    assert "Another person" in author.post(path, asked, follow=True).content.decode()
    assert said("bot_staff_read", language="en") == "Our staff will read this.", "nobody has reviewed it"
    assert (
        "another person must review"
        in author.post(f"{path}review/", {"number": "1", "agreed": "y"}, follow=True).content.decode()
    )
    assert "Tick the sentence" in reviewer.post(f"{path}review/", {"number": "1"}, follow=True).content.decode()
    page = reviewer.post(f"{path}review/", {"number": "1", "agreed": "y"}, follow=True).content.decode()
    assert "Written by Dora Duty (duty officer), reviewed by" in page
    cache.clear()
    assert said("bot_staff_read", language="en") == CLOSED
    assert said("bot_staff_read", language="fr").startswith("Notre "), "each language for itself"
    row = Rewording.objects.get()
    assert row.until == datetime(NOW.year + 1, 11, 30, 7, 0, tzinfo=UTC), "by the ministry's clock"
    at(row.until)
    assert said("bot_staff_read", language="en") == "Our staff will read this."
    told = Entry.objects.filter(subject=f"rewording:{row.pk}").order_by("id").values_list("action", flat=True)
    assert list(told) == ["outward.write", "outward.review"]


def test_the_bot_says_it_in_the_words_of_the_persons_post(person: Any, one_connection: None) -> None:
    reworded(
        "bot_commands", f"{PHRASES['bot_commands'].shipped('en')}\nThe office in Tokyo is closed.", post="be-tokyo-emb"
    )
    home, abroad = person(), person()
    for each, town in ((home, "Seoul"), (abroad, "Tokyo")):
        for words in ("/start", town, "/help"):
            each.does("text", text=words)
    assert "The office in Tokyo is closed." in text(abroad.messages()[-1:])
    assert "The office in Tokyo is closed." not in text(home.messages()[-1:])


def test_a_post_comes_before_all_and_all_before_the_shipped_words(officer: Officer) -> None:
    tokyo, seoul = (Post.objects.get(code=f"be-{city}-emb") for city in ("tokyo", "seoul"))
    general, own = "Call later. {link}", "Tokyo is closed. {link}"
    reworded("stranger_private", general)
    row = reworded("stranger_private", own, post="be-tokyo-emb")

    def told(post: Post | None) -> str:
        return text_for_stranger(
            "private", languages=["en"], ministry=home_ministry(), post=post, link="https://x.example/", number=False
        )

    assert told(tokyo) == "Tokyo is closed. https://x.example/"
    assert told(seoul) == told(None) == "Call later. https://x.example/"
    end(rewording=row, by=officer, now=NOW)
    cache.clear()
    assert told(tokyo) == "Call later. https://x.example/"


def test_a_notice_stands_on_the_pages_and_in_their_copies() -> None:
    page = Visitor().get("/?l=en").content.decode()
    reworded("page_front_notice", "Our telephone is busy. <b>Write</b> to us.")
    reworded("page_post_notice", "The embassy is closed today.", post="be-tokyo-emb")
    assert "Our telephone" not in page
    assert "Our telephone is busy. &lt;b&gt;Write&lt;/b&gt; to us." in Visitor().get("/?l=en").content.decode()
    assert "closed today" in Visitor().get("/atlas/post/be-tokyo-emb?l=en").content.decode()
    assert "closed today" not in Visitor().get("/atlas/post/be-seoul-emb?l=en").content.decode()


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("bot_your_post", "Your embassy.", "must stay in it: {post}"),
        ("bot_your_post", "Your embassy: {{post}}.", "must stay in it: {post}"),
        ("bot_your_post", "{post} {number}", "no such placeholder"),
        ("bot_your_post", "{post.ministry}", "stand only around"),
        ("bot_your_post", "{post!r}", "stand only around"),
        ("bot_your_post", "{post", "stand only around"),
        ("bot_commands", "Write to us.", "/help, /language, /safe"),
        ("bot_staff_read", "Call +32 2 501 40 00", "from the directory only"),
        ("bot_staff_read", "See www.example.org", "from the directory only"),
        ("bot_staff_read", "This is not a drill.", "EXERCISE and LIVE say it"),
        ("bot_staff_read", " \n", "Write the text"),
        ("sms_safe", "Recorded: safe{code}. ÿ", "double the price"),
        ("sms_safe", "{code}" + "a" * 300, "306 characters, at most 200"),
    ],
)
def test_what_cannot_be_said_is_refused_and_stays_in_the_form(signed_in: SignIn, key: str, text: str, why: str) -> None:
    page = signed_in("officer").post(f"/console/outward/{key}/en/", {"text": text, "after": "0"})
    assert page.status_code == 422
    assert why in page.content.decode().replace("&#x27;", "'")
    assert not Rewording.objects.exists()
    shown = signed_in("officer").post(f"/console/outward/{key}/en/preview/", {"text": text}).content.decode()
    assert why in shown
    with pytest.raises(OutwardError):
        checked(PHRASES[key], "en", text)


def test_two_authors_never_overwrite_each_other_unseen(signed_in: SignIn) -> None:
    path = "/console/outward/bot_staff_read/en/"
    signed_in("officer").post(path, {"text": "First.", "after": "0"})
    second = signed_in("approver").post(path, {"text": "Second.", "after": "0"})
    assert second.status_code == 422
    assert "Second." in second.content.decode(), "what was typed is not lost"
    assert Rewording.objects.get().text == "First."


def test_ending_words_asks_for_the_second_factor_as_a_review_does(signed_in: SignIn, settings: Any) -> None:
    row, path = reworded("bot_staff_read", CLOSED), "/console/outward/bot_staff_read/en/"
    settings.SECOND_FACTOR_REQUIRED = True
    asked = signed_in("approver").post(f"{path}end/", {"number": "1"}, follow=True)
    assert "This needs a second factor" in asked.content.decode()
    row.refresh_from_db()
    assert row.ended_at is None
    settings.SECOND_FACTOR_REQUIRED = False
    signed_in("approver").post(f"{path}end/", {"number": "1"})
    row.refresh_from_db()
    assert row.ended_at == NOW


def test_whoever_only_reads_is_offered_nothing(signed_in: SignIn, clerk: Officer) -> None:
    reworded("bot_staff_read", CLOSED)
    clerk.grants.all().delete()
    Grant.objects.create(officer=clerk, role=Role.AUDITOR, granted_at=NOW)
    path = "/console/outward/bot_staff_read/en/"
    assert f"{path}end/" in signed_in("officer").get(path).content.decode()
    page = signed_in("clerk").get(path)
    assert CLOSED in page.content.decode()
    assert f"{path}end/" not in page.content.decode()


def test_a_post_editor_words_their_own_posts_texts_only(officer: Officer) -> None:
    person = Officer.objects.create_user("editor", password="a long password of theirs")
    Grant.objects.create(officer=person, role=Role.POST_EDITOR, bound=True, granted_at=NOW).posts.set(
        [Post.objects.get(code="be-seoul-emb")]
    )
    client, seoul = Client(), Post.objects.get(code="be-seoul-emb")
    client.force_login(person)
    tokyo = Post.objects.get(code="be-tokyo-emb")
    asked = {"text": CLOSED, "after": "0"}
    path = "/console/outward/bot_staff_read/en/"
    assert client.post(path, asked | {"post": str(tokyo.pk)}).status_code == 404
    assert client.post(path, asked).status_code == 403, "what all posts say is headquarters'"
    assert client.post(path, asked | {"post": str(seoul.pk)}).status_code == 302
    row = Rewording.objects.get()
    assert row.post == seoul
    with pytest.raises(SamePerson):
        review(rewording=row, by=person, now=NOW)
    general = reworded("bot_staff_read", "Later.")
    with pytest.raises(NotAllowed):
        end(rewording=general, by=person, now=NOW)


def test_words_that_cannot_be_read_or_filled_in_never_take_the_answer_away(
    monkeypatch: pytest.MonkeyPatch, officer: Officer
) -> None:
    Rewording.objects.create(
        key="bot_your_post", language="en", number=1, text="{gone}", written_by=officer, written_at=NOW, reviewed_at=NOW
    )
    assert said("bot_your_post", language="en", post="Tokyo") == "Your post: Tokyo."
    cache.clear()

    def broken(now: datetime) -> Any:
        raise DatabaseError("gone")

    monkeypatch.setattr(queries, "in_force", broken)
    with override("de"):
        assert said("bot_staff_read").startswith("Unsere ")


def test_a_review_too_late_or_twice_changes_nothing(officer: Officer, approver: Officer) -> None:
    until = NOW + timedelta(hours=1)
    row = write(key="bot_staff_read", language="en", post=None, text=CLOSED, until=until, after=0, by=officer, now=NOW)
    with pytest.raises(Exception, match="no longer wait"):
        review(rewording=row, by=approver, now=until)
    with pytest.raises(OutwardError, match="has passed"):
        write(key="bot_staff_read", language="en", post=None, text=CLOSED, until=NOW, after=1, by=officer, now=NOW)


def test_words_in_force_are_said_while_they_are_read_again_and_while_they_cannot_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reworded("bot_staff_read", CLOSED)
    assert said("bot_staff_read", language="en") == CLOSED
    read, meanwhile = queries.in_force, []

    def slow(now: datetime) -> Any:
        meanwhile.append(said("bot_staff_read", language="en"))
        return read(now)

    monkeypatch.setattr(queries, "in_force", slow)
    monkeypatch.setattr(queries, "HELD_S", 0)  # what was read is old at once
    assert said("bot_staff_read", language="en") == CLOSED
    assert meanwhile == [CLOSED], "whoever asks at that moment hears it too"

    def broken(now: datetime) -> Any:
        raise DatabaseError("gone")

    monkeypatch.setattr(queries, "in_force", broken)
    assert [said("bot_staff_read", language="en") for _ in range(2)] == [CLOSED, CLOSED]
    cache.delete("outward")  # long after, when what is shared has gone
    assert said("bot_staff_read", language="en") == CLOSED


def test_words_that_cannot_be_read_are_not_asked_for_again_by_each_text(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def broken(now: datetime) -> Any:
        asked.append(now)
        raise DatabaseError("gone")

    monkeypatch.setattr(queries, "in_force", broken)
    for _ in range(3):
        assert said("bot_staff_read", language="en").startswith("Our staff")
    assert len(asked) == 1, "a page holds many texts, and a database that is gone lets each of them wait"
