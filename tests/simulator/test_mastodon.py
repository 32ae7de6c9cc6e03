"""The double of Mastodon: how it counts, and the HTML that it hands out, by what Mastodon's own code says of both."""

import pytest

from simulator.mastodon.counting import length, wire_html


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("a" * 500, 500),
        ("é" * 3, 3),
        ("e\u0301" * 3, 3),
        ("👨‍👩‍👧‍👦", 1),
        ("🇧🇪🇯🇵", 2),
        ("นี่", 1),
        ("https://example.org/" + "a" * 200, 23),
        ("http://e.org", 23),
        ("a https://e.org. b", 28),
        ("(https://e.org/a)", 25),
        ("@embassy@social.example", 8),
        ("@embassy", 8),
        ("ask @a@b.example, or c@d.example", 22),
        ("www.example.org", 15),
    ],
)
def test_length_is_counted_as_mastodon_counts_it(text: str, characters: int) -> None:
    assert length(text) == characters


def test_a_link_is_whole_and_only_its_middle_is_seen() -> None:
    long = "www.example.org/" + "a" * 40
    assert wire_html(f"See https://{long}") == (
        f'<p>See <a href="https://{long}" target="_blank" rel="nofollow noopener" translate="no">'
        '<span class="invisible">https://www.</span><span class="ellipsis">example.org/' + "a" * 18 + "</span>"
        '<span class="invisible">' + "a" * 22 + "</span></a></p>"
    )
    assert '<span class="">e.org</span><span class="invisible"></span>' in wire_html("https://e.org")


def test_lines_and_paragraphs_are_tags_and_signs_are_escaped() -> None:
    assert wire_html("a\nb & <c>\n\n\nd") == "<p>a<br />b &amp; &lt;c&gt;</p><p>d</p>"
    assert "social.example" not in wire_html("ask @embassy@social.example")


def test_only_a_known_token_is_let_in_and_unknown_addresses_lead_nowhere(raw: object) -> None:
    assert callable(raw)
    for method, path, status in (
        ("GET", "/mastodon/api/v1/accounts/verify_credentials", 401),
        ("POST", "/mastodon/api/v1/statuses", 401),
        ("GET", "/mastodon/api/v1/nowhere", 404),
        ("GET", "/mastodon/api/v1/statuses/1/nowhere", 404),
    ):
        answer = raw(method, path)
        assert (answer.status_code, list(answer.json())) == (status, ["error"])
