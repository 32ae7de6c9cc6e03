"""HTML that strangers send is read in the time that its length takes, whatever they leave open, and reads as it did."""

import time
from email.message import EmailMessage

import pytest

from platforms.markup import closed
from platforms.mastodon_answers import plain_text
from receipts.quotes import own_words

LONG = 150_000  # characters; the parser of Python 3.11.7 takes a quarter of an hour over some of them
ENDLESS = [
    "<a ",
    "<a x='",
    "<!--",
    "</a ",
    "<a<",
    "<?x",
    "<!x ",
    "<![CDATA[ >",
    "<!-<!--'>;",
    "<a '=\">",
    "<blockquote></a>",
]


def html(text: str) -> EmailMessage:
    message = EmailMessage()
    message.set_content(text, subtype="html", cte="base64")
    return message


@pytest.mark.parametrize("unit", ENDLESS)
def test_nothing_that_is_left_open_takes_long_to_read(unit: str) -> None:
    text = unit * (LONG // len(unit))
    begun = time.process_time()
    own_words(html(text))
    plain_text(text)
    assert time.process_time() - begun < 5


def test_an_endless_mail_is_not_read_to_its_end() -> None:
    begun = time.process_time()
    message = EmailMessage()
    message.set_content("\n" * 9_000_000)
    own_words(message)
    own_words(html("<blockquote>" * 8_000 + "</a>" * 25_000 + "safe"))
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<p>a &lt; b</p>", "a < b"),
        ("a < b", "a < b"),
        ("<p title='1 < 2 > 0'>safe</p>", "safe"),
        ("sa<!-- > <b> -->fe", "safe"),
        ("safe <!-- without end", "safe <!-- without end"),
        ("<!DOCTYPE html><?xml x?><![if !mso]>safe<![endif]>", "safe"),
        ("safe <", "safe <"),
        ("safe <b", "safe <b"),
        ("it's <b>safe</b>, isn't it", "it's safe, isn't it"),
    ],
)
def test_it_reads_as_before(text: str, read: str) -> None:
    assert plain_text(text) == read
    assert own_words(html(text))[0] == read


def test_what_is_hidden_ends_where_it_ends() -> None:
    quoted = "<blockquote>old<p>older<blockquote>oldest</blockquote></p></blockquote>"
    assert own_words(html(f"<div>safe</div>{quoted}<div>all of us</div>"))[0].split() == ["safe", "all", "of", "us"]


def test_no_declaration_breaks_the_parser() -> None:
    assert closed("<![x>safe<!x [") == "safe&lt;!x ["
