"""The registry is kept by two people: one proposes, another reviews; people are shown, and broadcast, only as they agreed."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.translation import override

from crisis import clock
from crisis.broadcast.release import lasting_obstacle
from crisis.journal.models import Entry
from crisis.registry.account_lists import MOST_ROWS, exported, propose_list
from crisis.registry.fakes import list_fake
from crisis.registry.keeping import Proposal
from crisis.registry.models import Account, Holder, Mode, Post
from crisis.registry.operations import RegistryError, release
from crisis.registry.proposing import (
    Wish,
    add_holder,
    decide,
    note_consent,
    propose_archive,
    propose_change,
    propose_new,
    withdraw_consent,
)
from crisis.registry.queries import accounts_for, home_ministry
from crisis.staff.models import Officer, Role
from crisis.staff.operations import give
from crisis.staff.rights import NotAllowed
from demo import furnish
from demo.examples import beyond_posts
from tests.functional.test_atlas import shown


@pytest.fixture
def tokyo() -> Post:
    return Post.objects.get(code="be-tokyo-emb")


@pytest.fixture
def ambassador(officer: Officer, tokyo: Post) -> Holder:
    return add_holder(
        kind="person", name="Ambassador Ada Example", of_post=tokyo, competence="", by=officer, now=clock.now()
    )


def consent(holder: Holder, by: Officer, *, to_broadcast: bool = False, until: date | None = None) -> None:
    today = clock.now().date()
    note_consent(
        holder=holder, given_on=today, until=until or today + timedelta(days=300), to_broadcast=to_broadcast, paper="file 7",
        by=by, now=clock.now(),
    )  # fmt: skip


def proposed(holder: Holder, link: str, by: Officer, **wish: Any) -> Proposal:
    return propose_new(holder=holder, link=link, platform="", wish=Wish(**wish), by=by, now=clock.now())


def added(holder: Holder, link: str, officer: Officer, approver: Officer, **wish: Any) -> Account:
    found = decide(proposal=proposed(holder, link, officer, **wish), accept=True, by=approver, now=clock.now())
    assert found is not None
    return found


def speaking(post: Post) -> set[str]:
    return {account.address for account in accounts_for([post], ministry=home_ministry())}


def test_a_pasted_link_is_public_once_another_person_has_accepted_it(
    client: Client, officer: Officer, approver: Officer, tokyo: Post
) -> None:
    proposal = proposed(tokyo.holder, "https://www.tiktok.com/@be_in_japan?lang=en", officer, purpose="Culture")
    assert "be_in_japan" not in shown(client, "post/be-tokyo-emb?l=en"), "it is proposed only"
    with pytest.raises(NotAllowed):
        decide(proposal=proposal, accept=True, by=officer, now=clock.now())
    give(officer=officer, role=Role.APPROVER, posts=[], by=approver, now=clock.now())
    with pytest.raises(RegistryError, match="another person"):
        decide(proposal=proposal, accept=True, by=Officer.objects.get(pk=officer.pk), now=clock.now())
    account = decide(proposal=proposal, accept=True, by=approver, now=clock.now())
    page = shown(client, "post/be-tokyo-emb?l=en")
    assert "https://www.tiktok.com/@be_in_japan" in page
    assert "Culture" in page
    assert account is not None
    account.refresh_from_db()
    assert (account.verified_on, account.reviewed_by, account.broadcast) == (clock.now().date(), approver, "never")
    with pytest.raises(RegistryError, match="meanwhile"):
        decide(proposal=proposal, accept=True, by=approver, now=clock.now())
    actions = set(Entry.objects.filter(subject=f"proposal:{proposal.pk}").values_list("action", flat=True))
    assert actions == {"registry.propose", "registry.accept"}


def test_the_database_itself_lets_nobody_review_their_own(officer: Officer, tokyo: Post) -> None:
    proposal = proposed(tokyo.holder, "https://vk.com/be_in_japan", officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(decided_by=officer, accepted=True)


@pytest.mark.parametrize(
    ("link", "wish", "why"),
    [
        ("https://x.com/belgiumembjapan", {}, "already"),
        ("https://www.youtube.com/watch?v=1", {}, "leads to no account"),
        ("https://www.tiktok.com/@new", {"broadcast": "yes"}, "has no way to publish"),
        ("https://www.tiktok.com/@new", {"purpose": "x" * 201}, "at most 200"),
        ("https://www.tiktok.com/@new", {"broadcast": "sometimes"}, "none of"),
    ],
)
def test_what_cannot_be_is_refused_in_words(officer: Officer, tokyo: Post, link: str, wish: Any, why: str) -> None:
    with pytest.raises(RegistryError, match=why):
        proposed(tokyo.holder, link, officer, **wish)
    assert not Proposal.objects.exists()


def test_a_person_without_consent_is_shown_nowhere_and_with_it_as_long_as_it_holds(
    client: Client, at: Any, officer: Officer, approver: Officer, ambassador: Holder
) -> None:
    with pytest.raises(RegistryError, match="No written consent"):
        proposed(ambassador, "https://x.com/ada_example", officer)
    until = clock.now().date() + timedelta(days=30)
    consent(ambassador, approver, until=until)
    added(ambassador, "https://x.com/ada_example", officer, approver)
    places = ("by/person?l=en", "post/be-tokyo-emb?l=en", "on/x?l=en", "data.csv", "data.json")
    assert all("ada_example" in shown(client, place) for place in places)
    assert client.get("/api/verify", {"q": "@ada_example"}).json()["ours"] is True
    at(clock.now() + timedelta(days=31))
    cache.clear()  # for some seconds everybody is given the same page
    assert not any("ada_example" in shown(client, place) for place in places), "it has ended"
    assert client.get("/api/verify", {"q": "@ada_example"}).json()["ours"] is False


def test_a_persons_account_broadcasts_only_if_they_agreed_to_that(
    at: Any, officer: Officer, approver: Officer, ambassador: Holder, tokyo: Post
) -> None:
    consent(ambassador, approver)
    with pytest.raises(RegistryError, match="has not agreed"):
        proposed(ambassador, "https://x.com/ada_example", officer, broadcast="yes")
    account = added(ambassador, "https://x.com/ada_example", officer, approver)
    Account.objects.filter(pk=account.pk).update(broadcast="yes", paused_at=None)  # whatever wrote it
    account.refresh_from_db()
    assert "ada_example" not in speaking(tokyo)
    assert lasting_obstacle(account, connected=True) is not None
    consent(ambassador, approver, to_broadcast=True)
    assert "ada_example" in speaking(tokyo)
    assert "ada_example" not in speaking(Post.objects.get(code="be-seoul-emb")), "where they work only"
    assert lasting_obstacle(account, connected=True) is None
    withdraw_consent(holder=ambassador, by=officer, now=clock.now())
    assert "ada_example" not in speaking(tokyo)
    obstacle = lasting_obstacle(account, connected=True)
    assert obstacle is not None
    assert obstacle[0] == "no_consent"


@pytest.mark.parametrize("kind", ["project", "region"])
def test_no_alert_goes_through_a_project_or_a_region(officer: Officer, tokyo: Post, kind: str) -> None:
    holder = add_holder(kind=kind, name="Trade", of_post=tokyo, competence="", by=officer, now=clock.now())
    with pytest.raises(RegistryError, match="posts and of the whole ministry only"):
        proposed(holder, "https://x.com/trade_example", officer, broadcast="ask")


def test_a_region_is_shown_with_what_it_is_competent_for_in_the_readers_language(
    client: Client, officer: Officer, approver: Officer, tokyo: Post
) -> None:
    holder = add_holder(
        kind="region", name="Flanders in Japan", of_post=tokyo, competence="flanders", by=officer, now=clock.now()
    )
    added(holder, "https://x.com/flanders_example", officer, approver)
    for language, words in {"nl": "is de ambassade bevoegd", "fr": "est compétente", "de": "zuständig"}.items():
        assert words in shown(client, f"by/region?l={language}")
        assert words in shown(client, f"post/be-tokyo-emb?l={language}")
        assert words in client.get("/verify", {"q": "@flanders_example", "l": language}).content.decode()


def test_an_archived_account_is_a_target_no_more_and_is_said_to_have_been_ours(
    client: Client, officer: Officer, approver: Officer, tokyo: Post
) -> None:
    account = Account.objects.get(platform="x", address="belgiumembjapan", mode=Mode.LIVE)
    proposal = propose_archive(account=account, by=officer, now=clock.now())
    assert "belgiumembjapan" in speaking(tokyo), "nobody has reviewed it"
    decide(proposal=proposal, accept=True, by=approver, now=clock.now())
    assert "belgiumembjapan" not in speaking(tokyo)
    assert "belgiumembjapan" not in shown(client, "post/be-tokyo-emb")
    told = client.get("/api/verify", {"q": "@belgiumembjapan"}).json()
    assert (told["ours"], [each["name"] for each in told["former"]]) == (False, ["belgiumembjapan"])
    assert "was ours, and is no longer" in client.get("/verify", {"q": "@belgiumembjapan", "l": "en"}).content.decode()
    account.refresh_from_db()
    with pytest.raises(RegistryError, match="is archived"):
        release(account=account.shadow, by=approver, now=clock.now())


def test_what_is_proposed_again_comes_back_paused(officer: Officer, approver: Officer, tokyo: Post) -> None:
    account = Account.objects.get(platform="x", address="belgiumembjapan", mode=Mode.LIVE)
    decide(
        proposal=propose_archive(account=account, by=officer, now=clock.now()),
        accept=True,
        by=approver,
        now=clock.now(),
    )
    back = added(tokyo.holder, "https://x.com/belgiumembjapan", officer, approver, broadcast="yes")
    back.refresh_from_db()
    assert (back.pk, back.archived_on, back.broadcast) == (account.pk, None, "yes")
    assert back.paused_at is not None
    assert "belgiumembjapan" in speaking(tokyo)


def test_a_table_that_was_taken_out_changes_nothing_when_it_comes_back(
    officer: Officer, approver: Officer, ambassador: Holder, tokyo: Post
) -> None:
    consent(ambassador, approver)
    added(ambassador, "https://x.com/ada_example", officer, approver, purpose="=1+1; or, a -formula")
    proposed(tokyo.holder, "https://vk.com/be_in_japan", officer)
    out = exported(home_ministry(), clock.now().date())
    brought = propose_list(data=out.encode(), by=officer, now=clock.now())
    assert (brought.proposed, brought.problems) == (0, [])
    assert brought.unchanged == out.count("\r\n") - 1
    assert exported(home_ministry(), clock.now().date()) == out


def test_a_table_proposes_what_it_says_otherwise_and_leaves_bad_rows_out_with_their_line(officer: Officer) -> None:
    table = (
        "holder_kind;holder;post;address;languages;broadcast;state\r\n"
        "post;;be-tokyo-emb;https://www.tiktok.com/@be_in_japan;ja|en;never;\r\n"
        "post;;be-tokyo-emb;https://x.com/belgiumembjapan;ja|en;yes;\r\n"
        "post;;be-seoul-emb;https://www.facebook.com/BEinSeoul;;;archived\r\n"
        "post;;be-seoul-emb;https://x.com/belgiumembjapan;;;\r\n"
        "project;Stories abroad;;https://blogs.example.org/stories;;;\r\n"
        "project;Stories abroad;;https://www.instagram.com/stories_abroad/;en;;\r\n"
        "person;Ben Example;;https://x.com/ben_example;;;\r\n"
        "post;;be-atlantis;https://x.com/a;;;\r\n"
    )
    brought = propose_list(data=table.encode(), by=officer, now=clock.now())
    kinds = sorted(Proposal.objects.values_list("kind", "address"))
    assert kinds == [
        ("add", "be_in_japan"),
        ("add", "stories_abroad"),
        ("archive", "BEinSeoul"),
        ("change", "belgiumembjapan"),
    ]
    assert [(each.line, each.why.partition(" ")[0]) for each in brought.problems] == [
        (5, "x"), (6, "'https://blogs.example.org/stories'"), (8, "No"), (9, "There"),
    ]  # fmt: skip
    assert not Holder.objects.filter(name="Ben Example").exists(), "a bad row leaves nothing behind"


def test_the_page_takes_a_table_in_and_names_what_it_left_out(signed_in: Any, officer: Officer) -> None:
    def brought(text: str) -> str:
        file = SimpleUploadedFile("accounts.csv", text.encode(), "text/csv")
        console = signed_in("officer")
        return str(console.post("/console/registry/import/", {"file": file}, follow=True).content.decode())

    head = "holder_kind;post;address\n"
    told = brought(f"{head}post;be-tokyo-emb;https://vk.com/be_in_japan\npost;be-atlantis;https://vk.com/x_y\n")
    assert "1 proposed, 0 unchanged, 1 left out." in told
    assert '<td data-label="Line">3</td>' in told
    assert "There is no post be-atlantis." in told
    assert "more than 5000 rows" in brought(head + "x\n" * MOST_ROWS)
    assert "The header lacks address" in brought("holder_kind\n")
    assert Proposal.objects.count() == 1


def test_the_console_proposes_and_another_person_accepts(signed_in: Any, tokyo: Post) -> None:
    one, other = signed_in("officer"), signed_in("approver")
    typed = {"holder": tokyo.holder.pk, "link": "https://x.com/i/lists/1", "broadcast": "never"}
    refused = one.post("/console/registry/", typed).content.decode()
    assert "leads to no account" in refused
    assert "https://x.com/i/lists/1" in refused, "what was typed stays"
    one.post("/console/registry/", typed | {"link": "https://www.tiktok.com/@be_in_japan", "languages": "ja, en"})
    proposal = Proposal.objects.get()
    assert one.post("/console/registry/decide/", {"proposal": proposal.pk, "do": "accept"}).status_code == 403
    page = other.get("/console/registry/").content.decode()
    assert "https://www.tiktok.com/@be_in_japan" in page
    done = other.post("/console/registry/decide/", {"proposal": proposal.pk, "do": "accept"}, follow=True)
    assert "1 accepted" in done.content.decode()
    account = Account.objects.get(platform="tiktok", mode=Mode.LIVE)
    assert account.languages == ["ja", "en"]
    assert "ja" in other.get(f"/console/accounts/{account.pk}/change/").content.decode()
    table = other.get("/console/registry/accounts.csv").content.decode()
    assert re.search(r"be-tokyo-emb;tiktok;be_in_japan;ja\|en", table)


def test_the_demo_shows_each_kind_and_doing_it_again_changes_nothing(client: Client, sim: Any) -> None:
    for _ in range(2):
        beyond_posts(home_ministry(), clock.now())
        furnish.shadows(clock.now())
    for kind in ("department", "project", "person", "region"):
        assert ("example)</h2>" in shown(client, f"by/{kind}")) == (kind != "project"), "the project's is proposed only"
    assert Proposal.objects.filter(accepted=None).count() == 1
    assert "embassy_refunds" in shown(client, "fakes")


def test_a_post_editor_keeps_the_own_post_only(tokyo: Post, clerk: Officer, approver: Officer) -> None:
    give(officer=clerk, role=Role.POST_EDITOR, by=approver, now=clock.now(), posts=[tokyo.pk])
    editor = Officer.objects.get(pk=clerk.pk)
    proposed(tokyo.holder, "https://vk.com/be_in_japan", editor)
    with pytest.raises(NotAllowed):
        proposed(Post.objects.get(code="be-seoul-emb").holder, "https://vk.com/be_in_korea", editor)
    account = Account.objects.get(address="BEinSeoul", mode=Mode.LIVE)
    with pytest.raises(NotAllowed):
        propose_change(account=account, wish=Wish(("nl",)), by=editor, now=clock.now())
    seoul = Post.objects.get(code="be-seoul-emb")
    elsewhere = add_holder(
        kind="person", name="Ambassador Ben", of_post=seoul, competence="", by=approver, now=clock.now()
    )
    consent(elsewhere, approver)
    with pytest.raises(NotAllowed):
        withdraw_consent(holder=elsewhere, by=editor, now=clock.now())
    assert not elsewhere.consents.exclude(withdrawn_on=None).exists()


@pytest.mark.parametrize(
    ("kind", "competence"), [("region", "x" * 41), ("region", "atlantis"), ("project", "flanders")]
)
def test_a_competence_is_one_of_the_file_and_a_regions(officer: Officer, kind: str, competence: str) -> None:
    table = f"holder_kind;holder;address;competence\r\n{kind};Trade;https://www.instagram.com/trade/;{competence}\r\n"
    brought = propose_list(data=table.encode(), by=officer, now=clock.now())
    assert "is no competence" in brought.problems[0].why
    assert not Holder.objects.filter(name="Trade").exists()


def test_what_is_wrong_with_the_rows_of_a_list_is_said_in_the_officers_language(officer: Officer) -> None:
    table = (
        "holder_kind,holder,post,platform,address,languages\npost,,be-nowhere-emb,x,someone,nl\n"
        "post,,be-tokyo-emb,x,someone,zz zz zz zz!\npost,,be-tokyo-emb,,nobody knows,nl\n"
    )
    Officer.objects.filter(pk=officer.pk).update(language="de")
    client = Client()
    client.force_login(Officer.objects.get(pk=officer.pk))
    page = client.post(
        "/console/registry/import/", {"file": SimpleUploadedFile("a.csv", table.encode())}
    ).content.decode()
    for words in (
        'data-label="Zeile">2<',
        "Es gibt keine Vertretung be-nowhere-emb",
        "kein Sprachcode",
        "kein Link zu einem Konto",
    ):
        assert words in page
    assert "line 2" not in page


@pytest.mark.parametrize(
    ("language", "why"),
    [("nl", "leidt naar geen account"), ("fr", "ne mène à aucun compte"), ("de", "führt zu keinem Konto")],
)
def test_what_is_refused_is_said_in_the_officers_language(officer: Officer, language: str, why: str) -> None:
    with override(language), pytest.raises(RegistryError, match=why):
        list_fake(
            link="https://x.com/home", platform="", reported_on=clock.now().date(), note="", by=officer, now=clock.now()
        )
