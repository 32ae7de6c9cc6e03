"""The control API: furnishing the world, asking what happened, and who may ask at all."""

import time
from typing import Any

import pytest


def test_accounts_are_registered_in_bulk_and_again(control: Any) -> None:
    wanted = [
        {"platform": "x", "address": f"@Post{number}", "secrets": {"access_token": f"t{number}"}}
        for number in range(300)
    ]
    answer = control("PUT", "accounts", wanted)
    assert len(answer) == 300
    assert set(answer[0]) == {"platform", "address", "platform_id"}
    assert (answer[0]["address"], len(answer[0]["platform_id"])) == ("Post0", 19)
    assert len({each["platform_id"] for each in answer}) == 300
    assert control("PUT", "accounts", wanted) == answer
    assert control("GET", "health")["accounts"] == 303


def test_an_account_keeps_what_a_later_item_leaves_out(simulator: Any, control: Any) -> None:
    before = simulator.world.accounts.named("x", "mfa")
    control("PUT", "accounts", [{"platform": "x", "address": "mfa", "name": "New name", "platform_id": "42"}])
    after = simulator.world.accounts.named("x", "@MFA")
    assert (after.name, after.secrets, after.followers, after.platform_id) == ("New name", before.secrets, 42, "42")
    assert simulator.world.accounts.numbered("x", before.platform_id) is None
    control("PUT", "accounts", [{"platform": "x", "address": "mfa", "secrets": {"access_token": "new"}}])
    assert simulator.world.accounts.holding("x", "access_token", "111-user") is None
    assert simulator.world.accounts.holding("x", "access_token", "new").name == "New name"


@pytest.mark.parametrize(
    ("path", "items"),
    [
        ("accounts", [{"platform": "mastodon", "address": "x"}]),
        ("accounts", [{"platform": "x", "address": "no spaces"}]),
        ("accounts", [{"platform": "x", "address": "ok", "platform_id": "abc"}]),
        ("accounts", [{"platform": "x", "address": "ok", "secrets": {"password": "x"}}]),
        ("accounts", [{"platform": "telegram", "address": "@ok_channel", "kind": "forum"}]),
        (
            "accounts",
            [
                {"platform": "x", "address": "ok", "platform_id": "7"},
                {"platform": "x", "address": "ok2", "platform_id": "7"},
            ],
        ),
        ("accounts", {"platform": "x"}),
        ("accounts", ["x"]),
        ("bots", [{"token": "nonsense", "username": "some_bot"}]),
        ("bots", [{"token": "1:abc", "username": "a b"}]),
        ("people", [{"chat_id": -5}]),
        ("people", [{"chat_id": "5"}]),
        ("people", [{"chat_id": 5, "shoe_size": 42}]),
        ("people", [{"chat_id": 5, "press": -1}]),
        ("people", [{"chat_id": 5, "delay_s": [2, 1]}]),
        ("people", [{"chat_id": 5}, {"first_name": "nobody"}]),
    ],
)
def test_nonsense_is_refused_and_nothing_is_stored(control: Any, path: str, items: Any) -> None:
    before = control("GET", "health")
    answer = control.ask("PUT", path, items)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert control("GET", "health") == before


def test_thousands_of_people_are_registered_quickly(control: Any) -> None:
    began = time.monotonic()
    people = [{"chat_id": 1000 + at, "first_name": f"P{at}", "started": True, "press": at % 3} for at in range(5000)]
    assert control("PUT", "people", people) == {"people": 5000}
    assert control("GET", "health")["people"] == 5001
    assert time.monotonic() - began < 3


def test_a_person_keeps_what_a_later_item_leaves_out(simulator: Any, control: Any) -> None:
    control("PUT", "people", [{"chat_id": 77, "press": 1, "delay_s": [0, 1]}])
    control.act(77, "block")
    control("PUT", "people", [{"chat_id": 77, "language_code": "fr"}])
    person = simulator.world.people.get(77)
    assert (person.first_name, person.language_code, person.press, person.delay_s) == ("Ana", "fr", 1, (0.0, 1.0))
    assert control.chat(77)["state"] == "blocked"
    control("PUT", "people", [{"chat_id": 77, "started": True}])
    assert control.chat(77)["state"] == "started"


def test_publications_are_found_by_marker_platform_and_account(
    bot: Any, x_client: Any, graph: Any, control: Any
) -> None:
    bot("send_message", "@mfa_alerts", "K7/1 one")
    x_client.create_tweet(text="K7/1 two")
    graph.put_object("me", "feed", message="K7/1 three")
    graph.put_object("me", "feed", message="K8/1 four")
    assert [each["text"][5:] for each in control("GET", "publications?marker=K7/1")] == ["one", "two", "three"]
    assert [each["text"] for each in control("GET", "publications?platform=facebook&marker=K8")] == ["K8/1 four"]
    (found,) = control("GET", "publications?account=@MFA")
    assert set(found) == {
        "platform", "address", "remote_id", "text", "original_text", "link", "reply_to", "pictures",
        "created_at", "edited_at", "deleted_at",
    }  # fmt: skip
    assert (found["platform"], found["address"], found["created_at"][-6:]) == ("x", "MFA", "+00:00")
    assert control("GET", "counts?marker=K7/1") == {"facebook:mfa.page": 1, "telegram:@mfa_alerts": 1, "x:MFA": 1}
    assert control("GET", "counts") == {"facebook:mfa.page": 2, "telegram:@mfa_alerts": 1, "x:MFA": 1}


def test_what_citizens_received_is_counted(bot: Any, control: Any) -> None:
    control("PUT", "people", [{"chat_id": 78, "started": True}])
    for chat_id in (77, 78, 78):
        bot("send_message", chat_id, "K7/1 Are you safe?")
    control.act(77, "text", text="K7/1 what?")
    assert control("GET", "received?marker=K7/1") == {"77": 1, "78": 2}
    assert control("GET", "received?marker=K8") == {}


def test_a_chat_shows_keyboards_as_they_stand(bot: Any, control: Any, call_bot: Any) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Safe", "callback_data": "s"}]]}
    call_bot("sendMessage", chat_id=77, text="?", reply_markup=keyboard)
    assert control.chat(77)["messages"][0]["inline_keyboard"] == keyboard["inline_keyboard"]
    call_bot("editMessageText", chat_id=77, message_id=1, text="!")
    assert control.chat(77)["messages"][0]["inline_keyboard"] == []
    bot("send_message", "@mfa_alerts", "hello")
    assert control.chat("@mfa_alerts")["messages"][0]["sender"] == "bot"
    assert control.ask("GET", "chats/12345").status_code == 404


def test_limits_are_shown_and_changed(control: Any) -> None:
    assert control("GET", "limits")["telegram_per_second"] == 30
    assert control("PUT", "limits", {"telegram_per_second": 5})["telegram_per_second"] == 5
    for wrong in (
        {"nonsense": 1},
        {"telegram_per_second": -1},
        {"telegram_per_second": "many"},
        {"telegram_per_second": True},
    ):
        assert control.ask("PUT", "limits", wrong).status_code == 400
    control("POST", "reset")
    assert control("GET", "limits")["telegram_per_second"] == 30


def test_requests_are_counted(bot: Any, raw: Any, control: Any) -> None:
    bot("get_me")
    raw("POST", "/telegram/bot999:unknown/getMe")
    raw("POST", "/x/2/tweets", json={"text": "x"})
    raw("GET", "/graph/v25.0/me")
    counted = control("GET", "requests")
    assert counted == {
        "requests": {
            "facebook": {"page": {"400": 1}},
            "telegram": {"-": {"401": 1}, "getMe": {"200": 1}},
            "x": {"tweets": {"401": 1}},
        },
        "total": 4,
        "tokens_in_urls": 0,
    }


def test_a_reset_empties_everything(bot: Any, control: Any) -> None:
    bot("send_message", "@mfa_alerts", "x")
    control.fault("cut_before", "x")
    assert control("POST", "reset") == {"ok": True}
    health = control("GET", "health")
    assert health.pop("ok") is True
    assert set(health.values()) == {0}
    assert control("GET", "faults") == {"faults": []}
    assert control("GET", "requests")["total"] == 0


def test_no_secret_is_ever_shown(control: Any, x_client: Any, x_secrets: dict[str, str], raw: Any) -> None:
    x_client.create_tweet(text="K7/1")
    control.fault("unauthorized", "x")
    pages = ["/", "/timelines", "/x/MFA", "/chat", "/chat/77"]
    asked = ["accounts", "publications", "faults", "limits", "requests", "health", "counts", "chats/77"]
    seen = "".join([raw("GET", page).text for page in pages] + [control.ask("GET", path).text for path in asked])
    for secret in (*x_secrets.values(), "page-token-1", "AAtest-token"):
        assert secret not in seen
    assert "consumer_secret" not in repr(control("GET", "accounts"))


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[", ""]
)
@pytest.mark.parametrize("path", ["/_control/health", "/", "/telegram/bot123456:AAtest-token/getMe"])
def test_another_host_name_is_refused(raw: Any, host: str, path: str) -> None:
    assert raw("GET", path, headers={"Host": host}).status_code in (400, 421)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8001", "127.0.0.1", "127.8.9.1:80", "[::1]:8001", "LOCALHOST"]
)
def test_loopback_names_are_welcome(raw: Any, host: str) -> None:
    assert raw("GET", "/_control/health", headers={"Host": host}).status_code == 200


def test_a_page_of_elsewhere_may_not_write(raw: Any) -> None:
    for origin in ("https://evil.example", "null"):
        assert raw("POST", "/_control/reset", headers={"Origin": origin}).status_code == 421
    assert raw("POST", "/_control/reset", headers={"Origin": "http://localhost:8000"}).status_code == 200


def test_wrong_methods_and_broken_json_are_explained(raw: Any) -> None:
    assert raw("GET", "/_control/reset").status_code == 405
    broken = raw("PUT", "/_control/accounts", data=b"{")
    assert (broken.status_code, "error" in broken.json()) == (400, True)


def test_a_text_that_nobody_takes_is_said_to_whoever_writes_it(control: Any, unused_port: int) -> None:
    sender = {"way": "sms", "callback": f"http://127.0.0.1:{unused_port}/receipts/sms", "callback_secret": "s"}
    control("PUT", "ways", [sender | {"secrets": {"access_token": "t"}}])
    answer = control.ask("POST", "ways/sms/reply", {"from": "+99955512345", "text": "1"})
    assert (answer.status_code, answer.json()) == (
        502,
        {"error": "whoever sends does not answer: ConnectionRefusedError"},
    )
