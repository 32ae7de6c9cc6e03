"""What the atlas gives to other programs: whole, of real accounts and alerts only, and asked for again by its digest."""

import csv
import io
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings
from django.test import Client

from crisis import clock
from crisis.alerts.models import Alert
from crisis.registry.models import Account, Mode
from tests.functional.factories import issued
from tests.functional.test_atlas import live_alert, shown

ATOM = "{http://www.w3.org/2005/Atom}"


def of_file() -> list[dict[str, str]]:
    """Return the posts that serve people, counted in the file itself."""
    with (settings.DATA_DIR / "posts.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["state"] not in ("closed", "planned")]


def test_each_form_holds_every_post_and_every_real_account_and_no_shadow(client: Client) -> None:
    Account.objects.filter(mode=Mode.EXERCISE).update(platform_id="4711")
    Account.objects.filter(shadow_of__address="belgiumembjapan").update(address="drillsonly", address_key="drillsonly")
    codes = {row["post_id"] for row in of_file()}
    lines = list(csv.DictReader(io.StringIO(shown(client, "data.csv"))))
    told = json.loads(shown(client, "data.json"))
    places = json.loads(shown(client, "data.geojson"))["features"]
    assert {line["post"] for line in lines} - {""} == codes == {post["post"] for post in told["posts"]}
    assert {place["id"] for place in places} == {row["post_id"] for row in of_file() if row["lat"]}
    (tokyo,) = [line for line in lines if line["handle"] == "belgiumembjapan"]
    assert (tokyo["url"], tokyo["serves"]) == ("https://x.com/belgiumembjapan", "JP")
    assert any(line["lat"].startswith("-") for line in lines), "a number is no formula"
    for name in ("data.csv", "data.json", "data.geojson"):
        assert "drillsonly" not in shown(client, name)
    told_of = shown(client, "data?l=en")
    assert all(f"<code>{name}</code>" in told_of for name in lines[0])
    assert "creativecommons.org" in told_of


@pytest.mark.parametrize("name", ["data.csv", "data.json", "data.geojson", "sitemap.xml", "JP/atom"])
def test_whoever_has_it_already_is_told_so(client: Client, name: str) -> None:
    first = client.get(f"/atlas/{name}")
    assert "public" in first["Cache-Control"]
    assert first["Access-Control-Allow-Origin"] == "*"
    again = client.get(f"/atlas/{name}", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_countrys_feed_has_its_real_alerts_past_ones_too_and_no_drill(client: Client, sim: Any) -> None:
    issued(countries=["JP"])
    assert not ET.fromstring(shown(client, "JP/atom?l=en")).findall(f"{ATOM}entry")  # noqa: S314 - our own
    real = live_alert(countries=["JP"])
    for category in ("holds", "over"):
        (entry,) = ET.fromstring(shown(client, "JP/atom?l=fr")).findall(f"{ATOM}entry")  # noqa: S314
        assert str(entry.findtext(f"{ATOM}title")).startswith(f"{real.marker} Tremblement de terre")
        assert entry.find(f"{ATOM}category").get("term") == category  # type: ignore[union-attr]
        Alert.objects.filter(pk=real.pk).update(expires_at=clock.now())
    assert not ET.fromstring(shown(client, "FR/atom")).findall(f"{ATOM}entry")  # noqa: S314


def test_a_feed_that_somebody_keeps_is_of_one_language(client: Client) -> None:
    feeds = [client.get("/atlas/JP/atom", headers={"Accept-Language": language}) for language in ("fr", "nl")]
    assert feeds[0].content != feeds[1].content
    assert all("Accept-Language" in feed["Vary"] for feed in feeds)


def test_every_page_of_the_sitemap_is_there(client: Client) -> None:
    addresses = [each.text or "" for each in ET.fromstring(shown(client, "sitemap.xml")).iter() if each.text]  # noqa: S314
    paths = [address.removeprefix(settings.PUBLIC_URL) for address in addresses if address.startswith("http")]
    assert "/atlas/JP" in paths
    assert "/atlas/post/be-tokyo-emb" in paths
    for path in paths[::15]:
        assert client.get(path).status_code == 200, path
