"""Thin handlers: each takes what it needs out of an update, asks the conversation, and says what it answers."""

from telegram.ext import (
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.application import App
from bot.duty import BUTTON
from bot.handlers import buttons, channels, commands, duty, messages
from crisis.staff.rostering import LINK_PREFIX

EDITED = filters.ChatType.PRIVATE & filters.UpdateType.EDITED_MESSAGE & filters.TEXT
PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE


def register(application: App) -> None:
    """Give an application every handler; what none of them takes is only logged."""
    linking = PRIVATE & filters.Regex(rf"^/start(@\w+)? {LINK_PREFIX}")
    application.add_handler(CommandHandler("start", duty.link, filters=linking))
    for name, handler in duty.HANDLERS.items():
        application.add_handler(CommandHandler(name, handler, filters=PRIVATE))
    application.add_handler(CallbackQueryHandler(duty.pressed, pattern=rf"^{BUTTON}:"))
    for name, handler in commands.HANDLERS.items():
        application.add_handler(CommandHandler(name, handler, filters=PRIVATE))
    application.add_handler(MessageHandler(EDITED, messages.edited))
    application.add_handler(CallbackQueryHandler(buttons.pressed))
    application.add_handler(ChatMemberHandler(messages.membership, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_handler(MessageHandler(PRIVATE & (filters.LOCATION | filters.VENUE), messages.location))
    application.add_handler(MessageHandler(PRIVATE & filters.TEXT, messages.text))
    application.add_handler(MessageHandler(PRIVATE & ~filters.StatusUpdate.ALL, messages.other))
    application.add_handler(MessageHandler(filters.ChatType.GROUPS & filters.COMMAND, messages.group))
    application.add_handler(MessageHandler(filters.UpdateType.CHANNEL_POST & filters.TEXT, channels.posted))
    application.add_handler(TypeHandler(object, messages.unknown))
