"""The pages for people."""

import re
from typing import Any

import pytest

HOSTILE = '<script>alert(1)</script> & "quotes" \'too\' https://e.org/a?x=1&y="2" javascript:alert(1)'
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.fixture
def furnished(bot: Any, x_client: Any, graph: Any, control: Any) -> dict[str, str]:
    """Hostile words wherever somebody can put them."""
    control("PUT", "accounts", [{"platform": "x", "address": "mfa", "name": HOSTILE}])
    control("PUT", "people", [{"chat_id": 9_000_000_000, "first_name": HOSTILE}])
    bot("set_my_commands", [("help", HOSTILE)])
    ids = {
        "telegram": str(bot("send_message", "@mfa_alerts", HOSTILE).message_id),
        "x": x_client.create_tweet(text=HOSTILE).data["id"],
        "facebook": graph.put_object("me", "feed", message=HOSTILE)["id"].partition("_")[2],
    }
    control.act(9_000_000_000, "text", text=HOSTILE)
    return ids


def test_every_page_answers_and_escapes(raw: Any, furnished: dict[str, str]) -> None:
    paths = [
        *("/", "/timelines", "/timelines?platform=x&q=%3Cscript%3E", "/timelines/fragment", "/chat"),
        *("/x/MFA", "/facebook/mfa.page", "/telegram/mfa_alerts", "/chat/9000000000", "/chat/9000000000/fragment"),
        *(f"/x/MFA/status/{furnished['x']}", f"/facebook/mfa.page/posts/{furnished['facebook']}"),
        f"/telegram/mfa_alerts/{furnished['telegram']}",
    ]
    for path in paths:
        answer = raw("GET", path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text, path
        assert ESCAPED in answer.text, path
        assert 'href="javascript:' not in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_every_whole_page_says_that_it_is_a_simulator(raw: Any, furnished: dict[str, str]) -> None:
    for path in ("/", "/timelines", "/chat", "/x/MFA", "/chat/9000000000", "/nowhere/at/all"):
        assert "Loopback platforms: nothing here leaves this machine" in raw("GET", path).text


def test_line_breaks_are_kept_and_links_can_be_followed(raw: Any, x_client: Any) -> None:
    x_client.create_tweet(text="one\n\ntwo https://e.org/a?b=1&c=2.")
    text = raw("GET", "/x/mfa").text
    assert 'one\n\ntwo <a href="https://e.org/a?b=1&amp;c=2" rel="noreferrer nofollow">' in text


def test_timelines_are_filtered(raw: Any, bot: Any, x_client: Any) -> None:
    bot("send_message", "@mfa_alerts", "from Telegram K7")
    x_client.create_tweet(text="from X K8")
    assert "from X" not in raw("GET", "/timelines?platform=telegram").text
    found = raw("GET", "/timelines?q=k8").text
    assert ("from X" in found, "from Telegram" in found) == (True, False)


def test_edited_and_deleted_publications_are_marked(raw: Any, bot: Any, x_client: Any) -> None:
    sent = bot("send_message", "@mfa_alerts", "first words")
    bot("edit_message_text", "second words", chat_id="@mfa_alerts", message_id=sent.message_id)
    x_client.delete_tweet(x_client.create_tweet(text="taken back").data["id"])
    text = raw("GET", "/timelines").text
    assert 'class="tag edited"' in text
    assert "first words" in text
    assert 'class="tag deleted"' in text


def test_a_fragment_is_sent_again_only_when_it_has_changed(raw: Any, x_client: Any) -> None:
    first = raw("GET", "/timelines/fragment?platform=x")
    headers = {"If-None-Match": first.headers["ETag"]}
    assert raw("GET", "/timelines/fragment?platform=x", headers=headers).status_code == 304
    x_client.create_tweet(text="new")
    assert raw("GET", "/timelines/fragment?platform=x", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/x/nobody", "/facebook/nobody", "/telegram/nobody", "/x/MFA/status/1", "/x/nobody/status/1"),
        *("/chat/1", "/chat/1/fragment", "/nobody", "/nobody/5", "/nobody/at/all", "/_pictures/1"),
    ],
)
def test_what_is_not_here_is_not_found(raw: Any, path: str) -> None:
    answer = raw("GET", path)
    assert (answer.status_code, "Not here" in answer.text) == (404, True)


def test_static_files_are_served_from_here(raw: Any) -> None:
    for path, kind in (("style.css", "text/css"), ("simulator.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        answer = raw("GET", f"/_static/{path}")
        assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, kind)
    page = raw("GET", "/").text
    assert not re.findall(r'(?:src|href)="https?:', page)


def test_without_a_bot_the_chat_says_so(raw: Any, control: Any) -> None:
    control("POST", "reset")
    assert "No bot is here yet" in raw("GET", "/chat").text
    assert "No bot is here yet" in raw("GET", "/chat/5").text
    assert raw("GET", "/").status_code == 200


def test_a_visitor_becomes_a_citizen_by_plain_forms(raw: Any, bot: Any, control: Any) -> None:
    made = raw(
        "POST", "/chat", data={"first_name": "Marie", "language_code": "fr", "bot": "tocsin_bot", "start": "K7Q2MD"}
    )
    assert (made.status_code, made.headers["Location"]) == (303, "/chat/9000000000?bot=tocsin_bot&start=K7Q2MD")
    chat = raw("GET", made.headers["Location"]).text
    assert ('value="K7Q2MD"' in chat, ">Start</button>" in chat) == (True, True)
    act = "/chat/9000000000/act"
    assert raw("POST", act, data={"kind": "start", "payload": "K7Q2MD", "bot": "tocsin_bot"}).status_code == 303
    (update,) = bot("get_updates")
    assert (update.message.text, update.effective_user.language_code) == ("/start K7Q2MD", "fr")
    assert ">Start</button>" not in raw("GET", made.headers["Location"]).text
    second = raw("POST", "/chat", data={"first_name": " ", "language_code": "xx"})
    assert second.headers["Location"].startswith("/chat/9000000001")
    assert "Marie" in raw("GET", "/chat").text


def test_everything_in_the_chat_works_by_plain_forms(raw: Any, bot: Any, control: Any, call_bot: Any) -> None:
    control("PUT", "people", [{"chat_id": 9_000_000_000, "first_name": "Bo", "started": True}])
    call_bot("setMyCommands", commands=[{"command": "safe", "description": "I am safe"}])
    inline = {
        "inline_keyboard": [[{"text": "Yes", "callback_data": 'y"&<'}, {"text": "More", "url": "https://e.org/?a=1&b"}]]
    }
    call_bot("sendMessage", chat_id=9_000_000_000, text="Safe?", reply_markup=inline)
    keyboard = {"keyboard": [[{"text": "Where I am", "request_location": True}, "No"]], "one_time_keyboard": True}
    call_bot("sendMessage", chat_id=9_000_000_000, text="Where?", reply_markup=keyboard)
    page = raw("GET", "/chat/9000000000").text
    for piece in (
        'value="y&quot;&amp;&lt;"',
        "https://e.org/?a=1&amp;b",
        'data-open="location"',
        ">No</button>",
        ">/safe</button>",
    ):
        assert piece in page
    assert '<details id="location" open>' in raw("GET", "/chat/9000000000?open=location").text
    act = "/chat/9000000000/act"
    for form in (
        {"kind": "press", "message_id": "1", "data": 'y"&<'},
        {"kind": "location", "city": "35.68,139.69"},
        {"kind": "location", "city": "", "latitude": "1.5", "longitude": "-2"},
        {"kind": "text", "text": "/safe"},
        {"kind": "block"},
        {"kind": "unblock"},
    ):
        assert raw("POST", act, data={"bot": "tocsin_bot", **form}).status_code == 303, form
    updates = bot("get_updates")
    assert updates[0].callback_query.data == 'y"&<'
    assert [update.message.location.longitude for update in updates[1:3]] == [139.69, -2.0]
    bot("answer_callback_query", updates[0].callback_query.id, "Noted & kept", show_alert=True)
    page = raw("GET", "/chat/9000000000").text
    assert ("Noted &amp; kept" in page, ">No</button>" in page) == (True, False)
    for wrong in (
        {"kind": "location"},
        {"kind": "press", "data": "zzz"},
        {"kind": "text"},
        {"kind": "location", "city": "95,0"},
    ):
        answer = raw("POST", act, data=wrong)
        assert (answer.status_code, 'class="problem"' in answer.text) == (409, True)


def test_the_short_links_of_telegram_lead_here(raw: Any, bot: Any) -> None:
    bot("send_message", "@mfa_alerts", "x")
    for path, place in (
        ("/tocsin_bot?start=K7Q2MD", "/chat?bot=tocsin_bot&start=K7Q2MD"),
        ("/Tocsin_Bot", "/chat?bot=tocsin_bot&start="),
        ("/mfa_alerts", "/telegram/mfa_alerts"),
        ("/MFA_alerts/1", "/telegram/mfa_alerts/1"),
    ):
        answer = raw("GET", path)
        assert (answer.status_code, answer.headers["Location"]) == (302, place)
    assert 'value="K7Q2MD"' in raw("GET", "/chat?bot=tocsin_bot&start=K7Q2MD").text
    assert "evil" not in raw("GET", "/chat?bot=tocsin_bot&start=%22%3Eevil").text


def test_pictures_are_shown_with_their_words(raw: Any, graph: Any, picture: bytes) -> None:
    import io

    graph.put_photo(io.BytesIO(picture), album_path="me/photos", caption="Map", alt_text_custom='A "red" map')
    text = raw("GET", "/facebook/mfa.page").text
    source = re.search(r'<img src="(/_pictures/\d+)" alt="A &quot;red&quot; map"', text)
    assert source is not None
    answer = raw("GET", source[1])
    assert (answer.content, answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == (
        picture,
        "image/png",
        "nosniff",
    )


def test_an_account_and_a_message_with_every_extra(
    raw: Any, bot: Any, graph: Any, x_client: Any, picture: bytes, control: Any
) -> None:
    first = x_client.create_tweet(text="first").data["id"]
    x_client.create_tweet(text="second", in_reply_to_tweet_id=first)
    graph.put_object("me", "feed", message="see", link="https://e.org/elsewhere")
    bot("send_photo", 77, picture, caption="for you")
    bot("send_location", 77, 1.5, 2.5)
    bot("delete_message", 77, 1)
    assert f"answers {first}" in raw("GET", "/x/mfa").text
    assert 'href="https://e.org/elsewhere"' in raw("GET", "/facebook/mfa.page").text
    chat = raw("GET", "/chat/77").text
    assert ("deleted ·" in chat, "1.5, 2.5" in chat, "<img src=" in chat) == (True, True, True)
    assert "42 followers" in raw("GET", "/x/mfa").text
