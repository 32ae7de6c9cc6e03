"""The methods about the bot and its chats: getMe, getChat, the menu of commands, answers to pressed buttons."""

import re
from typing import TYPE_CHECKING, Any

from simulator.forms import Form
from simulator.telegram.bots import Bot
from simulator.telegram.chats import find_chat, is_admin, require_voice
from simulator.telegram.refusal import QUERY_TOO_OLD, bad_request

if TYPE_CHECKING:
    from simulator.world import World

# Bot API, setMyCommands and BotCommand: at most 100; command 1-32 of a-z, 0-9 and _; description 1-256.
MAX_COMMANDS = 100
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
MAX_DESCRIPTION = 256
# Bot API, answerCallbackQuery: text "0-200 characters".
MAX_TOAST = 200
# Bot API, ChatMemberAdministrator: every right must be named.
RIGHTS = {"can_delete_messages": True, "can_post_messages": True, "can_edit_messages": True}
NO_RIGHTS = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
    "can_delete_stories",
)  # fmt: skip
Body = dict[str, Any]


def get_me(world: "World", bot: Bot, form: Form, now: float) -> Body:  # noqa: ARG001 - one signature for every method
    """Do getMe."""
    return bot.as_user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_chat(world: "World", bot: Bot, form: Form, now: float) -> Body:  # noqa: ARG001
    """Do getChat and return a ChatFullInfo, with the fields that client libraries insist on."""
    chat = find_chat(world, bot, form.text("chat_id"))
    return chat.as_json() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }


def get_chat_member(world: "World", bot: Bot, form: Form, now: float) -> Body:  # noqa: ARG001
    """Do getChatMember, for the bot itself: what a product asks in order to know whether it may post in a channel."""
    chat = find_chat(world, bot, form.text("chat_id"))
    require_voice(world, bot, chat)
    if form.whole("user_id") != bot.id:
        raise bad_request("user not found")
    if chat.account is None:
        return {"user": bot.as_user(), "status": "member"}
    return {"user": bot.as_user(), "status": "administrator", **dict.fromkeys(NO_RIGHTS, False), **RIGHTS}


def leave_chat(world: "World", bot: Bot, form: Form, now: float) -> bool:  # noqa: ARG001
    """Do leaveChat: the bot is no administrator any more."""
    chat = find_chat(world, bot, form.text("chat_id"))
    require_voice(world, bot, chat)
    if chat.account is None:
        raise bad_request("chat member status can't be changed in private chats")
    others = [each.username for each in world.bots.all() if each.id != bot.id and is_admin(chat.account, each)]
    world.accounts.upsert([{"platform": "telegram", "address": chat.account.address, "admins": others}])
    return True


def get_chat_member_count(world: "World", bot: Bot, form: Form, now: float) -> int:  # noqa: ARG001
    """Do getChatMemberCount: the followers that were registered with a channel."""
    chat = find_chat(world, bot, form.text("chat_id"))
    require_voice(world, bot, chat)
    return chat.account.followers if chat.account else 2


def send_chat_action(world: "World", bot: Bot, form: Form, now: float) -> bool:  # noqa: ARG001
    """Do sendChatAction: nobody sees the bot type here, but it must be allowed to."""
    require_voice(world, bot, find_chat(world, bot, form.text("chat_id")))
    return True


def set_my_commands(world: "World", bot: Bot, form: Form, now: float) -> bool:  # noqa: ARG001
    """Do setMyCommands."""
    commands = form.structure("commands") or []
    if not isinstance(commands, list) or not all(isinstance(command, dict) for command in commands):
        raise bad_request("can't parse commands: an array of BotCommand is expected")
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    kept = []
    for command in commands:
        name, description = str(command.get("command", "")).removeprefix("/"), str(command.get("description", ""))
        if not COMMAND.fullmatch(name):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= MAX_DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        kept.append({"command": name, "description": description})
    bot.commands[_menu_key(form)] = kept
    world.bots.save(bot)
    return True


def delete_my_commands(world: "World", bot: Bot, form: Form, now: float) -> bool:  # noqa: ARG001
    """Do deleteMyCommands."""
    bot.commands.pop(_menu_key(form), None)
    world.bots.save(bot)
    return True


def get_my_commands(world: "World", bot: Bot, form: Form, now: float) -> list[dict[str, str]]:  # noqa: ARG001
    """Do getMyCommands."""
    scope, _, language = _menu_key(form).rpartition("/")
    return bot.menu(scope, language)


def answer_callback_query(world: "World", bot: Bot, form: Form, now: float) -> bool:
    """Do answerCallbackQuery."""
    row = world.store.row(
        "SELECT pressed_at FROM presses WHERE query_id = ? AND bot_id = ?", form.text("callback_query_id") or "", bot.id
    )
    patience = world.limits["telegram_callback_seconds"]
    if row is None or (patience is not None and now - row["pressed_at"] > patience):
        raise bad_request(QUERY_TOO_OLD)
    text = form.text("text") or ""
    if len(text) > MAX_TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    world.store.write(
        "UPDATE presses SET answered_at = ?, answer = ?, alert = ? WHERE query_id = ?",
        *(now, text, int(form.yes("show_alert")), form.text("callback_query_id")),
    )
    return True


def _menu_key(form: Form) -> str:
    scope = form.object("scope")
    kind = str(scope.get("type", "default"))
    if "chat_id" in scope:
        kind += f":{scope['chat_id']}"
    return f"{kind}/{form.text('language_code') or ''}"
