"""Staff let in by a link that is theirs, shut out by a click, and rung only where they have shown to be."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from crisis import clock
from crisis.alerts.rings import Ring, RingMessage
from crisis.journal.models import Entry
from crisis.staff import confirming, forgetting, inviting
from crisis.staff.invited import StaffInvitation
from crisis.staff.models import Officer
from crisis.staff.operations import NotGiven
from crisis.staff.rights import NotAllowed
from crisis.staff.roster import Way
from crisis.staff.rostering import RosterError, set_way
from simulator.testing import Running
from tasks import staff_letters
from tests.functional.factories import NOW, submitted
from tests.functional.silent import letters
from tests.functional.test_ringing import later, mailbox, on_duty, reachable

At = Callable[[datetime], None]
SignIn = Callable[[str], Client]
ASKED = {"name": "Nora New", "username": "nora", "email": "nora@ministry.example", "language": "fr"}
PASSWORD = "seventeen grey herons"


@pytest.fixture
def worker(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> Callable[[Callable[[], Any]], Any]:
    """Does something in the console, then what the worker would do for what was rung."""
    bells: list[tuple[str, tuple[Any, ...]]] = []

    def keep(name: str, arguments: list[tuple[Any, ...]], *, queue: str) -> int:
        bells.extend((name, each) for each in arguments)
        return len(arguments)

    monkeypatch.setattr("tasks.bells._send", keep)

    def work(act: Callable[[], Any]) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            done = act()
        while bells:
            name, args = bells.pop(0)
            getattr(staff_letters, name.rpartition(".")[2])(*args)
        return done

    return work


def link(sim: Running, to: str = ASKED["email"]) -> str:
    found = re.search(r"https?://[^/\s]+(/console/account/invitation/\S+)", letters(sim, to)[-1]["text"])
    assert found
    return found.group(1)


def test_somebody_is_invited_sets_a_password_and_signs_in(sim: Running, signed_in: SignIn, worker: Any, at: At) -> None:
    at(NOW)
    admin = signed_in("approver")
    page = worker(lambda: admin.post("/console/staff/invite/", ASKED, follow=True)).content.decode()
    assert "Now give them their roles" in page
    person = Officer.objects.get(username="nora")
    assert (person.is_active, person.has_usable_password()) == (False, False)
    admin.post(f"/console/staff/{person.pk}/", {"role": "approver", "reach": "all"})
    assert len(letters(sim, ASKED["email"])) == 1
    path = link(sim)
    assert path.split("/")[-2] not in str(list(StaffInvitation.objects.values())), "the token stands nowhere"
    assert "the link works until" in admin.get("/console/staff/").content.decode()

    them = Client()
    shown = them.get(path)
    assert (shown.status_code, shown["Referrer-Policy"]) == (200, "no-referrer")
    assert "nora" in shown.content.decode()
    weak = them.post(path, {"new_password1": "short", "new_password2": "short", "language": "nl"})
    assert weak.status_code == 422
    assert "12" in weak.content.decode()
    assert not Officer.objects.get(pk=person.pk).is_active
    done = them.post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD, "language": "nl"}, follow=True)
    assert "Sign in with it now" in done.content.decode()
    person.refresh_from_db()
    assert (person.is_active, person.language) == (True, "nl")
    assert Way.objects.get(officer=person).confirmed_at == NOW, "they came by that address"
    again = Client().post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD, "language": "nl"})
    assert again.status_code == 410
    inside = Client()
    inside.post("/console/login/", {"username": "nora", "password": PASSWORD})
    assert inside.get("/console/").status_code == 200
    assert "signed in last" in admin.get(f"/console/staff/{person.pk}/").content.decode()
    told = Entry.objects.filter(subject=f"officer:{person.pk}").order_by("id").values_list("action", flat=True)
    assert list(told) == ["staff.invite", "staff.grant", "staff.accept"]
    assert "nora" not in str(list(Entry.objects.values_list("data", flat=True)))
    admin.post(f"/console/staff/{person.pk}/access/", {"do": "shut"})
    assert inside.get("/console/").status_code == 302, "from the next click on"
    assert "shut out" in admin.get("/console/staff/").content.decode()
    admin.post(f"/console/staff/{person.pk}/access/", {"do": "back"})
    assert Officer.objects.get(pk=person.pk).is_active


def test_an_old_link_and_one_that_was_replaced_let_nobody_in(
    sim: Running, signed_in: SignIn, worker: Any, at: At
) -> None:
    at(NOW)
    admin = signed_in("approver")
    worker(lambda: admin.post("/console/staff/invite/", ASKED))
    person, first = Officer.objects.get(username="nora"), link(sim)
    worker(lambda: admin.post(f"/console/staff/{person.pk}/access/", {"do": "invite"}))
    second = link(sim)
    assert first != second
    assert Client().get(first).status_code == 410
    at(NOW + inviting.LINK_HOLDS)
    assert Client().get(second).status_code == 410
    at(NOW + timedelta(days=1))
    assert Client().get(second).status_code == 200
    inviting.deactivate(officer=person, by=Officer.objects.get(username="approver"), now=clock.now())
    assert Client().get(second).status_code == 410
    assert Client().get("/console/account/invitation/x/").status_code == 410


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"username": "Officer"}, "Somebody else signs in with this name"),
        ({"username": "no spaces please"}, "valid username"),
        ({"name": " "}, "Say who it is"),
        ({"email": "nora"}, "no e-mail address"),
        ({"language": "xx"}, "Choose a language"),
        ({"email": "TAKEN@ministry.example"}, "Somebody else of the staff is reached there"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_and_nothing_is_stored(
    signed_in: SignIn, clerk: Officer, wrong: dict[str, str], why: str
) -> None:
    set_way(officer=clerk, kind=Way.Kind.EMAIL, text="taken@ministry.example", now=NOW)
    before = Officer.objects.count()
    page = signed_in("approver").post("/console/staff/invite/", ASKED | wrong)
    assert page.status_code == 422
    assert why in page.content.decode()
    assert (Officer.objects.count(), StaffInvitation.objects.count()) == (before, 0)


def test_only_an_administrator_lets_in_and_nobody_shuts_themselves_out(officer: Officer, approver: Officer) -> None:
    with pytest.raises(NotAllowed):
        inviting.invite(**ASKED, by=officer, now=NOW)
    with pytest.raises(NotGiven):
        inviting.deactivate(officer=approver, by=approver, now=NOW)
    with pytest.raises(NotAllowed):
        inviting.deactivate(officer=approver, by=officer, now=NOW)
    with pytest.raises(NotGiven, match="set their password already"):
        inviting.invite_again(officer=officer, by=approver, now=NOW)


def test_a_link_that_was_asked_for_while_another_one_left_is_sent_too(approver: Officer) -> None:
    person = inviting.invite(**ASKED, by=approver, now=NOW)
    made = inviting.make_link(officer_id=person.pk, now=NOW)
    assert made is not None
    inviting.invite_again(officer=person, by=approver, now=NOW)
    inviting.note_sent(token=made[1], now=NOW)
    assert inviting.make_link(officer_id=person.pk, now=NOW) is not None, "the first one is worth nothing any more"


def test_whoever_is_shut_out_at_that_moment_is_not_let_in_by_their_link(
    monkeypatch: pytest.MonkeyPatch, approver: Officer
) -> None:
    person = inviting.invite(**ASKED, by=approver, now=NOW)
    made = inviting.make_link(officer_id=person.pk, now=NOW)
    assert made is not None
    read = inviting.invitation_of

    def slow(token: str, now: datetime) -> StaffInvitation | None:
        found = read(token, now)
        inviting.deactivate(officer=person, by=approver, now=NOW)
        return found

    monkeypatch.setattr(inviting, "invitation_of", slow)
    with pytest.raises(inviting.LinkGone):
        inviting.accept(token=made[1], password=PASSWORD, language="nl", now=NOW)
    person.refresh_from_db()
    assert (person.is_active, person.has_usable_password()) == (False, False)


# --- a forgotten password ---------------------------------------------------------------------------------------------------

FORGOTTEN, DORA = "/console/account/forgotten/", "dora@ministry.example"


@pytest.fixture
def dora(officer: Officer, at: At) -> Officer:
    """An officer whose e-mail address is confirmed."""
    at(NOW)
    set_way(officer=officer, kind=Way.Kind.EMAIL, text=DORA, now=NOW)
    Way.objects.filter(officer=officer).update(confirmed_at=NOW)
    Officer.objects.filter(pk=officer.pk).update(language="nl")
    return officer


def forgets(worker: Any, who: str = "officer") -> str:
    cache.clear()  # another place, or a minute later
    answer = worker(lambda: Client().post(FORGOTTEN, {"who": who}, follow=True))
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    return page[page.index("<main") :]


def test_whoever_has_forgotten_their_password_sets_another_one_by_a_link(
    sim: Running, worker: Any, dora: Officer, signed_in: SignIn
) -> None:
    elsewhere, before = signed_in("officer"), Client()
    assert FORGOTTEN in before.get("/console/login/").content.decode()
    for _ in range(6):
        before.post("/console/login/", {"username": "officer", "password": "was it this one"})
    assert "a link is on its way" in forgets(worker)
    (letter,) = letters(sim, DORA)
    assert "wachtwoord" in letter["subject"], "in their language"
    path = link(sim, DORA)
    kept = str(list(StaffInvitation.objects.values())) + str(list(Entry.objects.values()))
    assert path.split("/")[-2] not in kept
    page = before.get(path).content.decode()
    assert 'name="language"' not in page
    weak = before.post(path, {"new_password1": "short", "new_password2": "short"})
    assert weak.status_code == 422, "and the link still works"
    done = before.post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD}, follow=True).content.decode()
    assert "Sign in with it now" in done
    assert elsewhere.get("/console/").status_code == 302, "nowhere are they signed in any more"
    assert before.get("/console/").status_code == 302, "nor by the link"
    assert before.post("/console/login/", {"username": "officer", "password": PASSWORD})["Location"] == "/console/"
    assert Client().get(path).status_code == 410, "it works once"
    dora.refresh_from_db()
    assert (dora.is_active, dora.language) == (True, "nl")
    told = Entry.objects.filter(subject=f"officer:{dora.pk}", action__in=[forgetting.ASKED, "staff.new_password"])
    assert [*told.order_by("id").values_list("action", "actor")] == [
        (forgetting.ASKED, "door"),
        ("staff.new_password", dora.actor),
    ]


def test_nobody_learns_whom_we_know_and_only_a_confirmed_address_gets_a_link(
    sim: Running, worker: Any, dora: Officer, clerk: Officer
) -> None:
    told = forgets(worker)
    assert forgets(worker, "nobody") == forgets(worker, "clerk") == forgets(worker, "x" * 200) == told
    set_way(officer=clerk, kind=Way.Kind.EMAIL, text="clerk@ministry.example", now=NOW)
    assert forgets(worker, "clerk") == told, "an address that nobody has confirmed may be anybody's"
    assert forgets(worker, "clerk@ministry.example") == told
    Officer.objects.filter(pk=dora.pk).update(is_active=False)
    assert forgets(worker, DORA.upper()) == told
    assert len(letters(sim, DORA)) == 1
    assert letters(sim, "clerk@ministry.example") == []
    assert Client().get(link(sim, DORA)).status_code == 410, "whoever has left comes back by no link"


def test_a_link_for_another_password_is_short_lived_and_not_to_be_had_again_and_again(
    sim: Running, worker: Any, dora: Officer, at: At
) -> None:
    forgets(worker, DORA)
    first = link(sim, DORA)
    forgets(worker)
    assert len(letters(sim, DORA)) == 1, "one was sent a moment ago"
    at(NOW + forgetting.NOT_BEFORE)
    forgets(worker)
    second = link(sim, DORA)
    assert (Client().get(first).status_code, Client().get(second).status_code) == (410, 200)
    at(NOW + forgetting.NOT_BEFORE + forgetting.LINK_HOLDS)
    assert Client().get(second).status_code == 410
    for hour in range(1, 9):
        at(NOW + timedelta(hours=hour))
        forgets(worker)
    assert len(letters(sim, DORA)) == forgetting.MOST_A_DAY


def test_from_one_place_it_is_asked_a_few_times_a_minute(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[tuple[Any, ...]] = []
    monkeypatch.setattr("tasks.bells._send", lambda _name, arguments, **_: rung.extend(arguments))
    cache.clear()
    answers = [client.post(FORGOTTEN, {"who": f"name{n}"}).status_code for n in range(6)]
    assert answers == [302] * 5 + [422]
    assert len(rung) == 5
    assert "name0" not in str(rung), "what was typed may be a password"
    cache.clear()
    assert client.post(FORGOTTEN, {"who": "a\0b"}).status_code == 422


# --- ways -------------------------------------------------------------------------------------------------------------------


def test_an_address_is_rung_once_the_code_that_went_there_came_back(
    sim: Running, signed_in: SignIn, worker: Any, at: At
) -> None:
    at(NOW)
    reachable(sim, "approver")
    Way.objects.filter(officer__username="approver", kind=Way.Kind.EMAIL).delete()
    on_duty("approver")
    me = signed_in("approver")
    worker(lambda: me.post("/console/reach/", {"do": "set", "kind": "email", "address": mailbox("approver")}))
    assert "not confirmed: you are not rung there" in me.get("/console/reach/").content.decode()
    assert "E-mail (not confirmed)" in me.get("/console/roster/").content.decode()
    assert "fewer than two confirmed ways" in me.get("/console/").content.decode()
    submitted()
    later(at, seconds=2)
    assert [*RingMessage.objects.values_list("kind", flat=True)] == ["telegram"]

    (letter,) = letters(sim, mailbox("approver"))
    found = re.search(r"\b\d{6}\b", letter["text"])
    assert found
    wrong = me.post("/console/reach/", {"do": "confirm", "kind": "email", "code": "abc"}, follow=True)
    assert "not the code that we sent" in wrong.content.decode()
    right = me.post("/console/reach/", {"do": "confirm", "kind": "email", "code": found.group()}, follow=True)
    assert "you are rung there too" in right.content.decode()
    assert "fewer than two" not in me.get("/console/").content.decode()
    later(at, minutes=3)
    assert Ring.objects.count() > 1
    assert set(RingMessage.objects.filter(ring__officer__username="approver").values_list("kind", flat=True)) == {
        "telegram", "email",
    }  # fmt: skip
    assert Entry.objects.filter(action="staff.confirm_way").count() == 1


def test_a_code_is_guessed_five_times_and_no_more_and_a_changed_address_is_confirmed_anew(clerk: Officer) -> None:
    set_way(officer=clerk, kind=Way.Kind.SMS, text="+32470123456", now=NOW)
    confirming.ask(officer=clerk, kind="sms", now=NOW)
    with pytest.raises(RosterError, match="a moment ago"):
        confirming.ask(officer=clerk, kind="sms", now=NOW)
    made = confirming.make_code(way_id=Way.objects.get().pk, now=NOW)
    assert made is not None
    code = made[1]

    def said(words: str, now: datetime = NOW) -> None:
        confirming.confirm(officer=clerk, kind="sms", code=words, now=now)

    for _ in range(confirming.MOST_TRIES):
        with pytest.raises(RosterError, match="not the code"):
            said("x")
    with pytest.raises(RosterError, match="too often"):
        said(code)
    made = confirming.make_code(way_id=Way.objects.get().pk, now=NOW)
    assert made is not None
    with pytest.raises(RosterError, match="too old"):
        said(made[1], NOW + confirming.CODE_HOLDS)
    said(made[1])
    assert confirming.make_code(way_id=Way.objects.get().pk, now=NOW) is None
    set_way(officer=clerk, kind=Way.Kind.SMS, text="+32470123457", now=NOW)
    assert Way.objects.get().confirmed_at is None
