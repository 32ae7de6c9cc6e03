"""Signing in: the second factor before anything is let out, the lock-out, the shift, and nowhere else to be led to."""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from crisis import clock
from crisis.alerts.models import Alert, State
from crisis.encryption import open_sealed
from crisis.journal.models import Entry
from crisis.staff.models import Officer
from tests.functional.factories import submitted

At = Callable[[datetime], None]
PASSWORD = "tocsin-approver"


def sign_in(client: Client, password: str = PASSWORD, *, name: str = "approver", **more: str) -> Any:
    return client.post("/console/login/", {"username": name, "password": password, **more})


def code(secret: str, *, steps: int = 0) -> str:
    """What an authenticator app shows, some half minutes from now; codes that were shown are forgotten."""
    cache.clear()
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def enrolled(client: Client) -> str:
    """Set an authenticator app up, as a person does, and return its secret."""
    assert client.get("/console/account/factor/totp/activate/").status_code == 302, "the password is asked once more"
    client.post("/console/account/again/", {"password": PASSWORD})
    page = client.get("/console/account/factor/totp/activate/").content.decode()
    (secret,) = re.findall(r'id="factor-key">([A-Z2-7]+)<', page)
    assert client.post("/console/account/factor/totp/activate/", {"code": code(secret)}).status_code == 302
    return str(secret)


@pytest.fixture
def live_rules(settings: Any) -> None:
    """What live operation asks for, on an exercise."""
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def alert(sim: Any) -> Alert:
    return submitted()


def approve(client: Client, alert: Alert) -> Any:
    page = f"/console/exercise/{alert.pk}/"
    asked = {"revision": str(alert.revision), "agreed": "yes"}
    return client.post(f"{page}approve/", asked, headers={"Referer": f"http://testserver{page}"})


def state(alert: Alert) -> str:
    return Alert.objects.get(pk=alert.pk).state


def test_nothing_is_issued_without_a_second_factor(live_rules: None, client: Client, alert: Alert) -> None:
    sign_in(client)
    response = approve(client, alert)
    assert response["Location"] == reverse("mfa_index")
    assert state(alert) == State.SUBMITTED
    assert "set it up here first" in client.get(response["Location"]).content.decode()


def test_it_is_issued_after_one_was_shown_and_not_for_long(
    live_rules: None, client: Client, alert: Alert, at: At, settings: Any
) -> None:
    sign_in(client)
    secret = enrolled(client)
    asked = approve(client, alert)
    assert asked["Location"].startswith(reverse("mfa_reauthenticate"))
    assert state(alert) == State.SUBMITTED
    again = client.post(asked["Location"], {"code": code(secret)})
    assert again["Location"] == f"http://testserver/console/exercise/{alert.pk}/", "back to the alert"

    now = clock.now()
    at(now + timedelta(minutes=settings.SECOND_FACTOR_MINUTES + 1))
    assert approve(client, alert)["Location"].startswith(reverse("mfa_reauthenticate")), "that was too long ago"
    assert state(alert) == State.SUBMITTED
    at(now)
    approve(client, alert)
    assert state(alert) == State.ISSUED


def test_the_code_may_be_typed_where_it_is_approved(live_rules: None, client: Client, alert: Alert) -> None:
    sign_in(client)
    page, asked = f"/console/exercise/{alert.pk}/", {"revision": str(alert.revision), "agreed": "yes"}
    assert "set it up</a> first" in client.get(page).content.decode(), "before anything is ticked"
    secret = enrolled(client)
    assert 'name="code"' in client.get(page).content.decode()

    led = {"Referer": f"http://testserver{page}"}
    refused = client.post(f"{page}approve/", asked | {"code": "000000"}, headers=led)
    assert refused["Location"] == f"http://testserver{page}"
    assert state(alert) == State.SUBMITTED
    shown = client.get(page).content.decode()
    assert "Incorrect code" in shown
    client.post(f"{page}approve/", asked | {"code": code(secret)}, headers=led)
    assert state(alert) == State.ISSUED


def test_a_code_in_the_form_is_tried_only_so_often(live_rules: None, client: Client, alert: Alert) -> None:
    sign_in(client)
    secret = enrolled(client)
    page, asked = f"/console/exercise/{alert.pk}/approve/", {"revision": str(alert.revision), "agreed": "yes"}
    cache.clear()
    right = str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    for _ in range(10):
        client.post(page, asked | {"code": "000000"})
    client.post(page, asked | {"code": right})
    assert state(alert) == State.SUBMITTED, "as on the page that asks for nothing else"


def test_a_password_never_stands_in_for_the_second_factor(live_rules: None, client: Client, alert: Alert) -> None:
    sign_in(client)
    enrolled(client)
    response = client.post("/console/account/again/", {"password": PASSWORD})
    assert response["Location"].startswith(reverse("mfa_reauthenticate"))
    approve(client, alert)
    assert state(alert) == State.SUBMITTED


def test_whoever_has_a_second_factor_is_not_in_before_it_is_shown(client: Client) -> None:
    sign_in(client)
    secret = enrolled(client)
    other = Client()
    assert sign_in(other)["Location"] == reverse("mfa_authenticate")
    assert other.get("/console/")["Location"].startswith("/console/login/")
    assert other.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert other.get("/console/").status_code == 302
    assert other.post(reverse("mfa_authenticate"), {"code": code(secret)})["Location"] == reverse("console:home")
    assert other.get("/console/").status_code == 200


def test_codes_are_not_tried_out(client: Client) -> None:
    sign_in(client)
    secret = enrolled(client)
    other = Client()
    sign_in(other)
    right = code(secret)
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(12):
        other.post(reverse("mfa_authenticate"), {"code": wrong})
    page = other.post(reverse("mfa_authenticate"), {"code": right})
    assert page.status_code == 200, "even the right one is refused by then"
    assert other.get("/console/").status_code == 302


def test_recovery_codes_are_shown_and_each_works_once(client: Client) -> None:
    sign_in(client)
    enrolled(client)
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    codes = re.findall(r"^\d{8}$", page, re.MULTILINE)[:1] or re.findall(r">(\d{8})\n", page)
    for expected in (302, 200):
        other = Client()
        sign_in(other)
        assert other.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == expected
    added = Entry.objects.filter(action="staff.factor_added").values_list("data__kind", flat=True)
    assert set(added) <= {"totp", "recovery_codes"}


def test_secrets_of_second_factors_are_encrypted_and_follow_the_keys(client: Client, settings: Any) -> None:
    sign_in(client)
    secret = enrolled(client)
    row = Authenticator.objects.get(type="totp")
    assert secret not in str(row.data)
    assert open_sealed(row.data["secret"]) == secret
    settings.TOCSIN_KEYS = [Fernet.generate_key().decode(), *settings.TOCSIN_KEYS]
    call_command("rotate_keys", verbosity=0)
    settings.TOCSIN_KEYS = settings.TOCSIN_KEYS[:1]
    other = Client()
    sign_in(other)
    assert other.post(reverse("mfa_authenticate"), {"code": code(secret)}).status_code == 302


def test_the_demo_asks_nobody_and_says_so(client: Client, alert: Alert) -> None:
    sign_in(client)
    assert "In this demo no second factor is asked" in client.get(reverse("mfa_index")).content.decode()
    approve(client, alert)
    assert state(alert) == State.ISSUED


# --- trying passwords -----------------------------------------------------------------------------------------------------


def test_whoever_tries_passwords_is_locked_out_and_the_officer_elsewhere_is_not(client: Client, settings: Any) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert sign_in(client, "a wrong one").status_code == 200
    assert sign_in(client, "a wrong one").status_code == 429
    locked = sign_in(client)
    assert locked.status_code == 429, "even with the right one"
    assert "Too many tries" in locked.content.decode()
    assert Entry.objects.filter(action="staff.locked_out").exists()

    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere)["Location"] == reverse("console:home"), "nobody locks the duty officer out"


def test_a_header_that_anybody_can_write_opens_no_lock(client: Client, settings: Any) -> None:
    for number in range(settings.AXES_FAILURE_LIMIT):
        forged = Client(headers={"X-Forwarded-For": f"198.51.100.{number}"})
        sign_in(forged, "a wrong one")
    assert sign_in(client).status_code == 429


# --- the shift -------------------------------------------------------------------------------------------------------------


def test_a_session_ends_after_idle_hours_and_after_a_whole_shift(client: Client, at: At, settings: Any) -> None:
    start = clock.now()
    sign_in(client)
    assert client.get("/console/").status_code == 200
    at(start + timedelta(seconds=settings.SHIFT_IDLE_S + 60))
    assert client.get("/console/").status_code == 302

    sign_in(client)
    for hour in range(2, 15):
        at(start + timedelta(seconds=settings.SHIFT_IDLE_S + 60, hours=hour - 1))
        last = client.get("/console/").status_code
    assert last == 302, "however busy: nobody is in for more than a shift"


def test_a_page_that_renews_itself_keeps_nobody_in(client: Client, at: At, settings: Any) -> None:
    start = clock.now()
    sign_in(client)
    for minutes in range(0, settings.SHIFT_IDLE_S // 60 + 30, 15):
        at(start + timedelta(minutes=minutes))
        last = client.get("/console/cases/", headers={"HX-Request": "true"}).status_code
    assert last == 302


def test_signing_in_changes_the_sessions_number(client: Client) -> None:
    client.get("/connect/done/")
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before
    assert client.cookies["sessionid"]["httponly"]


def test_a_new_password_signs_out_everywhere_else(client: Client) -> None:
    elsewhere = Client()
    for each in (client, elsewhere):
        sign_in(each)
    new = "a better horse battery"
    asked = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), asked).status_code == 302
    assert client.get("/console/").status_code == 200
    assert elsewhere.get("/console/").status_code == 302
    assert Entry.objects.filter(action="staff.password").exists()
    assert Officer.objects.get(username="approver").check_password(new)


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example/", r"/\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(client: Client, where: str) -> None:
    assert sign_in(client, next=where)["Location"] == reverse("console:home")
    secret = enrolled(client)
    other = Client()
    sign_in(other, next=where)
    assert other.post(reverse("mfa_authenticate"), {"code": code(secret)})["Location"] == reverse("console:home")
    again = other.post(reverse("mfa_reauthenticate"), {"code": code(secret, steps=1), "next": where})
    assert again["Location"] == reverse("console:home")
