"""The Telegram bot: citizens subscribe, say where they are, and answer. It never broadcasts."""
