"""What each post lacks by its ministry's rules, the letter that says so, and how coverage changed since a study counted."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crisis import clock
from crisis.presence.comparison import columns
from crisis.presence.guidelines import guidelines, lacks, local_languages
from crisis.presence.models import CoverageCount, Source
from crisis.presence.operations import record
from crisis.presence.standing import standings
from crisis.registry.coverage import coverage
from crisis.registry.models import Account, Holder, Ministry, Post
from crisis.registry.queries import home_ministry
from tests.functional.factories import NOW
from tests.functional.test_atlas import shown
from tests.functional.test_websites import standing

TODAY = NOW.date()
STUDY = settings.DATA_DIR / "coverage-2018.csv"


def rules_broken(code: str) -> dict[str, tuple[str, ...]]:
    home = home_ministry()
    (one,) = [each for each in standings(home, on=TODAY) if each.post.code == code]
    return {
        f"{lack.rule} {lack.what[0] if lack.what else ''}".strip(): lack.what
        for lack in lacks(one, guidelines(home), on=TODAY)
    }


def test_a_post_lacks_what_the_rules_ask_and_its_accounts_do_not_give() -> None:
    found = rules_broken("be-tokyo-emb")
    assert found["one_more line"] == ("line",), "people in Japan use LINE"
    assert "local_language ja" in found
    assert "silent" not in found, "nobody has measured it"
    bare = rules_broken("be-abu-dhabi-emb")
    assert {"platform facebook", "platform x"} <= set(bare)


def test_a_silent_post_is_told_since_when() -> None:
    home = home_ministry()
    account = Account.objects.filter(platform="x", mode="live", holder__post__isnull=False)[0]
    record(account=account, on=TODAY, source=Source.FORM, figures={"last_post_on": date(2020, 1, 1)}, now=NOW)
    silent = [
        each for each in lacks(standing(account.holder.post), guidelines(home), on=TODAY) if each.rule == "silent"
    ]
    assert [each.since for each in silent] == [date(2020, 1, 1)]


def test_the_file_of_rules_names_only_what_is_known(settings: Any, tmp_path: Path) -> None:
    assert set(tomllib.loads(settings.GUIDELINES_FILE.read_text())) >= {"every", "BE"}
    settings.GUIDELINES_FILE = tmp_path / "rules.toml"
    settings.GUIDELINES_FILE.write_text("[every]\nfolowers = 1\n")
    with pytest.raises(Exception, match="folowers"):
        guidelines(home_ministry())
    assert {"de", "fr", "it"} <= set(local_languages("CH"))
    assert local_languages("AQ") == ("en",)


@pytest.mark.parametrize(
    ("language", "words"),
    [("nl", "Er is geen account op Facebook."), ("fr", "Il n’y a pas de compte sur Facebook."),
     ("de", "Es gibt kein Konto auf Facebook."), ("en", "There is no account on Facebook.")],
)  # fmt: skip
def test_the_letter_speaks_the_language_that_is_asked_for(signed_in: Any, language: str, words: str) -> None:
    post = next(each.post for each in standings(home_ministry(), on=TODAY) if each.post.code == "be-abu-dhabi-emb")
    page = signed_in("officer").get(f"/console/posts/{post.pk}/letter/?l={language}").content.decode()
    assert words in page
    assert f'<article lang="{language}">' in page
    listing = signed_in("officer").get("/console/guidelines/").content.decode()
    assert f"/console/posts/{post.pk}/letter/?l={language}" in listing


def test_the_study_is_entered_and_stands_beside_today(client: Client, capsys: Any) -> None:
    call_command("coverage", enter=STUDY, on=date(2018, 6, 1), source="Study of 2018")
    call_command("coverage", "--keep")
    capsys.readouterr()
    call_command("coverage", "--compare", "--json")
    study, _, today = json.loads(capsys.readouterr().out)
    assert [study[name] for name in ("posts", "platforms:facebook", "platforms:x", "website_links")] == [
        109,
        95,
        34,
        63,
    ]
    assert today["on"] == clock.now().date().isoformat()
    page = shown(client, "coverage?l=en")
    assert "95 / 109 (87 %)" in page
    assert "Study of 2018" in page
    assert "not counted" in page, "the study did not count YouTube"
    call_command("coverage", "--compare")
    assert "95 of 109, 87 %" in capsys.readouterr().out


def test_another_ministry_is_counted_by_its_own_accounts(capsys: Any, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text(
        "post_id,name,kind,city,country,facebook,x\ngb-1,Embassy,embassy,Paris,FR,ukinfrance,\ngb-2,Embassy,embassy,Rome,IT,,\n"
    )
    call_command("import_posts", file, ministry="GB", verbosity=0)
    capsys.readouterr()
    call_command("coverage", "--compare", "--json")
    other, own = json.loads(capsys.readouterr().out)
    assert (other["posts"], other["platforms:facebook"], other.get("platforms:x")) == (2, 1, None)
    assert own["posts"] > 100


def test_other_ministries_cost_no_further_questions() -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            columns(today, ministry="Ours", on=on)
        return len(queries)

    on = clock.now().date()
    today, known = coverage(home_ministry(), on=on), []
    for code in ("AA", "BB", "CC"):
        other = Ministry.objects.create(code=code, names={"en": f"Ministry {code}"}, languages=["en"])
        post = Post.objects.create(
            ministry=other, code=f"{code.lower()}-paris", name="Embassy", kind="embassy", country="FR"
        )
        holder = Holder.objects.create(ministry=other, kind=Holder.Kind.POST, post=post, name=code)
        Account.objects.create(holder=holder, platform="x", address=code, address_key=code.lower())
        known.append(asked())
    assert len(set(known)) == 1
    theirs = columns(today, ministry="Ours", on=on)[:-1]
    assert [(each.whose, each.posts, each.counted[("platforms", "x")]) for each in theirs] == [
        (f"Ministry {code}", 1, 1) for code in ("AA", "BB", "CC")
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [("what,key,posts\nplatform,x,3\n", "a line with posts is missing"),
     ("what,key,posts\nposts,,3\nplatform,x,4\n", "4 is more"),
     ("what,key,posts\nposts,,many\n", "line 2: 'many' is no number"), ("a,b\n1,2\n", "lacks key, posts, what"),
     ("what,key,posts\nposts,,3\nfans,x,4\n", "line 3: what is one of")],
)  # fmt: skip
def test_a_count_that_cannot_be_is_refused_whole(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "count.csv"
    file.write_text(text)
    with pytest.raises(CommandError, match=why):
        call_command("coverage", enter=file, on=date(2018, 6, 1), source="A study")
    assert not CoverageCount.objects.exists()
