"""The post's page is looked at once a year, in one form; what is overdue is listed; nothing changes behind anybody's back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crisis import clock
from crisis.presence.models import Latest, Source
from crisis.registry.keeping import PostReview, Proposal
from crisis.registry.models import Account, DirectoryEntry, Mode, Post
from crisis.registry.operations import add_account
from crisis.registry.yearly import dues
from crisis.staff.models import Officer, Role
from crisis.staff.operations import give
from tests.functional.test_atlas import shown


@pytest.fixture
def tokyo() -> Post:
    return Post.objects.get(code="be-tokyo-emb")


@pytest.fixture
def editor(tokyo: Post, approver: Officer) -> Client:
    """The editor of one post, signed in."""
    person = Officer.objects.create_user("editor", password="a long password of theirs")
    give(officer=person, role=Role.POST_EDITOR, posts=[tokyo.pk], by=approver, now=clock.now())
    client = Client()
    client.force_login(person)
    return client


def accounts() -> dict[str, Account]:
    rows = Account.objects.filter(holder__post__code="be-tokyo-emb", mode=Mode.LIVE)
    return {account.platform: account for account in rows}


def filled_in() -> dict[str, Any]:
    """Return the form as it is shown, sent back as it is."""
    ours = accounts().values()
    phone = DirectoryEntry.objects.get(post__code="be-tokyo-emb", kind="phone", purpose="post").value
    typed: dict[str, Any] = {
        "ours": [each.pk for each in ours],
        "was_post": phone,
        "phone_post": phone,
        "hours": "Mon to Fri, 9 to 12",
    }
    return typed | {f"languages_{each.pk}": ", ".join(each.languages) for each in ours}


def test_sent_back_as_it_is_it_verifies_everything_and_proposes_nothing(
    editor: Client, client: Client, tokyo: Post
) -> None:
    page = f"/console/posts/{tokyo.pk}/look/"
    assert "belgiumembjapan" in editor.get(page).content.decode()
    assert editor.post(page, filled_in() | {f"followers_{accounts()['x'].pk}": "12 345"}).status_code == 302
    assert {each.verified_on for each in accounts().values()} == {clock.now().date()}
    assert not Proposal.objects.exists()
    assert PostReview.objects.get(post=tokyo).hours == "Mon to Fri, 9 to 12"
    latest = Latest.objects.get(account=accounts()["x"])
    assert (latest.followers, latest.origin("followers")) == (12_345, (clock.now().date(), Source.FORM))
    assert "Mon to Fri, 9 to 12" in shown(client, "post/be-tokyo-emb")


def test_what_is_new_changed_or_gone_is_proposed_for_another_person(editor: Client, tokyo: Post) -> None:
    typed = filled_in()
    gone, changed = accounts()["facebook"], accounts()["x"]
    typed["ours"].remove(gone.pk)
    typed[f"languages_{changed.pk}"] = "ja, en"
    typed["new"] = "https://www.instagram.com/be_in_japan/\nhttps://www.youtube.com/@be_in_japan"
    editor.post(f"/console/posts/{tokyo.pk}/look/", typed)
    told = {(each.kind, each.platform, each.content["broadcast"]) for each in Proposal.objects.all()}
    assert told == {
        ("archive", "facebook", gone.broadcast), ("change", "x", changed.broadcast), ("add", "instagram", "yes"),
        ("add", "youtube", "never"),
    }  # fmt: skip
    changed.refresh_from_db()
    assert changed.languages != ["ja", "en"]
    editor.post(f"/console/posts/{tokyo.pk}/look/", typed)
    assert Proposal.objects.count() == len(told), "sent twice, it is proposed once"


def test_a_changed_number_is_verified_no_more(editor: Client, tokyo: Post) -> None:
    entries = DirectoryEntry.objects.filter(post=tokyo, kind="phone", purpose="post")
    entries.update(verified_on=clock.now().date(), verified_by="Ada")
    editor.post(f"/console/posts/{tokyo.pk}/look/", filled_in())
    assert entries.get().verified_by == "Ada", "the same number is not touched"
    editor.post(f"/console/posts/{tokyo.pk}/look/", filled_in() | {"phone_post": "+81 3 1234 5678"})
    entry = entries.get()
    assert (entry.value, entry.verified_on, entry.verified_by) == ("+81 3 1234 5678", None, "")


def test_a_number_that_somebody_else_changed_meanwhile_is_not_taken_back(editor: Client, tokyo: Post) -> None:
    page, entries = f"/console/posts/{tokyo.pk}/look/", DirectoryEntry.objects.filter(post=tokyo, kind="phone")
    as_shown = filled_in()
    entries.filter(purpose="post").update(value="+81 3 9999 9999", verified_by="Ada")
    assert editor.post(page, as_shown).status_code == 302, "who has not touched it changes nothing"
    assert (entries.get(purpose="post").value, entries.get(purpose="post").verified_by) == ("+81 3 9999 9999", "Ada")
    told = editor.post(page, as_shown | {"phone_post": "+81 3 1234 5678"}).content.decode()
    assert "Somebody else has changed a number" in told
    assert entries.get(purpose="post").value == "+81 3 9999 9999"


def test_an_account_that_came_since_the_form_was_shown_is_left_as_it_is(editor: Client, tokyo: Post) -> None:
    as_shown = filled_in()
    new = add_account(holder=tokyo.holder, platform="instagram", address="be_in_japan", now=clock.now())
    editor.post(f"/console/posts/{tokyo.pk}/look/", as_shown)
    new.refresh_from_db()
    assert (new.verified_on, Proposal.objects.count()) == (None, 0), "nobody has looked at it"


def test_another_number_asks_for_the_second_factor_as_it_does_in_the_directory(
    editor: Client, tokyo: Post, settings: Any
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    page, entries = f"/console/posts/{tokyo.pk}/look/", DirectoryEntry.objects.filter(post=tokyo, purpose="post")
    as_shown = filled_in()
    asked = editor.post(page, as_shown | {"phone_post": "+81 3 1234 5678"})
    assert asked["Location"] == reverse("mfa_index")
    assert not PostReview.objects.exists()
    assert entries.get().value == as_shown["was_post"]
    assert editor.post(page, as_shown)["Location"] == "/console/posts/due/", "what is right needs none"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"new": "https://x.com/home"}, "leads to no account"),
        ({"phone_post": "call us"}, "as it is dialled from abroad"),
        ({"new": "\n".join(f"https://x.com/a{n}" for n in range(21))}, "at most 20"),
        ({"hours": "x" * 301}, "at most 300"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_half_done(
    editor: Client, tokyo: Post, typed: dict[str, str], why: str
) -> None:
    told = editor.post(f"/console/posts/{tokyo.pk}/look/", filled_in() | typed).content.decode()
    assert why in told
    assert "Mon to Fri" in told or "hours" in typed, "what was typed stays"
    assert not PostReview.objects.exists()
    assert not Account.objects.filter(holder__post=tokyo, mode=Mode.LIVE).exclude(verified_on=None).exists()


def test_a_look_is_due_again_after_a_year_and_the_list_says_whose(
    editor: Client, signed_in: Any, tokyo: Post, at: Any
) -> None:
    assert [due.overdue(clock.now().date()) for due in dues([tokyo])] == [True]
    editor.post(f"/console/posts/{tokyo.pk}/look/", filled_in())
    assert [due.overdue(clock.now().date()) for due in dues([tokyo])] == [False]
    listed = editor.get("/console/posts/due/").content.decode()
    assert "Tokyo" in listed
    assert "Seoul" not in listed, "an editor sees their own posts"
    assert "Seoul" not in editor.get("/console/registry/").content.decode(), "and proposes for them"
    assert "Seoul" in signed_in("officer").get("/console/posts/due/").content.decode()
    at(clock.now() + timedelta(days=366))
    assert [due.overdue(clock.now().date()) for due in dues([tokyo])] == [True]


def test_another_posts_page_is_not_there(editor: Client) -> None:
    seoul = Post.objects.get(code="be-seoul-emb")
    assert editor.get(f"/console/posts/{seoul.pk}/look/").status_code == 404
    assert editor.post(f"/console/posts/{seoul.pk}/look/", {}).status_code == 404


def test_who_keeps_a_post_comes_to_the_form_from_home_and_from_the_list_of_posts(
    editor: Client, signed_in: Any, tokyo: Post
) -> None:
    page, seoul = f"/console/posts/{tokyo.pk}/look/", Post.objects.get(code="be-seoul-emb")
    assert page in editor.get("/console/").content.decode()
    posts = editor.get("/console/posts/").content.decode()
    assert page in posts
    assert f"/console/posts/{seoul.pk}/look/" not in posts
    assert "/look/" not in signed_in("officer").get("/console/").content.decode(), (
        "for all posts the registry counts them"
    )
    editor.post(page, filled_in())
    assert page not in editor.get("/console/").content.decode(), "it is due again in a year"
    assert page not in editor.get("/console/posts/").content.decode()
