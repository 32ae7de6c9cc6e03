"""The timelines: what stands on all accounts, on one account, and one publication alone."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulator.accounts import PLATFORMS, Account, fold
from simulator.clock import now as present
from simulator.forms import read_form
from simulator.pages import hand
from simulator.pages.layout import (
    HEADERS,
    PLATFORM_NAMES,
    esc,
    fragment,
    hidden,
    initials,
    moment,
    not_found,
    options,
    page,
    words,
)
from simulator.publications import Publication
from simulator.telegram import acts
from simulator.telegram.chats import is_admin

if TYPE_CHECKING:
    from simulator.world import World

SHOWN = 60


def all_timelines(world: "World", request: Request) -> Response:
    """Return the page with the newest publications of all accounts, filtered by platform and by text."""
    platform, text = request.query_params.get("platform", ""), request.query_params.get("q", "").strip()
    choices = [("", "All platforms"), *PLATFORM_NAMES.items()]
    body = (
        '<h1>Timelines</h1><form class="row" method="get" action="/timelines" role="search">'
        f'<label>Platform<br><select name="platform">{options(choices, platform)}</select></label>'
        f'<label>Text<br><input name="q" value="{esc(text)}" placeholder="reference or words"></label>'
        '<button class="big">Show</button></form>'
    )
    source = "/timelines/fragment?" + urlencode({"platform": platform, "q": text})
    return page("Timelines", body + _live(source, _feed(world, platform, text, "")), here="/timelines")


def timelines_fragment(world: "World", request: Request) -> Response:
    """Return the list alone, for the script."""
    query = request.query_params
    return fragment(
        request, _feed(world, query.get("platform", ""), query.get("q", "").strip(), query.get("account", ""))
    )


def account_timeline(world: "World", request: Request) -> Response:
    """Return the page of one account, in a look that hints at its platform."""
    platform = request.url.path.split("/")[1]
    account = world.accounts.named(platform, request.path_params["name"])
    if account is None:
        return not_found(
            f"No account {request.path_params['name']} is registered on the simulated {PLATFORM_NAMES[platform]}."
        )
    source = "/timelines/fragment?" + urlencode({"platform": platform, "account": account.key})
    body = (
        _heading(account)
        + (_editor(world, account) if platform == "telegram" else "")
        + (hand.writer(account) if platform == hand.PLATFORM else "")
        + _live(source, _feed(world, platform, "", account.key))
    )
    return page(f"{account.name} on {PLATFORM_NAMES[platform]}", body, look=platform)


async def post_in_channel(world: "World", request: Request) -> Response:
    """Post in a channel as its editor, make a bot an administrator or not, and lead back."""
    account = world.accounts.named("telegram", request.path_params["name"])
    if account is None:
        return not_found("No such channel is registered here.")
    form = read_form("", request.headers.get("content-type", ""), await request.body())
    if (username := form.text("admin")) is not None:
        others = [bot for bot in world.bots.all() if is_admin(account, bot) != (bot.username == username)]
        world.accounts.upsert(
            [{"platform": "telegram", "address": account.address, "admins": [b.username for b in others]}]
        )
    elif text := (form.text("text") or "").strip():
        acts.post(world, account, text[:4096], present().timestamp())
    return RedirectResponse(f"/telegram/{account.key}", 303, HEADERS)


def _editor(world: "World", account: Account) -> str:
    """Return what the editor of a channel can do: post, and choose its administrators among the bots."""
    where = f'<form class="row" method="post" action="/channels/{esc(account.key)}/post">'
    bots = "".join(
        f"{where}{hidden(admin=bot.username)}<button>"
        f"{'Remove' if is_admin(account, bot) else 'Make'} @{esc(bot.username)}"
        f"{' from the administrators' if is_admin(account, bot) else ' an administrator'}</button></form>"
        for bot in world.bots.all()
    )
    return (
        "<details><summary>Be the editor of this channel</summary>"
        f'{where}<label>Message<br><input name="text" required maxlength="4096" autocomplete="off" size="32"></label>'
        f'<button class="big">Post</button></form>{bots}</details>'
    )


def one_publication(world: "World", request: Request) -> Response:
    """Return the page of one publication: where its link leads."""
    platform = request.url.path.split("/")[1]
    account = world.accounts.named(platform, request.path_params["name"])
    if account is None:
        return not_found("No such account is registered here.")
    remote_id = remote_id_of(account, str(request.path_params["id"]))
    found = world.publications.search(platform=platform, account=account.key, remote_id=remote_id)
    if not found:
        return not_found("No such publication stands, or stood, on this account.")
    body = _heading(account) + f'<ol class="feed">{_post(world, found[0])}</ol>'
    if platform == hand.PLATFORM:
        body += hand.changer(found[0], account)
    return page(f"{account.name} on {PLATFORM_NAMES[platform]}", body, look=platform)


def address_of(publication: Publication) -> str:
    """Return the path of the page of one publication."""
    platform, shown = PLATFORMS[publication.platform], publication.remote_id
    if platform.ids_begin_with_account:
        shown = shown.partition("_")[2]
    return platform.page.format(name=fold(publication.address), id=shown)


def remote_id_of(account: Account, shown: str) -> str:
    """Return the platform's whole id of a publication, by the part of it that its page's address has."""
    return f"{account.platform_id}_{shown}" if PLATFORMS[account.platform].ids_begin_with_account else shown


def _live(source: str, feed: str) -> str:
    return f'<div data-source="{esc(source)}">{feed}</div>'


def _heading(account: Account) -> str:
    followers = f" · {account.followers:,} followers" if account.followers else ""
    at = "@" if PLATFORMS[account.platform].at else ""
    return (
        f'<div class="account"><span class="face" aria-hidden="true">{initials(account.name)}</span><div>'
        f'<h1 dir="auto">{esc(account.name)}</h1>'
        f'<div class="soft">{at}{esc(account.address.removeprefix("@"))}{followers}'
        f" · simulated {PLATFORM_NAMES[account.platform]}</div></div></div>"
    )


def _feed(world: "World", platform: str, text: str, account: str) -> str:
    found = world.publications.search(
        marker=text, platform=platform, account=fold(account), any_case=True, newest_first=True, limit=SHOWN
    )
    posts = "".join(_post(world, each) for each in found)
    nothing = "" if found else '<li id="nothing" class="soft">Nothing stands here yet. This page looks for itself.</li>'
    return f'<ol class="feed" id="feed" data-live>{posts}{nothing}</ol>'


def _post(world: "World", publication: Publication) -> str:
    account = world.accounts.named(publication.platform, publication.address)
    name = account.name if account else publication.address
    tags = [f'<span class="tag platform">{PLATFORM_NAMES[publication.platform]}</span>']
    if publication.reply_to:
        tags.append(f'<span class="tag">answers {esc(publication.reply_to)}</span>')
    if publication.edited_at:
        tags.append(f'<span class="tag edited">edited {moment(publication.edited_at)}</span>')
    if publication.deleted_at:
        tags.append(f'<span class="tag deleted">deleted {moment(publication.deleted_at)}</span>')
    profile = f"/{publication.platform}/{fold(publication.address)}"
    return (
        f'<li class="post {publication.platform}{" gone" if publication.deleted_at else ""}" id="p{publication.seq}">'
        f'<span class="face" aria-hidden="true">{initials(name)}</span><div class="who">'
        f'<a href="{esc(profile)}" dir="auto">{esc(name)}</a><span class="soft">{esc(publication.address)}</span>'
        f'<a class="when" href="{esc(address_of(publication))}">{moment(publication.created_at)}</a>'
        f"{''.join(tags)}</div>"
        f'<div><p class="words" dir="auto">{words(publication.text)}</p>{_extras(world, publication)}</div></li>'
    )


def _extras(world: "World", publication: Publication) -> str:
    parts = []
    if publication.link and publication.link not in publication.text:
        parts.append(f'<p class="small">{words(publication.link)}</p>')
    for picture in publication.pictures:
        parts.append(
            f'<img src="/_pictures/{esc(picture)}" alt="{esc(world.pictures.alt_text(picture))}" loading="lazy">'
        )
    if publication.edited_at:
        parts.append(
            f'<details class="small soft"><summary>First text</summary><p class="words" dir="auto">'
            f"{words(publication.original_text)}</p></details>"
        )
    return "".join(parts)
