"""Roles are given and taken by somebody else, volunteers let in for a while; and auditors read of it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, connection, transaction
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.journal.models import Entry
from crisis.journal.operations import seal
from crisis.registry.models import Post
from crisis.staff.models import Grant, Officer, Role
from crisis.staff.operations import NotGiven, give, let_in, take
from crisis.staff.rights import NotAllowed, Right, may, rights_of
from tests.functional.factories import NOW, issued

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]


@pytest.fixture
def administrator(approver: Officer) -> Officer:
    return approver  # of the demo, who is both


def test_an_administrator_gives_and_takes_a_role_of_certain_posts(signed_in: SignIn, clerk: Officer) -> None:
    page, tokyo = f"/console/staff/{clerk.pk}/", Post.objects.get(code="be-seoul-emb")
    admin = signed_in("approver")
    asked = {"role": "clerk", "reach": "posts", "posts": [str(tokyo.pk)]}
    assert "Given." in admin.post(page, asked, follow=True).content.decode()
    grant = Grant.objects.get(officer=clerk, role=Role.CLERK)
    assert (grant.bound, list(grant.posts.all())) == (True, [tokyo])
    admin.post(page, {"role": "clerk", "step": "take"})
    assert rights_of(clerk) == frozenset()
    told = Entry.objects.filter(action__in=["staff.grant", "staff.take"], subject=f"officer:{clerk.pk}").order_by(
        "-id"
    )[:2]
    assert [(entry.action, entry.data["role"]) for entry in told] == [("staff.take", "clerk"), ("staff.grant", "clerk")]


def test_to_choose_posts_and_name_none_gives_nothing(signed_in: SignIn, officer: Officer) -> None:
    said = signed_in("approver").post(f"/console/staff/{officer.pk}/", {"role": "clerk", "reach": "posts"}, follow=True)
    assert "Choose the posts" in said.content.decode()
    assert not Grant.objects.filter(officer=officer, role=Role.CLERK).exists()


def test_nobody_changes_their_own_roles(signed_in: SignIn, administrator: Officer) -> None:
    before = rights_of(administrator)
    page = f"/console/staff/{administrator.pk}/"
    said = signed_in("approver").post(page, {"role": "officer", "reach": "all"}, follow=True).content.decode()
    assert "Nobody gives or takes their own roles" in said
    signed_in("approver").post(page, {"role": "administrator", "step": "take"})
    assert rights_of(administrator) == before


def test_only_an_administrator_does_and_some_roles_not_so(
    officer: Officer, clerk: Officer, administrator: Officer
) -> None:
    with pytest.raises(NotAllowed):
        give(officer=clerk, role=Role.APPROVER, posts=[], by=officer, now=NOW)
    with pytest.raises(NotAllowed):
        take(officer=clerk, role=Role.CLERK, by=officer, now=NOW)
    with pytest.raises(NotGiven):
        give(officer=clerk, role=Role.VOLUNTEER, posts=[], by=administrator, now=NOW)
    with pytest.raises(NotGiven):
        give(officer=clerk, role=Role.APPROVER, posts=[1], by=administrator, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(officer=clerk, role=Role.VOLUNTEER, granted_at=NOW)


def test_a_lost_second_factor_is_taken_away_by_somebody_else(
    signed_in: SignIn, officer: Officer, administrator: Officer
) -> None:
    for person in (officer, administrator):
        Authenticator.objects.create(user=person, type="totp", data={})
        signed_in("approver").post(f"/console/staff/{person.pk}/factor/")
    assert list(Authenticator.objects.values_list("user", flat=True)) == [administrator.pk]
    assert Entry.objects.filter(action="staff.take_factor").count() == 1


# --- volunteers -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def alert(sim: Any) -> Alert:
    return issued()


def test_a_volunteer_is_let_in_within_a_page_and_is_out_by_themselves(signed_in: SignIn, alert: Alert, at: At) -> None:
    asked = {"name": "Vera Volunteer", "rollcall": str(alert.rollcall.pk), "hours": "12"}
    page = signed_in("officer").post("/console/volunteers/", asked)
    text = page.content.decode()
    assert page.status_code == 201
    assert "no-store" in page["Cache-Control"]
    (name,) = re.findall(r'id="their-name">([\w-]+)<', text)
    (password,) = re.findall(r'id="their-password">([\w-]+)<', text)
    assert password not in signed_in("officer").get("/console/volunteers/").content.decode(), "shown once"

    start, volunteer = clock.now(), Client()
    assert volunteer.post("/console/login/", {"username": name, "password": password})["Location"] == "/console/"
    board = f"/console/rollcalls/{alert.rollcall.pk}/"
    assert volunteer.get(board).status_code == 200
    assert volunteer.get("/console/exercise/new/").status_code == 403

    person = Officer.objects.get(username=name)
    at(start + timedelta(hours=11))
    assert may(person, Right.CASES)
    at(start + timedelta(hours=12, minutes=1))
    assert rights_of(person) == frozenset()
    late = Client().post("/console/login/", {"username": name, "password": password})
    assert "Your access has ended" in late.content.decode()
    entry = Entry.objects.get(action="staff.let_in")
    assert "Vera" not in str(entry.data), "numbers only"


def test_an_officer_ends_it_before(signed_in: SignIn, alert: Alert, officer: Officer) -> None:
    person, _ = let_in(
        name="Vera", rollcall_id=alert.rollcall.pk, posts=[], until=clock.now() + timedelta(hours=1), by=officer,
        now=clock.now(),
    )  # fmt: skip
    signed_in("officer").post(f"/console/volunteers/{person.pk}/end/")
    assert rights_of(person) == frozenset()


def test_nobody_is_let_in_for_ever_or_without_a_name_or_for_an_alert_that_has_ended(
    signed_in: SignIn, alert: Alert, at: At
) -> None:
    asked = {"name": "Vera", "rollcall": str(alert.rollcall.pk), "hours": "12"}
    browser = signed_in("officer")
    assert browser.post("/console/volunteers/", asked | {"name": " "}).status_code == 422
    assert browser.post("/console/volunteers/", asked | {"hours": "0"}).status_code == 422
    assert browser.post("/console/volunteers/", asked | {"post": "Tokyo"}).status_code == 404, (
        "not for every post instead"
    )
    browser.post("/console/volunteers/", asked | {"hours": "9999"})
    longest = Grant.objects.get(role=Role.VOLUNTEER).expires_at
    assert longest is not None
    assert longest <= clock.now() + timedelta(days=7)
    assert alert.expires_at is not None
    at(alert.expires_at)
    later = signed_in("officer")
    assert later.post("/console/volunteers/", asked).status_code == 404


# --- the journal ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def auditor() -> Client:
    person = Officer.objects.create_user("auditor", password="a long password of theirs")
    Grant.objects.create(officer=person, role=Role.AUDITOR, granted_at=NOW)
    client = Client()
    client.force_login(person)
    return client


def test_an_auditor_reads_the_journal_and_whether_it_holds(auditor: Client, alert: Alert) -> None:
    seal()
    page = auditor.get(f"/console/journal/?subject=alert:{alert.pk}").content.decode()
    assert "alerts.submit" in page
    assert "The chain holds" in auditor.get("/console/journal/?check=yes").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE journal_entry SET actor = 'nobody' WHERE subject = %s", [f"alert:{alert.pk}"])
    assert "The chain does not hold" in auditor.get("/console/journal/?check=yes").content.decode()


def test_what_was_written_by_somebody_hostile_is_only_text_there(auditor: Client) -> None:
    Entry.objects.create(
        at=NOW, actor="<b>x</b>", action="a.b", subject="<script>1</script>", data={"<i>": "<img src=x>"}
    )
    page = auditor.get("/console/journal/").content.decode()
    assert not re.search(r"<(b|i|img src=x|script)>", page)
