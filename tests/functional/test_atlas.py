"""The public atlas: everybody finds the right account, in four languages, without script; no drill is ever in it."""

import gzip
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.broadcast.issue import approve_and_issue
from crisis.broadcast.operations import submit
from crisis.broadcast.preflight import look
from crisis.registry.models import Account, Holder, Installation, Jurisdiction, Mode, Post
from crisis.registry.queries import home_ministry
from crisis.staff.models import Officer
from tests.functional.factories import citizen, drafted, issued


def shown(client: Client, address: str) -> str:
    response = client.get(f"/atlas/{address}", follow=True)
    assert response.status_code == 200, address
    return response.content.decode()


def live_alert(**kwargs: Any) -> Alert:
    """Issue a real alert, as two officers of a live installation do."""
    Installation.objects.update(kind=Installation.Kind.LIVE)
    citizen("Tokyo")
    alert = drafted(mode=Mode.LIVE, **kwargs)
    ticks = look(alert, clock.now()).ticks
    author, approver = (Officer.objects.get(username=name) for name in ("officer", "approver"))
    submit(alert=alert, revision=1, acknowledged=ticks, by=author, now=clock.now())
    approve_and_issue(alert=alert, revision=1, by=approver, now=clock.now(), read=ticks["unreviewed_texts"])
    alert.refresh_from_db()
    return alert


def test_the_map_is_light_and_needs_few_questions(client: Client, django_assert_max_num_queries: Any) -> None:
    client.get("/atlas/")
    with django_assert_max_num_queries(9):
        page = shown(client, "?l=en")
    assert len(gzip.compress(page.encode())) < 150_000
    assert "<script" not in page
    assert "style=" not in page, "its policy forbids it"
    assert '<a href="/atlas/JP?l=en"><title>Japan: ' in page
    assert page.count("</path>") + page.count("<path") > 200


def test_the_map_shows_a_country_as_served_only_while_a_post_serves_it(client: Client) -> None:
    assert '<title>Ghana</title><path class="c1"' in shown(client, "?l=en")
    Jurisdiction.objects.filter(country="GH").update(valid_to=clock.now().date() - timedelta(days=1))
    cache.clear()  # for some seconds everybody is given the same map
    assert '<title>Ghana</title><path class="c0"' in shown(client, "?l=en"), "its page says that nobody does"


@pytest.mark.parametrize(
    ("asked", "goal"),
    [("japan", "JP"), ("Japon", "JP"), ("Duitsland", "DE"), ("which accounts has the embassy in Japan?", "JP"),
     ("tokyo", "post/be-tokyo-emb"), ("Tokio", "post/be-tokyo-emb"), ("@belgiumembjapan", "post/be-tokyo-emb"),
     ("Facebook", "on/facebook"), ("Osaka", "JP")],
)  # fmt: skip
def test_a_search_leads_to_what_was_meant_at_once(client: Client, asked: str, goal: str) -> None:
    assert client.get("/atlas/", {"q": asked, "l": "nl"})["Location"] == f"/atlas/{goal}?l=nl"


def test_a_search_that_finds_nothing_or_much_says_so(client: Client) -> None:
    assert "We found nothing" in shown(client, "?l=en&q=zzzz%00")
    many = shown(client, "?l=en&q=consulate")
    assert many.count("<article>") > 5


def test_countries_stand_where_a_reader_looks_for_them(client: Client) -> None:
    names = re.findall(r'<li><a href="/atlas/..\?l=fr">([^<]+)</a>', shown(client, "?l=fr"))
    assert names.index("Égypte") < names.index("Espagne"), "an accent is no letter of its own"
    assert names[-1] == "Zimbabwe"


def test_a_country_names_its_posts_and_those_elsewhere_that_serve_it(client: Client) -> None:
    assert "belgiumembjapan" in shown(client, "JP?l=en")
    benin = shown(client, "BJ?l=fr")
    assert "Servi depuis un autre lieu" in benin
    assert "Abidjan" in benin
    assert "Consulate general: El Salvador" in shown(client, "by/post?l=en"), "whose town nobody knows"
    assert client.get("/atlas/jp")["Location"] == "/atlas/JP"
    assert client.get("/atlas/jp?l=nl")["Location"] == "/atlas/JP?l=nl", "the language stays"
    assert client.get("/atlas/QQ").status_code == 404


def test_a_post_has_what_somebody_needs_in_four_languages(client: Client) -> None:
    for language, words in {
        "nl": "Ambassade: Tokio, Japan", "fr": "Ambassade: Tokyo, Japon", "de": "Botschaft: Tokio, Japan",
        "en": "Embassy: Tokyo, Japan",
    }.items():  # fmt: skip
        page = shown(client, f"post/be-tokyo-emb?l={language}")
        assert words in page
        assert f'<html lang="{language}">' in page
        for needed in ("https://x.com/belgiumembjapan", "tel:+3225014000", "<svg", "/subscribe?l=", "/embed?l="):
            assert needed in page, needed


def test_what_is_no_longer_ours_or_a_person_s_or_closed_is_not_shown(client: Client) -> None:
    account = Account.objects.get(platform="x", address="belgiumembjapan", mode=Mode.LIVE)
    Account.objects.filter(pk=account.shadow.pk).update(address="drillsonly", address_key="drillsonly")
    assert "drillsonly" not in shown(client, "JP") + shown(client, "on/x") + shown(client, "by/post")
    Account.objects.filter(pk=account.pk).update(paused_why="no longer in the imported list")
    cache.clear()  # for some seconds everybody is given the same page
    assert "belgiumembjapan" not in shown(client, "JP") + shown(client, "on/x")
    Post.objects.filter(code="be-tokyo-emb").update(state=Post.State.CLOSED)
    assert client.get("/atlas/post/be-tokyo-emb").status_code == 404
    assert client.get("/atlas/by/nobody").status_code == 404


def test_a_drill_is_nowhere_and_a_real_alert_at_its_country_and_posts(client: Client, sim: Any) -> None:
    drill = issued(countries=["JP"])
    pages = ("JP", "post/be-tokyo-emb", "post/be-tokyo-emb/embed")
    assert not any(drill.code in shown(client, page) for page in pages)
    real = live_alert(countries=["JP"])
    assert all(real.marker in shown(client, page) for page in pages)
    assert real.marker not in shown(client, "FR")
    Alert.objects.filter(pk=real.pk).update(expires_at=clock.now())
    assert not any(real.marker in shown(client, page) for page in pages)


def test_pages_are_kept_by_their_digest_and_framed_by_nobody_but_the_frame(client: Client) -> None:
    first = client.get("/atlas/post/be-tokyo-emb")
    assert "max-age=60" in first["Cache-Control"]
    again = client.get("/atlas/post/be-tokyo-emb", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again["Content-Security-Policy"]) == (304, first["Content-Security-Policy"])
    assert first["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in first["Content-Security-Policy"]
    framed = client.get("/atlas/post/be-tokyo-emb/embed")
    assert "X-Frame-Options" not in framed
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert not framed.cookies
    assert "<script" not in framed.content.decode()


@pytest.mark.parametrize("path", ["coverage", "by/post", "on/x"])
def test_long_lists_are_drawn_once_for_everybody(client: Client, path: str, django_assert_max_num_queries: Any) -> None:
    first = client.get(f"/atlas/{path}?l=en")
    with django_assert_max_num_queries(1):
        assert client.get(f"/atlas/{path}?l=en").content == first.content


def test_a_page_is_packed_for_whoever_can_unpack_it(client: Client) -> None:
    plain = client.get("/atlas/?l=en")
    packed = client.get("/atlas/?l=en", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2
    again = client.get("/atlas/?l=en", headers={"Accept-Encoding": "gzip", "If-None-Match": packed["ETag"]})
    assert again.status_code == 304


def test_names_stand_where_a_reader_looks_for_them(client: Client) -> None:
    home = home_ministry()
    for name in ("Zoo", "École", "Farm"):
        holder = Holder.objects.create(ministry=home, kind=Holder.Kind.PROJECT, name=name)
        Account.objects.create(holder=holder, platform="x", address=name, address_key=name.casefold(), is_home=True)
    cache.clear()
    headings = re.findall(r"<h2>([^<]+)</h2>", shown(client, "by/project?l=fr"))
    assert headings == ["École", "Farm", "Zoo"], "an accent is no letter of its own"
