"""Who serves whom, what may be released, and what the database itself refuses."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from crisis.encryption import Secrets, UnreadableSecret, open_sealed, seal
from crisis.places.queries import largest, locate, region_named, search, time_zones
from crisis.registry import operations
from crisis.registry.models import Account, Credential, Installation, Jurisdiction, Ministry, Mode, Post
from crisis.registry.operations import (
    MixedInstallation,
    RegistryError,
    add_account,
    check_installation,
    install,
    pause,
    read_ministries,
    release,
    release_shadow,
)
from crisis.registry.queries import Reach, accounts_for, competent_posts, home_ministry, numbers, post_for
from crisis.staff.models import Officer
from crisis.staff.rights import NotAllowed
from tests.conftest import ROOT
from tests.functional.factories import NOW, shadow

TODAY = NOW.date()


def serves(town: str) -> str:
    place = search(town, limit=1)[0]
    post = post_for(
        country=place.country, region=place.region, point=(place.lat, place.lon), ministry=home_ministry(), on=TODAY
    )
    return post.code if post else ""


def affected(*reaches: Reach) -> set[str]:
    return {post.code for post in competent_posts(reaches, ministry=home_ministry(), on=TODAY)}


@pytest.mark.parametrize(
    ("town", "post"),
    [
        ("Tokyo", "be-tokyo-emb"),
        ("Toronto", "be-montreal-cg"),  # the embassy in Ottawa is nearer, and gives no consular services
        ("Goma", "be-kinshasa-emb"),  # Lubumbashi is nearer, and not competent
        ("Lubumbashi", "be-lubumbashi-cg"),
        ("Kinshasa", "be-kinshasa-emb"),
        ("Ramallah", "be-jerusalem-cg"),
        ("Tel Aviv", "be-tel-aviv-emb"),
        ("Cotonou", "be-cotonou-emb"),  # Abidjan claims Benin too
        ("Lille", "be-paris-emb"),  # the consulate-general there is closed
        ("Tirana", "be-sofia-emb"),  # the embassy there is not open yet
        ("Pristina", "be-pristina-emb"),
    ],
)
def test_the_post_of_a_place(town: str, post: str) -> None:
    assert serves(town) == post


def test_a_country_may_have_several_posts_and_a_post_several_countries() -> None:
    assert affected(Reach("US")) == {"be-washington-d-c-emb", "be-atlanta-cg", "be-los-angeles-cg", "be-new-york-cg"}
    assert affected(Reach("BJ")) == {"be-cotonou-emb", "be-abidjan-emb"}
    assert affected(Reach("CD")) == {"be-kinshasa-emb", "be-lubumbashi-cg"}
    assert affected(Reach("CA")) == {"be-montreal-cg"}
    assert affected(Reach("AQ")) == set()


def test_a_part_of_a_country_concerns_its_own_posts() -> None:
    katanga = region_named("CD", "Haut-Katanga")
    kivu = region_named("CD", "North Kivu")
    assert katanga is not None
    assert kivu is not None
    assert affected(Reach("CD", frozenset({katanga.code}))) == {"be-kinshasa-emb", "be-lubumbashi-cg"}
    assert affected(Reach("CD", frozenset({kivu.code}))) == {"be-kinshasa-emb"}


def test_a_jurisdiction_that_has_ended_does_not_count() -> None:
    Jurisdiction.objects.filter(post__code="be-tokyo-emb").update(valid_to=TODAY - timedelta(days=1))
    assert affected(Reach("JP")) == set()


def test_reference_ministries_are_never_competent_here() -> None:
    other = Ministry.objects.create(code="ZZ", names={"en": "Other"}, languages=["en"])
    post = Post.objects.create(ministry=other, code="zz-tokyo", name="Other in Tokyo", kind="embassy", country="JP")
    Jurisdiction.objects.create(post=post, country="JP")
    assert affected(Reach("JP")) == {"be-tokyo-emb"}


def test_the_whole_ministrys_accounts_speak_for_every_post() -> None:
    tokyo = list(Post.objects.filter(code="be-tokyo-emb"))
    found = {account.platform for account in accounts_for(tokyo, ministry=home_ministry())}
    assert found == {"facebook", "x", "telegram"}
    pristina = list(Post.objects.filter(code="be-pristina-emb"))
    assert {account.platform for account in accounts_for(pristina, ministry=home_ministry())} == {"telegram"}


def test_an_account_that_never_broadcasts_is_left_out() -> None:
    lisbon = list(Post.objects.filter(code="be-lisbon-emb"))
    assert Account.objects.filter(holder__post__in=lisbon, platform="youtube").exists()
    assert "youtube" not in {a.platform for a in accounts_for(lisbon, ministry=home_ministry())}


def test_numbers_prefer_the_emergency_line() -> None:
    post = Post.objects.get(code="be-tokyo-emb")
    assert numbers(post, home_ministry()).best == "+32 2 501 40 00"
    assert numbers(None, home_ministry()).best == "+32 2 501 40 00"


# --- installing ----------------------------------------------------------------------------------------------------------


def test_a_demo_never_becomes_live() -> None:
    ministries = read_ministries(ROOT / "data" / "ministries.toml")
    assert check_installation(mode="demo").home.code == "BE"
    with pytest.raises(MixedInstallation, match="DEMO"):
        check_installation(mode="live")
    with pytest.raises(MixedInstallation):
        install(mode="live", home="BE", ministries=ministries, now=NOW)
    with pytest.raises(RegistryError, match="at home in this database"):
        install(mode="demo", home="GB", ministries=ministries, now=NOW)
    with pytest.raises(RegistryError, match="Unknown ministry"):
        install(mode="demo", home="XX", ministries=ministries, now=NOW)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("install", ministries=ROOT / "LICENSE", stdout=StringIO())


def test_nothing_runs_in_an_empty_database() -> None:
    Installation.objects.all().delete()
    with pytest.raises(MixedInstallation, match=r"manage\.py install"):
        check_installation(mode="demo")


def test_one_home_only() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Ministry.objects.filter(code="GB").update(is_home=True)


def test_verified_numbers_survive_installing_again() -> None:
    from crisis.registry.models import DirectoryEntry

    entry = DirectoryEntry.objects.get(ministry__code="BE", post=None, kind="phone")
    DirectoryEntry.objects.filter(pk=entry.pk).update(value="+32 2 000 00 00", verified_on=TODAY)
    call_command("install", verbosity=0, stdout=StringIO())
    entry.refresh_from_db()
    assert entry.value == "+32 2 000 00 00"


# --- accounts --------------------------------------------------------------------------------------------------------------


def test_an_account_is_registered_once() -> None:
    holder = Account.objects.filter(platform="x").first()
    assert holder is not None
    with pytest.raises(RegistryError, match="registered already"):
        add_account(holder=holder.holder, platform="x", address="BELGIUMEMBJAPAN", now=NOW)


def test_an_account_is_released_and_journalled_or_neither(monkeypatch: pytest.MonkeyPatch, approver: Officer) -> None:
    account = shadow("x", "belgiumembjapan")
    pause(account=account, why="by hand", actor="test", now=NOW)

    def broken(**_: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(operations, "append", broken)
    with pytest.raises(DatabaseError):
        release(account=account, by=approver, now=NOW)
    account.refresh_from_db()
    assert account.paused_at is not None


def test_the_database_refuses_what_must_never_be() -> None:
    live = Account.objects.get(platform="x", address="belgiumembjapan")
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(pk=live.pk).update(mode=Mode.EXERCISE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(pk=live.shadow.pk).update(mode=Mode.LIVE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(holder=live.holder, platform="x", address="a", address_key="belgiumembjapan")


def test_in_a_demo_no_live_account_is_released(approver: Officer) -> None:
    live = Account.objects.get(platform="x", address="belgiumembjapan")
    with pytest.raises(RegistryError, match="demo"):
        release(account=live, by=approver, now=NOW)
    with pytest.raises(RegistryError, match="Only a person"):
        release_shadow(account=live, actor="demo", now=NOW)


def test_releasing_and_pausing_need_a_right_and_a_connection(approver: Officer, officer: Officer) -> None:
    account = shadow("x", "belgiumembjapan")
    pause(account=account, why="a test", actor="test", now=NOW)
    account.refresh_from_db()
    assert account.paused_why == "a test"
    with pytest.raises(NotAllowed, match="Who may: Administrator, Approver"):
        release(account=account, by=officer, now=NOW)
    release(account=account, by=approver, now=NOW)
    account.refresh_from_db()
    assert account.paused_at is None
    Credential.objects.filter(account=account).delete()
    with pytest.raises(RegistryError, match="not connected"):
        release(account=account, by=approver, now=NOW)


# --- secrets -----------------------------------------------------------------------------------------------------------------


def test_credentials_are_encrypted_at_rest_and_never_shown() -> None:
    account = shadow("x", "belgiumembjapan")
    secrets = account.credential.secrets
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM registry_credential WHERE account_id = %s", [account.pk])
        stored = cursor.fetchone()[0]
    assert secrets["access_token"] not in stored
    assert secrets["access_token"] not in repr(secrets) + str(secrets) + repr(account.credential)
    assert isinstance(secrets, Secrets)


def test_keys_rotate(settings: Any) -> None:
    from cryptography.fernet import Fernet

    sealed = seal("+32 475 00 00 00")
    old = settings.TOCSIN_KEYS
    settings.TOCSIN_KEYS = [Fernet.generate_key().decode(), *old]
    assert open_sealed(sealed) == "+32 475 00 00 00"
    settings.TOCSIN_KEYS = settings.TOCSIN_KEYS[:1]
    with pytest.raises(UnreadableSecret):
        open_sealed(sealed)


# --- places ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Kinsh", "Kinshasa"), ("Londen", "London"), ("Londres", "London"), ("Tokio", "Tokyo"), ("Pékin", "Beijing"),
        ("Peking", "Beijing"), ("münchen", "Munich"), ("Brussel", "Brussels"), ("Bruxelles", "Brussels"),
        ("London, CA", "London"), ("saint denis, RE", "Saint-Denis"), ("Keulen", "Köln"), ("Cologne", "Köln"),
        ("Wenen", "Vienna"), ("Vienne, Autriche", "Vienna"), ("東京", "Tokyo"), ("Київ", "Kyiv"), ("القاهرة", "Cairo"),
        ("서울", "Seoul"), ("Munich", "Munich"),
    ],
)  # fmt: skip
def test_a_town_is_found_as_people_type_it(typed: str, found: str) -> None:
    assert search(typed)[0].name == found


def test_a_country_behind_the_comma_counts() -> None:
    assert search("London, Canada")[0].country == "CA"
    assert search("Paris, United States")[0].country == "US"


@pytest.mark.parametrize("typed", ["", "a", "xy", "qqqqqq", "'; DROP TABLE places_place; --", "%", "_" * 5])
def test_nonsense_finds_nothing(typed: str) -> None:
    assert search(typed) == []


def test_a_point_knows_country_region_and_time() -> None:
    here = locate(-1.67, 29.22)
    assert here is not None
    assert (here.country, here.name, here.time_zone) == ("CD", "Goma", "Africa/Lubumbashi")
    assert locate(-50.0, -120.0) is None
    assert largest("JP")[0].name == "Tokyo"
    assert "Africa/Kinshasa" in time_zones("CD")
