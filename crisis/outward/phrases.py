"""Which outward texts may be worded anew, as data: each with its shipped words, its placeholders and its limit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from string import Formatter
from typing import Any

from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the name that Babel looks for

from crisis.wording.catalogue import words

_NAMED = re.compile(r"%\((\w+)\)s")
_COMMAND = re.compile(r"(?<![\w/])/[a-z]+\b")
ANSWER_LONGEST = 200  # characters: with a code, a link and a number it stays within two SMS
LONGEST = 1500


class Where(Enum):
    """Where citizens meet a text."""

    BOT = _("Telegram bot")
    ANSWER = _("Automatic answers by SMS, WhatsApp and e-mail")
    PAGE = _("Public pages")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One text.

    Attributes:
        key: its name in the database.
        where: see `Where`.
        about: when it is said, for staff.
        source: the shipped words: British English, which gettext translates; blank is nothing.
        fixed: or the name of the fixed word of `templates/messages/words` that it is shipped as.
        sample: each placeholder, and what stands for it in a preview.
        of_posts: a post may have words of its own.
        longest: characters, placeholders as they are written.
    """

    key: str
    where: Where
    about: Any
    source: str = ""
    fixed: str = ""
    sample: Mapping[str, str] | None = None
    of_posts: bool = True
    longest: int = LONGEST

    def filled(self, text: str) -> str:
        """Return a text with what a preview shows for its placeholders.

        Raises:
            ValueError, LookupError, AttributeError: a placeholder is broken or unknown.
        """
        return text.format(**(self.sample or {}))

    def shipped(self, language: str) -> str:
        """Return the shipped words of a language, with {placeholders}; blank where nothing is said."""
        if self.fixed:
            return words(language)[self.fixed]
        if not self.source:
            return ""
        with override(language):
            return _NAMED.sub(r"{\1}", gettext(self.source)).replace("%%", "%")

    @property
    def by_sms(self) -> bool:
        """Whether a letter outside of the GSM alphabet would more than double its price."""
        return self.fixed.startswith("sms_")

    def must_keep(self, language: str) -> set[str]:
        """Return what no other words may leave out: the placeholders, and the bot's commands."""
        return kept_in(self.shipped(language))


def kept_in(text: str) -> set[str]:
    """Return the placeholders of a text, with their braces, and the bot's commands in it.

    Raises:
        ValueError: a placeholder is broken.
    """
    return {f"{{{name}}}" for name in placeholders(text)} | set(_COMMAND.findall(text))


def placeholders(text: str) -> set[str]:
    """Return the names of a text's placeholders.

    Raises:
        ValueError: a brace stands alone, or a placeholder is more than a name.
    """
    found = set()
    for _literal, name, spec, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(name)
        found.add(name)
    return found


def _bot(key: str, about: Any, source: str, **more: Any) -> Phrase:
    return Phrase(f"bot_{key}", Where.BOT, about, source, **more)


def _answer(key: str, about: Any, **more: Any) -> Phrase:
    return Phrase(key, Where.ANSWER, about, fixed=key, longest=ANSWER_LONGEST, **more)


def _page(key: str, about: Any, source: str = "", **more: Any) -> Phrase:
    return Phrase(f"page_{key}", Where.PAGE, about, source, **more)


_CODE = {"code": " (3T6GQY/1)"}
_LINK = {"link": "https://…"}

PHRASES: dict[str, Phrase] = {
    each.key: each
    for each in (
        _bot(
            "welcome", _("Welcome, at the first word and after /start"),
            N_(
                "Hello. This is the crisis bot: %(ministry)s.\n\n"
                "In a crisis we write to you here, and you tell us with one tap whether you are safe.\n\n"
                "We keep your chat number, your language and the town where you are, to warn you. "
                "/stop ends it at any time. We never ask for money."
            ),
            sample={"ministry": "…"}, of_posts=False,
        ),
        _bot(
            "commands", _("What the bot can do"),
            N_(
                "/safe – I am safe\n/help – I need help\n/status – what we know of you\n/language – another language\n"
                "/verify – is a message or an account ours?\n/stop – no more messages\n"
                "Or type the name of the town where you are."
            ),
        ),
        _bot("your_post", _("Who serves a place"), N_("Your post: %(post)s."), sample={"post": "Embassy in Tokyo"}),
        _bot("no_post", _("No post serves a place"), N_("No post of ours serves this place."), of_posts=False),
        _bot("nothing_open", _("Nobody is asked anything now"), N_("There is no open alert where you are. Thank you.")),
        _bot("safe", _("“I am safe” is recorded"), N_("Recorded: you are safe.")),
        _bot("needs_help", _("“I need help” is recorded"), N_("Recorded: you need help. Our staff see it now.")),
        _bot(
            "not_there", _("“I am not there” is recorded"),
            N_("Recorded: you are not there. We do not count you as missing."),
        ),
        _bot(
            "say_more", _("After a call for help"),
            N_(
                "If you can, write what you need and where you are. If your life is in danger, call the local emergency "
                "services first."
            ),
        ),
        _bot("staff_read", _("Free words, on any day"), N_("Our staff will read this.")),
        _bot("passed_on", _("Free words while an alert asks"), N_("Our staff will read this. How are you?")),
        _bot(
            "not_ours", _("A message or an account is none of ours"),
            N_(
                "We have no message and no account called “%(text)s”. If somebody sent it to you in our name, do not act on "
                "it and do not pass it on."
            ),
            sample={"text": "@embassy_help"},
        ),
        _answer("sms_safe", _("“1” is recorded"), sample=_CODE),
        _answer("sms_needs_help", _("“2” is recorded"), sample=_CODE),
        _answer("sms_not_there", _("“3” is recorded"), sample=_CODE),
        _answer("sms_passed_on", _("Free words"), sample=_CODE),
        _answer("sms_nothing", _("Nobody is asked anything now")),
        _answer("stranger_phone", _("To a number that we do not know"), sample=_LINK),
        _answer("stranger_private", _("To a private message on an account of ours"), sample=_LINK),
        _answer("stranger_public", _("To a public comment beneath an alert"), sample=_LINK),
        _page("front_notice", _("First page: a notice above everything (nothing as shipped)"), of_posts=False),
        _page("post_notice", _("A post’s page: a notice at its head (nothing as shipped)")),
        _page("checked_in", _("After a check-in: what happens next"), N_("Our staff may contact you to check it.")),
        _page(
            "not_ours", _("“Is it ours?” No: what to do"),
            N_(
                "Do not act on it. Do not pay anything. Do not pass it on. Please report it to the platform on which you saw "
                "it, and to us."
            ),
            of_posts=False,
        ),
    )
}  # fmt: skip
