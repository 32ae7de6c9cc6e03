"""The coverage report counts what the file of posts says, and shows it post by post."""

import json
from typing import Any

from django.core.management import call_command
from django.test import Client

from crisis.registry.models import Post
from tests.functional.test_atlas import shown
from tests.functional.test_atlas_data import of_file


def test_the_coverage_equals_a_count_in_the_file(client: Client, capsys: Any) -> None:
    rows = of_file()
    call_command("coverage", "--json")
    told = json.loads(capsys.readouterr().out)
    columns = {name: sum(bool(row[name]) for row in rows) for name in ("facebook", "x", "youtube")}
    speaking = sum(any(row[name] for name in columns) for row in rows)
    assert told == {
        "posts": len(rows),
        "platforms": columns,
        "website_links": sum(bool(row["website"]) for row in rows),
        "languages": dict.fromkeys(["de", "en", "fr", "nl"], speaking),
    }
    call_command("coverage")
    assert f"{columns['facebook']} of {len(rows)} posts" in capsys.readouterr().out
    page = shown(client, "coverage?l=en")
    assert f"{columns['facebook']} of {len(rows)} posts are on Facebook" in page
    assert page.count('<th scope="row">') == len(rows)
    assert page.count("<td>yes</td>") == sum(columns.values())


def test_a_house_without_open_posts_has_a_page_all_the_same(client: Client, capsys: Any) -> None:
    Post.objects.update(state=Post.State.CLOSED)
    assert "<h1>" in shown(client, "coverage?l=en")
    call_command("coverage", "--compare")
    assert capsys.readouterr().out
