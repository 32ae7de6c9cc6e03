"""The directory of numbers and links, kept in the console: what is due is red, each post's staff keep their own."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import Client

from crisis.broadcast.preflight import look
from crisis.journal.models import Entry
from crisis.registry.directory import TYPED, change_entry, end_entry, note_check
from crisis.registry.models import DirectoryEntry, Mode, Post
from crisis.registry.operations import RegistryError
from crisis.registry.queries import home_ministry, numbers
from crisis.staff.models import Grant, Officer, Role
from crisis.staff.rights import NotAllowed
from tests.functional.factories import NOW, submitted
from tests.functional.pages import Visitor

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]


def emergency() -> DirectoryEntry:
    return DirectoryEntry.objects.get(ministry__code="BE", post=None, kind="phone")


@pytest.fixture
def tokyo() -> DirectoryEntry:
    return DirectoryEntry.objects.get(post__code="be-tokyo-emb", kind="phone")


@pytest.fixture
def in_seoul() -> Client:
    """A clerk of Seoul."""
    person = Officer.objects.create_user("seoul", password="a long password of theirs")
    grant = Grant.objects.create(officer=person, role=Role.CLERK, bound=True, granted_at=NOW)
    grant.posts.set([Post.objects.get(code="be-seoul-emb")])
    client = Client()
    client.force_login(person)
    return client


def test_a_number_is_added_called_changed_and_ended_each_with_a_line_in_the_journal(
    signed_in: SignIn, tokyo: DirectoryEntry, at: At
) -> None:
    at(NOW)
    client, post = signed_in("officer"), tokyo.post
    asked = {"post": str(tokyo.post_id), "kind": "phone", "purpose": "emergency", "value": "+81  90 1234 5678"}
    page = client.post("/console/directory/", asked, follow=True).content.decode()
    entry = DirectoryEntry.objects.get(post=post, purpose="emergency")
    assert (entry.value, entry.verified_on) == ("+81 90 1234 5678", None)
    assert "verified by nobody yet" in page
    assert numbers(post, home_ministry()).best == "+81 90 1234 5678", "it is given at once"

    again = client.post("/console/directory/", asked)
    assert (again.status_code, DirectoryEntry.objects.filter(post=post, purpose="emergency").count()) == (422, 1)
    assert "change that one" in again.content.decode()

    path = f"/console/directory/{entry.pk}/"
    client.post(f"{path}verify/", {"value": entry.value, "agreed": "yes", "check_on": "2026-12-24"})
    entry.refresh_from_db()
    assert (entry.verified_on, entry.check_on, entry.verified_by) == (
        NOW.date(),
        date(2026, 12, 24),
        "Dora Duty (duty officer)",
    )
    client.post(f"{path}change/", {"value": "+81 90 8765 4321", "was": entry.value})
    entry.refresh_from_db()
    assert (entry.value, entry.verified_on, entry.check_on) == ("+81 90 8765 4321", None, None), "it is another one"
    client.post(f"{path}end/")
    assert DirectoryEntry.objects.filter(pk=entry.pk).exists(), "without a tick nothing is taken out"
    late = client.post(f"{path}end/", {"agreed": "yes", "value": "+81 90 1234 5678"}, follow=True).content.decode()
    assert "Somebody else has changed it" in late, "nobody takes out what they have not seen"
    client.post(f"{path}end/", {"agreed": "yes", "value": entry.value})
    assert not DirectoryEntry.objects.filter(pk=entry.pk).exists()
    told = Entry.objects.filter(subject=f"entry:{entry.pk}").order_by("id").values_list("action", "data__post")
    assert [f"{action} {post}" for action, post in told] == [
        f"registry.{step}_entry be-tokyo-emb" for step in ("add", "verify", "change", "end")
    ]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "02 501 40 00"), ("phone", ""), ("link", "http://example.org"), ("link", "javascript:alert(1)")],
)
def test_what_is_no_number_or_address_is_refused_and_stays_in_the_form(
    signed_in: SignIn, kind: str, value: str
) -> None:
    before = DirectoryEntry.objects.count()
    asked = {"post": "ministry", "kind": kind, "purpose": "advice", "value": value}
    page = signed_in("officer").post("/console/directory/", asked)
    assert (page.status_code, DirectoryEntry.objects.count()) == (422, before)
    assert "Write the" in page.content.decode()


def test_who_changes_what_somebody_else_has_just_changed_is_told_so(tokyo: DirectoryEntry, signed_in: SignIn) -> None:
    was = tokyo.value
    DirectoryEntry.objects.filter(pk=tokyo.pk).update(value="+81 3 1111 1111")
    path = f"/console/directory/{tokyo.pk}/"
    for step, asked in (
        ("change", {"value": "+81 3 2222 2222", "was": was}),
        ("verify", {"value": was, "agreed": "y"}),
    ):
        assert (
            "changed it meanwhile" in signed_in("officer").post(f"{path}{step}/", asked, follow=True).content.decode()
        )
    tokyo.refresh_from_db()
    assert (tokyo.value, tokyo.verified_on) == ("+81 3 1111 1111", None)


def test_a_posts_clerk_keeps_its_own_entries_and_sees_no_other(tokyo: DirectoryEntry, in_seoul: Client) -> None:
    own = DirectoryEntry.objects.create(
        ministry=home_ministry(),
        post=Post.objects.get(code="be-seoul-emb"),
        kind="phone",
        purpose="post",
        value="+82 2 1 2 3",
    )
    page = in_seoul.get("/console/directory/").content.decode()
    assert own.value in page
    assert tokyo.value not in page
    assert emergency().value not in page
    in_seoul.post(f"/console/directory/{own.pk}/change/", {"value": "+82 2 123 45 67", "was": own.value})
    own.refresh_from_db()
    assert own.value == "+82 2 123 45 67"
    for other in (tokyo, emergency()):
        asked = {"value": "+82 2 123 45 67", "was": other.value}
        assert in_seoul.post(f"/console/directory/{other.pk}/change/", asked).status_code == 404
        with pytest.raises(NotAllowed, match="another post"):
            change_entry(
                entry=other, value="+82 2 1", was=other.value, by=Officer.objects.get(username="seoul"), now=NOW
            )
        with pytest.raises(NotAllowed):
            end_entry(entry=other, was=other.value, by=Officer.objects.get(username="seoul"), now=NOW)
    for chosen in ("ministry", str(tokyo.post_id)):
        asked = {"post": chosen, "kind": "link", "purpose": "advice", "value": "https://example.org/"}
        assert in_seoul.post("/console/directory/", asked).status_code == 422


def test_what_is_due_is_red_and_an_alert_with_it_needs_a_tick(signed_in: SignIn, at: At) -> None:
    entry = emergency()
    DirectoryEntry.objects.update(verified_on=NOW.date(), verified_by="Dora", check_on=None)
    at(NOW)
    assert (
        "due" not in signed_in("officer").get("/console/directory/?post=ministry").content.decode().split("<table")[1]
    )
    alert = submitted()
    alert.mode = Mode.LIVE
    alert.slots |= {"phone": {"entry": entry.pk, "value": entry.value}}
    assert "unverified_numbers" not in look(alert, NOW).ticks
    assert look(alert, NOW + timedelta(days=180)).ticks["unverified_numbers"] == [entry.value]
    DirectoryEntry.objects.filter(pk=entry.pk).update(value="+32 2 000 00 00")
    assert look(alert, NOW).ticks["unverified_numbers"] == [entry.value], "it was changed since"
    DirectoryEntry.objects.filter(pk=entry.pk).update(check_on=NOW.date())
    page = signed_in("officer").get("/console/directory/").content.decode()
    assert "<strong>1</strong> is due for a check" in page
    assert re.findall(r"<strong>(\+.*?)</strong></a>", page)[0] == "+32 2 000 00 00", "first"


def test_a_changed_number_stands_on_the_public_page_at_the_next_look(signed_in: SignIn) -> None:
    entry = emergency()
    assert entry.value in Visitor().get("/?l=en").content.decode()
    asked = {"value": "+32 2 000 00 00", "was": entry.value}
    signed_in("officer").post(f"/console/directory/{entry.pk}/change/", asked)
    assert "+32 2 000 00 00" in Visitor().get("/?l=en").content.decode()


def test_an_import_leaves_what_was_typed_in_the_console(
    tokyo: DirectoryEntry, officer: Officer, settings: object
) -> None:
    change_entry(entry=tokyo, value="+81 3 9999 9999", was=tokyo.value, by=officer, now=NOW)
    call_command("import_posts", settings.DATA_DIR / "posts.csv", ministry="BE", verbosity=0)  # type: ignore[attr-defined]
    tokyo.refresh_from_db()
    assert (tokyo.value, tokyo.source) == ("+81 3 9999 9999", TYPED)


def test_a_number_that_a_colleague_types_at_the_same_moment_is_not_verified(tokyo: DirectoryEntry) -> None:
    DirectoryEntry.objects.filter(pk=tokyo.pk).update(value="+81 3 0000 0000")
    with pytest.raises(RegistryError, match="changed it meanwhile"):
        note_check(entry=tokyo, value=tokyo.value, by="Ada", now=NOW, actor="test")
    tokyo.refresh_from_db()
    assert (tokyo.value, tokyo.verified_on) == ("+81 3 0000 0000", None)


def test_a_character_that_no_database_takes_is_stored_nowhere(signed_in: SignIn) -> None:
    asked = {"post": "ministry", "kind": "link", "purpose": "advice", "value": "https://travel.example/\0a\0b"}
    DirectoryEntry.objects.filter(post=None, kind="link", purpose="advice").delete()
    assert signed_in("officer").post("/console/directory/", asked).status_code == 302
    assert DirectoryEntry.objects.get(post=None, kind="link", purpose="advice").value == "https://travel.example/ab"
