"""The chat pages: be a citizen, and see the bot as a citizen sees it."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulator.clock import now as present
from simulator.control import do_act
from simulator.forms import read_form
from simulator.pages.layout import HEADERS, esc, fragment, hidden, moment, not_found, options, page, words
from simulator.pages.places import CITIES, LANGUAGES
from simulator.telegram.bots import Bot
from simulator.telegram.messages import Box, Message
from simulator.telegram.people import BLOCKED, FRESH, Person
from simulator.telegram.refusal import Refusal

if TYPE_CHECKING:
    from simulator.world import World

SHOWN = 100
TOAST_SECONDS = 8
# Bot API, "deep linking": the payload is 64 characters of A-Z, a-z, 0-9, _ and - at most.
PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def door(world: "World", request: Request) -> Response:
    """Return the page on which one becomes a citizen."""
    query = request.query_params
    bot = world.bots.chosen(query.get("bot"))
    if bot is None:
        return _no_bot()
    kept = hidden(bot=bot.username, start=_payload(query.get("start")))
    link = esc(urlencode({"bot": bot.username, "start": _payload(query.get("start"))}))
    people = "".join(
        f'<li><a href="/chat/{person.chat_id}?{link}" dir="auto">'
        f'{esc(person.first_name)}</a> <span class="soft">({esc(person.language_code)})</span></li>'
        for person in world.people.newest_on_page(20)
    )
    earlier = f'<h2>Or be somebody from before</h2><ul class="links">{people}</ul>' if people else ""
    return page(
        "Be a citizen",
        "<h1>Be a citizen</h1><p>You get a telephone with a simulated Telegram and one contact:"
        f' <b dir="auto">{esc(bot.name)}</b> <span class="soft">@{esc(bot.username)}</span>.</p>'
        f'<form class="row" method="post" action="/chat">{kept}'
        '<label>Your name<br><input name="first_name" required maxlength="64" autocomplete="off" value="Alex"></label>'
        f'<label>Your language<br><select name="language_code">{options(LANGUAGES, "en")}</select></label>'
        f'<button class="big">Open the chat</button></form>{earlier}',
        here="/chat",
    )


async def enter(world: "World", request: Request) -> Response:
    """Make the person and lead to their chat."""
    form = read_form("", request.headers.get("content-type", ""), await request.body())
    name = (form.text("first_name") or "").strip()[:64] or "Citizen"
    language = form.text("language_code") or "en"
    person = world.people.newcomer(name, language if language in dict(LANGUAGES) else "en")
    query = urlencode({"bot": form.text("bot") or "", "start": _payload(form.text("start"))})
    return RedirectResponse(f"/chat/{person.chat_id}?{query}", 303, HEADERS)


def window(world: "World", request: Request) -> Response:
    """Return the chat of one person with one bot."""
    found = _who(world, request)
    if isinstance(found, Response):
        return found
    bot, person = found
    query = request.query_params
    start = _payload(query.get("start"))
    source = f"/chat/{person.chat_id}/fragment?" + urlencode({"bot": bot.username, "start": start})
    blocked = world.people.state(person, bot.id) == BLOCKED
    turn = ("unblock", "Unblock the bot") if blocked else ("block", "Block the bot")
    body = (
        f'<div class="chathead"><h1><span dir="auto">{esc(bot.name)}</span>'
        f' <span class="soft">@{esc(bot.username)}</span> <span class="tag sim-tag">simulated</span>'
        '<br><span class="soft small" dir="auto">'
        f"you are {esc(person.first_name)} ({esc(person.language_code)})</span></h1>"
        f'<div class="buttons"><a href="/chat/{person.chat_id}?{urlencode({"bot": bot.username})}">Refresh</a>'
        f'<form method="post" action="/chat/{person.chat_id}/act">{hidden(bot=bot.username, kind=turn[0])}'
        f"<button>{turn[1]}</button></form></div></div>"
        f'<div data-source="{esc(source)}" class="follow">{_messages(world, bot, person)}'
        f'<div class="dock">{_keys(world, bot, person, start)}'
        f"{_composer(bot, person, open_location=query.get('open') == 'location')}</div></div>"
    )
    return page(f"Chat with {bot.name}", body, look="chat", here="/chat")


def window_fragment(world: "World", request: Request) -> Response:
    """Return what changes in a chat, for the script."""
    found = _who(world, request)
    if isinstance(found, Response):
        return found
    keys = _keys(world, *found, _payload(request.query_params.get("start")))
    return fragment(request, _messages(world, *found) + keys)


async def act(world: "World", request: Request) -> Response:
    """Do what a person does with a form of the chat, and lead back."""
    found = _who(world, request)
    if isinstance(found, Response):
        return found
    person = found[1]
    form = read_form("", request.headers.get("content-type", ""), await request.body())
    bot = world.bots.chosen(form.text("bot")) or found[0]
    wanted: dict[str, Any] = dict(form.values)
    try:
        if wanted.get("kind") == "location":
            wanted["latitude"], wanted["longitude"] = _point(wanted)
        do_act(world, bot, person, wanted, present().timestamp())
    except (ValueError, KeyError, Refusal) as error:
        back = f'<p><a href="/chat/{person.chat_id}">Back to the chat</a></p>'
        return page(
            "That did not work", f'<h1>That did not work</h1><p class="problem">{esc(error)}</p>{back}', status=409
        )
    return RedirectResponse(f"/chat/{person.chat_id}?{urlencode({'bot': bot.username})}", 303, HEADERS)


def _who(world: "World", request: Request) -> tuple[Bot, Person] | Response:
    bot = world.bots.chosen(request.query_params.get("bot"))
    if bot is None:
        return _no_bot()
    person = world.people.get(int(request.path_params["chat_id"]))
    return not_found("There is no such person here.") if person is None else (bot, person)


def _no_bot() -> Response:
    return page(
        "No bot yet",
        "<h1>No bot is here yet</h1>"
        "<p>The product registers its bot when it starts. Then this page opens a chat with it.</p>",
        here="/chat",
        status=404,
    )


def _payload(text: str | None) -> str:
    return text if text and PAYLOAD.fullmatch(text) else ""


def _point(wanted: dict[str, Any]) -> tuple[str, str]:
    if wanted.get("latitude") and wanted.get("longitude"):
        return wanted["latitude"], wanted["longitude"]
    latitude, _, longitude = str(wanted.get("city", "")).partition(",")
    if not longitude:
        raise ValueError("Choose a city, or write latitude and longitude in degrees.")
    return latitude, longitude


def _messages(world: "World", bot: Bot, person: Person) -> str:
    """Return the messages, and what the bot says to pressed buttons."""
    history = world.messages.history(Box(bot.id, person.chat_id), SHOWN)
    bubbles = "".join(_bubble(world, bot, person, message) for message in history)
    return (
        f'<div class="toasts" id="toasts" data-live role="status" aria-live="polite">'
        f"{_toasts(world, bot, person)}</div>"
        f'<ol class="log" id="log" data-live role="log" aria-live="polite" aria-label="Messages">{bubbles}</ol>'
    )


def _keys(world: "World", bot: Bot, person: Person, start: str) -> str:
    """Return what can be tapped below the messages: Start, or the bot's reply keyboard, and the menu of commands."""
    history = world.messages.history(Box(bot.id, person.chat_id), SHOWN)
    state = world.people.state(person, bot.id)
    if state == BLOCKED:
        keyboard = '<p id="blocked" class="problem">You have blocked this bot: nothing reaches you.</p>'
    elif state == FRESH or (start and not _said(history, person, f"/start {start}")):
        button = '<button class="big">Start</button>'
        keyboard = _form(bot, person, button, element="start", kind="start", payload=start)
    else:
        keyboard = _reply_keyboard(bot, person, history)
    chips = "".join(
        _form(
            bot,
            person,
            f'<button title="{esc(each["description"])}">/{esc(each["command"])}</button>',
            element=f"menu-{each['command']}",
            kind="text",
            text=f"/{each['command']}",
        )
        for each in bot.menu_for(person.chat_id, person.language_code)
    )
    return (
        f'<div id="keyboard" data-live>{keyboard}</div>'
        f'<div class="chips" id="menu" data-live role="group" aria-label="Commands">{chips}</div>'
    )


def _said(history: list[Message], person: Person, text: str) -> bool:
    return any(message.sender == person.chat_id and message.text == text for message in history)


def _toasts(world: "World", bot: Bot, person: Person) -> str:
    rows = world.store.rows(
        "SELECT query_id, answer, alert FROM presses"
        " WHERE chat_id = ? AND bot_id = ? AND answered_at > ? AND answer != '' ORDER BY answered_at",
        *(person.chat_id, bot.id, present().timestamp() - TOAST_SECONDS),
    )
    return "".join(
        f'<p id="q{row["query_id"]}"{" class=alert" if row["alert"] else ""} dir="auto">{esc(row["answer"])}</p>'
        for row in rows
    )


def _form(bot: Bot, person: Person, inside: str, *, element: str = "", **values: object) -> str:
    name = f' id="{esc(element)}"' if element else ""
    return (
        f'<form method="post" action="/chat/{person.chat_id}/act" data-act{name}>'
        f"{hidden(bot=bot.username, **values)}{inside}</form>"
    )


def _bubble(world: "World", bot: Bot, person: Person, message: Message) -> str:
    mine = message.sender == person.chat_id
    body = message.body
    inside = ""
    for photo in body.get("photo", []):
        inside += (
            f'<img src="/_pictures/{esc(photo["file_id"])}" alt="{esc(world.pictures.alt_text(photo["file_id"]))}">'
        )
    if "location" in body:
        point = body["location"]
        inside += f'<p class="words">📍 {esc(point["latitude"])}, {esc(point["longitude"])}</p>'
    text = body.get("text") or body.get("caption") or ""
    if text:
        inside += f'<p class="words" dir="auto">{words(text)}</p>'
    marks = "edited · " if message.edited_at and body.get("edit_date") else ""
    marks += "deleted · " if message.deleted_at else ""
    keys = "" if message.deleted_at else _inline_keyboard(bot, person, message)
    look = f"bubble{' mine' if mine else ''}{' gone' if message.deleted_at else ''}"
    who = "You" if mine else bot.name
    return (
        f'<li class="{look}" id="m{message.message_id}"><span class="aside">{esc(who)}:</span>{inside}'
        f'<span class="foot">{marks}{moment(message.sent_at)}</span>{keys}</li>'
    )


def _inline_keyboard(bot: Bot, person: Person, message: Message) -> str:
    lines = []
    for row in message.body.get("reply_markup", {}).get("inline_keyboard", []):
        line = ""
        for button in row:
            label = esc(button["text"])
            if button.get("callback_data"):
                press = {"kind": "press", "message_id": message.message_id, "data": button["callback_data"]}
                line += _form(bot, person, f'<button class="key" dir="auto">{label}</button>', **press)
            elif button.get("url"):
                line += f'<a class="key" dir="auto" href="{_safe(button["url"])}" rel="noreferrer">{label} ↗</a>'
        lines.append(f'<div class="line">{line}</div>')
    return f'<div class="keys">{"".join(lines)}</div>' if lines else ""


def _safe(url: str) -> str:
    """Return an address that a link may have; anything that could be a script leads nowhere."""
    return esc(url) if url.startswith(("http://", "https://", "tel:", "tg:")) else "#"


def _reply_keyboard(bot: Bot, person: Person, history: list[Message]) -> str:
    shown: dict[str, Any] | None = None
    for message in history:
        markup = message.markup or {}
        if message.sender == bot.id and ("keyboard" in markup or "remove_keyboard" in markup):
            shown = markup if "keyboard" in markup else None
        elif message.sender == person.chat_id and shown and shown.get("one_time_keyboard"):
            shown = None
    if shown is None:
        return ""
    lines = []
    for row in shown["keyboard"]:
        line = ""
        for button in row:
            label = esc(button["text"])
            if button.get("request_location"):
                link = f"/chat/{person.chat_id}?{urlencode({'bot': bot.username, 'open': 'location'})}#location"
                line += f'<a class="key" dir="auto" data-open="location" href="{esc(link)}">{label}</a>'
            else:
                line += _form(
                    bot, person, f'<button class="key" dir="auto">{label}</button>', kind="text", text=button["text"]
                )
        lines.append(f'<div class="line">{line}</div>')
    keys = "".join(lines)
    return f'<div class="keys" id="reply-keys" role="group" aria-label="Suggested answers">{keys}</div>'


def _composer(bot: Bot, person: Person, *, open_location: bool) -> str:
    cities = [("", "Choose a city"), *((f"{latitude},{longitude}", name) for name, latitude, longitude in CITIES)]
    say = (
        '<div class="say"><input name="text" autocomplete="off" dir="auto" maxlength="4096" aria-label="Message"'
        ' placeholder="Message" required><button class="big">Send</button></div>'
    )
    place = (
        f'<div class="row"><label>City<br><select name="city">{options(cities)}</select></label>'
        '<label>or latitude<br><input name="latitude" inputmode="decimal" size="8" placeholder="50.85"></label>'
        '<label>longitude<br><input name="longitude" inputmode="decimal" size="8" placeholder="4.35"></label>'
        '<button class="big">Share location</button></div>'
    )
    return (
        f"{_form(bot, person, say, kind='text')}"
        f'<details id="location"{" open" if open_location else ""}><summary>Share a location</summary>'
        f"{_form(bot, person, place, kind='location')}</details>"
    )
