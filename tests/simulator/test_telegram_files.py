"""What a citizen sends that is no text, and how a bot fetches it."""

import base64
from typing import Any

import pytest
import requests

OGG = b"OggS" + b"sound" * 50


@pytest.mark.parametrize("what", ["voice", "audio", "video", "video_note", "animation", "document", "photo"])
def test_a_file_is_fetched_by_the_path_that_is_given_for_it(bot: Any, control: Any, what: str) -> None:
    control.act(77, "send", what=what, content=base64.b64encode(OGG).decode(), caption="listen")
    (update,) = bot("get_updates")
    sent = getattr(update.message, what)
    file = bot("get_file", sent[-1].file_id if what == "photo" else sent.file_id)
    assert (file.file_size, update.message.caption) == (len(OGG), "listen")
    where = file.file_path.rpartition(f"/file/bot{bot.token}/")[2]
    answer = requests.get(f"{control.url}/telegram/file/bot{bot.token}/{where}", timeout=5)
    assert (answer.status_code, answer.content) == (200, OGG)


@pytest.mark.parametrize("what", ["sticker", "contact", "poll", "dice"])
def test_what_is_no_file_arrives_too(bot: Any, control: Any, what: str) -> None:
    control.act(77, "send", what=what)
    (update,) = bot("get_updates")
    assert getattr(update.message, what)


def test_places_by_other_names_and_a_live_one_that_moves(bot: Any, control: Any) -> None:
    control.act(77, "send", what="venue", latitude=1.5, longitude=2.5)
    live = control.act(77, "send", what="live_location", latitude=3.5, longitude=4.5)
    control.act(77, "walk", message_id=live["message_id"], latitude=3.6, longitude=4.5)
    venue, begun, moved = bot("get_updates")
    assert (venue.message.venue.title, venue.message.location.latitude) == ("Town hall", 1.5)
    assert begun.message.location.live_period.total_seconds() == 900
    assert moved.edited_message.location.latitude == 3.6


def test_nobody_fetches_what_was_not_sent_to_them(bot: Any, control: Any) -> None:
    with pytest.raises(Exception, match=r"(?i)wrong file_id"):
        bot("get_file", "voice-of-nobody")
    below = f"{control.url}/telegram/file/bot"
    assert requests.get(f"{below}{bot.token}/voice/none.oga", timeout=5).status_code == 404
    assert requests.get(f"{below}999:AAwrong/voice/none.oga", timeout=5).status_code == 401
    assert control.ask("POST", "people/77/act", {"kind": "send", "what": "smell"}).status_code == 409
    assert control.ask("POST", "people/77/act", {"kind": "send", "what": "voice", "content": "?"}).status_code == 409


def test_a_download_can_be_broken_on_purpose(bot: Any, control: Any) -> None:
    control.act(77, "send", what="voice", content=base64.b64encode(OGG).decode())
    (update,) = bot("get_updates")
    file = bot("get_file", update.message.voice.file_id)
    where = file.file_path.rpartition(f"/file/bot{bot.token}/")[2]
    control.fault("error_json", "telegram", method="downloadFile", times=1)
    address = f"{control.url}/telegram/file/bot{bot.token}/{where}"
    assert requests.get(address, timeout=5).status_code == 500
    assert requests.get(address, timeout=5).content == OGG
