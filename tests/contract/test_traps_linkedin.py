"""LinkedIn's traps: little text that cuts in silence, a client that raises nothing, a duplicate that names what it repeats."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms import catalog
from platforms.contract import Endpoint, Stages, Target
from platforms.errors import (
    AlreadyPosted,
    BadCredentials,
    ConsentDeclined,
    ConsentMismatch,
    ContentRejected,
    PlatformConfig,
    PlatformError,
    QuotaUsed,
    Throttled,
    Unconfirmed,
    UnexpectedResponse,
    Unsupported,
)
from platforms.linkedin import LinkedInAdapter
from platforms.linkedin_consent import LinkedInConsent
from platforms.measure import little_text, little_text_units
from platforms.specs.linkedin import LINKEDIN, LINKEDIN_VERSION
from simulator.linkedin import littletext
from tests.contract.conftest import Stage, endpoint_of, picture
from tests.contract.rows.linkedin import ROW

BACK = "http://127.0.0.1:8000/connect/callback/linkedin/"


@pytest.fixture
def linkedin(stage_of: Any) -> Stage:
    made: Stage = stage_of("linkedin")
    return made


# --- little text -----------------------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("\\|{}@[]()<>#*_~ab é🆘"), min_size=1, max_size=60))
def test_whatever_is_written_is_shown_whole(text: str) -> None:
    assert littletext.shown(little_text(text)) == text
    assert littletext.length(little_text(text)) == little_text_units(text)


@pytest.mark.parametrize("sign", sorted(littletext.RESERVED))
def test_each_reserved_sign_would_cut_the_post_if_it_were_not_escaped(linkedin: Stage, sign: str) -> None:
    text = f"Stay away {sign} from the coast."
    assert littletext.shown(text) == "Stay away ", "the double is as cruel as the platform"
    linkedin.adapter.publish(dataclasses.replace(linkedin.out, text=text), linkedin.target)
    assert linkedin.publications()[0]["text"] == text


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.sampled_from("\\|{}@[]()<>#*_~abc\n"), min_size=1, max_size=80))
def test_what_was_published_is_found_whatever_signs_it_has(linkedin: Stage, text: str) -> None:
    linkedin.world.control("PUT", "limits", {"linkedin_duplicate_hours": None})
    linkedin.out = dataclasses.replace(linkedin.out, text=f"{linkedin.out.marker} {text}")
    receipt = linkedin.publish()
    found = linkedin.find()
    assert found is not None
    assert receipt.remote_id == linkedin.publications()[-1]["remote_id"]
    assert linkedin.publications()[-1]["text"] == linkedin.out.text


def test_the_limit_counts_the_escapes(linkedin: Stage) -> None:
    most = linkedin.adapter.spec.text_limit
    for text, fits in (("#" * (most // 2), True), ("#" * (most // 2) + "a", False)):
        assert (little_text_units(text) <= most) == fits
        out = dataclasses.replace(linkedin.out, text=text)
        if fits:
            linkedin.adapter.publish(out, linkedin.target)
        else:
            with pytest.raises(ContentRejected):
                linkedin.adapter.publish(out, linkedin.target)


# --- what the client hides -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "service", "expected"),
    [
        (400, "ILLEGAL_ARGUMENT", None, ContentRejected), (401, "REVOKED_ACCESS_TOKEN", 65601, BadCredentials),
        (401, "EXPIRED_ACCESS_TOKEN", 65602, BadCredentials), (403, "ACCESS_DENIED", 100, BadCredentials),
        (404, "RESOURCE_NOT_FOUND", None, UnexpectedResponse), (413, "", None, ContentRejected),
        (422, "FIELD_LENGTH_TOO_LONG", None, ContentRejected), (426, "NONEXISTENT_VERSION", None, PlatformConfig),
        (400, "VERSION_MISSING", None, PlatformConfig), (500, "", None, Unconfirmed), (504, "", None, Unconfirmed),
    ],
)  # fmt: skip
def test_no_refusal_is_taken_for_a_success(
    linkedin: Stage, status: int, code: str, service: int | None, expected: type[PlatformError]
) -> None:
    """The client returns all of these as it returns a success."""
    body = {"status": status, "code": code, "serviceErrorCode": service, "message": "words"}
    linkedin.fault("error_json", status=status, body=body)
    with pytest.raises(PlatformError) as raised:
        linkedin.publish()
    assert type(raised.value) is expected
    assert linkedin.standing() == 0


def test_a_version_that_is_gone_is_for_the_administrator(linkedin: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platforms.linkedin.LINKEDIN_VERSION", "202401")
    with pytest.raises(PlatformConfig):
        linkedin.publish()


def test_a_version_that_grows_old_is_said_months_before_it_ends() -> None:
    assert LINKEDIN not in catalog.outdated(date(2027, 6, 30))
    assert LINKEDIN in catalog.outdated(date(2027, 7, 1))
    age = date.fromisoformat(LINKEDIN.current_until) - date(int(LINKEDIN_VERSION[:4]), int(LINKEDIN_VERSION[4:]), 1)
    assert timedelta(days=270) <= age <= timedelta(days=275), "nine months, of the twelve that it lives"


def test_the_days_limit_waits_for_midnight_and_a_short_one_does_not(linkedin: Stage) -> None:
    linkedin.fault("quota")
    with pytest.raises(QuotaUsed) as raised:
        linkedin.publish()
    now = parsedate_to_datetime(requests.get(linkedin.world.url, timeout=5).headers["date"])
    assert raised.value.until is not None
    assert timedelta(0) < raised.value.until - now <= timedelta(days=1, minutes=5)
    assert raised.value.until.astimezone(UTC).strftime("%H:%M") == "00:05"
    linkedin.fault("rate_limit", retry_after=None)
    with pytest.raises(Throttled):
        linkedin.publish()


# --- duplicates ------------------------------------------------------------------------------------------------------


def test_a_duplicate_that_is_this_very_post_counts_as_published(linkedin: Stage) -> None:
    receipt = linkedin.publish()
    with pytest.raises(AlreadyPosted) as raised:
        linkedin.publish()
    assert (raised.value.remote_id, raised.value.url) == (receipt.remote_id, receipt.url)
    assert linkedin.standing() == 1


def test_a_duplicate_of_what_was_deleted_since_is_not_believed(linkedin: Stage) -> None:
    linkedin.withdraw(linkedin.publish().remote_id)
    with pytest.raises(Unconfirmed) as raised:
        linkedin.publish()
    assert raised.value.duplicate
    assert linkedin.find() is None


@pytest.mark.parametrize("text", ["Another text of ours, TSTC0D/1.", "Another text without a mark."])
def test_a_duplicate_that_names_another_post_is_not_believed(linkedin: Stage, text: str) -> None:
    other = linkedin.adapter.publish(dataclasses.replace(linkedin.out, text=text), linkedin.target)
    linkedin.fault("duplicate", urn=other.remote_id)
    with pytest.raises(Unconfirmed) as raised:
        linkedin.publish()
    assert raised.value.duplicate


def test_a_duplicate_that_cannot_be_read_back_is_not_believed(linkedin: Stage) -> None:
    linkedin.publish()
    linkedin.fault("error_html", method="post")
    with pytest.raises(Unconfirmed):
        linkedin.publish()


# --- pictures --------------------------------------------------------------------------------------------------------


def test_a_picture_is_uploaded_first_and_shown_with_its_words(linkedin: Stage) -> None:
    assert isinstance(linkedin.adapter, Stages)
    card = picture()
    shown = dataclasses.replace(linkedin.out, media=card)
    staged = linkedin.adapter.stage(shown, linkedin.target)
    assert linkedin.publications() == [], "nobody sees it yet"
    linkedin.out = dataclasses.replace(shown, staged=staged)
    linkedin.publish()
    (standing,) = linkedin.publications()
    assert standing["pictures"] == [staged]
    assert linkedin.world.world.pictures.alt_text(staged) == card.alt
    assert linkedin.world.world.pictures.content(staged) == ("image/jpeg", card.content)


@pytest.mark.parametrize("method", ["images", "upload"])
@pytest.mark.parametrize(
    "fault", ["cut_before", "cut_after", "error_html", "error_json", "unauthorized", "rate_limit", "redirect"]
)
def test_a_picture_that_was_not_taken_is_one_error_that_proves_nothing_of_the_post(
    linkedin: Stage, method: str, fault: str
) -> None:
    assert isinstance(linkedin.adapter, Stages)
    params: dict[str, Any] = {"to": "http://127.0.0.1:9/"} if fault == "redirect" else {}
    linkedin.fault(fault, method=method, **params)
    with pytest.raises(PlatformError) as raised:
        linkedin.adapter.stage(dataclasses.replace(linkedin.out, media=picture()), linkedin.target)
    assert not isinstance(raised.value, Unconfirmed)


def test_the_token_goes_to_no_address_but_linkedins(linkedin: Stage) -> None:
    assert isinstance(linkedin.adapter, Stages)
    elsewhere = {"value": {"uploadUrl": "https://evil.example/x", "image": "urn:li:image:1"}}
    linkedin.fault("error_json", method="images", status=200, body=elsewhere)
    with pytest.raises(UnexpectedResponse):
        linkedin.adapter.stage(dataclasses.replace(linkedin.out, media=picture()), linkedin.target)
    live = LinkedInAdapter(Endpoint("https://api.linkedin.com", "https://www.linkedin.com", loopback_only=False))
    for where, may in (
        ("https://www.linkedin.com/dms-uploads/1", True),
        ("https://media.licdn.com/1", True),
        ("http://www.linkedin.com/dms-uploads/1", False),
        ("https://www.linkedin.com.evil.example/1", False),
        ("https://evillinkedin.com/1", False),
        ("https://127.0.0.1/1", False),
    ):
        assert live._may_upload(where) == may, where
    live.close()


# --- roles, addresses, tokens ----------------------------------------------------------------------------------------


def test_whoever_lost_the_role_no_longer_speaks_for_the_page(linkedin: Stage) -> None:
    rows = [
        {"role": "ANALYST", "organization": f"urn:li:organization:{linkedin.target.platform_id}", "state": "APPROVED"}
    ]
    linkedin.fault("error_json", method="organizationAcls", status=200, body={"elements": rows})
    with pytest.raises(BadCredentials):
        linkedin.verify()


def test_what_is_no_post_is_left_alone(linkedin: Stage) -> None:
    for urn in ("", "by hand", "urn:li:person:1", "urn:li:share:1/../../organizations"):
        with pytest.raises(Unsupported):
            linkedin.amend(urn, linkedin.out)
        with pytest.raises(Unsupported):
            linkedin.withdraw(urn)


def test_the_address_of_a_post_leads_to_it(linkedin: Stage) -> None:
    shown = requests.get(linkedin.publish().url, timeout=5)
    assert shown.status_code == 200
    assert "Earthquake: Tokyo, Japan" in shown.text


def test_no_token_ever_stands_in_an_address(linkedin: Stage) -> None:
    linkedin.publish()
    linkedin.find()
    linkedin.verify()
    assert linkedin.world.control("GET", "requests")["tokens_in_urls"] == 0


# --- consent ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def screen(linkedin: Stage) -> LinkedInConsent:
    app = {"platform": "linkedin", "key": ROW.app["client_id"], "secret": ROW.app["client_secret"], "callbacks": [BACK]}
    linkedin.world.control("PUT", "apps", [app])
    return LinkedInConsent(endpoint_of(linkedin.world, "linkedin"))


def allowed(stage: Stage, screen: LinkedInConsent, answer: str = "yes") -> tuple[dict[str, str], dict[str, str]]:
    """Go to the consent screen and answer; what the browser brings back, and what was kept."""
    consent = screen.consent(callback=BACK, app=ROW.app)
    where = urlsplit(consent.url)
    form = dict(parse_qsl(where.query)) | {"account": stage.target.address, "answer": answer}
    sent = requests.post(f"{where.scheme}://{where.netloc}{where.path}", data=form, timeout=5, allow_redirects=False)
    assert sent.status_code == 303, sent.text
    return dict(parse_qsl(urlsplit(sent.headers["Location"]).query)), dict(consent.kept)


def held(stage: Stage, secrets: dict[str, str]) -> Target:
    return Target(stage.target.address, stage.target.platform_id, {**ROW.app, **secrets})


def test_a_consent_names_the_pages_that_the_member_may_write_on(linkedin: Stage, screen: LinkedInConsent) -> None:
    query, kept = allowed(linkedin, screen)
    (granted,) = screen.exchange(query=query, kept=kept, app=ROW.app)
    assert granted.identity.platform_id == linkedin.target.platform_id
    assert granted.identity.address == linkedin.target.address
    assert granted.grantor.startswith("urn:li:person:")
    assert granted.expires_at is not None
    assert timedelta(days=59) < granted.expires_at - linkedin.begun < timedelta(days=61)
    assert linkedin.adapter.publish(linkedin.out, held(linkedin, dict(granted.secrets))).remote_id
    with pytest.raises(ConsentMismatch):
        screen.exchange(query=query, kept=kept, app=ROW.app)


def test_a_no_and_an_answer_to_another_question(linkedin: Stage, screen: LinkedInConsent) -> None:
    query, kept = allowed(linkedin, screen, "no")
    with pytest.raises(ConsentDeclined):
        screen.exchange(query=query, kept=kept, app=ROW.app)
    with pytest.raises(ConsentMismatch):
        screen.exchange(query={"code": "c", "state": "other"}, kept=kept, app=ROW.app)
    with pytest.raises(PlatformConfig):
        screen.exchange(
            query={"code": "c", "state": kept["state"]}, kept=kept, app=ROW.app | {"client_secret": "wrong"}
        )


def test_a_refresh_gives_a_new_token_that_publishes(linkedin: Stage, screen: LinkedInConsent) -> None:
    query, kept = allowed(linkedin, screen)
    (granted,) = screen.exchange(query=query, kept=kept, app=ROW.app)
    renewed = screen.renew(held(linkedin, dict(granted.secrets)))
    assert renewed.secrets["access_token"] != granted.secrets["access_token"]
    assert renewed.secrets["refresh_token"] == granted.secrets["refresh_token"]
    assert renewed.identity.platform_id == linkedin.target.platform_id
    assert renewed.expires_at is not None
    assert renewed.expires_at > datetime.now(UTC) + timedelta(days=59)  # noqa: TID251 - the platform's clock is the machine's
    assert linkedin.adapter.publish(linkedin.out, held(linkedin, dict(renewed.secrets))).remote_id


def test_what_cannot_be_refreshed_is_bad_credentials(linkedin: Stage, screen: LinkedInConsent) -> None:
    with pytest.raises(BadCredentials):
        screen.renew(held(linkedin, {"access_token": "a"}))
    with pytest.raises(BadCredentials):
        screen.renew(held(linkedin, {"access_token": "a", "refresh_token": "unknown"}))


def test_what_is_ended_is_worthless(linkedin: Stage, screen: LinkedInConsent) -> None:
    query, kept = allowed(linkedin, screen)
    (granted,) = screen.exchange(query=query, kept=kept, app=ROW.app)
    target = held(linkedin, dict(granted.secrets))
    screen.revoke(target)
    with pytest.raises(BadCredentials):
        linkedin.adapter.publish(linkedin.out, target)
    with pytest.raises(BadCredentials):
        screen.revoke(target)
