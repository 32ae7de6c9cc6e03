"""What other ways than Telegram tell us later: a notice was delivered, or was not. Each word is signed, or it is not heard."""
