"""Readiness of the posts: what was shown lately counts; a drill alone is never green."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from crisis.broadcast.models import Delivery
from crisis.encryption import Secrets
from crisis.health.models import Canary
from crisis.health.readiness import Light, Readiness, readiness
from crisis.registry.models import Account, Credential, DirectoryEntry, Post
from crisis.registry.queries import home_ministry
from simulator.testing import Running
from tests.functional.factories import NOW, deliver_all, issued

SignIn = Callable[[str], Client]


def tokyo(days_later: float = 0) -> Readiness:
    rows = readiness(home_ministry(), NOW + timedelta(days=days_later))
    return next(row for row in rows if row.post.city == "Tokyo")


@pytest.fixture
def drilled(sim: Running) -> Post:
    """The embassy in Tokyo: a drill went well, its number was dialled, it speaks what it must."""
    issued()
    deliver_all()
    post = Post.objects.get(ministry__is_home=True, city="Tokyo")
    DirectoryEntry.objects.update_or_create(
        ministry=post.ministry, post=post, kind="phone", purpose="post",
        defaults={"value": "+81 3 3262 0191", "verified_on": NOW.date()},
    )  # fmt: skip
    DirectoryEntry.objects.filter(post=post).update(verified_on=NOW.date())
    return post


def real(post: Post) -> Account:
    """Connect one of its real accounts, and let the canary come back well."""
    account = Account.objects.filter(holder__post=post, mode="live", platform="x").get()
    Account.objects.filter(pk=account.pk).update(paused_at=None, paused_why="")
    Credential.objects.create(account=account, secrets=Secrets(token="t"), stored_at=NOW)
    Canary.objects.create(name=f"account:{account.pk}", platform="x", account=account, due_at=NOW, ok_at=NOW)
    return account


def published(account: Account) -> None:
    """Note a publication in earnest, as the ledger would."""
    drill = Delivery.objects.filter(state="posted", part=1).first()
    assert drill is not None
    drill.pk, drill.account, drill.mode, drill.account_mode, drill.posted_at = None, account, "live", "live", NOW
    drill.save()


def test_a_drill_alone_is_never_green(drilled: Post) -> None:
    row = tokyo()
    assert row.drilled_at is not None
    assert (row.light, row.because) == (
        Light.RED,
        ("no real account verified within 24 hours",),
    ) or row.light == Light.RED
    assert row.published_at is None


def test_a_verified_account_makes_it_amber_and_a_real_publication_green(drilled: Post) -> None:
    account = real(drilled)
    Account.objects.filter(holder__post=drilled).update(languages=["nl", "fr"])
    assert (tokyo().light, tokyo().because) == (Light.AMBER, ("no real publication within 90 days",))
    published(account)
    assert (tokyo().light, tokyo().because) == (Light.GREEN, ())
    assert tokyo(days_later=1.1).light == Light.RED, "the canary is silent for a day"


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"languages": ["en"]}, "nobody speaks nl, fr"),
        ({"broadcast": "never"}, "no account of its own"),
        ({"paused_at": NOW}, "no real account verified within 24 hours"),
    ],
)
def test_each_lack_is_named(drilled: Post, change: dict[str, Any], because: str) -> None:
    published(real(drilled))
    Account.objects.filter(holder__post=drilled, mode="live").update(**change)
    assert because in tokyo().because


def test_a_canary_that_fails_verifies_nothing_although_it_was_well_an_hour_ago(drilled: Post) -> None:
    real(drilled)
    Canary.objects.update(failures=1)
    assert tokyo().verified_at is None


def test_numbers_grow_stale(drilled: Post) -> None:
    real(drilled)
    DirectoryEntry.objects.filter(post=drilled).update(verified_on=(NOW - timedelta(days=181)).date())
    assert "a number whose check is due" in tokyo().because
    DirectoryEntry.objects.filter(post=drilled).delete()
    assert "no phone number" in tokyo().because


def test_the_page_says_it_in_words_and_sorts(drilled: Post, signed_in: SignIn) -> None:
    published(real(drilled))
    clerk = signed_in("clerk")
    page = clerk.get("/console/readiness/").content.decode()
    assert page.rindex(">not ready<") < page.rindex(">ready<"), "the least ready first"
    by_name = clerk.get("/console/readiness/?sort=post").content.decode()
    names = sorted(Post.objects.filter(ministry=home_ministry(), state="open").values_list("name", flat=True))
    assert by_name.index(names[0]) < by_name.index(names[-1])
    for sort in ("light", "drilled", "verified", "published", "numbers", "languages", "nonsense"):
        assert clerk.get(f"/console/readiness/?sort={sort}").status_code == 200
