"""The offline kit: what a post needs on paper, or in one file, when this house is down."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from console.words_form import NAMES
from crisis.registry.models import Account, DirectoryEntry, Post
from crisis.registry.profiles import page_of
from crisis.registry.queries import accounts_for, directory_choices, numbers
from crisis.wording.catalogue import Situation, situations, words
from platforms import catalog

BLANK = "…………………………"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One situation in one language, with room for what must be filled in.

    Attributes:
        forms: (its name in the files, what it is for, headline, what to do).
        facts: (what is filled in, its choices or the number that stands already; blank is a line to write on).
    """

    language: str
    name: str
    source: str
    money: str
    exercise: str
    forms: list[tuple[str, Any, str, tuple[str, ...]]]
    facts: list[tuple[str, str]]


def kit(post: Post, now: datetime) -> str:
    """Return a post's kit as one page of HTML that needs nothing else.

    Args:
        post: of the home ministry.
        now: when it is made, which stands in it.
    """
    ministry = post.ministry
    number = numbers(post, ministry).best
    entries = [
        entry
        for kind in DirectoryEntry.Kind.values
        for entry in directory_choices(ministry, [post], kind)
        if entry.post_id in (None, post.pk)
    ]
    sheets = [
        (kind, [_sheet(kind, post, language, number) for language in ministry.languages if language in kind.texts])
        for kind in situations().values()
    ]
    context = {
        "post": post,
        "ministry": ministry,
        "now": now,
        "entries": entries,
        "accounts": [_shown(account) for account in accounts_for([post], ministry=ministry)],
        "sheets": sheets,
        "blank": BLANK,
    }
    return render_to_string("console/kit.html", context)


def _shown(account: Account) -> tuple[str, Account, str]:
    spec = catalog.spec(account.platform)
    return (spec.name if spec else account.platform.capitalize(), account, page_of(account))


def _sheet(kind: Situation, post: Post, language: str, number: str) -> Sheet:
    texts, fixed, ministry = kind.texts[language], words(language), post.ministry
    forms = [
        (form, NAMES[form], told.headline.format(place=BLANK), told.instructions) for form, told in texts.forms.items()
    ]
    facts = []
    for slot in kind.slots:
        if slot.kind != "place":
            choices = " / ".join(texts.choices[slot.name].values()) if slot.choices else ""
            facts.append((texts.slots[slot.name], number if slot.kind == "phone" else choices))
    money = str(ministry.money_line.get(language, ""))
    return Sheet(language, texts.name, ministry.name(language), money, fixed["exercise"], forms, facts)
