"""The first page: what this is, what it holds, and where to go."""

from collections.abc import Iterable
from gettext import ngettext
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from simulator.accounts import PLATFORMS
from simulator.pages.layout import PLATFORM_NAMES, esc, page

if TYPE_CHECKING:
    from simulator.world import World

LISTED = 12


def home(world: "World", request: Request) -> Response:
    """Return the first page."""
    tiles = (
        (len(world.accounts), "account", "accounts"),
        (world.publications.total(), "publication", "publications"),
        (len(world.people), "simulated citizen", "simulated citizens"),
        (world.messages.total(), "message in chats", "messages in chats"),
        (world.letters.total(), "letter by other ways", "letters by other ways"),
        (len(world.bots.all()), "bot", "bots"),
    )
    numbers = "".join(
        f'<li class="tile"><b>{number:,}</b>{esc(ngettext(one, many, number))}</li>' for number, one, many in tiles
    )
    bots = "".join(
        f'<li><a href="/chat?bot={esc(bot.username)}">@{esc(bot.username)}</a>'
        f' <span dir="auto">{esc(bot.name)}</span></li>'
        for bot in world.bots.all()
    )
    base = str(request.base_url).rstrip("/")
    speaks = "".join(
        f"<li>{each.name}: <code>{esc(base + each.interface)}</code></li>"
        for each in PLATFORMS.values()
        if each.interface
    )
    return page(
        "Loopback platforms",
        "<h1>Loopback platforms: nothing here leaves this machine</h1>"
        f"<p>This process plays {_list_of(PLATFORM_NAMES.values())}, so that alerts can be sent the whole way, drilled and"
        " tested without a single real account. What looks like a post here was never published anywhere.</p>"
        '<p><a class="big" href="/timelines">See the timelines</a>'
        ' <a class="big plain" href="/chat">Be a citizen</a></p>'
        f'<ul class="cards">{numbers}</ul>{_accounts(world)}'
        f"<h2>Bots</h2><ul>{bots or '<li class=soft>None yet: the product registers its bot when it starts.</li>'}</ul>"
        f"<h2>For programs</h2><ul>{speaks}</ul>",
        here="/",
    )


def _list_of(names: Iterable[str]) -> str:
    *others, last = sorted(names)
    return f"{', '.join(others)} and {last}"


def _accounts(world: "World") -> str:
    parts = []
    for platform, name in PLATFORM_NAMES.items():
        accounts = world.accounts.all(platform)
        if not accounts:
            continue
        links = "".join(
            f'<li><a href="/{platform}/{esc(each.key)}" dir="auto">{esc(each.name)}</a>'
            f' <span class="soft">{esc(each.address)}</span></li>'
            for each in accounts[:LISTED]
        )
        more = f'<p class="soft small">and {len(accounts) - LISTED:,} more</p>' if len(accounts) > LISTED else ""
        number = "1 account" if len(accounts) == 1 else f"{len(accounts):,} accounts"
        parts.append(f'<h2>{name}: {number}</h2><ul class="links">{links}</ul>{more}')
    return "".join(parts)
