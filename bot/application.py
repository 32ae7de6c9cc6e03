"""The type of our application: python-telegram-bot's own has six parameters, of which none matters here."""

from typing import Any

from telegram.ext import Application

App = Application[Any, Any, Any, Any, Any, Any]
