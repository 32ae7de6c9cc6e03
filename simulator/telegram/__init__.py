"""The double of Telegram's Bot API: its methods, its updates, and the citizens who use it."""
